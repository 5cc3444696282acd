"""Laying one picture over another: shift, stretch and sharpness are fitted before the two are compared."""

import torch
import torch.nn.functional as F
from torch import Tensor

from .hashes import grey_numbers

STEPS = 2  # times the picture is moved
FARTHEST = 0.12  # of the side: no edge moves farther


def registered(a: Tensor, b: Tensor) -> Tensor:
    """Return the distance (n,) of grey pictures (n, h, w) of the same size, `a` being laid over `b` as well as it goes.

    Gauss and Newton's method on shift and stretch in both directions (Lucas and Kanade 1981), in the numbers of
    `hashes`; the smallest distance on the way counts, what the tangents of either explain being taken out.
    """
    height, width = a.shape[-2:]
    goal, goal_moves, _ = grey_numbers(b)
    move = torch.zeros(len(a), 4)  # pixels to the right and down; pixels of stretch at the right and lower edge
    best, moved = torch.full((len(a),), torch.inf), a
    for step in range(STEPS + 1):
        if step:
            moved = warped(a, move)
        numbers, moves, _ = grey_numbers(moved)
        difference = goal - numbers
        wanted, explained = fitted(moves, difference)
        _, back = fitted(goal_moves, difference)
        rest = (difference**2).sum(1) - torch.maximum(explained, back)
        best = torch.minimum(best, rest.clamp_min(0).sqrt())
        sides = torch.tensor([width, height, width, height])
        move = (move + wanted[:, :4]).clamp(-FARTHEST * sides, FARTHEST * sides)
    return best


def fitted(moves: Tensor, difference: Tensor) -> tuple[Tensor, Tensor]:
    """Return how much of each move (n, k, d) explains a difference (n, d), by least squares, and what it explains."""
    projected = (moves @ difference[:, :, None])[..., 0]
    gram = moves @ moves.mT
    ridge = 1e-4 * gram.diagonal(dim1=1, dim2=2).mean(1).clamp_min(1e-9)
    wanted = torch.linalg.solve(gram + ridge[:, None, None] * torch.eye(moves.shape[1]), projected)
    return wanted, (wanted * projected).sum(1)


def warped(grey: Tensor, move: Tensor) -> Tensor:
    """Move and stretch pictures (n, h, w) by so many pixels (n, 4)."""
    count, height, width = grey.shape
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = 1 + move[:, 2] * (2 / width), 1 + move[:, 3] * (2 / height)
    theta[:, 0, 2], theta[:, 1, 2] = move[:, 0] * (2 / width), move[:, 1] * (2 / height)
    grid = F.affine_grid(theta, [count, 1, height, width], align_corners=False)
    return F.grid_sample(grey[:, None], grid, padding_mode="border", align_corners=False)[:, 0]
