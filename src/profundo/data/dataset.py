"""A data set in memory: every column already a tensor, a batch a gather by index."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor

from ..batch import WHOLE, Batch, Shard, cuts
from ..errors import DataError
from ..objects import Objects
from ..schema import Audio, Image, Schema, Video
from ..seeds import mix
from .buckets import by_length, lengths_of
from .raw import Note
from .spectrogram import spectrogram

if TYPE_CHECKING:
    import pandas as pd


class Augment(Protocol):
    """A random change of a whole batch of images; masks and boxes follow, other answers stay as they are."""

    @property
    def name(self) -> str:
        """The changes, in the words of `--augment`."""
        ...

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Return (count, k) random numbers, one row for each image."""
        ...

    def apply(self, batch: Batch, drawn: Tensor) -> Batch:
        """Return the changed batch: x is (B, C, H, W) float32, already normalised."""
        ...


GATHERED = 1_000_000  # numbers gathered at once: 4 MB, which stays in the processor's cache
SPLITS = ("train", "validation", "test")


@dataclass(eq=False)
class Data:
    """Rows as tensors, with their schema, their split and what was noticed on the way.

    `x` is (N, columns) float32, or uint8 pixels (N, channels, height, width) that a batch normalises; `y` is (N,) int64
    codes, or float32 in standard units, (N,) or (N, targets). `splits` holds positions into x; `ids` the source's rows.
    """

    name: str
    schema: Schema
    task: str
    x: Tensor
    y: Tensor
    ids: Tensor
    splits: dict[str, Tensor]
    seed: int = 0
    notes: list[Note] = field(default_factory=list)
    frame: "pd.DataFrame | None" = None  # the source's columns, for showing examples; index = ids
    augment: Augment | None = None
    summary: dict[str, Any] = field(default_factory=dict)  # the columns for the report, as plain JSON
    weights: Tensor | None = None
    official: bool = False  # the source says which rows train and which test
    masks: Tensor | None = None  # (N, most, SIDE * SIDE / 8) uint8: the masks inside the boxes of y, eight cells a byte
    truth: Sequence[Objects] | None = None  # where the target is boxes: what is there, in the source's own pixels
    sizes: np.ndarray | None = None  # (N, 2) height and width of each picture in the source, where places matter

    def _repr_html_(self) -> str:
        counts = ", ".join(f"{name} {self.count(name):,}" for name in self.splits)
        notes = "".join(
            f"<li>{escape(n.text)}{f' <code>{escape(n.flag)}</code>' if n.flag else ''}</li>" for n in self.notes
        )
        return f"<p><b>{escape(self.name)}</b>: {escape(self.task)}, {counts}</p><ul>{notes}</ul>"

    def count(self, split: str) -> int:
        """Return the number of examples in a split."""
        return len(self.positions(split))

    def positions(self, split: str) -> Tensor:
        """Return the positions of a split. Raises DataError for a name that is not a split."""
        if split not in self.splits:
            raise DataError(f"there is no split {split!r}; the splits are {', '.join(self.splits)}.")
        return self.splits[split]

    @cached_property
    def lengths(self) -> Tensor | None:
        """The steps of each example's sequence, (N,); None where all are as long."""
        return lengths_of(self.schema, self.x)

    def order(self, split: str, epoch: int) -> Tensor:
        """Return the positions in the order of an epoch: shuffled for "train", the source's order for the others."""
        rows = self.positions(split)
        if split != "train":
            return rows
        generator = torch.Generator().manual_seed(mix(self.seed, epoch))
        return rows[torch.randperm(len(rows), generator=generator).to(rows.device)]

    def batches(
        self, split: str, *, size: int, epoch: int = 0, shard: Shard = WHOLE, learner: object = None
    ) -> Iterator[Batch]:
        """Yield an epoch's batches. Each process of a group sees its own contiguous share of every batch.

        Several batches are gathered at once and handed out as views: fewer, larger operations. Sequences of similar
        length train in one batch.
        """
        order = self.order(split, epoch)
        if split == "train" and self.lengths is not None:
            generator = torch.Generator().manual_seed(mix(self.seed, epoch, len(order)))
            order = by_length(order, self.lengths[order], size, generator)
        bounds = cuts(len(order), size)
        together = max(1, GATHERED // max(size * math.prod(self.schema.shape), 1))
        augment = self.augment if split == "train" else None
        for start in range(0, len(bounds), together):
            group = bounds[start : start + together]
            shares = [share(begin, end, shard) for begin, end in group]
            block = self.gather(torch.cat([order[first:last] for first, last in shares]))
            position = 0
            for step, ((begin, end), (first, last)) in enumerate(zip(group, shares, strict=True), start):
                batch = block.part(position, position + last - first)
                position += last - first
                if augment is not None:  # drawn for the whole batch, so that shards agree
                    generator = torch.Generator().manual_seed(mix(self.seed, epoch, step))
                    drawn = augment.draw(end - begin, generator)[first - begin : last - begin]
                    batch = augment.apply(batch, drawn.to(batch.x.device))
                yield batch

    def gather(self, rows: Tensor) -> Batch:
        """Return the examples at these positions, ready for a network."""
        weights = None if self.weights is None else self.weights.index_select(0, rows)
        y = self.y.index_select(0, rows)
        if self.masks is not None:
            y = torch.cat([y, unpacked(self.masks.index_select(0, rows))], 2)
        return Batch(
            self.ready(self.x.index_select(0, rows)),
            y,
            self.ids.index_select(0, rows),
            weights,
        )

    def ready(self, x: Tensor) -> Tensor:
        """Return x as a network takes it: pixels (B, C, H, W) uint8 become (pixel / 255 - mean) / std.

        Sounds (B, samples) int16 become spectrograms (B, 1, mels, frames).
        """
        match self.schema.shaped:
            case Image(mean=mean, std=std):
                return normalise(x, mean, std)
            case Audio() as sound:
                return spectrogram(x, sound)
            case Video(mean=mean, std=std):
                return normalise(x.flatten(0, 1), mean, std).reshape(x.shape)
        return x

    def whole(self, split: str) -> Batch:
        """Return a split as one batch (tables and small images)."""
        return self.gather(self.positions(split))

    def matrix(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Return (x, y) of a split as NumPy arrays for scikit-learn: (n, columns) float32, and codes or numbers."""
        batch = self.whole(split)
        return batch.x.reshape(len(batch), -1).cpu().numpy(), batch.y.cpu().numpy()

    def to(self, device: torch.device | str) -> "Data":
        """Move the tensors to a device, once."""
        moved = {k: v.to(device) for k, v in self.splits.items()}
        weights, masks = (None if t is None else t.to(device) for t in (self.weights, self.masks))
        x, y, ids = self.x.to(device), self.y.to(device), self.ids.to(device)
        return replace(self, x=x, y=y, ids=ids, splits=moved, weights=weights, masks=masks)


def share(begin: int, end: int, shard: Shard) -> tuple[int, int]:
    """Return the part of a batch (begin, end) that one process of a group sees."""
    count = end - begin
    return begin + count * shard.index // shard.count, begin + count * (shard.index + 1) // shard.count


def normalise(pixels: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """Turn uint8 pixels (B, C, H, W) into float32 (pixel / 255 - mean) / std."""
    x = pixels.float()
    if len(mean) == 1:
        return x.mul_(1 / (255 * std[0])).sub_(mean[0] / std[0])
    scale = torch.tensor([1 / (255 * s) for s in std], device=x.device).view(1, -1, 1, 1)
    shift = torch.tensor([m / s for m, s in zip(mean, std, strict=True)], device=x.device).view(1, -1, 1, 1)
    return x.mul_(scale).sub_(shift)


def packed(cells: Tensor) -> Tensor:
    """Pack 0 and 1 (..., SIDE, SIDE) into bytes (..., SIDE * SIDE / 8), the first cell in the highest bit."""
    bits = cells.to(torch.uint8).reshape(*cells.shape[:-2], -1, 8)
    return (bits << torch.arange(7, -1, -1, device=bits.device, dtype=torch.uint8)).sum(-1, dtype=torch.uint8)


def unpacked(bytes_: Tensor) -> Tensor:
    """Return the cells of `packed` as float32 (..., SIDE * SIDE)."""
    shifts = torch.arange(7, -1, -1, device=bytes_.device, dtype=torch.uint8)
    return ((bytes_.unsqueeze(-1) >> shifts) & 1).flatten(-2).float()
