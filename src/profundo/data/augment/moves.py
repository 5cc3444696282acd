"""Moves of pictures, each a matrix for every picture: flips, shifts, crops, turns, sizes, slants, perspective.

A matrix (B, 3, 3) says where each place of the result comes from in the source. Places are (x, y, 1) in pixels from the
middle of the picture, x to the right, y downwards. The matrix of several moves, the first one done first, is their
product from the left to the right.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Protocol

import torch
from torch import Tensor


class Move(Protocol):
    """A move of whole pixels and mirror images alone is `exact`: no pixel changes, it only goes elsewhere."""

    columns: ClassVar[int]  # random numbers that a picture needs
    exact: ClassVar[bool]

    def matrix(self, drawn: Tensor, height: int, width: int) -> Tensor:
        """Return (B, 3, 3) for drawn numbers (B, columns) within 0..1."""
        ...


@dataclass(frozen=True)
class Shift:
    """Move by a whole number of pixels in each direction, at most `share` of the shorter side and at least one."""

    share: float
    columns: ClassVar[int] = 2
    exact: ClassVar[bool] = True

    def pixels(self, height: int, width: int) -> int:
        """The largest move."""
        return max(1, round(min(height, width) * self.share))

    def matrix(self, drawn: Tensor, height: int, width: int) -> Tensor:
        """Columns: down, right."""
        most = self.pixels(height, width)
        steps = (drawn * (2 * most + 1)).floor().clamp(max=2 * most) - most
        return matrices(right=steps[:, 1], down=steps[:, 0])


@dataclass(frozen=True)
class Flip:
    """Exchange left and right in a `share` of the pictures."""

    share: float
    columns: ClassVar[int] = 1
    exact: ClassVar[bool] = True

    def matrix(self, drawn: Tensor, height: int, width: int) -> Tensor:
        """Column: mirrored where it is below the share."""
        return matrices(xx=1 - 2 * (drawn[:, 0] < self.share).float())


@dataclass(frozen=True)
class VerticalFlip:
    """Exchange top and bottom in a `share` of the pictures."""

    share: float
    columns: ClassVar[int] = 1
    exact: ClassVar[bool] = True

    def matrix(self, drawn: Tensor, height: int, width: int) -> Tensor:
        """Column: mirrored where it is below the share."""
        return matrices(yy=1 - 2 * (drawn[:, 0] < self.share).float())


@dataclass(frozen=True)
class ResizedCrop:
    """Cut out a part and bring it to full size: at least 1 - `cut` of the area, 3/4 to 4/3 as wide for its height.

    Szegedy et al. 2015 (1409.4842); their cut is 0.92.
    """

    cut: float
    columns: ClassVar[int] = 4
    exact: ClassVar[bool] = False

    def matrix(self, drawn: Tensor, height: int, width: int) -> Tensor:
        """Columns: area, shape, right, down."""
        area, shape, right, down = drawn.unbind(1)
        side = (1 - self.cut * area).sqrt()
        stretch = ((2 * shape - 1) * math.log(4 / 3) / 2).exp()  # square root of width over height
        across, along = (side * stretch).clamp(max=1), (side / stretch).clamp(max=1)
        return matrices(
            xx=across,
            yy=along,
            right=(right - 0.5) * (1 - across) * width,
            down=(down - 0.5) * (1 - along) * height,
        )


@dataclass(frozen=True)
class Rotate:
    """Turn by up to `degrees` either way."""

    degrees: float
    columns: ClassVar[int] = 1
    exact: ClassVar[bool] = False

    def matrix(self, drawn: Tensor, height: int, width: int) -> Tensor:
        """Column: from one way to the other."""
        turn = (2 * drawn[:, 0] - 1) * math.radians(self.degrees)
        return matrices(xx=turn.cos(), xy=-turn.sin(), yx=turn.sin(), yy=turn.cos())


@dataclass(frozen=True)
class Scale:
    """Make 1 - `by` to 1 + `by` times as large."""

    by: float
    columns: ClassVar[int] = 1
    exact: ClassVar[bool] = False

    def matrix(self, drawn: Tensor, height: int, width: int) -> Tensor:
        """Column: from smaller to larger."""
        size = 1 / (1 + (2 * drawn[:, 0] - 1) * self.by)
        return matrices(xx=size, yy=size)


@dataclass(frozen=True)
class Shear:
    """Slant upright lines, and level ones, by up to `degrees`."""

    degrees: float
    columns: ClassVar[int] = 2
    exact: ClassVar[bool] = False

    def matrix(self, drawn: Tensor, height: int, width: int) -> Tensor:
        """Columns: slant of upright lines, of level lines."""
        slant = ((2 * drawn - 1) * math.radians(self.degrees)).tan()
        return matrices(xy=slant[:, 0], yx=slant[:, 1])


@dataclass(frozen=True)
class Perspective:
    """Look at the picture from the side, the nearer places (1 + `tilt`) times as large or less, the farther smaller."""

    tilt: float
    columns: ClassVar[int] = 2
    exact: ClassVar[bool] = False

    def matrix(self, drawn: Tensor, height: int, width: int) -> Tensor:
        """Columns: tilt to the sides, upwards or downwards."""
        tilt = (drawn - 0.5) * self.tilt
        return matrices(wx=tilt[:, 0] * 2 / width, wy=tilt[:, 1] * 2 / height)


ENTRIES = ("xx", "xy", "right", "yx", "yy", "down", "wx", "wy", "ww")


def matrices(**entries: Tensor) -> Tensor:
    """Put (B, 3, 3) together from entries (B,) by name; the others are those of the identity."""
    one = next(iter(entries.values()))
    plain = {"xx": 1, "yy": 1, "ww": 1}
    columns = [entries[name] if name in entries else torch.full_like(one, plain.get(name, 0)) for name in ENTRIES]
    return torch.stack(columns, 1).view(-1, 3, 3)
