"""One kind of change of a whole batch, with the random numbers that it needs."""

from typing import Protocol

from torch import Tensor

from ...batch import Batch


class Stage(Protocol):
    """A change of pictures (B, C, H, W) float32, normalised, and of what is known about them.

    It is a pure function of the drawn numbers: a row within 0..1 for each picture, `columns` numbers long.
    """

    @property
    def columns(self) -> int:
        """How many numbers a picture needs."""
        ...

    def apply(self, batch: Batch, drawn: Tensor) -> Batch:
        """Return the changed batch; the given one is left alone."""
        ...
