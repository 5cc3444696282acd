// The weights as lines from unit to unit: blue above zero, orange below, thicker and stronger the larger they are.
import { number } from "../lib/words.svelte";
import type { Layer } from "./protocol";
import type { Plan, Place } from "./layout";

export type Ends = { from: Place; to: Place };
type Colours = { above: string; below: string; ink: string; halo: string };

/** Draw all weights into a canvas; `inputs` says in which row each input in use stands, `unit` is emphasised, `fixed` is a usual size. */
export function draw(
  canvas: HTMLCanvasElement,
  plan: Plan,
  layers: readonly Layer[],
  begins: readonly number[],
  weights: ArrayLike<number>,
  inputs: readonly number[],
  unit: readonly [number, number] | null,
  colours: Colours,
  fixed?: number,
) {
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const [width, height] = [Math.round(plan.width * ratio), Math.round(plan.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  if (!context) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, plan.width, plan.height);
  for (let layer = 1; layer < layers.length; layer++) {
    const before = layers[layer - 1]!.shown;
    const usual = fixed ?? 1 / Math.sqrt(Math.max(before, 1));
    for (let to = 0; to < layers[layer]!.shown; to++) {
      for (let from = 0; from < before; from++) {
        const weight = weights[begins[layer]! + to * before + from] ?? 0;
        const start = plan.places[layer - 1]![layer === 1 ? (inputs[from] ?? from) : from];
        const end = plan.places[layer]![to];
        if (!start || !end) continue;
        const near = !unit || (unit[0] === layer && unit[1] === to) || (unit[0] === layer - 1 && unit[1] === from);
        line(context, plan.size, { from: start, to: end }, weight, usual, near, colours);
      }
    }
  }
  context.globalAlpha = 1;
  if (unit && unit[0] > 0) values(context, plan, layers, begins, weights, inputs, unit, colours);
}

/** Write the weights that arrive at a unit beside the units that they come from. */
function values(
  context: CanvasRenderingContext2D,
  plan: Plan,
  layers: readonly Layer[],
  begins: readonly number[],
  weights: ArrayLike<number>,
  inputs: readonly number[],
  [layer, index]: readonly [number, number],
  colours: Colours,
) {
  const before = layers[layer - 1]!.shown;
  Object.assign(context, { font: "600 11px sans-serif", lineWidth: 4, lineJoin: "round", textBaseline: "middle" });
  Object.assign(context, { fillStyle: colours.ink, strokeStyle: colours.halo });
  for (let from = 0; from < before; from++) {
    const start = plan.places[layer - 1]![layer === 1 ? (inputs[from] ?? from) : from];
    const weight = weights[begins[layer]! + index * before + from];
    if (!start || weight === undefined) continue;
    const at = [start.x + plan.size + 6, start.y + plan.size / 2] as const;
    const text = number(weight, 2);
    context.strokeText(text, ...at);
    context.fillText(text, ...at);
  }
}

function line(
  context: CanvasRenderingContext2D,
  size: number,
  { from, to }: Ends,
  weight: number,
  usual: number,
  near: boolean,
  colours: Colours,
) {
  const strength = Math.tanh(Math.abs(weight) / (3.5 * usual));
  const [x1, y1, x2, y2] = [from.x + size, from.y + size / 2, to.x, to.y + size / 2];
  const middle = (x1 + x2) / 2;
  context.globalAlpha = (0.18 + 0.82 * strength) * (near ? 1 : 0.15);
  context.lineWidth = 0.6 + 4.4 * strength;
  context.strokeStyle = weight < 0 ? colours.below : colours.above;
  context.beginPath();
  context.moveTo(x1, y1);
  context.bezierCurveTo(middle, y1, middle, y2, x2, y2);
  context.stroke();
}
