"""How the pictures of a training are drawn, learnt from them, so that a new drawing can be made to look like them.

A digit drawn with the mouse is larger, thinner and elsewhere on its page than those that a network has seen. So the
drawing is given the size, the place and the width of the pen that the training pictures have, and their ground and ink.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..data.dataset import Data
from ..data.strokes import fitted, thinned_drawing
from ..schema import Image

LOOKED_AT = 400  # training pictures
FAINT = 0.3  # of the full ink: fainter pixels do not count for the size of what is drawn
CORNERS, GROUND = 0.08, 0.35  # how far corners may be from the ground, and the share of ground that a drawing has
FINE = 224  # pixels of a side, at least, that a drawing is painted with before it is shrunk
WIDTHS = (0.01, 0.4)  # of the side: the pens that are tried
ROUNDS = 6


@dataclass(frozen=True)
class Ink:
    """What drawings have in common, in shares of the side of the picture.

    `ground` and `full` are levels 0 to 255. `size` is the height of what is drawn, or its longer side where `longer`;
    `centre` (down, right) is where its middle is, or where its weight is where `weight`. `thickness` is that of the
    pen, as `thickness` measures it.
    """

    ground: float
    full: float
    size: float
    longer: bool
    centre: tuple[float, float]
    weight: bool
    thickness: float


def learn_ink(data: Data) -> Ink | None:
    """Learn it from training pictures; None where they are no drawings, of one ink on one ground."""
    image = data.schema.image
    if image is None or not data.count("train"):
        return None
    rows = data.positions("train")
    rows = rows[:: max(1, len(rows) // LOOKED_AT)][:LOOKED_AT]
    grey = data.x[rows].float().mean(1).cpu().numpy()  # (n, H, W)
    corners = grey[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    ground = float(np.median(corners))
    away = grey - ground
    full = float(np.quantile(away, 0.995) if away.max() >= -away.min() else np.quantile(away, 0.005))
    if abs(full) < 16:
        return None
    ink = np.clip(away / full, 0, 1)
    far = np.abs(corners - ground).mean() / 255
    if far > CORNERS or (ink < 0.1).mean() < GROUND:
        return None
    ink = ink[(ink > FAINT).any((1, 2))]
    boxes = np.array([box_of(picture) for picture in ink])
    heights, longest = boxes[:, 1] - boxes[:, 0], np.maximum(boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2])
    longer = spread(longest) <= spread(heights)
    middles = np.stack([boxes[:, :2].mean(1), boxes[:, 2:].mean(1)], 1)
    weights = np.array([weight_of(picture) for picture in ink])
    weight = weights.std(0).sum() < middles.std(0).sum()
    down, right = np.median(weights if weight else middles, axis=0)
    return Ink(
        ground,
        ground + full,
        float(np.median(longest if longer else heights)),
        bool(longer),
        (float(down), float(right)),
        bool(weight),
        float(np.median([thickness(picture) for picture in ink])),
    )


def spread(values: np.ndarray) -> float:
    """Return the standard deviation in shares of the mean."""
    return float(values.std() / values.mean())


def box_of(ink: np.ndarray) -> tuple[float, float, float, float]:
    """Return top, bottom, left and right of what is drawn (H, W), in shares of the sides."""
    seen = ink > FAINT
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    height, width = ink.shape
    return rows[0] / height, (rows[-1] + 1) / height, columns[0] / width, (columns[-1] + 1) / width


def weight_of(ink: np.ndarray) -> tuple[float, float]:
    """Return the centre of gravity (down, right) of what is drawn, in shares of the sides."""
    total = max(float(ink.sum()), 1e-9)
    down = (ink.sum(1) @ (np.arange(len(ink)) + 0.5)) / total / len(ink)
    right = (ink.sum(0) @ (np.arange(ink.shape[1]) + 0.5)) / total / ink.shape[1]
    return float(down), float(right)


def thickness(ink: np.ndarray) -> float:
    """Return the width of the pen in shares of the height: twice the area of a line over the length of its edge.

    Pixels count by the square of their ink, so that a line that is fainter because it is thinner than one is thin.
    """
    padded = np.pad(ink, 1)
    down, right = np.diff(padded, axis=0)[:, :-1], np.diff(padded, axis=1)[:-1]
    edge = float(np.hypot(down, right).sum())
    return 2 * float((ink**2).sum()) / max(edge, 1e-9) / len(ink)


def written(lines: Sequence[np.ndarray], ink: Ink, image: Image) -> np.ndarray:
    """Return a drawing of lines (n, 2) as a picture (channels, H, W) uint8 like those of the training."""
    lines = thinned_drawing(lines)
    low, high = WIDTHS
    for _ in range(ROUNDS):
        pen = (low + high) / 2
        if thickness(painted(lines, ink, image, pen)) < ink.thickness:
            low = pen
        else:
            high = pen
    drawn = painted(lines, ink, image, pen)
    moved = replace(ink, centre=aimed(drawn, ink))
    drawn = painted(lines, moved, image, pen)
    levels = np.rint(np.clip(ink.ground + drawn * (ink.full - ink.ground), 0, 255)).astype(np.uint8)
    return np.repeat(levels[None], image.channels, 0)


def aimed(drawn: np.ndarray, ink: Ink) -> tuple[float, float]:
    """Return the centre to aim at so that a drawing comes to lie where it should: as far off as it is now, opposite."""
    if not (drawn > FAINT).any():
        return ink.centre
    top, bottom, left, right = box_of(drawn)
    found = weight_of(drawn) if ink.weight else ((top + bottom) / 2, (left + right) / 2)
    return 2 * ink.centre[0] - found[0], 2 * ink.centre[1] - found[1]


def painted(lines: Sequence[np.ndarray], ink: Ink, image: Image, pen: float) -> np.ndarray:
    """Paint lines with a pen of a width, their size and middle as the ink says: (H, W) from 0 to 1."""
    from PIL import Image as Pillow
    from PIL import ImageDraw

    height, width = image.height, image.width_pixels
    fine = -(-FINE // max(height, width))
    tall, wide = height * fine, width * fine
    points = np.concatenate(list(lines))
    down, across = (max(float(np.ptp(points[:, axis])), 1e-6) for axis in (1, 0))
    thick = pen * tall
    most = (max(ink.size * tall - thick, 1.0) / (max(down, across) if ink.longer else down), (wide - thick) / across)
    side = min(most) * max(down, across)  # of the square that `fitted` fits the drawing into
    page = Pillow.new("L", (wide, tall))
    brush = ImageDraw.Draw(page)
    shift = np.array([ink.centre[1] * wide - side / 2, ink.centre[0] * tall - side / 2])
    for line in fitted(lines, side, 0.0):
        line = line + shift
        if len(line) > 1:
            brush.line(line.ravel().tolist(), fill=255, width=max(1, round(thick)), joint="curve")
        for x, y in line[[0, -1]]:
            brush.circle((x, y), thick / 2, fill=255)
    return np.asarray(page.resize((width, height), Pillow.Resampling.BOX), np.float64) / 255
