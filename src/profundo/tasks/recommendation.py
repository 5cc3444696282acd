"""Taste: how much a person will like a thing that they have not rated."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor, nn

from ..batch import Batch
from ..errors import DataError, UsageError
from ..schema import Category, Number, Schema
from .task import Loss, Prediction

if TYPE_CHECKING:
    from ..metrics import Metric

PENALTY = 0.03


@dataclass(frozen=True)
class Recommendation:
    """Learn ratings in standard units by their squared error, answer in the units of the data.

    `penalty` is how much the squares of the vectors that are looked up count beside it: it keeps small what few ratings
    tell of (Koren, Bell and Volinsky 2009).
    """

    center: float
    scale: float
    penalty: float = PENALTY

    def __post_init__(self) -> None:
        if not 0 <= self.penalty < float("inf"):
            raise UsageError(f"penalty is {self.penalty}; it must be a number of at least 0.")

    @property
    def parts(self) -> Sequence[str]:
        """The whole network is one part."""
        return ("",)

    def losses(self, network: nn.Module, batch: Batch) -> Iterator[Loss]:
        """Yield the mean squared error of the batch."""
        error = self.example_losses(network(batch.x), batch.y).mean()
        sizes = getattr(network, "sizes", None)
        if sizes is None or not self.penalty:
            yield Loss(error)
            return
        size = sizes(batch.x).mean()
        yield Loss(error + self.penalty * size, terms={"error": error.detach(), "size": size.detach()})

    def validate(self, network: nn.Module, batches: Iterator[Batch]) -> Mapping[str, float]:
        """Return the loss, and the root of the mean squared error in the units of the data."""
        count, loss = 0, 0.0
        for batch in batches:
            count += len(batch)
            loss += float(self.example_losses(network(batch.x), batch.y).sum())
        return {"loss": loss / count, "rmse": (loss / count) ** 0.5 * self.scale} if count else {}

    def example_losses(self, output: Tensor, y: Tensor) -> Tensor:
        """Return the squared error of each example (B,), in standard units."""
        if output.shape != (len(y), 1):
            raise UsageError(f"the network gives {tuple(output.shape)}, and a rating is one number for each example.")
        return (output[:, 0] - y).square()

    def predict(self, network: nn.Module, x: Tensor) -> Prediction:
        """Answer with ratings."""
        return self.outputs_to_prediction(network(x))

    def outputs_to_prediction(self, output: Tensor) -> Prediction:
        """Decode what the network gives: ratings (n,) in the units of the data."""
        return Prediction(output.detach()[:, 0].double().cpu().numpy() * self.scale + self.center)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return numbers as they are."""
        return codes

    def metrics(self) -> "Sequence[Metric]":
        """The measures of ratings, the main one first."""
        from ..metrics.recommendation import RECOMMENDATION

        return RECOMMENDATION


def recommendation(schema: Schema, *, penalty: float = PENALTY) -> Recommendation:
    """Build the task for a schema of who, what and how much. Raises DataError for another."""
    kinds = list(schema.inputs.values())
    targets = list(schema.targets.values())
    looked_up = all(isinstance(kind, Category) and kind.embed for kind in kinds)
    if len(kinds) != 2 or not looked_up or len(targets) != 1 or not isinstance(targets[0], Number):
        raise DataError("recommendation wants ratings: --user COLUMN --item COLUMN --target COLUMN.")
    return Recommendation(targets[0].center, targets[0].scale, penalty)
