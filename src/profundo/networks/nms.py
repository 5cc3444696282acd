"""Non-maximum suppression: of boxes of one label that overlap, the one with the highest score stays.

The greedy answer is unique: a box stays when no better box that stays covers it. So `keep = not any(keep and covers)`
is asked of all the boxes at once, again and again, until nothing changes: exactly greedy, after as many rounds as the
longest chain of boxes that suppress each other, not as there are boxes (Cluster-NMS, Zheng et al. 2020, 2005.03572).
"""

from typing import Any

import torch
from torch import Tensor
from torch._higher_order_ops import while_loop

from .boxes import iou_matrix


def nms(boxes: Tensor, scores: Tensor, codes: Tensor | None = None, threshold: float = 0.5) -> Tensor:
    """Say which boxes stay, (B, n) bool, for boxes (B, n, 4), scores (B, n) and codes (B, n), or without labels.

    A box goes when its IoU with a better one of its label is above the threshold; of equal scores the first is better.
    """
    first, second = scores.unsqueeze(2), scores.unsqueeze(1)
    earlier = torch.ones_like(first * second, dtype=torch.bool).triu(1)
    covers = (first > second) | ((first == second) & earlier)  # (B, n, n): row i is better than column j
    covers = covers & (iou_matrix(boxes, boxes) > threshold)
    if codes is not None:
        covers = covers & (codes.unsqueeze(2) == codes.unsqueeze(1))
    return settled(covers.float()) > 0.5


def settled(covers: Tensor) -> Tensor:
    """Return which stay, (B, n) 0 or 1, where covers (B, n, n) is 1 where i, if it stays, pushes out j."""

    def again(kept: Tensor) -> Tensor:
        return (torch.bmm(kept.unsqueeze(1), covers).squeeze(1) < 0.5).to(covers.dtype)

    kept = torch.ones_like(covers[:, 0])
    if torch.compiler.is_compiling():  # a loop that stays a loop in an exported graph
        state = (kept, torch.ones((), dtype=torch.bool, device=covers.device))
        loop: Any = while_loop
        return loop(lambda _, changed: changed.clone(), lambda old, _: step(old, again(old)), state)[0]
    while not torch.equal(new := again(kept), kept):
        kept = new
    return kept


def step(old: Tensor, new: Tensor) -> tuple[Tensor, Tensor]:
    """Return the new state and whether it differs from the old one."""
    return new, (new != old).any()


def best(
    boxes: Tensor, scores: Tensor, codes: Tensor, *, threshold: float = 0.5, most: int = 100
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Suppress, and return boxes (B, k, 4), scores (B, k), codes (B, k) and their places (B, k) in what was given.

    The best come first. k is the lesser of n and `most`; what fills up is no object and has zeros for all.
    """
    scores = scores * nms(boxes, scores, codes, threshold)
    scores, places = scores.topk(min(most, scores.shape[1]), 1)
    found = scores > 0
    boxes = boxes.gather(1, places.unsqueeze(-1).expand(-1, -1, 4)) * found.unsqueeze(-1)
    return boxes, scores, codes.gather(1, places) * found, places * found
