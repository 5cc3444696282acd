"""Which true box belongs to which anchor or proposal."""

import torch
from torch import Tensor

from .boxes import iou_matrix

BACKGROUND, BETWEEN = -1, -2  # no object, and neither an object nor none


def truth_iou(boxes: Tensor, y: Tensor) -> Tensor:
    """Return the IoU (B, n, most) of boxes (n, 4) or (B, n, 4) with the truth y (B, most, 5 ..), -1 past its end."""
    overlap = iou_matrix(boxes if boxes.dim() == 3 else boxes.unsqueeze(0), y[..., :4])
    return overlap.masked_fill((y[..., 4] < 0).unsqueeze(1), -1.0)


def compact(y: Tensor) -> Tensor:
    """Return y (B, most, k) with its objects first and without the rows that are empty in all of the pictures.

    One row is left where there is no object at all.
    """
    there = y[..., 4] >= 0
    order = there.int().argsort(stable=True, dim=1, descending=True)[:, : max(1, int(there.sum(1).max()))]
    return y.gather(1, order.unsqueeze(-1).expand(-1, -1, y.shape[2]))


def match(overlap: Tensor, low: float, high: float, *, rescue: bool = False) -> Tensor:
    """Give each of n boxes its truth, (B, n) int64, from their overlap (B, n, most) as `truth_iou` returns it.

    It is the place of the truth with the largest IoU where that is at least `high`, BACKGROUND where it is below `low`,
    BETWEEN elsewhere. With `rescue`, the boxes that come nearest to a truth are matched too, however little they touch
    it: no truth goes without (Faster R-CNN, Ren et al. 2015, 1506.01497).
    """
    if not overlap.shape[2]:
        return overlap.new_full(overlap.shape[:2], BACKGROUND, dtype=torch.int64)
    value, place = overlap.max(2)
    found = place.masked_fill(value < high, BETWEEN).masked_fill(value < low, BACKGROUND)
    if rescue:
        nearest = overlap.amax(1, keepdim=True)
        found = torch.where(((overlap == nearest) & (nearest > 0)).any(2), place, found)
    return found


def matched(y: Tensor, found: Tensor) -> Tensor:
    """Return the row of y (B, most, k) for each match (B, n), (B, n, k); the first row where there is none."""
    return y.gather(1, found.clamp(min=0).unsqueeze(-1).expand(-1, -1, y.shape[2]))
