"""Pictures with what is in them drawn on top: boxes with their labels, masks, or a colour for every label of pixels."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .objects import IGNORED, SIDE, Objects

if TYPE_CHECKING:
    from PIL import Image

# Twelve colours that differ in lightness as well as in hue, so that they can be told apart without seeing red or green.
COLOURS = (
    (31, 119, 180), (255, 160, 0), (0, 158, 115), (213, 60, 60), (148, 80, 200), (240, 228, 66),
    (86, 200, 233), (204, 121, 167), (120, 94, 60), (170, 210, 80), (90, 90, 90), (255, 200, 170),
)  # fmt: skip
GROUND = "background"
TINT = 0.5  # how much of a mask's colour lies over the picture
SMALLEST = 224  # pixels of the longer side that a drawn picture has at least
INSIDE = 0.5  # the probability from which a cell of a grid is of the object


def colour(code: int) -> tuple[int, int, int]:
    """Return the colour of a label."""
    return COLOURS[code % len(COLOURS)]


def draw(pixels: np.ndarray, places: Objects | np.ndarray | None, labels: Sequence[str]) -> "Image.Image":
    """Return a picture (C, H, W) uint8 with objects, or a map (H, W) of codes, drawn on it; a small one is enlarged."""
    from PIL import Image

    array = np.repeat(pixels, 3, axis=0) if len(pixels) == 1 else pixels[:3]
    image = Image.fromarray(np.ascontiguousarray(np.moveaxis(array, 0, -1)))
    times = max(1, -(-SMALLEST // max(image.size)))
    image = image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST)
    if isinstance(places, np.ndarray):
        return tinted(image, places.repeat(times, 0).repeat(times, 1), labels)
    return image if places is None else with_objects(image, places, labels, image.width / places.width)


def tinted(image: "Image.Image", codes: np.ndarray, labels: Sequence[str]) -> "Image.Image":
    """Lay the colours of a map of codes (H, W) over a picture, but for background and what has no label."""
    from PIL import Image

    array = np.asarray(image).astype(np.float32)
    table = np.array([colour(code) for code in range(256)], np.float32)
    plain = [IGNORED, *(code for code, label in enumerate(labels) if label == GROUND)]
    mixed = np.where(np.isin(codes, plain)[..., None], array, (1 - TINT) * array + TINT * table[codes])
    return Image.fromarray(mixed.astype(np.uint8))


def with_objects(image: "Image.Image", found: Objects, labels: Sequence[str], times: float) -> "Image.Image":
    """Draw objects, the surest last, so that they stand on top."""
    from PIL import ImageDraw

    scores = found.scores
    for i in reversed(range(len(found))):
        shape = mask_of(found, i, times)
        if shape is not None:
            image = with_mask(image, *shape, colour(int(found.codes[i])))
    pen = ImageDraw.Draw(image)
    crowded = len(found) > 20
    for i in reversed(range(len(found))):
        box, code = (found.boxes[i] * times).tolist(), int(found.codes[i])
        pen.rectangle(box, outline=colour(code), width=1 if crowded else 2)
        if crowded:
            continue
        sure = "" if scores is None else f" {scores[i]:.2f}"
        write(pen, f"{labels[code]}{sure}", (box[0], box[1]), colour(code))
    return image


def write(pen: "object", text: str, corner: tuple[float, float], paper: tuple[int, int, int]) -> None:
    """Write a label on a strip of its colour, inside the picture, in the ink that can be read on it."""
    from PIL import ImageDraw

    assert isinstance(pen, ImageDraw.ImageDraw)
    left, _, right, bottom = pen.textbbox((0, 0), text)
    x, y = corner[0], max(0.0, corner[1] - bottom - 2)
    pen.rectangle((x, y, x + right - left + 4, y + bottom + 2), fill=paper)
    dark = 0.299 * paper[0] + 0.587 * paper[1] + 0.114 * paper[2] > 140
    pen.text((x + 2, y), text, fill=(0, 0, 0) if dark else (255, 255, 255))


def mask_of(found: Objects, index: int, times: float) -> tuple[np.ndarray, int, int] | None:
    """Return one object's mask (h, w) bool in the drawn picture with its left and top, None where it has none."""
    from PIL import Image

    if found.crops is not None:
        x1, y1, x2, y2 = (round(v) for v in (found.boxes[index] * times).tolist())
        size = (max(1, x2 - x1), max(1, y2 - y1))
        grid = Image.fromarray((found.crops[index].reshape(SIDE, SIDE) * 255).astype(np.uint8))
        return np.asarray(grid.resize(size, Image.Resampling.BILINEAR)) >= 255 * INSIDE, x1, y1
    if found.masks is None:
        return None
    from faster_coco_eval.core import mask as coco

    whole = Image.fromarray(coco.decode(found.masks[index]) * np.uint8(255))
    size = (round(found.width * times), round(found.height * times))
    return np.asarray(whole.resize(size, Image.Resampling.NEAREST)) > 0, 0, 0


def with_mask(image: "Image.Image", mask: np.ndarray, left: int, top: int, tint: tuple[int, int, int]) -> "Image.Image":
    """Lay one mask over a picture."""
    from PIL import Image

    layer = Image.fromarray(mask.astype(np.uint8) * np.uint8(255 * TINT))
    image.paste(Image.new("RGB", layer.size, tint), (left, top), layer)
    return image


def beside(pictures: Sequence["Image.Image"], gap: int = 6) -> "Image.Image":
    """Put pictures of one height side by side on white."""
    from PIL import Image

    width = sum(p.width for p in pictures) + gap * (len(pictures) - 1)
    page = Image.new("RGB", (width, max(p.height for p in pictures)), "white")
    left = 0
    for picture in pictures:
        page.paste(picture, (left, 0))
        left += picture.width + gap
    return page


def to_png(image: "Image.Image") -> bytes:
    """Return a picture as the bytes of a PNG."""
    file = io.BytesIO()
    image.save(file, format="PNG", optimize=True)
    return file.getvalue()
