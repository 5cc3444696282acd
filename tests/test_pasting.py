"""Masks inside boxes, at the size of the picture."""

import numpy as np
from faster_coco_eval.core import mask as coco

from profundo.objects import Objects
from profundo.pasting import paste


def slow(box: np.ndarray, crop: np.ndarray, height: int, width: int) -> np.ndarray:
    x1, y1, x2, y2 = box
    found, side = np.zeros((height, width), np.uint8), len(crop)
    for row in range(height):
        for column in range(width):
            x, y = column + 0.5, row + 0.5
            if not (x1 <= x < x2 and y1 <= y < y2):
                continue
            u = min(max((x - x1) / (x2 - x1) * side - 0.5, 0), side - 1)
            v = min(max((y - y1) / (y2 - y1) * side - 0.5, 0), side - 1)
            a, b = int(u), int(v)
            c, d = min(a + 1, side - 1), min(b + 1, side - 1)
            top = crop[b, a] * (1 - u + a) + crop[b, c] * (u - a)
            low = crop[d, a] * (1 - u + a) + crop[d, c] * (u - a)
            found[row, column] = top * (1 - v + b) + low * (v - b) >= 0.5
    return found


def test_pasting_equals_a_loop_over_pixels():
    rng = np.random.default_rng(0)
    corner = rng.random((30, 2)) * 30 - 4
    boxes = np.concatenate([corner, corner + 0.3 + rng.random((30, 2)) * 25], 1)
    boxes[0] = [0, 0, 37, 31]
    crops = rng.random((30, 7, 7))
    crops[0] = 1
    objects = Objects(31, 37, boxes, np.zeros(30, np.int64), np.ones(30), crops=crops)
    made = paste(objects)
    assert made.crops is None and made.masks is not None
    for box, crop, code in zip(boxes, crops, made.masks, strict=True):
        assert (coco.decode(code) == slow(box, crop, 31, 37)).all()
        again = coco.encode(np.asfortranarray(slow(box, crop, 31, 37)))
        assert (again["counts"], again["size"]) == (code["counts"], list(code["size"]))


def test_objects_without_crops_stay():
    objects = Objects(5, 5, np.zeros((0, 4)), np.zeros(0, np.int64))
    assert paste(objects) is objects
