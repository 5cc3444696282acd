// What the worker answers to "inside" and "draw" (src/profundo/inside/verbs.py).
import type { Message } from "../lib/frames";

export type Layer = {
  name: string;
  type: string;
  form: "maps" | "steps" | "vector";
  units: number;
  shape: number[];
  parameters: number;
  main: boolean;
  weights: string;
  dead: number | null;
  silent: number;
  zero: number;
  mean: number;
  std: number;
  low: number;
  high: number;
  memory: boolean;
  strongest: number;
};

export type Example = {
  name: string;
  row: number | null;
  before: number | null;
  after: number | null;
  split: string | null;
  true: string | Record<string, string> | null;
  picture: string | null;
  values: Record<string, string>;
  text: string | null;
  tokens: string[] | null;
};

/** One of the examples that a unit answers to the most. */
export type Top = {
  row: number;
  value: number;
  place: number[];
  true: string | null;
  box?: [top: number, bottom: number, left: number, right: number];
  picture?: string;
  text?: string;
  span?: [number, number];
  values?: Record<string, string>;
};

export type Answer = { predicted: unknown; probabilities: Record<string, number> | null };
export type Can = { draw: boolean; text: boolean; picture: boolean };

export type Header = {
  run: string;
  network: string;
  task: string;
  example: Example;
  answer: Answer;
  layers: Layer[];
  unit: { layer: string; unit: number; of: number; reads: number; top: Top[] } | null;
  command: string;
  python: string;
  can: Can;
};

export type Seen = Message<Header>;
export type Run = { name: string; state: string; network: string | null; data: string | null; task: string | null };
export type Line = [x: number, y: number][];

export const MODES = ["row", "draw", "text", "file"] as const;
export type Mode = (typeof MODES)[number];

/** Lines as text, the way the command line takes them: "10,10 20,30; 40,5 40,50". */
export const written = (lines: Line[]): string => lines.map((line) => line.map((p) => p.join(",")).join(" ")).join("; ");

/** Lines without the points that lie within `far` of the line between their neighbours (Ramer, Douglas and Peucker). */
export const thinned = (line: Line, far = 2): Line => {
  const [first, last] = [line[0]!, line.at(-1)!];
  const [x, y] = [last[0] - first[0], last[1] - first[1]];
  const long = Math.hypot(x, y);
  let [most, at] = [far, 0];
  for (let i = 1; i < line.length - 1; i++) {
    const [dx, dy] = [line[i]![0] - first[0], line[i]![1] - first[1]];
    const away = long > 0 ? Math.abs(dx * y - dy * x) / long : Math.hypot(dx, dy);
    if (away > most) [most, at] = [away, i];
  }
  if (!at) return line.length > 1 ? [first, last] : line;
  return [...thinned(line.slice(0, at + 1), far).slice(0, -1), ...thinned(line.slice(at), far)];
};

export const drawn = (text: string): Line[] =>
  text
    .split(";")
    .map((line) => line.trim().split(/\s+/).filter(Boolean).map((p) => p.split(",").map(Number) as [number, number]))
    .filter((line) => line.length && line.every(([x, y]) => Number.isFinite(x) && Number.isFinite(y)));
