// The six data sets of TensorFlow's Playground as little pictures: points in -1..1 with a value in -1..1, drawn evenly.
// What is learnt from is made by profundo.data.playground; these only show which is which.

export type Dot = { x: number; y: number; value: number };
export const SETS = ["spiral", "circle", "xor", "gauss", "gauss_regression", "plane"] as const;
export type SetName = (typeof SETS)[number];

const GOLDEN = (Math.sqrt(5) - 1) / 2;
const even = (count: number) => Array.from({ length: count }, (_, i) => [((i + 0.5) / count) * 2 - 1, ((i * GOLDEN) % 1) * 2 - 1] as const);

const makers: Record<SetName, () => Dot[]> = {
  spiral: () =>
    [0, Math.PI].flatMap((turn, side) =>
      Array.from({ length: 26 }, (_, i) => {
        const along = (i + 2) / 28;
        const angle = 1.75 * along * 2 * Math.PI + turn;
        return { x: along * Math.sin(angle), y: along * Math.cos(angle), value: side ? -1 : 1 };
      }),
    ),
  circle: () =>
    [...ring(9, 0.2), ...ring(14, 0.42)].map((dot) => ({ ...dot, value: 1 })).concat(ring(26, 0.78).concat(ring(32, 0.96)).map((dot) => ({ ...dot, value: -1 }))),
  xor: () => even(64).map(([x, y]) => ({ x: x * 0.9 + Math.sign(x) * 0.08, y: y * 0.9 + Math.sign(y) * 0.08, value: Math.sign(x * y) })),
  gauss: () =>
    [1, -1].flatMap((side) => [...ring(5, 0.12), ...ring(10, 0.26), ...ring(11, 0.4)].map(({ x, y }) => ({ x: x + side * 0.45, y: y + side * 0.45, value: side }))),
  plane: () => even(80).map(([x, y]) => ({ x, y, value: (x + y) / 2 })),
  gauss_regression: () =>
    even(120).map(([x, y]) => {
      const near = [-0.66, 0, 0.66].flatMap((cx, i) => [0.42, -0.42].map((cy, j) => ({ far: Math.hypot(x - cx, y - cy), sign: (i + j) % 2 ? -1 : 1 })));
      const nearest = near.reduce((a, b) => (a.far < b.far ? a : b));
      return { x, y, value: nearest.sign * Math.max(0, 1 - nearest.far / 0.42) };
    }),
};

function ring(count: number, radius: number): Dot[] {
  return Array.from({ length: count }, (_, i) => {
    const angle = (i / count) * 2 * Math.PI + radius * 9;
    return { x: radius * Math.sin(angle), y: radius * Math.cos(angle), value: 1 };
  });
}

export const dots = Object.fromEntries(SETS.map((name) => [name, makers[name]()])) as Record<SetName, Dot[]>;
