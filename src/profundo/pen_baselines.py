"""What Gaussians make of drawings, without a network: the yardsticks for one that draws.

Each gives -log p of every move and of what the pen does after it, as `tasks/drawing.py` counts them.
"""

import math
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from .data.drawings import lengths

Answer = Callable[[Tensor], np.ndarray]  # from drawings (N, points, 5) to the nats of each, (N,)
STATES = 3


def pen_baselines(train: Tensor) -> Iterator[tuple[str, float, Answer]]:
    """Yield (name, seconds, answer), fitted on the drawings of the training part (N, points, 5)."""
    for name, features in FEATURES.items():
        began = time.monotonic()
        fitted = fit(train, features)
        yield name, time.monotonic() - began, fitted


def previous(y: Tensor) -> Tensor:
    """Return what came before each move, (N, points, 5): at the beginning, no move with the pen down."""
    first = y.new_tensor([0.0, 0, 1, 0, 0]).expand(len(y), 1, 5)
    return torch.cat([first, y[:, :-1]], 1)


def constant(before: Tensor) -> Tensor:
    """Return (..., 1): nothing of what came before is used."""
    return torch.ones_like(before[..., :1])


def after_the_pen(before: Tensor) -> Tensor:
    """Return (..., 2): whether the pen drew or was lifted."""
    return before[..., 2:4]


def after_the_move(before: Tensor) -> Tensor:
    """Return (..., 6): the move before, apart for each state of the pen that it ended in."""
    return torch.cat([before[..., 2:4], *(before[..., :2] * before[..., i : i + 1] for i in (2, 3))], -1)


FEATURES: dict[str, Callable[[Tensor], Tensor]] = {
    "one Gaussian": constant,
    "a Gaussian for each state of the pen": after_the_pen,
    "a Gaussian around the line from the last move": after_the_move,
}


def fit(y: Tensor, features: Callable[[Tensor], Tensor]) -> Answer:
    """Fit a linear mean with one full covariance for each state of the pen, and how often the pen does what."""
    lasting, begun = masks(y)
    before = previous(y).double()
    known, moves = features(before[lasting]), y[..., :2][lasting].double()
    weights = torch.linalg.lstsq(known, moves).solution
    groups = group(known)
    covariances = torch.stack([covariance((moves - known @ weights)[groups == g]) for g in range(2)])
    counts = torch.ones(2, STATES, dtype=torch.float64)
    counts.index_put_((group(features(before[begun])), y[..., 2:][begun].argmax(-1)), torch.tensor(1.0).double(), True)
    logs = (counts / counts.sum(1, keepdim=True)).log()
    precisions, log_dets = torch.linalg.inv(covariances), torch.logdet(covariances)

    def answer(drawings: Tensor) -> np.ndarray:
        lasting, begun = masks(drawings)
        known = features(previous(drawings).double())
        which = group(known)
        left = drawings[..., :2].double() - known @ weights
        far = torch.einsum("npi,npij,npj->np", left, precisions[which], left)
        moves = (0.5 * far + 0.5 * log_dets[which] + math.log(2 * math.pi)) * lasting
        pen = -logs[which, drawings[..., 2:].argmax(-1)] * begun
        return (moves + pen).sum(1).numpy()

    return answer


def group(known: Tensor) -> Tensor:
    """Return 1 where the features say that the pen was lifted before the move, 0 elsewhere."""
    return (known[..., 1] > 0.5).long() if known.shape[-1] > 1 else torch.zeros(known.shape[:-1], dtype=torch.long)


def covariance(left: Tensor) -> Tensor:
    """Return the covariance (2, 2) of what a mean leaves, with a little room where there is hardly anything."""
    if len(left) < STATES:
        return torch.eye(2, dtype=torch.float64)
    return left.T @ left / len(left) + 1e-6 * torch.eye(2, dtype=torch.float64)


def masks(y: Tensor) -> tuple[Tensor, Tensor]:
    """Return which steps are moves, and which say what the pen does: the moves, and the end once."""
    steps, count = torch.arange(y.shape[1]), lengths(y)[:, None]
    return steps < count, steps <= count
