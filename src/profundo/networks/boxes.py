"""Boxes: how much they overlap, how one is written relative to another, and the anchors from which boxes are guessed.

A box is x1, y1, x2, y2 in pixels, x to the right and y downwards, (0, 0) the upper left corner of the upper left pixel,
so that x2 - x1 is the width. Beside this file: `matching.py` (which truth belongs to which anchor), `nms.py` (one box
for each object) and `roi_align.py` (the features inside a box).
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

LARGEST_GROWTH = math.log(1000 / 16)  # of width and height in `decode`, so that no number overflows


def area(boxes: Tensor) -> Tensor:
    """Return the areas (...) of boxes (..., 4); a box that is turned inside out has none."""
    return (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(-1)


def iou(a: Tensor, b: Tensor) -> Tensor:
    """Return the intersection over union (...) of boxes a (..., 4) and b (..., 4), 0 to 1; 0 where both are empty."""
    shared, union = intersection_and_union(a, b)
    return shared / union.clamp(min=torch.finfo(union.dtype).tiny)


def giou(a: Tensor, b: Tensor) -> Tensor:
    """Return the generalised IoU (...), -1 to 1 (Rezatofighi et al. 2019, 1902.09630).

    It is the IoU less the share of the smallest box around both that neither covers, so boxes that do not touch have a
    gradient too.
    """
    shared, union = intersection_and_union(a, b)
    tiny = torch.finfo(union.dtype).tiny
    around = (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).clamp(min=0).prod(-1)
    return shared / union.clamp(min=tiny) - (around - union) / around.clamp(min=tiny)


def intersection_and_union(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Return the areas (...) that boxes (..., 4) share and that they cover together."""
    shared = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0).prod(-1)
    return shared, area(a) + area(b) - shared


def iou_matrix(a: Tensor, b: Tensor) -> Tensor:
    """Return the IoU (..., n, m) of each of boxes a (..., n, 4) with each of boxes b (..., m, 4)."""
    left, top, right, bottom = a.unsqueeze(-1).unbind(-2)  # (..., n, 1) each: one coordinate at a time is quickest
    x1, y1, x2, y2 = b.unsqueeze(-3).unbind(-1)  # (..., 1, m) each
    across = (torch.minimum(right, x2) - torch.maximum(left, x1)).clamp(min=0)
    shared = across * (torch.minimum(bottom, y2) - torch.maximum(top, y1)).clamp(min=0)
    union = area(a).unsqueeze(-1) + area(b).unsqueeze(-2) - shared
    return shared / union.clamp(min=torch.finfo(union.dtype).tiny)


def giou_matrix(a: Tensor, b: Tensor) -> Tensor:
    """Return the generalised IoU (..., n, m) of each of boxes a (..., n, 4) with each of boxes b (..., m, 4)."""
    return giou(a.unsqueeze(-2), b.unsqueeze(-3))


def clip(boxes: Tensor, height: float, width: float) -> Tensor:
    """Return boxes (..., 4) cut to a picture."""
    x, y = boxes[..., 0::2].clamp(0, width), boxes[..., 1::2].clamp(0, height)
    return torch.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], -1)


def to_centres(boxes: Tensor) -> Tensor:
    """Return boxes (..., 4) as centre x, centre y, width, height."""
    return torch.cat([(boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]], -1)


def to_corners(centres: Tensor) -> Tensor:
    """Return what `to_centres` gave as x1, y1, x2, y2 again."""
    half = centres[..., 2:] / 2
    return torch.cat([centres[..., :2] - half, centres[..., :2] + half], -1)


def encode(boxes: Tensor, anchors: Tensor, weights: Sequence[float] = (1.0, 1.0, 1.0, 1.0)) -> Tensor:
    """Write boxes (..., 4) relative to anchors (..., 4), as in R-CNN (Girshick et al. 2014, 1311.2524).

    The four numbers are the shift of the centre in widths and heights of the anchor, and the logarithms of how much
    wider and higher the box is; each is multiplied by its weight. Boxes thinner than 1e-3 pixels count as that thick.
    """
    box, anchor = to_centres(boxes), to_centres(anchors)
    shift = (box[..., :2] - anchor[..., :2]) / anchor[..., 2:]
    growth = torch.log(box[..., 2:].clamp(min=1e-3) / anchor[..., 2:])
    return torch.cat([shift, growth], -1) * box.new_tensor(weights)


def decode(deltas: Tensor, anchors: Tensor, weights: Sequence[float] = (1.0, 1.0, 1.0, 1.0)) -> Tensor:
    """Return the boxes (..., 4) that `encode` wrote as deltas (..., 4); no side grows more than 62.5-fold."""
    deltas, anchor = deltas / deltas.new_tensor(weights), to_centres(anchors)
    centre = anchor[..., :2] + deltas[..., :2] * anchor[..., 2:]
    return to_corners(torch.cat([centre, anchor[..., 2:] * deltas[..., 2:].clamp(max=LARGEST_GROWTH).exp()], -1))


def points(height: int, width: int, stride: float) -> Tensor:
    """Return the centres x, y (height * width, 2), in pixels, of a map's cells, row after row."""
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    return torch.stack([x, y], -1).reshape(-1, 2) * stride


def anchors(
    shapes: Sequence[tuple[int, int]],
    strides: Sequence[float],
    sizes: Sequence[Sequence[float]],
    ratios: Sequence[float] = (0.5, 1.0, 2.0),
) -> Tensor:
    """Return boxes (sum of height * width * k, 4) centred on the cells of maps, as in Faster R-CNN (1506.01497).

    Map i has a shape (height, width) and a stride in pixels; its k = len(sizes[i]) * len(ratios) anchors have an area
    of size^2 each and a height of ratio times the width. The order is that of a map (B, height, width, k), map by map.
    """
    found = []
    for (height, width), stride, own in zip(shapes, strides, sizes, strict=True):
        sides = torch.tensor([[size / math.sqrt(ratio), size * math.sqrt(ratio)] for size in own for ratio in ratios])
        cells = points(height, width, stride)
        pairs = torch.cat([cells[:, None].expand(-1, len(sides), -1), sides.expand(len(cells), -1, -1)], -1)
        found.append(to_corners(pairs).reshape(-1, 4))
    return torch.cat(found)
