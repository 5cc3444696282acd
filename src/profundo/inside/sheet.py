"""What layers give, drawn: maps as tiles, steps and vectors as stripes; orange below zero, blue above."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..overlay import to_png
from .layers import Layer

if TYPE_CHECKING:
    from PIL import Image

ORANGE, ZERO, BLUE = (np.array(c, np.float32) for c in ((245, 147, 34), (246, 247, 249), (8, 119, 189)))
TILE, LARGE, GAP, WIDE, LINE = 48, 96, 4, 960, 18  # pixels of a map, of one of few, between, of a sheet, of a line
FEW = 8  # maps that are drawn larger
MOST = 64  # maps that are drawn of a layer among others
CELLS = 512  # units of a vector or of a step that are drawn


def coloured(values: np.ndarray, largest: float) -> np.ndarray:
    """Return numbers (...) as colours (..., 3) uint8: -largest is orange, 0 the paper, largest blue."""
    share = np.clip(values / max(largest, 1e-12), -1, 1)[..., None].astype(np.float32)
    towards = np.where(share < 0, ORANGE, BLUE)
    return np.rint(ZERO + (towards - ZERO) * np.abs(share)).astype(np.uint8)


def drawn(layer: Layer, most: int = MOST) -> "Image.Image":
    """Draw one layer, its largest value of either sign in full colour."""
    largest = float(np.abs(layer.values).max())
    if layer.form == "maps":
        return tiles(coloured(layer.values[:most], largest))
    values = layer.values.T if layer.form == "steps" else layer.values[None]
    return stripes(coloured(values[:CELLS, :CELLS], largest))


def tiles(maps: np.ndarray) -> "Image.Image":
    """Put maps (n, H, W, 3) on a page, each enlarged by whole numbers."""
    from PIL import Image

    count, height, width = maps.shape[:3]
    times = max(1, (LARGE if count <= FEW else TILE) // max(height, width))
    step = (height * times + GAP, width * times + GAP)
    across = max(1, min(count, (WIDE + GAP) // step[1]))
    page = np.full((math.ceil(count / across) * step[0] - GAP, across * step[1] - GAP, 3), 255, np.uint8)
    for number, one in enumerate(maps):
        top, left = number // across * step[0], number % across * step[1]
        large = one.repeat(times, 0).repeat(times, 1)
        page[top : top + large.shape[0], left : left + large.shape[1]] = large
    return Image.fromarray(page)


def stripes(values: np.ndarray) -> "Image.Image":
    """Draw rows of numbers (rows, columns, 3): a row a unit and a column a step, or one row of all units."""
    from PIL import Image

    rows, columns = values.shape[:2]
    wide = max(1, min(12, WIDE // columns))
    tall = max(1, min(24 if rows == 1 else 4, WIDE // rows))
    return Image.fromarray(np.ascontiguousarray(values.repeat(tall, 0).repeat(wide, 1)))


def sheet(layers: Sequence[Layer]) -> bytes:
    """Draw layers below each other with their names; one alone is drawn whole. Returns the bytes of a PNG."""
    from PIL import Image, ImageDraw

    alone = len(layers) == 1
    pictures = [drawn(layer, layer.units if alone else MOST) for layer in layers]
    height = sum(p.height + LINE + 3 * GAP for p in pictures)
    page = Image.new("RGB", (max(p.width for p in pictures) + 2 * GAP, height + GAP), "white")
    pen, top = ImageDraw.Draw(page), GAP
    for layer, picture in zip(layers, pictures, strict=True):
        shape = " x ".join(map(str, layer.values.shape))
        pen.text((GAP, top), f"{layer.name}  {layer.type}  {shape}", fill=(40, 50, 60))
        page.paste(picture, (GAP, top + LINE))
        top += LINE + picture.height + 3 * GAP
    return to_png(page)
