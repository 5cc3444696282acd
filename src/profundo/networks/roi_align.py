"""The features inside boxes, each on a grid of the same size, read between the cells of the maps (He et al. 2017)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .boxes import area


def levels(boxes: Tensor, count: int, *, size: float, finest: int = 0) -> Tensor:
    """Return the map (...) int64, 0 the finest, for boxes (..., 4): larger boxes are read from coarser maps.

    A box of `size` x `size` pixels goes to the finest map, one twice as large to the next (feature pyramids, Lin et
    al. 2017, 1612.03144, equation 1 with size = 224 / 2^(4 - 2)); `finest` is the number of the first map to use.
    """
    octave = torch.log2(area(boxes).clamp(min=1e-6).sqrt() / size + 1e-6).floor()
    return (octave + finest).clamp(finest, count - 1).long()


def roi_align(
    maps: Sequence[Tensor],
    boxes: Tensor,
    strides: Sequence[float],
    *,
    size: int = 7,
    ratio: int = 2,
    level: Tensor | None = None,
) -> Tensor:
    """Return the features (B, n, C, size, size) of boxes (B, n, 4) from maps of (B, C, H, W), each with its stride.

    Every cell of the grid is the mean of ratio x ratio points, each read by bilinear interpolation between the centres
    of the map's cells (half-pixel aligned); beyond the outermost centres a map goes on as it ends. `level` (B, n) says
    which map a box is read from (see `levels`); without it, it is the first. Mask R-CNN, He et al. 2017, 1703.06870.

    The maps are laid below each other on one canvas, so that one reading serves all of them.
    """
    widest = max(m.shape[3] for m in maps)
    canvas = torch.cat([F.pad(m, (0, widest - m.shape[3])) for m in maps], 2)
    facts, above = [], 0
    for one, stride in zip(maps, strides, strict=True):
        facts.append([1 / stride, one.shape[2] - 1, one.shape[3] - 1, above])
        above += one.shape[2]
    table = boxes.new_tensor(facts)  # (maps, 4)
    own = table[0].expand(*boxes.shape[:2], 4) if level is None else table[level]
    scale, bottom, right, top = own.unsqueeze(-1).unbind(2)  # (B, n, 1) each
    step = (torch.arange(size * ratio, device=boxes.device, dtype=boxes.dtype) + 0.5) / (size * ratio)
    x1, y1, x2, y2 = (boxes * scale - 0.5).unsqueeze(-1).unbind(2)  # (B, n, 1) each
    x = torch.minimum((x1 + step * (x2 - x1)).clamp(min=0), right)  # (B, n, size * ratio)
    y = torch.minimum((y1 + step * (y2 - y1)).clamp(min=0), bottom) + top
    grid = torch.stack(
        [
            unit(x, canvas.shape[3]).unsqueeze(2).expand(-1, -1, size * ratio, -1),
            unit(y, canvas.shape[2]).unsqueeze(3).expand(-1, -1, -1, size * ratio),
        ],
        -1,
    )  # (B, n, size * ratio, size * ratio, 2)
    read = F.grid_sample(canvas.to(grid.dtype), grid.flatten(1, 2), align_corners=True, padding_mode="border")
    pooled = F.avg_pool2d(read, ratio)  # (B, C, n * size, size)
    return pooled.reshape(*pooled.shape[:2], -1, size, size).transpose(1, 2)


def unit(place: Tensor, count: int) -> Tensor:
    """Return places 0 .. count - 1 as -1 .. 1."""
    return place * (2 / max(count - 1, 1)) - 1
