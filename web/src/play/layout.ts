// Where everything stands in the picture of the network, in pixels.
import type { Layer } from "./protocol";

export type Place = { x: number; y: number };
export type Plan = { width: number; height: number; size: number; columns: number[]; places: Place[][]; top: number };

const GUTTER = 84; // for the names of inputs and outputs; less where there is little room
const NARROW = 64;
const PITCH = 104; // of the columns, at least
const TOP = 64; // for the buttons of the layers

/** Lay out the units that are shown, `rows` of the inputs (more than are in use), in the width there is. */
export function layout(layers: readonly Layer[], rows: number, room: number): Plan {
  const counts = layers.map(({ shown }, at) => (at === 0 ? Math.max(rows, shown) : shown));
  const most = Math.max(...counts, 4);
  const size = Math.max(22, Math.min(44, Math.floor(430 / most) - 8));
  const gap = Math.max(5, Math.min(14, Math.floor(size / 3)));
  const gutter = room < 480 ? NARROW : GUTTER;
  const width = Math.max(room, 2 * gutter + size + (layers.length - 1) * PITCH);
  const step = layers.length > 1 ? (width - 2 * gutter - size) / (layers.length - 1) : 0;
  const height = TOP + most * (size + gap) + 24;
  const columns = layers.map((_, at) => gutter + at * step);
  const places = counts.map((count, at) => {
    const offset = ((most - count) * (size + gap)) / 2;
    return Array.from({ length: count }, (_, i) => ({ x: columns[at]!, y: TOP + offset + i * (size + gap) }));
  });
  return { width, height, size, columns, places, top: TOP };
}
