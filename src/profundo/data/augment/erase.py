"""Erasing: a rectangle becomes plain (DeVries and Taylor 2017, 1708.04552; Zhong et al. 2017, 1708.04896)."""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ...batch import Batch
from ...objects import IGNORED
from ...schema import Boxes, Mask
from .rectangles import areas, cut, inside

LEAST = 0.02  # of the picture
SLIM = math.log(3)  # a rectangle is up to three times as wide as high, or as high as wide
HIDDEN = 0.8  # of an object: more is not erased


@dataclass(frozen=True)
class Erase:
    """Erase a rectangle of 2 % to `area` of the picture in half of the pictures: it becomes the mean colour.

    A label of erased pixels is no label. A picture of which an object would be hidden to four fifths is left as it is.
    """

    area: float
    target: Mask | Boxes | None = None

    @property
    def columns(self) -> int:
        """Whether, area, shape, where across, where down."""
        return 5

    def apply(self, batch: Batch, drawn: Tensor) -> Batch:
        """Return the batch with its rectangles."""
        whether, area, shape, across, down = drawn.unbind(1)
        size = (batch.x.shape[2], batch.x.shape[3])
        side = (LEAST + area * max(self.area - LEAST, 0)).sqrt()
        stretch = ((2 * shape - 1) * SLIM / 2).exp()
        sides = cut(across, down, side * stretch, side / stretch, size)
        done = whether < 0.5
        if isinstance(self.target, Boxes):
            done = done & ~hides(sides, batch.y)
        gone = inside(sides * done.unsqueeze(1), size)
        y = batch.y.masked_fill(gone, IGNORED) if isinstance(self.target, Mask) else batch.y
        return replace(batch, x=batch.x.masked_fill(gone.unsqueeze(1), 0.0), y=y)


def hides(sides: Tensor, y: Tensor) -> Tensor:
    """Say of each picture (B,) whether its rectangle (B, 4) hides an object of y (B, most, 5 or more)."""
    boxes, rectangle = y[..., :4], sides.unsqueeze(1)
    shared = torch.cat(
        [torch.maximum(boxes[..., :2], rectangle[..., :2]), torch.minimum(boxes[..., 2:], rectangle[..., 2:])], 2
    )
    return ((areas(shared) > HIDDEN * areas(boxes)) & (y[..., 4] >= 0)).any(1)
