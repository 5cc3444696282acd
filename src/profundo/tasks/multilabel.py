"""Several yes-or-no answers for each example."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from ..batch import Batch
from ..errors import DataError, UsageError, unknown
from ..schema import Category, Number, Schema
from .losses import MULTILABEL_LOSSES
from .task import Loss, Prediction, shared

if TYPE_CHECKING:
    from ..metrics import Metric

ANSWERS = ("0", "1")


@dataclass(frozen=True)
class Multilabel:
    """Learn the probability of each of several targets, independently: sigmoid(output).

    The answer is yes where the probability is above one half. `labels` names the targets; `answers` has for each the
    two words of the data, for no (y = 0) and for yes (y = 1). `yes_weights` multiply the losses of each target's yes
    answers, so that the network learns odds that many times too high. `gamma` is the focal loss's.
    """

    labels: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    loss: str = "binary_cross_entropy"
    yes_weights: tuple[float, ...] | None = None
    gamma: float = 2.0

    def __post_init__(self) -> None:
        if self.loss not in MULTILABEL_LOSSES:
            raise UsageError(unknown("loss for several labels", self.loss, MULTILABEL_LOSSES))
        if not 0 <= self.gamma < float("inf"):
            raise UsageError(f"gamma must be a number of at least 0, not {self.gamma!r}.")
        if self.yes_weights is not None and len(self.yes_weights) != len(self.labels):
            raise UsageError(f"yes_weights has {len(self.yes_weights)} numbers for {len(self.labels)} targets.")

    @property
    def parts(self) -> Sequence[str]:
        """The whole network is one part."""
        return ("",)

    def losses(self, network: nn.Module, batch: Batch) -> Iterator[Loss]:
        """Yield the mean loss of the batch, over examples and targets."""
        output = self.checked(network(batch.x))
        plain = batch.weights is None and batch.other is None
        if self.loss == "binary_cross_entropy" and self.yes_weights is None and plain:
            yield Loss(F.binary_cross_entropy_with_logits(output, batch.y))
        else:
            yield Loss(self.weighted_losses(output, batch).mean())

    def validate(self, network: nn.Module, batches: Iterator[Batch]) -> Mapping[str, float]:
        """Return the loss as it is trained, weights included, and the share of single answers that are wrong."""
        count, loss, wrong = 0, 0.0, 0.0
        for batch in batches:
            output = self.checked(network(batch.x))
            count += len(batch)
            loss += float(self.weighted_losses(output, batch).sum())
            wrong += float(((output > 0) != (batch.y > 0.5)).float().mean(1).sum())
        return {"loss": loss / count, "hamming_loss": wrong / count} if count else {}

    def weighted_losses(self, output: Tensor, batch: Batch) -> Tensor:
        """Return the loss of each example (B,), the weights of its yes answers and its own included."""

        def loss(y: Tensor) -> Tensor:
            weights = None if self.yes_weights is None else 1 + y * (y.new_tensor(self.yes_weights) - 1)
            return self.example_losses(output, y, weights)

        values = shared(loss, batch)
        return values if batch.weights is None else values * batch.weights

    def example_losses(self, output: Tensor, y: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the loss of each example (B,), the mean over its targets, each times its weight (B, targets)."""
        options = {"gamma": self.gamma} if self.loss == "binary_focal" else {}
        return MULTILABEL_LOSSES[self.loss](self.checked(output), y, weights, **options)

    def checked(self, output: Tensor) -> Tensor:
        """Return the output, (B, targets). Raises UsageError where its columns do not fit."""
        if output.dim() == 2 and output.shape[1] == len(self.labels):
            return output
        raise UsageError(f"the network gives {tuple(output.shape)} for {len(self.labels)} targets.")

    def predict(self, network: nn.Module, x: Tensor) -> Prediction:
        """Answer each target with one of its two words, and the probability of yes."""
        return self.outputs_to_prediction(network(x))

    def outputs_to_prediction(self, output: Tensor) -> Prediction:
        """Decode what the network gives; here the probabilities of a row do not sum to 1, each target has its own."""
        probabilities = self.checked(output.detach()).double().sigmoid().cpu().numpy()
        return Prediction(self.decode(probabilities > 0.5), probabilities, self.labels)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the words of codes (n, targets) of 0 and 1."""
        words = [np.array(pair)[column] for pair, column in zip(self.answers, codes.astype(int).T, strict=True)]
        return np.stack(words, 1)

    def metrics(self) -> "Sequence[Metric]":
        """The metrics of several yes-or-no answers, the main one first."""
        from ..metrics import MULTILABEL

        return MULTILABEL


def multilabel(
    schema: Schema,
    *,
    loss: str = "binary_cross_entropy",
    yes_weights: Sequence[float] | None = None,
    gamma: float = 2.0,
) -> Multilabel:
    """Build the task for a schema of several targets that are 0 or 1. Raises DataError where one cannot be."""
    answers = []
    for name, kind in schema.targets.items():
        if not (isinstance(kind, Number) or (isinstance(kind, Category) and len(kind.labels) <= 2)):
            raise DataError(f"the target {name!r} is not a yes-or-no column, and multilabel wants only those.")
        words = kind.labels if isinstance(kind, Category) else ()
        answers.append((*words, *ANSWERS[len(words) :]))
    if not answers:
        raise DataError("multilabel needs targets. Name them with --target.")
    weights = None if yes_weights is None else tuple(yes_weights)
    return Multilabel(tuple(schema.targets), tuple((no, yes) for no, yes in answers), loss, weights, gamma)
