// The maps from numbers to colours: orange for below, blue for above (safe for the colour-blind), and classes.

type RGB = readonly [number, number, number];

/** Eight colours for classes that are told apart by the colour-blind too, mid-toned: they work on light and on dark. */
const CLASSES: readonly RGB[] = [
  [8, 119, 189],
  [245, 147, 34],
  [31, 156, 105],
  [178, 76, 148],
  [222, 193, 40],
  [120, 108, 204],
  [92, 190, 214],
  [150, 104, 70],
];

const BLUE = CLASSES[0]!;
const ORANGE = CLASSES[1]!;
const zero = (dark: boolean): RGB => (dark ? [24, 32, 40] : [246, 247, 249]);
const css = ([r, g, b]: RGB) => `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)})`;
const mix = (a: RGB, b: RGB, share: number): RGB => [
  a[0] + (b[0] - a[0]) * share,
  a[1] + (b[1] - a[1]) * share,
  a[2] + (b[2] - a[2]) * share,
];

/** The colour of class number k; where there are only two, 0 is blue and 1 is orange. */
export const classColour = (k: number): string => css(CLASSES[k % CLASSES.length]!);

/** A colour between orange (-1), the background (0) and blue (+1). */
export function signedColour(value: number, dark: boolean): string {
  const size = Math.min(1, Math.abs(value));
  return css(mix(zero(dark), value < 0 ? ORANGE : BLUE, size));
}

const packed = ([r, g, b]: RGB) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
const tables = new Map<string, Uint32Array>();

function table(name: string, make: (at: number) => RGB): Uint32Array {
  if (!tables.has(name)) tables.set(name, Uint32Array.from({ length: 256 }, (_, at) => packed(make(at))));
  return tables.get(name)!;
}

/**
 * 256 pixels from orange (0) by the background (128) to blue (255), or turned round. A `power` below 1 makes small values
 * easier to see.
 */
export const signedTable = (dark: boolean, turned = false, power = 1): Uint32Array =>
  table(`signed ${dark} ${turned} ${power}`, (at) =>
    mix(zero(dark), at < 128 === turned ? BLUE : ORANGE, Math.min(1, Math.abs(at - 128) / 127) ** power),
  );

/** 256 pixels from the background (0) to the ink (255): strength without a sign, and grey pictures. */
export const greyTable = (dark: boolean, ink = true): Uint32Array =>
  table(`grey ${dark} ${ink}`, (at) => (ink ? mix(zero(dark), dark ? [240, 244, 248] : [20, 30, 40], at / 255) : [at, at, at]));

/** 256 pixels from the background (not sure at all) to the colour of class k (certain). */
export const classTable = (k: number, dark: boolean): Uint32Array =>
  table(`class ${k % CLASSES.length} ${dark}`, (at) => mix(zero(dark), CLASSES[k % CLASSES.length]!, at / 255));

/** Numbers of any range as bytes for these tables: `most` becomes 255 and -most 0 (signed), or 0 ... most 0 ... 255. */
export function bytes(values: ArrayLike<number>, most?: number, signed = true): Uint8Array {
  let top = most ?? 0;
  if (most === undefined) for (let i = 0; i < values.length; i++) top = Math.max(top, Math.abs(values[i]!));
  const scale = top > 0 ? (signed ? 127.5 : 255) / top : 0;
  const offset = signed ? 127.5 : 0;
  const out = new Uint8Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = Math.max(0, Math.min(255, Math.round(values[i]! * scale + offset)));
  return out;
}

/** Draw bytes through a table into a canvas of exactly that size; CSS enlarges it. */
export function paint(canvas: HTMLCanvasElement, plane: Uint8Array, width: number, height: number, colours: Uint32Array) {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = colours[plane[i]!]!;
  context.putImageData(image, 0, 0);
}
