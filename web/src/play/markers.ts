// Examples as marks on the plane: shape and colour tell the class, filled or open tells training from testing.
import { classColour, signedColour } from "../lib/colours";

const TURN = 2 * Math.PI;

function shape(context: CanvasRenderingContext2D, kind: number, x: number, y: number, r: number) {
  context.beginPath();
  if (kind === 0) context.arc(x, y, r, 0, TURN);
  else if (kind === 1) context.rect(x - r * 0.9, y - r * 0.9, 1.8 * r, 1.8 * r);
  else {
    const corners = [3, 4, 5, 3, 6][(kind - 2) % 5]!;
    const turn = kind === 5 ? Math.PI / 2 : -Math.PI / 2;
    for (let k = 0; k < corners; k++) {
      const angle = turn + (k / corners) * TURN;
      context.lineTo(x + 1.25 * r * Math.cos(angle), y + 1.25 * r * Math.sin(angle));
    }
    context.closePath();
  }
}

export type Marks = {
  points: ArrayLike<number>;
  part: ArrayLike<number>;
  truth: ArrayLike<number>;
  classes: boolean;
  outcome: readonly [number, number] | null;
  ranges: readonly [readonly [number, number], readonly [number, number]];
  parts: readonly number[];
  dark: boolean;
};

/** Draw the examples of these parts into a canvas of `size` CSS pixels. */
export function mark(canvas: HTMLCanvasElement, size: number, marks: Marks) {
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const side = Math.round(size * ratio);
  if (canvas.width !== side || canvas.height !== side) Object.assign(canvas, { width: side, height: side });
  const context = canvas.getContext("2d");
  if (!context) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size, size);
  const { points, part, truth } = marks;
  const r = Math.max(2.6, Math.min(4.5, 84 / Math.sqrt(part.length)));
  for (const wanted of marks.parts) {
    for (let i = 0; i < part.length; i++) {
      if (part[i] !== wanted) continue;
      const [x, y] = place(points[2 * i]!, points[2 * i + 1]!, marks.ranges, size);
      const kind = marks.classes ? truth[i]! : 0;
      const colour = marks.classes ? classColour(kind) : valueColour(truth[i]!, marks.outcome, marks.dark);
      shape(context, kind, x, y, r);
      context.lineWidth = wanted === 0 ? 0.9 : 1.2;
      context.fillStyle = colour;
      context.strokeStyle = wanted === 0 ? "#ffffff" : marks.dark ? "#f5f7fa" : "#10202c";
      context.fill();
      context.stroke();
    }
  }
}

/** Where a point of the data stands on a picture of `size` pixels. */
export function place(x: number, y: number, [[left, right], [low, high]]: Marks["ranges"], size: number): [number, number] {
  return [((x - left) / (right - left)) * size, (1 - (y - low) / (high - low)) * size];
}

/** The colour of a number between the two ends of what is predicted: orange, background, blue. */
export function valueColour(value: number, outcome: readonly [number, number] | null, dark: boolean): string {
  const [low, high] = outcome ?? [-1, 1];
  return signedColour((2 * (value - low)) / (high - low || 1) - 1, dark);
}

/** A class's mark as an SVG path around (0, 0), for legends. */
export function outline(kind: number, r = 5): string {
  if (kind === 0) return `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
  if (kind === 1) return `M${-r * 0.9} ${-r * 0.9}h${1.8 * r}v${1.8 * r}h${-1.8 * r}Z`;
  const corners = [3, 4, 5, 3, 6][(kind - 2) % 5]!;
  const turn = kind === 5 ? Math.PI / 2 : -Math.PI / 2;
  const at = Array.from({ length: corners }, (_, k) => turn + (k / corners) * TURN);
  return `M${at.map((angle) => `${(1.25 * r * Math.cos(angle)).toFixed(1)} ${(1.25 * r * Math.sin(angle)).toFixed(1)}`).join("L")}Z`;
}
