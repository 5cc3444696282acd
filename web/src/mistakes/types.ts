// What the worker's verbs "mistakes" and "explain" answer (src/profundo/mistakes/planes.py, src/profundo/explain/planes.py).
import type { Plane, Planes } from "../lib/frames";
import { percent } from "../lib/words.svelte";

/** An example of the test part. `picture` is the plane that holds its PNG; of numbers `error` is said less true. */
export type Example = {
  row: number;
  true: string | number;
  said: string | number;
  confidence?: number | null;
  error?: number;
  values: Record<string, string>;
  picture: string | null;
};

export type Cell = { true?: string | null; said?: string | null; n: number; skip: number; rows: Example[]; note: string };

export type Measures = Record<"precision" | "recall" | "f1" | "specificity" | "accuracy", number | null>;

/** One label against the rest at a threshold; the curve is in the planes `threshold`, `tp` and `fp`. */
export type Card = Measures & {
  label: string;
  value: number;
  decided: number | null;
  positives: number;
  n: number;
  tp: number;
  fp: number;
  fn: number;
  tn: number;
  roc_auc: number | null;
  average_precision: number | null;
};

type Bins = { confidence: number[]; accuracy: number[]; count: number[] };
export type Calibration = {
  before: Bins | null;
  after: Bins;
  ece: { before: number | null; after: number };
  sentence: string;
};

type Asked = { run: string; task: string; target: string; targets: string[]; n: number; examples: Cell };
export type Labelled = Asked & {
  wrong: number;
  labels: string[];
  counts: number[][];
  shares: number[][];
  confused: { true: string; said: string; count: number; share: number }[];
  threshold: Card | null;
  calibration: Calibration | null;
};
/** Of numbers: the planes `points` (2, n) true and said, and `rows` (n). */
export type Measured = Asked & {
  mean: number;
  mae: number;
  quantiles: Record<"5" | "25" | "50" | "75" | "95", number>;
  residuals: { edges: number[]; counts: number[] };
};
export type Mistakes = Labelled | Measured;

export const labelled = (found: Mistakes): found is Labelled => "labels" in found;

/** The curve of a threshold: how many are rightly and wrongly above each. */
export type Curve = { threshold: Float32Array; tp: Int32Array; fp: Int32Array };
export const curve = (planes: Planes): Curve => ({
  threshold: planes["threshold"]!.data as Float32Array,
  tp: planes["tp"]!.data as Int32Array,
  fp: planes["fp"]!.data as Int32Array,
});

const MOST = 60; // labels whose whole matrix is drawn
const WORST = 40; // labels that are drawn where there are more

/** The labels to draw, by their places: all, or of very many those that are confused most. */
export function drawn(counts: number[][]): number[] {
  const all = counts.map((_, i) => i);
  if (all.length <= MOST) return all;
  const wrong = all.map((i) => counts.reduce((sum, row, k) => (k === i ? sum : sum + row[i]! + counts[i]![k]!), 0));
  return all.sort((a, b) => wrong[b]! - wrong[a]! || a - b).slice(0, WORST).sort((a, b) => a - b);
}

/** How an example is explained: by which method, which answer ("" what is said), rather than which ("" all others). */
export type How = { method: string; label: string; against: string; baseline: string };

export type Column = { name: string; value: string; weight: number; pieces: [string, number][] };

/** Why a network answered so. `map` is the shape of the plane `map`; the plane `pixels` lies under it. */
export type Attribution = {
  run: string;
  source: string;
  row: number;
  method: string;
  answer: string;
  against: string;
  unit: string;
  baseline: string;
  score: number;
  start: number;
  total: number;
  moved: number;
  gap: number;
  complete: boolean;
  answered: string;
  true: string;
  probabilities: Record<string, number>;
  columns: Column[];
  map: [number, number] | null;
  picture: string | null;
  notes: string[];
};

export const METHODS = ["integrated_gradients", "input_x_gradient", "occlusion"] as const;
export const BASELINES = ["average", "zero", "black", "white"] as const;

/** A probability in words: never rounded up to a certainty. */
export const sure = (value: number | null | undefined): string =>
  value != null && value < 1 && value >= 0.9995
    ? `> ${percent(0.999)}`
    : value != null && value > 0 && value < 0.0005
      ? `< ${percent(0.001)}`
      : percent(value);

/** Show the bytes of a PNG in an image; their address is given back when the image goes. */
export function png(image: HTMLImageElement, bytes: Plane["data"] | undefined) {
  const address = bytes ? URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "image/png" })) : "";
  image.src = address;
  return { destroy: () => URL.revokeObjectURL(address) };
}

/** A share of something, null of nothing. */
export const share = (part: number, whole: number): number | null => (whole ? part / whole : null);

/** What follows from the four counts of a threshold. */
export function measures(tp: number, fp: number, positives: number, n: number): Measures & Record<"fn" | "tn", number> {
  const fn = positives - tp;
  const tn = n - positives - fp;
  return {
    fn,
    tn,
    precision: share(tp, tp + fp),
    recall: share(tp, positives),
    f1: share(2 * tp, 2 * tp + fp + fn),
    specificity: share(tn, tn + fp),
    accuracy: share(tp + tn, n),
  };
}

/** A plane of numbers of which each is the mean of those around it, up to `reach` away in both directions. */
export function blurred(values: ArrayLike<number>, width: number, height: number, reach: number): Float32Array {
  const along = (from: ArrayLike<number>, length: number, stride: number, lines: number, step: number) => {
    const made = new Float32Array(from.length);
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < length; i++) {
        const [low, high] = [Math.max(0, i - reach), Math.min(length - 1, i + reach)];
        let sum = 0;
        for (let k = low; k <= high; k++) sum += from[line * step + k * stride]!;
        made[line * step + i * stride] = sum / (high - low + 1);
      }
    }
    return made;
  };
  return reach ? along(along(values, width, 1, height, width), height, width, width, 1) : Float32Array.from(values);
}
