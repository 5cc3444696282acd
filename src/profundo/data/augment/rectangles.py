"""Rectangles in pictures, of whole pixels, one for each picture."""

import torch
from torch import Tensor


def cut(x: Tensor, y: Tensor, width: Tensor, height: Tensor, size: tuple[int, int]) -> Tensor:
    """Return (B, 4) left, top, right, bottom of rectangles around (x, y), cut at the edges.

    All are (B,) shares of the sides of a picture of `size` (height, width).
    """
    limit = x.new_tensor([size[1], size[0]] * 2)
    sides = torch.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], 1)
    return (sides.clamp(0, 1) * limit).round()


def inside(sides: Tensor, size: tuple[int, int]) -> Tensor:
    """Return (B, height, width) bool: which pixels lie in the rectangles (B, 4)."""
    left, top, right, bottom = (side.view(-1, 1, 1) for side in sides.unbind(1))
    rows = torch.arange(size[0], device=sides.device).view(1, -1, 1)
    columns = torch.arange(size[1], device=sides.device).view(1, 1, -1)
    return (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)


def areas(sides: Tensor) -> Tensor:
    """Return the areas (...,) of rectangles (..., 4), 0 for those turned inside out."""
    return (sides[..., 2] - sides[..., 0]).clamp(min=0) * (sides[..., 3] - sides[..., 1]).clamp(min=0)
