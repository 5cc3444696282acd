// The answer of the network over the plane, as pixels.
import { classTable, signedTable } from "../lib/colours";

/** Paint the surface: two classes or numbers by one map of colours, more classes each in its own. */
export function paintSurface(
  canvas: HTMLCanvasElement,
  surface: Uint8Array,
  label: Uint8Array | undefined,
  side: number,
  how: { turned: boolean; dark: boolean; sharp: boolean },
) {
  if (canvas.width !== side || canvas.height !== side) Object.assign(canvas, { width: side, height: side });
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(side, side);
  const pixels = new Uint32Array(image.data.buffer);
  if (label) {
    const least = 255 / (Math.max(...label) + 2);
    for (let i = 0; i < pixels.length; i++) {
      const sure = how.sharp ? 150 : 30 + ((surface[i]! - least) / (255 - least)) * 130;
      pixels[i] = classTable(label[i]!, how.dark)[Math.round(Math.min(255, Math.max(0, sure)))]!;
    }
  } else {
    const table = signedTable(how.dark, how.turned);
    for (let i = 0; i < pixels.length; i++) pixels[i] = table[how.sharp ? stepped(surface[i]!) : softened(surface[i]!)]!;
  }
  context.putImageData(image, 0, 0);
}

/** Keep the surface paler than the examples that stand on it. */
const softened = (value: number) => Math.round(127.5 + (value - 127.5) * 0.6);

const stepped = (value: number) => (value < 128 ? 60 : 195);

/** 1 where the label is k and 0 elsewhere: its contour at a half is the border of the class. */
export function indicator(label: Uint8Array, k: number): Uint8Array {
  const out = new Uint8Array(label.length);
  for (let i = 0; i < label.length; i++) out[i] = label[i] === k ? 1 : 0;
  return out;
}
