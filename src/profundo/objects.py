"""Where things are in one picture: boxes, their labels, and perhaps their masks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

SIDE = 28  # of the square in which a mask inside its box is learnt
IGNORED = 255  # the code of pixels that have no label
Rle = dict[str, Any]  # a mask as COCO writes it: {"size": [height, width], "counts": bytes}


@dataclass(frozen=True, eq=False)
class Objects:
    """The objects of one picture of `height` x `width` pixels, true ones or found ones.

    `boxes` (k, 4) float64 are x1, y1, x2, y2 in pixels, x to the right, y downwards, the upper left corner of the
    picture at 0, 0, and x2 - x1 the width. `codes` (k,) int64 number the labels. Found ones have `scores` (k,), within
    0..1. Masks, where there are any, are `masks`, run-length codes at the size of the picture, or `crops`
    (k, SIDE, SIDE) float32, the probability of each cell of a grid inside the box. True ones that are `crowd` (k,) bool
    are regions of many objects: finding something there is neither right nor wrong.
    """

    height: int
    width: int
    boxes: np.ndarray
    codes: np.ndarray
    scores: np.ndarray | None = None
    masks: Sequence[Rle] | None = None
    crops: np.ndarray | None = None
    crowd: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.codes)

    def keep(self, which: np.ndarray) -> "Objects":
        """Return some of the objects: `which` are their places, or (k,) bool."""
        places: list[int] = (np.flatnonzero(which) if which.dtype == bool else which).tolist()
        return replace(
            self,
            boxes=self.boxes[places],
            codes=self.codes[places],
            scores=None if self.scores is None else self.scores[places],
            masks=None if self.masks is None else [self.masks[i] for i in places],
            crops=None if self.crops is None else self.crops[places],
            crowd=None if self.crowd is None else self.crowd[places],
        )

    def scaled(self, factor: float, height: int, width: int) -> "Objects":
        """Return the objects in a picture `factor` times as large, cut to height x width; masks are left out."""
        limit = np.array([width, height, width, height], np.float64)
        return replace(self, height=height, width=width, boxes=np.clip(self.boxes * factor, 0, limit), masks=None)


def nothing(height: int, width: int) -> Objects:
    """Return a picture in which there is nothing."""
    return Objects(height, width, np.zeros((0, 4)), np.zeros(0, np.int64))
