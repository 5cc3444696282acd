"""A split as rows of numbers for scikit-learn, made only for the rows that are asked for."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .dataset import Data

SIDE = 32  # pixels; larger pictures are shrunk to it: as they are, thousands of them do not fit in memory
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
        positions = self.data.positions(self.split)[torch.from_numpy(rows)]
        pieces = (self.flat(self.data.gather(part).x).cpu().numpy() for part in torch.split(positions, PIECE))
        first = next(pieces)
        x = np.empty((len(rows), first.shape[1]), np.float32)
        x[: len(first)] = first
        for number, piece in enumerate(pieces, 1):
            x[number * PIECE : number * PIECE + len(piece)] = piece
        return x

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[np.arange(len(self))].astype(dtype or np.float32, copy=False)

    def flat(self, x: Tensor) -> Tensor:
        """Return examples as rows; pictures (B, C, H, W) shrunk by the mean over areas where they are large."""
        if self.shrunk:
            height, width = (min(SIDE, side) for side in x.shape[2:])
            x = F.interpolate(x, size=(height, width), mode="area")
        return x.reshape(len(x), -1)
