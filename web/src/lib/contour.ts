// The line along which a plane of numbers has one value, by marching squares (Lorensen and Cline 1987, in two dimensions).

/** Return an SVG path in units of cells (0 ... width-1, 0 ... height-1) of the line where `plane` is `level`. */
export function contour(plane: ArrayLike<number>, width: number, height: number, level: number): string {
  let path = "";
  const cut = (a: number, b: number) => (level - a) / (b - a);
  for (let y = 0; y + 1 < height; y++) {
    for (let x = 0; x + 1 < width; x++) {
      const at = y * width + x;
      const [a, b, c, d] = [plane[at]!, plane[at + 1]!, plane[at + width + 1]!, plane[at + width]!];
      const above = +(a >= level) + +(b >= level) + +(c >= level) + +(d >= level);
      if (above === 0 || above === 4) continue;
      const crossed: [number, number][] = [];
      if (a < level !== b < level) crossed.push([x + cut(a, b), y]);
      if (b < level !== c < level) crossed.push([x + 1, y + cut(b, c)]);
      if (d < level !== c < level) crossed.push([x + cut(d, c), y + 1]);
      if (a < level !== d < level) crossed.push([x, y + cut(a, d)]);
      if (crossed.length === 4 && (a + b + c + d) / 4 < level === a < level) crossed.unshift(crossed.pop()!);
      for (let i = 0; i + 1 < crossed.length; i += 2) {
        const [from, to] = [crossed[i]!, crossed[i + 1]!];
        path += `M${from[0].toFixed(2)} ${from[1].toFixed(2)}L${to[0].toFixed(2)} ${to[1].toFixed(2)}`;
      }
    }
  }
  return path;
}
