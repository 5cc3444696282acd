"""Random changes of a batch of pictures that leave the answer the same: small shifts, mirror images, small turns.

Pixels that come from beyond an edge repeat the edge (as `padding_mode="border"`): right for white and for black
backgrounds, and for pictures already normalised. Every change is a pure function of the drawn numbers, one row for each
picture, so that a batch cut in pieces gives the same pictures.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from ..errors import UsageError, unknown
from ..schema import Image
from .dataset import Augment

TURN = math.radians(10)
SCALE = 0.1  # the picture becomes 0.9 to 1.1 times as large
NAMES = ("none", "auto", "shift", "flip", "shift+flip", "affine")


@dataclass(frozen=True)
class Shift:
    """Move by a whole number of pixels, -pixels..pixels, in each direction."""

    pixels: int

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Return (count, 2) numbers within 0..1."""
        return torch.rand(count, 2, generator=generator)

    def apply(self, x: Tensor, drawn: Tensor) -> Tensor:
        """Return the moved pictures.

        A row of the result is W neighbouring numbers of the padded picture, so one `index_select` of overlapping
        windows does it, several times faster than sampling at real positions.
        """
        count, channels, height, width = x.shape
        pad = self.pixels
        padded = F.pad(x, (pad, pad, pad, pad), mode="replicate").contiguous()
        by = (drawn.to(x.device) * (2 * pad + 1)).long().clamp_(max=2 * pad)  # (B, 2)
        line = width + 2 * pad
        picture = torch.arange(count * channels, device=x.device).view(count, channels, 1) * (line * (height + 2 * pad))
        corner = (by[:, 0] * line + by[:, 1]).view(count, 1, 1)
        starts = picture + corner + torch.arange(height, device=x.device) * line  # (B, C, H)
        windows = padded.as_strided((padded.numel() - width + 1, width), (1, 1))
        return windows.index_select(0, starts.view(-1)).view(x.shape)


@dataclass(frozen=True)
class Flip:
    """Exchange left and right in half of the pictures."""

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Return (count, 1) numbers within 0..1."""
        return torch.rand(count, 1, generator=generator)

    def apply(self, x: Tensor, drawn: Tensor) -> Tensor:
        """Return the pictures, mirrored where the number is below a half."""
        mirrored = drawn.to(x.device).view(-1, 1, 1, 1) < 0.5
        return torch.where(mirrored, x.flip(3), x)


@dataclass(frozen=True)
class Affine:
    """Turn by up to 10 degrees, scale by 0.9 to 1.1 and move by up to `pixels`, sampled bilinearly."""

    pixels: int

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Return (count, 4) numbers within 0..1: turn, scale, two moves."""
        return torch.rand(count, 4, generator=generator)

    def apply(self, x: Tensor, drawn: Tensor) -> Tensor:
        """Return the changed pictures."""
        height, width = x.shape[2:]
        turn, scale, down, right = (2 * drawn.to(x) - 1).unbind(1)  # each within -1..1
        cos, sin = torch.cos(turn * TURN), torch.sin(turn * TURN)
        size = 1 / (1 + scale * SCALE)  # the grid says where each result comes from
        ratio = height / width  # coordinates run from -1 to 1 in both directions
        top = torch.stack([cos * size, -sin * size * ratio, right * (2 * self.pixels / width)], 1)
        bottom = torch.stack([sin * size / ratio, cos * size, down * (2 * self.pixels / height)], 1)
        grid = F.affine_grid(torch.stack([top, bottom], 1), list(x.shape), align_corners=False)
        return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)


@dataclass(frozen=True)
class ShiftFlip:
    """Move by up to `pixels` in each direction, and exchange left and right in half of the pictures."""

    pixels: int

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Return (count, 3) numbers within 0..1: two moves and the flip."""
        return torch.rand(count, 3, generator=generator)

    def apply(self, x: Tensor, drawn: Tensor) -> Tensor:
        """Return the moved pictures, half of them mirrored."""
        return Flip().apply(Shift(self.pixels).apply(x, drawn[:, :2]), drawn[:, 2:])


def build(name: str, image: Image) -> Augment | None:
    """Build an augmentation by name for pictures of this size; None for "none".

    The largest move is a twelfth of the shorter side, at least a pixel: 2 of 28, 3 of 32. "auto" is shift+flip for
    colour and shift for grey pictures, which may be digits or letters, where a mirror image is another sign. Raises
    UsageError for an unknown name.
    """
    pixels = max(1, round(min(image.height, image.width_pixels) / 12))
    if name == "auto":
        name = "shift+flip" if image.channels == 3 else "shift"
    known: dict[str, Callable[[], Augment | None]] = {
        "none": lambda: None,
        "shift": lambda: Shift(pixels),
        "flip": Flip,
        "shift+flip": lambda: ShiftFlip(pixels),
        "affine": lambda: Affine(pixels),
    }
    if name not in known:
        raise UsageError(unknown("augmentation", name, NAMES))
    return known[name]()
