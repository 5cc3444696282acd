"""Noise: each pixel a little lighter or darker."""

import functools
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ...batch import Batch
from ...schema import Image

TABLE = 1 << 18  # places at which the noise of a picture can begin
SEED = 20_260_101  # of the table: the same for every run


@dataclass(frozen=True)
class Noise:
    """Add normal noise of a standard deviation of 0 to `sigma`, where pixels are within 0..1.

    The noise of a picture is a stretch of one fixed table of normal numbers, beginning at a drawn place: so it is a
    function of two drawn numbers, and costs a copy.
    """

    sigma: float
    image: Image

    @property
    def columns(self) -> int:
        """Strength, and where the noise begins."""
        return 2

    def apply(self, batch: Batch, drawn: Tensor) -> Batch:
        """Return the noisy pictures."""
        x = batch.x
        numbers = x[0].numel()
        table = normals(numbers).to(x.device)
        starts = (drawn[:, 1] * TABLE).long().clamp(max=TABLE - 1)
        noise = table.as_strided((TABLE, numbers), (1, 1)).index_select(0, starts).view(x.shape)
        sigma = (drawn[:, :1] * self.sigma / x.new_tensor(self.image.std)).view(len(x), -1, 1, 1)
        return replace(batch, x=torch.addcmul(x, noise, sigma))


@functools.lru_cache(maxsize=2)
def normals(numbers: int) -> Tensor:
    """Return the table for pictures of so many numbers."""
    return torch.randn(TABLE + numbers, generator=torch.Generator().manual_seed(SEED))
