"""Blur: a Gaussian of another width for each picture."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from ...batch import Batch


@dataclass(frozen=True)
class Blur:
    """Blur with a standard deviation of 0 to `sigma` pixels; the edges are repeated beyond themselves."""

    sigma: float

    @property
    def columns(self) -> int:
        """The width of the Gaussian."""
        return 1

    def apply(self, batch: Batch, drawn: Tensor) -> Batch:
        """Return the blurred pictures."""
        weights = gaussian(drawn[:, 0] * self.sigma, self.reach)
        return replace(batch, x=along(along(batch.x, weights, 3), weights, 2))

    @property
    def reach(self) -> int:
        """Pixels to either side that count: three standard deviations of the widest."""
        return max(1, round(3 * self.sigma))


def gaussian(sigma: Tensor, reach: int) -> Tensor:
    """Return the weights (B, reach + 1) of pixels 0, 1, ... reach steps away; both sides sum to 1."""
    steps = torch.arange(reach + 1, device=sigma.device)
    weights = (-0.5 * (steps / sigma.clamp(min=1e-3).unsqueeze(1)).square()).exp()
    return weights / (2 * weights.sum(1, keepdim=True) - weights[:, :1])


def along(x: Tensor, weights: Tensor, place: int) -> Tensor:
    """Blur along one dimension, 2 or 3."""
    reach, size = weights.shape[1] - 1, x.shape[place]
    padded = F.pad(x, (reach, reach, 0, 0) if place == 3 else (0, 0, reach, reach), mode="replicate")
    scales = weights.T.reshape(reach + 1, -1, 1, 1, 1)
    total = padded.narrow(place, reach, size) * scales[0]
    for step in range(1, reach + 1):
        pair = padded.narrow(place, reach - step, size) + padded.narrow(place, reach + step, size)
        total.addcmul_(pair, scales[step])
    return total
