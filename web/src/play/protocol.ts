// What the playground's worker says: see src/profundo/play/__init__.py, which explains every field.
import type { Message, Plane } from "../lib/frames";

export type Part = "train" | "validation" | "test";
export type Column = {
  name: string;
  kind: string;
  low: number | null;
  high: number | null;
  labels: string[] | null;
  formula: string | null;
  axis: boolean;
};
export type Layer = {
  name: string;
  type: string;
  units: number;
  names: string[] | null;
  shown: number;
  activation: string | null;
  weights: boolean;
  shape: number[];
};
export type Note = { text: string; flag: string; warning: boolean };
export type Wishes = Record<string, unknown>;

export type Ready = {
  game: number;
  name: string;
  task: string;
  main: string;
  lower: boolean;
  target: string;
  classes: string[] | null;
  outcome: [number, number] | null;
  columns: Column[];
  inputs: { names: string[] | null; units: number; shown: number };
  layers: Layer[];
  chain: boolean;
  counts: Record<Part, number>;
  measured: Record<Part, number>;
  parameters: number;
  batch_size: number;
  batches: number;
  lr: number;
  plan: string;
  wishes: Wishes;
  notes: Note[];
  projected: boolean;
  texts?: string[];
};

export type View = {
  game: number;
  axes: [string, string] | null;
  ranges: [[number, number], [number, number]] | null;
  labels: [string[] | null, string[] | null] | null;
  fixed: Record<string, string>;
  grid: number;
  units: number;
  unit: [number, number] | null;
};

export type Standing = { loss: number | null; score: number | null };
export type Frame = {
  game: number;
  step: number;
  epoch: number;
  lr: number;
  running: boolean;
  seconds: number;
  stopped: string | null;
  speed: number;
  train: Standing;
  validation: Standing;
  test: Standing;
  gradients: (number | null)[];
  limits: number[];
};

export type Example = {
  game: number;
  index: number;
  of: number;
  id: number;
  loss: number;
  truth: string;
  answer: string;
};

export type Score = { value: number; low: number; high: number; n: number };
export type Said = { command: string; python: string; step: number; test: Record<string, Score> | null };
export type Problem = { error?: { kind: string; message: string }; message?: string; ended?: boolean };

export type Told<H> = Message<H>;

/** The columns of the table `history`: step, losses of the three parts, scores of train and test. */
export const HISTORY = { step: 0, train: 1, validation: 2, test: 3, trainScore: 4, testScore: 5 } as const;

/** One column of a plane of rows, as a list. */
export function column(plane: Plane | undefined, at: number): Float64Array {
  if (!plane) return new Float64Array();
  const [rows = 0, width = 1] = plane.shape;
  return Float64Array.from({ length: rows }, (_, i) => plane.data[i * width + at]!);
}

/** One picture out of a stack of pictures (count, height, width). */
export function picture(plane: Plane | undefined, at: number): Uint8Array | undefined {
  if (!plane || at < 0 || at >= plane.shape[0]!) return undefined;
  const size = plane.shape.slice(1).reduce((product, side) => product * side, 1);
  return (plane.data as Uint8Array).subarray(at * size, (at + 1) * size);
}

/** Which units have maps in the frames: the place of unit `index` of `layer` (1 is the first after the inputs). */
export function mapAt(layers: readonly Layer[], layer: number, index: number): number {
  let at = index;
  for (let each = 1; each < layer; each++) at += layers[each]!.shown;
  return at;
}

/** Where the weights of each layer begin in the plane `weights`; its biases follow its weights. */
export function weightsAt(layers: readonly Layer[]): number[] {
  const begins = [0, 0];
  for (let layer = 2; layer < layers.length; layer++) {
    const [before, last] = [layers[layer - 2]!.shown, layers[layer - 1]!.shown];
    begins.push(begins[layer - 1]! + last * (before + 1));
  }
  return begins;
}
