"""The next steps of one or more series, with or without quantiles."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from ..batch import Batch
from ..errors import DataError, UsageError, unknown
from ..networks.horizon import QUANTILES
from ..schema import Schema, Series
from .task import Loss, Prediction

if TYPE_CHECKING:
    from ..metrics import Metric

LOSSES = ("mse", "l1", "huber")


@dataclass(frozen=True)
class Forecasting:
    """Learn y (B, horizon, targets) in standard units; where y is NaN there is nothing to learn.

    The network gives (B, horizon, targets), and `loss` says how errors count; or (B, horizon, targets, 5), quantiles
    0.025, 0.1, 0.5, 0.9 and 0.975, which are learnt by the pinball loss (Koenker and Bassett 1978) whatever `loss` is.
    Answers are in standard units; the outcome turns them into the data's own.
    """

    horizon: int
    targets: tuple[str, ...]
    loss: str = "mse"
    delta: float = 1.0

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise UsageError(unknown("loss of a forecast", self.loss, LOSSES))
        if not 0 < self.delta < float("inf"):
            raise UsageError(f"delta must be a number above 0, not {self.delta!r}.")

    @property
    def parts(self) -> Sequence[str]:
        """The whole network is one part."""
        return ("",)

    def losses(self, network: nn.Module, batch: Batch) -> Iterator[Loss]:
        """Yield the mean loss of the batch."""
        yield Loss(self.example_losses(network(batch.x), batch.y).mean())

    def validate(self, network: nn.Module, batches: Iterator[Batch]) -> Mapping[str, float]:
        """Return the loss and, in standard units, the mean squared and the mean absolute error."""
        count, loss, known, squares, distances = 0, 0.0, 0, 0.0, 0.0
        for batch in batches:
            output = network(batch.x)
            loss += float(self.example_losses(output, batch.y).sum())
            error = (self.points(output) - batch.y).nan_to_num()
            count, known = count + len(batch), known + int(batch.y.isfinite().sum())
            squares, distances = squares + float(error.square().sum()), distances + float(error.abs().sum())
        if not count:
            return {}
        return {"loss": loss / count, "mse": squares / max(known, 1), "mae": distances / max(known, 1)}

    def example_losses(self, output: Tensor, y: Tensor) -> Tensor:
        """Return the loss of each example (B,): the mean over the steps and targets that are known."""
        known = y.isfinite()
        true = torch.where(known, y, 0)
        values = self.term(self.checked(output).float(), true)
        return torch.where(known, values, 0).flatten(1).sum(1) / known.flatten(1).sum(1).clamp_min(1)

    def term(self, output: Tensor, y: Tensor) -> Tensor:
        """Return the loss of each step and target, (B, horizon, targets)."""
        if output.dim() == 4:
            shares = output.new_tensor(QUANTILES)
            error = y.unsqueeze(-1) - output
            return torch.maximum(shares * error, (shares - 1) * error).mean(-1)
        error = output - y
        if self.loss == "huber":
            far = error.abs()
            return torch.where(far < self.delta, error.square() / 2, self.delta * (far - self.delta / 2))
        return error.abs() if self.loss == "l1" else error.square()

    def checked(self, output: Tensor) -> Tensor:
        """Return the output. Raises UsageError where its shape is not that of a forecast."""
        shape = (self.horizon, len(self.targets))
        if output.shape[1:] in (shape, (*shape, len(QUANTILES))):
            return output
        raise UsageError(f"the network gives {tuple(output.shape)}, and a forecast is (batch, {shape[0]}, {shape[1]}).")

    def points(self, output: Tensor) -> Tensor:
        """Return one number for each step and target: the median of quantiles."""
        return output[..., len(QUANTILES) // 2] if output.dim() == 4 else output

    def predict(self, network: nn.Module, x: Tensor) -> Prediction:
        """Answer with (n, horizon, targets) in standard units."""
        return self.outputs_to_prediction(network(x))

    def outputs_to_prediction(self, output: Tensor) -> Prediction:
        """Return the points of what the network gives."""
        return Prediction(self.points(self.checked(output.detach())).double().cpu().numpy())

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return numbers as they are."""
        return codes

    def metrics(self) -> "Sequence[Metric]":
        """The metrics of forecasts, the main one first."""
        from ..metrics.forecasting import FORECASTING

        return FORECASTING


def forecasting(schema: Schema, *, loss: str = "mse", delta: float = 1.0) -> Forecasting:
    """Build the task for a schema whose target is the future of a series. Raises DataError where it is not."""
    future = next(iter(schema.targets.values()), None)
    if not isinstance(future, Series):
        raise DataError("a forecast needs a series to go on. Type: --forecast COLUMN --time COLUMN")
    return Forecasting(future.steps, future.channels, loss, delta)
