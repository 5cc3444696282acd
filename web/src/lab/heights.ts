// Heights over a grid as shades: by rank, so that every step down is seen wherever the surface is flat or steep.
import { contour } from "../lib/contour";

/** Turn rows of growing y upside down: a picture's first row is its top. */
export function upright<T extends Uint8Array | Float32Array>(plane: T, width: number): T {
  const out = plane.slice() as T;
  const rows = plane.length / width;
  for (let y = 0; y < rows; y++) out.set(plane.subarray(y * width, (y + 1) * width), (rows - 1 - y) * width);
  return out;
}

/** Bytes for a map of strength: the lowest place is `darkest`, the highest 0. */
export function ranks(heights: ArrayLike<number>, darkest = 150): Uint8Array {
  const order = Array.from({ length: heights.length }, (_, i) => i).sort((a, b) => heights[a]! - heights[b]!);
  const out = new Uint8Array(heights.length);
  order.forEach((at, rank) => (out[at] = Math.round(darkest * (1 - rank / order.length) ** 2)));
  return out;
}

/** Lines of equal height, at levels that divide the places into equal shares; in cells, y downwards. */
export function levels(heights: Float32Array, width: number, count = 9): string {
  const sorted = heights.slice().sort();
  let path = "";
  for (let k = 1; k <= count; k++) {
    path += contour(heights, width, heights.length / width, sorted[Math.floor((sorted.length * (k / (count + 1)) ** 2))]!);
  }
  return path;
}
