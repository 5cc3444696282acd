// The lab's experiments as the worker tells of them (profundo.lab).
import type { Planes } from "../lib/frames";

export type Value = number | string | string[];
export type Values = Record<string, Value>;
export type Option = {
  default: Value;
  help: string;
  low: number | null;
  high: number | null;
  step: number;
  log: boolean;
  choices: string[];
};
export type Experiment = { name: string; summary: string; paper: string; options: Record<string, Option> };
export type Told = { experiment: string; options: Values; sentences: string[]; command: string; python: string };

/** What an experiment found: its own numbers H, and its arrays. */
export type Found<H = Record<string, unknown>> = { header: Told & H; planes: Planes };

/** A row of a plane (rows, columns) as numbers; `undefined` where there is no such plane. */
export function row(found: Found, name: string, at: number): ArrayLike<number> {
  const plane = found.planes[name];
  if (!plane) return [];
  const width = plane.shape.slice(1).reduce((product, side) => product * side, 1);
  return plane.data.subarray(at * width, (at + 1) * width);
}

/** All numbers of a plane. */
export const all = (found: Found, name: string): ArrayLike<number> => found.planes[name]?.data ?? [];

/** The length of a plane's first side. */
export const count = (found: Found, name: string): number => found.planes[name]?.shape[0] ?? 0;

/** 0, 1, ... n - 1. */
export const upTo = (n: number, from = 0): number[] => Array.from({ length: Math.max(0, n) }, (_, i) => i + from);
