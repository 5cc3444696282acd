"""All moves of a picture at once: their matrices are multiplied, and the picture is read a single time."""

import functools
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ...batch import Batch
from ...schema import Boxes, Image, Mask
from .follow import exactly_moved_codes, moved_boxes, moved_codes
from .moves import Move, Shift
from .sampling import moved_exactly, sampled


@dataclass(frozen=True)
class Geometry:
    """Moves in the order in which they are done, of pictures that `image` describes, with a `target` that follows.

    Of a picture with a single object, which a move would take out of sight, no move is made.
    """

    moves: tuple[Move, ...]
    image: Image
    target: Mask | Boxes | None = None

    @property
    def columns(self) -> int:
        """The sum of the moves' columns."""
        return sum(m.columns for m in self.moves)

    @property
    def exact(self) -> bool:
        """Whether pixels only change their places."""
        return all(m.exact for m in self.moves)

    def matrix(self, drawn: Tensor) -> Tensor:
        """Return where each place comes from, (B, 3, 3) as in moves.py."""
        parts = torch.split(drawn, [m.columns for m in self.moves], 1)
        height, width = self.image.height, self.image.width_pixels
        found = [m.matrix(part, height, width) for m, part in zip(self.moves, parts, strict=True)]
        return functools.reduce(torch.matmul, found)

    def apply(self, batch: Batch, drawn: Tensor) -> Batch:
        """Return the moved pictures, masks and boxes."""
        x, y = batch.x, batch.y
        height, width = x.shape[2:]
        matrix = self.matrix(drawn)
        if isinstance(self.target, Boxes):
            moved = moved_boxes(y, matrix, height, width)
            if self.target.single:
                lost = (moved[:, 0, 4] < 0).view(-1, 1, 1)
                matrix = torch.where(lost, torch.eye(3, device=x.device), matrix)
                moved = torch.where(lost, y, moved)
            y = moved
        outside = edge_colour(self.image, x)
        if self.exact:
            most = sum(m.pixels(height, width) for m in self.moves if isinstance(m, Shift))
            x = moved_exactly(x, matrix, most, outside)
            y = exactly_moved_codes(y, matrix, most) if isinstance(self.target, Mask) else y
        else:
            x = sampled(x, matrix, outside)
            y = moved_codes(y, matrix) if isinstance(self.target, Mask) else y
        return replace(batch, x=x, y=y)


def edge_colour(image: Image, x: Tensor) -> Tensor | None:
    """Return what lies beyond the edges (C,): of padded pictures black, as their padding, normalised; else None."""
    if image.fit != "pad":
        return None
    colour = [-m / s for m, s in zip(image.mean, image.std, strict=True)]
    return x.new_tensor(colour).expand(image.channels)
