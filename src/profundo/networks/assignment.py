"""Which cells of a detector's maps learn which object: those that already find it best (TOOD, 2108.07755)."""

import torch
from torch import Tensor

from .boxes import iou_matrix

CELLS = 9  # that learn one object, at most
SCORE_POWER, IOU_POWER = 0.5, 6.0  # of the score and of the IoU in how well a cell finds an object
REACH = 0.5  # cells from the middle of an object within which a cell may learn it, however small it is


@torch.no_grad()
def assigned(logits: Tensor, boxes: Tensor, places: Tensor, strides: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return for each cell the place of its object in y, (B, n) int64, and how good it may call itself, (B, n) 0 to 1.

    logits (B, n, labels) and boxes (B, n, 4) are what the cells say now, places (n, 2) and strides (n,) where they are
    and how far apart, y (B, most, 5 or more) the truth. A cell may learn an object in whose box it lies; of these the
    `CELLS` with the largest alignment, score^0.5 x IoU^6, do. A cell that is chosen by several learns the one that it
    covers best. The best cell of an object may call itself as good as the largest IoU, the others in proportion to
    their alignment. 0 is a cell that learns nothing but that nothing is there.
    """
    codes, there = y[..., 4].long().clamp(min=0), y[..., 4] >= 0  # (B, most)
    if not there.any():
        return logits.new_zeros(logits.shape[:2], dtype=torch.int64), logits.new_zeros(logits.shape[:2])
    overlap = iou_matrix(y[..., :4], boxes)  # (B, most, n)
    of_label = logits.sigmoid().transpose(1, 2).gather(1, codes.unsqueeze(-1).expand(-1, -1, len(places)))
    alignment = of_label.pow(SCORE_POWER) * overlap.pow(IOU_POWER)
    allowed = inside(y[..., :4], places, strides) & there.unsqueeze(-1)
    rank = torch.where(allowed, alignment + 1e-9 * nearness(y[..., :4], places, strides), -1.0)
    values, cells = rank.topk(min(CELLS, rank.shape[2]), 2)
    chosen = torch.zeros_like(allowed).scatter_(2, cells, values > 0)
    covered = torch.where(chosen, overlap + 1e-6, 0.0)
    truth = covered.argmax(1)  # (B, n)
    chosen &= torch.zeros_like(chosen).scatter_(1, truth.unsqueeze(1), True)
    alignment, overlap = alignment * chosen, overlap * chosen
    largest = alignment.amax(2, keepdim=True)
    quality = alignment / largest.clamp(min=1e-20) * overlap.amax(2, keepdim=True)
    return truth, quality.amax(1)


def inside(boxes: Tensor, places: Tensor, strides: Tensor) -> Tensor:
    """Say which cells (n) lie in which boxes (B, most, 4), (B, most, n); around its middle a box is a cell wide."""
    middle = (boxes[..., :2] + boxes[..., 2:]).unsqueeze(2) / 2  # (B, most, 1, 2)
    reach = (REACH * strides)[:, None]
    low = torch.minimum(boxes[..., :2].unsqueeze(2), middle - reach)  # (B, most, n, 2)
    high = torch.maximum(boxes[..., 2:].unsqueeze(2), middle + reach)
    return ((places > low) & (places < high)).all(-1)


def nearness(boxes: Tensor, places: Tensor, strides: Tensor) -> Tensor:
    """Return (B, most, n), 1 for a cell in the middle of a box, less for others: it decides where nothing else does."""
    middle = (boxes[..., :2] + boxes[..., 2:]).unsqueeze(2) / 2
    return 1 / (1 + ((places - middle) / strides[:, None]).square().sum(-1))
