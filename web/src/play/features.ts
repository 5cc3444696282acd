// The inputs that can be switched on and off by hand: the columns of the table, and what can be made of two numbers.
import type { Column } from "./protocol";

export type Feature = { name: string; on: boolean; derived: boolean };

/** The formulas that TensorFlow's Playground offers, for two columns of numbers. */
export const formulas = (a: string, b: string): string[] => [`${a}^2`, `${b}^2`, `${a}*${b}`, `sin(${a})`, `sin(${b})`];

/**
 * All inputs in a steady order: the columns, the usual formulas of a plane of two, and those that were typed in, also
 * the ones typed in `before` that are switched off.
 */
export function features(
  order: readonly string[],
  columns: readonly Column[],
  derive: readonly string[],
  drop: readonly string[],
  before: readonly string[] = [],
): Feature[] {
  const own = [...new Set([...order, ...drop])];
  const [a, b] = own;
  const numbers = own.length === 2 && columns.every(({ name, kind }) => !own.includes(name) || kind === "number");
  const usual = numbers && a && b ? formulas(a, b) : [];
  const typed = [...new Set([...before, ...derive])].filter((formula) => !usual.includes(formula));
  return [
    ...own.map((name) => ({ name, on: !drop.includes(name), derived: false })),
    ...[...usual, ...typed].map((name) => ({ name, on: derive.includes(name), derived: true })),
  ];
}

/** The row of the picture in which each input of the network stands; null where inputs are not single columns. */
export function rows(names: readonly string[] | null, all: readonly Feature[]): number[] | null {
  if (!names) return null;
  const found = names.map((name) => all.findIndex((feature) => feature.name === name && feature.on));
  return found.every((row) => row >= 0) ? found : null;
}

/** A formula as people write it: x1² for x1^2, x1 x2 for x1*x2. */
export const pretty = (formula: string): string => formula.replace(/\^2/g, "²").replace(/\^3/g, "³").replace(/\*/g, " · ");
