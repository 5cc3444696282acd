"""A column of clips that are already decoded: one array."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError
from ..schema import Image, Kind, Video
from .images import fit_pixels
from .pixels import eight_bits, resized
from .raw import Note

if TYPE_CHECKING:
    from .dataplan import DataPlan

RATE = 25.0  # frames a second of an array, which does not say


@dataclass(frozen=True, eq=False)
class ArrayClips:
    """Clips in an array `pixels` (N, frames, channels, height, width) uint8 with 1 or 3 channels; a `Media`."""

    pixels: np.ndarray
    name: str
    kind: str = "video"

    def __len__(self) -> int:
        return len(self.pixels)

    def label(self, row: int) -> str:
        """Name a clip for messages."""
        return f"{self.name} row {row}"

    def usable(self) -> tuple[np.ndarray, list[Note]]:
        """Return that all can be used."""
        return np.ones(len(self), dtype=bool), []

    def fit(self, plan: "DataPlan", rows: np.ndarray, train: np.ndarray) -> tuple[Kind, list[Note]]:
        """Keep the frames as they are, or at the size asked for; learn mean and deviation of the training part."""
        frames, channels, height, width = self.pixels.shape[1:]
        if plan.size is not None:
            height = width = plan.size
        kind = Video(frames, channels, height, width, rate=plan.rate or RATE)
        pixels = self.encode(kind, rows[train]).flatten(0, 1).numpy()
        image = Image(channels, height, width)
        found = fit_pixels(image, pixels, np.arange(len(pixels)), plan.seed, (plan.mean, plan.std))
        text = f"{frames} frames of {height} x {width} pixels, {'grey' if channels == 1 else 'colour'}"
        return replace(kind, mean=found.mean, std=found.std), [Note("clips", text, "--size 64")]

    def encode(self, kind: Kind, rows: np.ndarray) -> Tensor:
        """Return some clips, (len(rows), frames, channels, height, width) uint8.

        Of more frames than a trained network takes they are the middle ones; of fewer the last one is held.
        """
        assert isinstance(kind, Video)
        own = self.pixels.shape[1]
        begin = max(0, (own - kind.frames) // 2)
        chosen = self.pixels[rows][:, np.minimum(np.arange(begin, begin + kind.frames), own - 1)]
        if chosen.shape[2:] == kind.shape[1:]:
            return torch.from_numpy(chosen)
        channels, height, width = kind.shape[1:]
        flat = [resized(frame, channels, height, width, "crop") for frame in chosen.reshape(-1, *chosen.shape[2:])]
        return torch.from_numpy(np.stack(flat).reshape(len(rows), *kind.shape))


def from_array(values: np.ndarray, label: str) -> ArrayClips:
    """Take clips from an array (N, frames, H, W, C) or (N, frames, C, H, W), C being 1 or 3, of numbers as pictures.

    Raises DataError for other shapes and ranges (see pixels.eight_bits).
    """
    if values.ndim != 5 or 0 in values.shape:
        raise DataError(f"{label} has the shape {values.shape}; clips are (N, frames, height, width, channels).")
    pixels = eight_bits(values, label)
    if pixels.shape[4] in (1, 3):
        pixels = pixels.transpose(0, 1, 4, 2, 3)
    if pixels.shape[2] not in (1, 3):
        raise DataError(f"{label} has the shape {values.shape}; neither axis 2 nor 4 is 1 (grey) or 3 (RGB) channels.")
    return ArrayClips(np.ascontiguousarray(pixels), label)
