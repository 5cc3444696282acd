"""Two pictures in one, and their answers by shares: mixup and cutmix.

Mixup (Zhang et al. 2018, 1710.09412) lays one picture over the other, cutmix (Yun et al. 2019, 1905.04899) puts a
rectangle of the one into the other. The loss is share * loss(y) + (1 - share) * loss(other).
"""

import functools
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ...batch import Batch
from .rectangles import areas, cut, inside

KNOTS = 4_097  # of the table of quantiles


@dataclass(frozen=True)
class Mix:
    """Mix each picture with its neighbour in the batch: a `cutmix` share of them by a rectangle, the others by mixup.

    `alpha` is that of mixup's Beta(alpha, alpha); None without mixup. Each picture has a share of its own. The order of
    the batch is random already, so the neighbour is too; where several processes share a batch, it is one of the same
    process's share, so that (unlike all other changes) the pictures depend on the number of processes.
    """

    alpha: float | None = None
    cutmix: float = 0.0

    @property
    def columns(self) -> int:
        """Which of the two, the share, where across, where down."""
        return 4

    def apply(self, batch: Batch, drawn: Tensor) -> Batch:
        """Return the mixed pictures, with `other` and `share` of the batch set.

        Weights of examples are mixed likewise, so that the loss is share * weight * loss(y) + (1 - share) * the other's
        weight * loss(other).
        """
        x, partner = batch.x, batch.x.roll(1, 0)
        which, number, across, down = drawn.unbind(1)
        share = torch.ones_like(which)
        pasted = which < self.cutmix
        if self.alpha is not None:
            share = torch.where(pasted, share, beta(number, self.alpha))
            x = torch.lerp(partner, x, share.view(-1, 1, 1, 1))
        if self.cutmix:
            size = (x.shape[2], x.shape[3])
            side = (1 - number).sqrt()  # the share kept is uniform, Beta(1, 1)
            sides = cut(across, down, side, side, size) * pasted.unsqueeze(1)
            x = torch.where(inside(sides, size).unsqueeze(1), partner, x)
            share = share - areas(sides) / (size[0] * size[1])
        if batch.weights is None:
            return replace(batch, x=x, other=batch.y.roll(1, 0), share=share)
        own, others = share * batch.weights, (1 - share) * batch.weights.roll(1, 0)
        weights = own + others
        return replace(batch, x=x, other=batch.y.roll(1, 0), weights=weights, share=own / weights.clamp(min=1e-12))


def beta(uniform: Tensor, alpha: float) -> Tensor:
    """Return numbers of the distribution Beta(alpha, alpha), by its quantiles at numbers within 0..1."""
    table = torch.tensor(quantiles(alpha), device=uniform.device)
    place = uniform * (KNOTS - 1)
    low = place.long().clamp(max=KNOTS - 2)
    return torch.lerp(table[low], table[low + 1], place - low)


@functools.cache
def quantiles(alpha: float) -> list[float]:
    """Tabulate the quantiles of Beta(alpha, alpha) at even steps of 0..1."""
    import numpy as np
    from scipy.special import betaincinv

    found: list[float] = betaincinv(alpha, alpha, np.linspace(0, 1, KNOTS)).tolist()
    return found
