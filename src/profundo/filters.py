"""The kernels of a network's first convolution as pictures: what it looks for before anything else."""

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from .overlay import to_png

if TYPE_CHECKING:
    from PIL import Image

MOST = 96  # kernels that are shown
TILE, GAP = 48, 4  # pixels of a kernel's side at least, and between kernels


def filters_card(network: nn.Module) -> bytes | None:
    """Return the kernels of the first convolution as the bytes of a PNG; None where the network has none.

    Kernels of three channels are shown in colour. Of others every channel is a kernel in grey. Each is stretched so
    that 0 is middle grey and its largest weight, of either sign, white or black (or full colour).
    """
    first = next((m for m in network.modules() if isinstance(m, nn.Conv2d)), None)
    if first is None or min(first.kernel_size) < 2:
        return None
    return to_png(page(pictures(first.weight.detach())))


def pictures(weight: Tensor) -> np.ndarray:
    """Return kernels (K, C, h, w) as uint8 (k, h, w, 3), at most MOST of them, each stretched on its own."""
    kernels = weight.float().cpu()
    if kernels.shape[1] != 3:
        kernels = kernels.flatten(0, 1).unsqueeze(1).expand(-1, 3, -1, -1)
    kernels = kernels[:MOST]
    largest = kernels.flatten(1).abs().amax(1).clamp(min=1e-12).view(-1, 1, 1, 1)
    return (127.5 + 127.5 * kernels / largest).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()


def page(kernels: np.ndarray) -> "Image.Image":
    """Put kernels (k, h, w, 3) on a sheet about twice as wide as high, each pixel enlarged."""
    count, height, width = kernels.shape[:3]
    times = max(1, math.ceil(TILE / max(height, width)))
    across = min(count, math.ceil(math.sqrt(2 * count)))
    down = math.ceil(count / across)
    step = (height * times + GAP, width * times + GAP)
    sheet = np.full((down * step[0] - GAP, across * step[1] - GAP, 3), 255, np.uint8)
    for number, kernel in enumerate(kernels):
        top, left = number // across * step[0], number % across * step[1]
        enlarged = kernel.repeat(times, 0).repeat(times, 1)
        sheet[top : top + height * times, left : left + width * times] = enlarged
    from PIL import Image

    return Image.fromarray(sheet)
