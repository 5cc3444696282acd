"""What flows through the loop: some rows of the data, traceable to the rows of the source."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from .schema import Schema


@dataclass(frozen=True, slots=True)
class Shard:
    """Which share of every batch this process sees: part `index` of `count`."""

    index: int = 0
    count: int = 1


WHOLE = Shard()


@dataclass(frozen=True, slots=True)
class Batch:
    """`x` (B, ...) float32; `y` (B,) int64 codes or (B,) / (B, targets) float32; `ids` (B,) int64, rows of the source.

    A mask target's y is (B, height, width) uint8, a boxes target's (B, most, 5) float32 (schema.py says more).
    `weights` (B,) float32 where the examples count differently, with mean 1 over the training part. Where pictures were
    mixed (mixup, cutmix), `other` is the y of what was mixed in, and `share` (B,) the share of the example's own y.
    """

    x: Tensor
    y: Tensor
    ids: Tensor
    weights: Tensor | None = None
    other: Tensor | None = None
    share: Tensor | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def part(self, begin: int, end: int) -> "Batch":
        """Return the examples from `begin` up to `end`, as views."""
        weights, other, share = (None if t is None else t[begin:end] for t in (self.weights, self.other, self.share))
        return Batch(self.x[begin:end], self.y[begin:end], self.ids[begin:end], weights, other, share)

    def split(self, count: int) -> list["Batch"]:
        """Cut into at most `count` micro-batches of nearly equal size, none empty."""
        if count == 1:
            return [self]
        bounds = [len(self) * i // count for i in range(count + 1)]
        return [self.part(a, b) for a, b in itertools.pairwise(bounds) if b > a]


@runtime_checkable
class Dataset(Protocol):
    """What the loop asks of data. The order is a pure function of (the data set's seed, epoch, shard)."""

    schema: Schema

    def count(self, split: str) -> int:
        """Return the number of examples in "train", "validation" or "test"."""
        ...

    def batches(
        self, split: str, *, size: int, epoch: int = 0, shard: Shard = WHOLE, learner: object = None
    ) -> Iterator[Batch]:
        """Yield the batches of an epoch; "train" in an order of its own each epoch, the others in the source's."""
        ...


def asking(schema: Schema) -> int:
    """Return how many examples a network is asked about at once: as many as fit in some 12 MB, at most 1,024."""
    return max(1, min(1024, 3_200_000 // max(math.prod(schema.shape), 1)))


def cuts(count: int, size: int) -> list[tuple[int, int]]:
    """Return the (begin, end) of each batch of `size` over `count` examples.

    A last batch of one example joins the one before it, because batch normalisation needs two.
    """
    bounds = [*range(0, count, size), count]
    if len(bounds) > 2 and size > 1 and bounds[-1] - bounds[-2] == 1:
        del bounds[-2]
    return list(itertools.pairwise(bounds)) if count else []
