"""Masks that were found inside boxes, brought to the size of the picture as COCO's run-length codes."""

from dataclasses import replace

import numpy as np

from .objects import Objects, Rle

SURE = 0.5  # the probability from which a pixel belongs to an object


def paste(objects: Objects) -> Objects:
    """Return the objects with `masks` at the size of the picture, made from their `crops` (Mask R-CNN, 1703.06870).

    A pixel whose centre lies in the box belongs to the object where the probability, read between the centres of the
    crop's cells, is at least 0.5. Objects that have masks, or neither, come back as they are.
    """
    if objects.masks is not None or objects.crops is None:
        return objects
    size = (objects.height, objects.width)
    masks = [pasted(box, crop, *size) for box, crop in zip(objects.boxes, objects.crops, strict=True)]
    return replace(objects, masks=masks, crops=None)


def pasted(box: np.ndarray, crop: np.ndarray, height: int, width: int) -> Rle:
    """Return the run-length code of one mask: crop (S, S) probabilities inside a box (4,), in height x width pixels."""
    x1, y1, x2, y2 = box.tolist()
    left, across = reading(x1, x2, width, crop.shape[1])
    top, down = reading(y1, y2, height, crop.shape[0])
    return encoded(down @ crop @ across.T >= SURE, top, left, height, width)


def reading(low: float, high: float, limit: int, cells: int) -> tuple[int, np.ndarray]:
    """Return the first pixel whose centre lies between low and high, and what each pixel reads of the cells.

    The second is (pixels, cells): the weights of linear interpolation between the centres of the cells.
    """
    first, last = max(int(np.ceil(low - 0.5)), 0), min(int(np.ceil(high - 0.5)), limit)
    centres = np.arange(first, max(last, first)) + 0.5
    place = np.clip((centres - low) / max(high - low, 1e-9) * cells - 0.5, 0, cells - 1)
    return first, np.clip(1 - np.abs(place[:, None] - np.arange(cells)), 0, 1)


def encoded(inside: np.ndarray, top: int, left: int, height: int, width: int) -> Rle:
    """Return the run-length code of a small mask (h, w) bool whose upper left pixel stands at (top, left)."""
    from faster_coco_eval.core import mask

    steps = np.diff(np.pad(inside.astype(np.int8), ((1, 1), (0, 0))), axis=0)  # 1 where a run begins, -1 behind its end
    column, row = np.nonzero(steps.T)
    edges = (left + column) * height + top + row  # beginnings and ends in turn, down the columns
    joined = np.flatnonzero(edges[1:] == edges[:-1])  # a run to the foot of a column, the next from the head of another
    edges = np.delete(edges, np.concatenate([joined, joined + 1]))
    ends = [height * width] if not len(edges) or edges[-1] < height * width else []
    counts = np.diff(np.concatenate([[0], edges, ends])).astype(int).tolist()
    code: Rle = mask.frPyObjects({"size": [height, width], "counts": counts}, height, width)
    return code
