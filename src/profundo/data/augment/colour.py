"""Changes of colour, all of them one matrix for each picture: light, contrast, saturation, hue, grey.

A pixel p within 0..1 becomes A p + b, limited to 0..1. Each change multiplies into A (B, C, C) and b (B, C), so that
the pictures are passed through once, however many changes there are. Unlike where 8-bit pictures are changed in steps,
nothing is limited in between.
"""

import functools
import math
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from ...batch import Batch
from ...schema import Image

LUMA = (0.299, 0.587, 0.114)  # how bright red, green and blue look (ITU-R BT.601)


@dataclass(frozen=True)
class Palette:
    """What happens to each pixel so far: A (B, C, C) and b (B, C); and the `mean` (B, C) of the pixels so changed."""

    matrix: Tensor
    offset: Tensor
    mean: Tensor

    def then(self, matrix: Tensor, offset: Tensor | None = None) -> "Palette":
        """Return this change followed by another, (B or 1, C, C) and (B, C)."""
        moved = [(matrix @ part.unsqueeze(2)).squeeze(2) for part in (self.offset, self.mean)]
        if offset is not None:
            moved = [part + offset for part in moved]
        return Palette(matrix @ self.matrix, *moved)


class Tint(Protocol):
    """A change of colour, with one random number for each picture."""

    def join(self, palette: Palette, drawn: Tensor) -> Palette:
        """Return the palette with this change added, for drawn numbers (B,) within 0..1."""
        ...


def factors(drawn: Tensor, by: float) -> Tensor:
    """Return 1 - by to 1 + by, (B, 1, 1)."""
    return (1 + (2 * drawn - 1) * by).view(-1, 1, 1)


@dataclass(frozen=True)
class Brightness:
    """Multiply by 1 - `by` to 1 + `by`."""

    by: float

    def join(self, palette: Palette, drawn: Tensor) -> Palette:
        """Add the change."""
        return palette.then(factors(drawn, self.by) * eye(palette))


@dataclass(frozen=True)
class Contrast:
    """Bring 1 - `by` to 1 + `by` times as far from the picture's mean brightness."""

    by: float

    def join(self, palette: Palette, drawn: Tensor) -> Palette:
        """Add the change."""
        factor = factors(drawn, self.by)
        middle = (palette.mean * luma(palette)).sum(1, keepdim=True)  # (B, 1)
        return palette.then(factor * eye(palette), ((1 - factor.squeeze(2)) * middle).expand_as(palette.offset))


@dataclass(frozen=True)
class Saturation:
    """Bring 1 - `by` to 1 + `by` times as far from grey."""

    by: float

    def join(self, palette: Palette, drawn: Tensor) -> Palette:
        """Add the change."""
        factor = factors(drawn, self.by)
        return palette.then(factor * eye(palette) + (1 - factor) * luma(palette).expand(3, 3))


@dataclass(frozen=True)
class Hue:
    """Turn the colours about the grey axis, keeping the luma, by up to `by` of a whole turn either way."""

    by: float

    def join(self, palette: Palette, drawn: Tensor) -> Palette:
        """Add the change: a turn in the plane of the I and Q of YIQ."""
        turn = (2 * drawn - 1) * (2 * math.pi * self.by)
        grey, along, across = axes(palette.matrix)
        return palette.then(grey + turn.cos().view(-1, 1, 1) * along + turn.sin().view(-1, 1, 1) * across)


@dataclass(frozen=True)
class Grey:
    """Take the colour out of a `share` of the pictures."""

    share: float

    def join(self, palette: Palette, drawn: Tensor) -> Palette:
        """Add the change."""
        return palette.then(torch.where(drawn.view(-1, 1, 1) < self.share, luma(palette).expand(3, 3), eye(palette)))


@dataclass(frozen=True)
class Colour:
    """Changes of colour, in order, of pictures that `image` describes."""

    tints: tuple[Tint, ...]
    image: Image

    @property
    def columns(self) -> int:
        """One for each change."""
        return len(self.tints)

    def apply(self, batch: Batch, drawn: Tensor) -> Batch:
        """Return the batch in other colours."""
        x = batch.x
        count, channels = x.shape[:2]
        mean, std = (x.new_tensor(v).expand(channels) for v in (self.image.mean, self.image.std))
        start = torch.eye(channels, device=x.device).expand(count, channels, channels)
        palette = Palette(start, x.new_zeros(count, channels), x.mean((2, 3)) * std + mean)
        for tint, numbers in zip(self.tints, drawn.unbind(1), strict=True):
            palette = tint.join(palette, numbers)
        matrix = palette.matrix * std / std.unsqueeze(1)  # the same in normalised pixels
        offset = (palette.matrix @ mean + palette.offset - mean) / std
        changed = mixed(x, matrix, offset)
        for channel, (m, s) in enumerate(zip(mean.tolist(), std.tolist(), strict=True)):
            changed[:, channel].clamp_(-m / s, (1 - m) / s)  # black and white, normalised
        return replace(batch, x=changed)


def mixed(x: Tensor, matrix: Tensor, offset: Tensor) -> Tensor:
    """Return matrix (B, C, C) times every pixel of x (B, C, H, W), plus offset (B, C)."""
    return torch.baddbmm(offset.unsqueeze(2), matrix, x.flatten(2)).view(x.shape)


def eye(palette: Palette) -> Tensor:
    """Return the identity (C, C)."""
    return torch.eye(palette.matrix.shape[1], device=palette.matrix.device)


def luma(palette: Palette) -> Tensor:
    """Return the weights of the channels (C,) in the brightness."""
    return palette.matrix.new_tensor(LUMA if palette.matrix.shape[1] == 3 else (1.0,))


def axes(like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return three matrices (3, 3): what a turn of the hue keeps, and what its cosine and its sine multiply."""
    keep, along, across = (like.new_tensor(m) for m in plane())
    return keep, along, across


@functools.cache
def plane() -> tuple[list[list[float]], ...]:
    """Compute `axes` from the definition of YIQ: rows Y, I, Q of red, green and blue."""
    yiq = torch.tensor([LUMA, (0.595716, -0.274453, -0.321263), (0.211456, -0.522591, 0.311135)], dtype=torch.float64)
    back = torch.linalg.inv(yiq)
    keep, along, across = torch.zeros(3, 3, 3, dtype=torch.float64)
    keep[0, 0] = along[1, 1] = along[2, 2] = 1
    across[1, 2], across[2, 1] = -1, 1
    return tuple((back @ part @ yiq).tolist() for part in (keep, along, across))
