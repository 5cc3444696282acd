"""A split as rows of numbers for scikit-learn, made only for the rows that are asked for."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .counted import token_rows
from .dataset import Data
from .strokes import decoded, drawn

SIDE = 32  # pixels; larger pictures are shrunk to it: as they are, thousands of them do not fit in memory
STRETCHES = 256  # numbers that a series becomes
PIECE = 1024  # rows made at a time


@dataclass(frozen=True, eq=False)
class Columns:
    """The x of a split, (n, columns) float32. `columns[rows]` and `np.asarray(columns)` make it."""

    data: Data
    split: str

    @property
    def shrunk(self) -> bool:
        """Say whether the pictures are larger than `SIDE`."""
        return self.data.schema.image is not None and max(self.data.schema.shape[1:]) > SIDE

    @property
    def shape(self) -> tuple[int, int]:
        """The rows and the columns."""
        return self.data.count(self.split), self[np.arange(1)].shape[1]

    def __len__(self) -> int:
        return self.data.count(self.split)

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        return as_rows(self.data, self.data.positions(self.split)[torch.from_numpy(rows)])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[np.arange(len(self))].astype(dtype or np.float32, copy=False)


def as_rows(data: Data, positions: Tensor) -> np.ndarray:
    """Return the examples at these positions of x as rows of numbers, (n, columns) float32."""
    pieces = (flat(data, data.gather(part).x).cpu().numpy() for part in torch.split(positions, PIECE))
    first = next(pieces)
    x = np.empty((len(positions), first.shape[1]), np.float32)
    x[: len(first)] = first
    for number, piece in enumerate(pieces, 1):
        x[number * PIECE : number * PIECE + len(piece)] = piece
    return x


def flat(data: Data, x: Tensor) -> Tensor:
    """Return examples as rows; pictures (B, C, H, W) shrunk by the mean over areas where they are large.

    A series is mean and deviation of each channel, and its means over at most 256 stretches.
    A sound is mean and deviation of each band and of its changes, and the spectrogram shrunk to 16 x 16.
    """
    match data.schema.takes:
        case "tokens":
            return token_rows(data.schema, x)
        case "series":
            sides = [x.mean(1), x.std(1)]
            lengths = max(1, min(x.shape[1], STRETCHES // x.shape[2]))
            return torch.cat([F.adaptive_avg_pool1d(x.transpose(1, 2), lengths).flatten(1), *sides], 1)
        case "strokes":
            pictures = [drawn(decoded(row)) for row in x.cpu().numpy()]
            x = torch.from_numpy(np.stack(pictures) / np.float32(255))
        case "video":  # the middle frame: what a method that sees no motion can tell
            middle = x[:, x.shape[1] // 2]
            x = F.interpolate(middle, size=[min(SIDE, side) for side in middle.shape[2:]], mode="area")
        case "audio":
            bands, small = x.squeeze(1), F.interpolate(x, size=(16, 16), mode="area")
            sides = [f for part in (bands, bands.diff(dim=2)) for f in (part.mean(2), part.std(2))]
            return torch.cat([*sides, small.flatten(1)], 1)
        case "image" if max(x.shape[2:]) > SIDE:
            x = F.interpolate(x, size=[min(SIDE, side) for side in x.shape[2:]], mode="area")
    return x.reshape(len(x), -1)
