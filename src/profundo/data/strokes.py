"""Drawings as the path of a pen: from points to moves and back, thinned out, and drawn as a picture.

A drawing is an array of moves (n, 3): dx, dy to the next point, y growing downwards, and 1 where the pen is lifted
after it. It begins at the origin with the pen down. Moves made with the pen lifted draw nothing.
"""

from collections.abc import Sequence

import numpy as np

from ..schema import Strokes

TOLERANCE = 0.02  # of the larger side of a drawing: points closer to the line between others than this are left out
DRAWS, LIFTED, ENDED = 2, 3, 4  # the columns of x that say what the pen does after a move
FINE = 4  # a picture is drawn so many times larger, and shrunk: edges become smooth


def moves_of(lines: Sequence[np.ndarray]) -> np.ndarray:
    """Return the moves (n, 3) float32 of a drawing of lines, each (points, 2); the first point is its origin."""
    lines = [line for line in lines if len(line)]
    points = np.concatenate(lines) if lines else np.zeros((0, 2))
    moves = np.zeros((len(points), 3), np.float32)
    moves[1:, :2] = np.diff(points, axis=0)
    moves[np.cumsum([len(line) for line in lines]) - 1, 2] = 1
    return without_start(moves)


def without_start(moves: np.ndarray) -> np.ndarray:
    """Leave out a first move that goes nowhere, unless the pen is lifted after it: then it is a dot."""
    return moves[1:] if len(moves) > 1 and not moves[0].any() else moves


def lines_of(moves: np.ndarray) -> list[np.ndarray]:
    """Return the lines of a drawing, each (points, 2), from its moves (n, 3); a line of one point is a dot."""
    points = np.concatenate([np.zeros((1, 2)), np.cumsum(moves[:, :2], axis=0, dtype=np.float64)])
    ends = np.flatnonzero(moves[:, 2] > 0.5) + 1  # the last point of each line
    begins = np.concatenate([[0], ends + 1])
    ends = np.concatenate([ends, [len(points) - 1]])
    return [points[a : b + 1] for a, b in zip(begins, ends, strict=True) if b >= a]


def thinned(line: np.ndarray, tolerance: float) -> np.ndarray:
    """Leave out points of a line (n, 2) that are within `tolerance` of the line between others, ends never.

    Ramer 1972; Douglas and Peucker 1973.
    """
    kept = np.zeros(len(line), dtype=bool)
    kept[[0, -1]] = True
    waiting = [(0, len(line) - 1)]
    while waiting:
        begin, end = waiting.pop()
        if end - begin < 2:
            continue
        inside, chord = line[begin + 1 : end] - line[begin], line[end] - line[begin]
        length = np.hypot(*chord)
        if length > tolerance:
            far = np.abs(inside[:, 0] * chord[1] - inside[:, 1] * chord[0]) / length
        else:  # it comes back to where it began
            far = np.hypot(*inside.T)
        middle = begin + 1 + int(far.argmax())
        if far[middle - begin - 1] > tolerance:
            kept[middle] = True
            waiting += [(begin, middle), (middle, end)]
    return line[kept]


def thinned_drawing(lines: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Thin out every line of a drawing, by the size of the drawing."""
    points = np.concatenate(lines)
    tolerance = TOLERANCE * float(np.ptp(points, axis=0).max())
    return [thinned(line.astype(np.float64), tolerance) for line in lines]


def encoded(drawings: Sequence[np.ndarray], kind: Strokes) -> np.ndarray:
    """Return x (N, points, 5) of drawings given by their moves; a longer one ends where there is no more room."""
    x = np.zeros((len(drawings), kind.points, 5), np.float32)
    x[:, :, ENDED] = 1
    for row, moves in zip(x, drawings, strict=True):
        count = min(len(moves), kind.points - 1)
        row[:count, :2] = moves[:count, :2] / kind.scale
        row[:count, DRAWS] = moves[:count, 2] < 0.5
        row[:count, LIFTED] = moves[:count, 2] > 0.5
        row[:count, ENDED] = 0
    return x


def decoded(x: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """Return the moves (n, 3) of one drawing as the network has it, (points, 5), up to its end."""
    last = int((x[:, ENDED] < 0.5).sum())
    return np.concatenate([x[:last, :2] * scale, x[:last, LIFTED : LIFTED + 1]], 1)


def counted(x: np.ndarray) -> np.ndarray:
    """Return how many moves each drawing of x (N, points, 5) has, (N,)."""
    found: np.ndarray = (x[:, :, ENDED] < 0.5).sum(1)
    return found


def drawn(moves: np.ndarray, side: int = 28, margin: float = 0.08, width: float = 0.05) -> np.ndarray:
    """Draw a drawing as a picture (side, side) uint8, 0 where nothing is, in its middle and as large as it fits.

    `margin` and `width`, that of the pen, are shares of the side.
    """
    from PIL import Image, ImageDraw

    large = side * FINE
    page = Image.new("L", (large, large))
    pen, thickness = ImageDraw.Draw(page), max(1, round(width * large))
    for line in fitted(lines_of(moves), large, margin):
        if len(line) > 1:
            pen.line(line.ravel().tolist(), fill=255, width=thickness, joint="curve")
        for x, y in line[[0, -1]]:
            pen.circle((x, y), thickness / 2, fill=255)
    return np.asarray(page.resize((side, side), Image.Resampling.BOX))


def fitted(lines: Sequence[np.ndarray], side: float, margin: float = 0.08) -> list[np.ndarray]:
    """Move and enlarge the lines of a drawing to the middle of a square, its proportions kept."""
    points = np.concatenate(lines)
    low, high = points.min(0), points.max(0)
    scale = side * (1 - 2 * margin) / max(float((high - low).max()), 1e-6)
    return [(line - (low + high) / 2) * scale + side / 2 for line in lines]
