"""Making maps larger bilinearly: a transposed convolution that starts so and learns, and a fixed one.

The fixed one is two small matrix products, rows and columns apart: exactly `F.interpolate`, several times faster on a
processor, and its result lies in memory as the loss of each pixel likes it (channels first).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class BilinearConvTranspose2d(nn.ConvTranspose2d):
    """Make maps `factor` times as large by a transposed convolution that starts as bilinear interpolation.

    The edge is repeated beyond itself, so that it equals `F.interpolate(mode="bilinear")` up to the border. Each map
    starts from itself alone, and may learn from the others (Long et al. 2015).
    """

    def __init__(self, channels: int, factor: int) -> None:
        kernel = 2 * factor - factor % 2
        super().__init__(channels, channels, kernel, factor, padding=factor + factor // 2, bias=False)
        with torch.no_grad():
            self.weight.zero_()
            self.weight[range(channels), range(channels)] = bilinear_kernel(factor)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Return (B, C, factor H, factor W)."""
        return super().forward(F.pad(x, (1, 1, 1, 1), mode="replicate"), output_size)


def bilinear_kernel(factor: int) -> Tensor:
    """Return the (k, k) with which a transposed convolution of stride `factor` interpolates, k = 2 factor or 1 less."""
    size = 2 * factor - factor % 2
    places = torch.arange(size) - (size - 1) / 2
    line = 1 - places.abs() / factor
    return line[:, None] * line


def resize(x: Tensor, size: tuple[int, int], kept: tuple[int, int] | None = None) -> Tensor:
    """Interpolate (B, C, h, w) bilinearly to `size`, of which the upper left `kept` rows and columns are returned."""
    height, width = kept or size
    down = interpolation(x.shape[2], size[0], x)[:height]
    right = interpolation(x.shape[3], size[1], x)[:width]
    return down @ x.contiguous() @ right.T


def interpolation(short: int, long: int, like: Tensor) -> Tensor:
    """Return the matrix (long, short) that interpolates a line, as `F.interpolate(align_corners=False)` does."""
    identity = torch.eye(short, device=like.device)[None, None]
    return F.interpolate(identity, size=(long, short), mode="bilinear", align_corners=False)[0, 0].to(like.dtype)


def pad_to_multiple(x: Tensor, multiple: int) -> Tensor:
    """Add zeros at the right and below until height and width are multiples, so that halving loses no pixel."""
    below, right = -x.shape[2] % multiple, -x.shape[3] % multiple
    return F.pad(x, (0, right, 0, below)) if below or right else x
