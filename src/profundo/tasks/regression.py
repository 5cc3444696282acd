"""One number or several for each example."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from ..batch import Batch
from ..errors import DataError, UsageError, unknown
from ..schema import Number, Schema
from .losses import NUMBER_LOSSES
from .task import Loss, Prediction, shared

if TYPE_CHECKING:
    from ..metrics import Metric


@dataclass(frozen=True)
class Regression:
    """Learn numbers in standard units, answer in the units of the data: output * scale + center, for each target.

    `delta` is the Huber loss's, in standard units. "gaussian_nll" wants a network with two outputs for each target: the
    means, then the logarithms of the variances; the answer is the means.
    """

    centers: tuple[float, ...]
    scales: tuple[float, ...]
    loss: str = "mse"
    delta: float = 1.0

    def __post_init__(self) -> None:
        if self.loss not in NUMBER_LOSSES:
            raise UsageError(unknown("loss for numbers", self.loss, NUMBER_LOSSES))
        if not 0 < self.delta < float("inf"):
            raise UsageError(f"delta must be a number above 0, not {self.delta!r}.")

    @property
    def parts(self) -> Sequence[str]:
        """The whole network is one part."""
        return ("",)

    def losses(self, network: nn.Module, batch: Batch) -> Iterator[Loss]:
        """Yield the mean loss of the batch."""
        output = self.checked(network(batch.x))
        if self.loss == "mse" and batch.weights is None and batch.other is None:
            yield Loss(F.mse_loss(output.reshape(batch.y.shape), batch.y))
            return
        yield Loss(self.weighted_losses(output, batch).mean())

    def validate(self, network: nn.Module, batches: Iterator[Batch]) -> Mapping[str, float]:
        """Return the loss as it is trained, weights included, and the mean absolute error in the units of the data."""
        count, loss, distance = 0, 0.0, 0.0
        for batch in batches:
            output = self.checked(network(batch.x))
            means = output[:, : len(self.centers)]
            errors = means - batch.y.reshape(means.shape)
            count += len(batch)
            loss += float(self.weighted_losses(output, batch).sum())
            distance += float((errors.abs() * errors.new_tensor(self.scales)).mean(1).sum())
        return {"loss": loss / count, "mae": distance / count} if count else {}

    def weighted_losses(self, output: Tensor, batch: Batch) -> Tensor:
        """Return the loss of each example (B,), in standard units, times its weight."""
        values = shared(lambda y: self.example_losses(output, y), batch)
        return values if batch.weights is None else values * batch.weights

    def example_losses(self, output: Tensor, y: Tensor) -> Tensor:
        """Return the loss of each example (B,), in standard units, without weights."""
        output = self.checked(output)
        if self.loss == "gaussian_nll":
            return NUMBER_LOSSES[self.loss](output, y)
        options = {"delta": self.delta} if self.loss == "huber" else {}
        return NUMBER_LOSSES[self.loss](output.reshape(y.shape), y, **options)

    def checked(self, output: Tensor) -> Tensor:
        """Return the output, (B, outputs). Raises UsageError where its columns do not fit."""
        wanted = len(self.centers) * (2 if self.loss == "gaussian_nll" else 1)
        if output.dim() == 2 and output.shape[1] == wanted:
            return output
        raise UsageError(
            f"the network gives {tuple(output.shape)}, and regression with the loss {self.loss} wants "
            f"(batch, {wanted}) for {len(self.centers)} targets."
        )

    def predict(self, network: nn.Module, x: Tensor) -> Prediction:
        """Answer with numbers in the units of the data."""
        return self.outputs_to_prediction(network(x))

    def outputs_to_prediction(self, output: Tensor) -> Prediction:
        """Decode what the network gives: (n,) for one target, (n, targets) for several."""
        count = len(self.centers)
        standard = self.checked(output.detach())[:, :count].double().cpu().numpy()
        values = standard * np.array(self.scales) + np.array(self.centers)
        return Prediction(values[:, 0] if count == 1 else values)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return numbers as they are."""
        return codes

    def metrics(self) -> "Sequence[Metric]":
        """The metrics of numbers, the main one first."""
        from ..metrics import REGRESSION

        return REGRESSION


def regression(schema: Schema, *, loss: str = "mse", delta: float = 1.0) -> Regression:
    """Build the task for a schema whose targets are numbers. Raises DataError where one is not."""
    numbers = []
    for name, kind in schema.targets.items():
        if not isinstance(kind, Number):
            raise DataError(
                f"the target {name!r} is a {kind.name}, and regression wants numbers: --kind {name}=number."
            )
        numbers.append(kind)
    if not numbers:
        raise DataError("regression needs a target. Name one with --target.")
    return Regression(tuple(n.center for n in numbers), tuple(n.scale for n in numbers), loss, delta)
