"""Odd ones: learn what is usual without a label, and say of each example how unusual it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor, nn

from ..batch import Batch
from ..errors import UsageError
from ..schema import Schema
from .rebuilding import Parts, losses, parts_of, rebuilding, validate
from .task import Loss, Prediction

if TYPE_CHECKING:
    from ..metrics import Metric


@dataclass(frozen=True)
class Anomalies:
    """Learn to give x back; the oddness of x is minus the bound of its log likelihood, in nats, up to a constant.

    That is how far the answer lies from x, and how far the code lies from the usual ones (An and Cho 2015).
    `false_alarms` is the share of usual examples that may be called odd. `labelled`: the data say which are odd, for
    scoring alone.
    """

    columns: Parts
    false_alarms: float = 0.01
    surprise_weight: float = 1.0
    labelled: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.false_alarms < 1:
            raise UsageError(f"--false-alarms is {self.false_alarms}; it must be a share above 0 and below 1.")
        check_weight(self.surprise_weight)

    @property
    def parts(self) -> Sequence[str]:
        """The whole network is one part."""
        return ("",)

    def losses(self, network: nn.Module, batch: Batch) -> Iterator[Loss]:
        """Yield minus the bound of the log likelihood of the batch."""
        yield from losses(network, self.columns, batch, self.surprise_weight)

    def validate(self, network: nn.Module, batches: Iterator[Batch]) -> Mapping[str, float]:
        """Return the loss and its two terms."""
        return validate(network, self.columns, batches, self.surprise_weight)

    def oddness(self, network: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return how odd each x is (B,) in nats, and how much of it is the error in each part of x (B, parts)."""
        found = rebuilding(network, self.columns, x, draw=False)
        return found.errors.sum(1) + self.surprise_weight * found.surprise, found.errors

    def predict(self, network: nn.Module, x: Tensor) -> Prediction:
        """Answer with the oddness of each x (B,), in nats."""
        return Prediction(self.oddness(network, x)[0].double().cpu().numpy())

    def example_losses(self, output: Tensor, y: Tensor) -> Tensor:
        """Return the oddness as it is: there is no right answer."""
        return output

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return numbers as they are."""
        return codes

    def metrics(self) -> "Sequence[Metric]":
        """The measures of oddness where it is known what is odd, else the share of alarms."""
        from ..metrics.anomalies import ALARMS, ANOMALIES

        return ANOMALIES if self.labelled else ALARMS


def anomalies(schema: Schema, *, false_alarms: float = 0.01, surprise_weight: float = 1.0) -> Anomalies:
    """Build the task for a schema."""
    return Anomalies(parts_of(schema), false_alarms, surprise_weight, bool(schema.truth))


def check_weight(value: float) -> None:
    """Raise UsageError where the weight of the surprise is none."""
    if not 0 <= value < float("inf"):
        raise UsageError(f"surprise_weight is {value}; it must be a number of at least 0.")
