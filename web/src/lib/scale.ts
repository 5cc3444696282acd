// Scales and ticks of charts.

export type Scale = { at: (value: number) => number; value: (at: number) => number; ticks: number[]; log: boolean };

/** A scale from [low, high] to [from, to] with about `count` round ticks; logarithmic if asked and all is positive. */
export function scale(low: number, high: number, from: number, to: number, count = 5, log = false): Scale {
  if (log && low > 0) return logarithmic(low, high > low ? high : low * 10, from, to);
  if (!(high > low)) [low, high] = [low - (Math.abs(low) || 1) / 2, low + (Math.abs(low) || 1) / 2];
  const factor = (to - from) / (high - low);
  return {
    at: (value) => from + (value - low) * factor,
    value: (at) => low + (at - from) / factor,
    ticks: round(low, high, count),
    log: false,
  };
}

function round(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((nice) => nice * power >= rough) ?? 10);
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

function logarithmic(low: number, high: number, from: number, to: number): Scale {
  const factor = (to - from) / Math.log(high / low);
  const powers: number[] = [];
  for (let p = Math.floor(Math.log10(low)); p <= Math.ceil(Math.log10(high)); p++) powers.push(p);
  const inside = (value: number) => value >= low * 0.999 && value <= high * 1.001;
  let ticks = powers.map((p) => 10 ** p).filter(inside);
  if (ticks.length < 2) ticks = powers.flatMap((p) => [10 ** p, 2 * 10 ** p, 5 * 10 ** p]).filter(inside);
  const stride = Math.ceil(ticks.length / 6);
  return {
    at: (value) => from + Math.log(Math.max(value, low) / low) * factor,
    value: (at) => low * Math.exp((at - from) / factor),
    ticks: ticks.filter((_, i) => i % stride === 0),
    log: true,
  };
}
