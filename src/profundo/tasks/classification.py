"""One label of several for each example."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..batch import Batch
from ..errors import DataError, UsageError, unknown
from ..schema import Schema
from .losses import LABEL_LOSSES
from .task import Loss, Prediction, shared

if TYPE_CHECKING:
    from ..metrics import Metric


@dataclass(frozen=True)
class Classification:
    """Learn a score for each label; the softmax of the scores are the probabilities.

    A network may also give one score for two labels: that of the second, the first's being 0. `class_weights` multiply
    the losses of the examples of each label; take `balanced_weights`, so that their mean over the examples is 1.
    `gamma` is the focal loss's. The probabilities of "hinge" and "perceptron" are an order and not calibrated.
    """

    labels: tuple[str, ...]
    loss: str = "cross_entropy"
    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None
    gamma: float = 2.0

    def __post_init__(self) -> None:
        if self.loss not in LABEL_LOSSES:
            raise UsageError(unknown("loss for labels", self.loss, LABEL_LOSSES))
        if not 0 <= self.label_smoothing < 1:
            raise UsageError(f"label_smoothing must be at least 0 and below 1, not {self.label_smoothing!r}.")
        if self.label_smoothing and self.loss != "cross_entropy":
            raise UsageError(f"label_smoothing goes with the loss cross_entropy, not with {self.loss}. Leave one out.")
        if not 0 <= self.gamma < float("inf"):
            raise UsageError(f"gamma must be a number of at least 0, not {self.gamma!r}.")
        if self.class_weights is not None and len(self.class_weights) != len(self.labels):
            raise UsageError(f"class_weights has {len(self.class_weights)} numbers for {len(self.labels)} labels.")

    @property
    def parts(self) -> Sequence[str]:
        """The whole network is one part."""
        return ("",)

    def losses(self, network: nn.Module, batch: Batch) -> Iterator[Loss]:
        """Yield the mean loss of the batch; with the perceptron, the share of mistakes beside it."""
        scores = self.scores(network(batch.x))
        plain = batch.weights is None and batch.other is None
        if self.loss == "cross_entropy" and self.class_weights is None and plain:
            yield Loss(F.cross_entropy(scores, batch.y, label_smoothing=self.label_smoothing))
            return
        mistakes = {"mistakes": (scores.argmax(1) != batch.y).float().mean()} if self.loss == "perceptron" else {}
        yield Loss(self.weighted_losses(scores, batch).mean(), terms=mistakes)

    def validate(self, network: nn.Module, batches: Iterator[Batch]) -> Mapping[str, float]:
        """Return the loss as it is trained, weights included, and the accuracy."""
        count, loss, right = 0, 0.0, 0
        for batch in batches:
            scores = self.scores(network(batch.x))
            count += len(batch)
            loss += float(self.weighted_losses(scores, batch).sum())
            right += int((scores.argmax(1) == batch.y).sum())
        return {"loss": loss / count, "accuracy": right / count} if count else {}

    def weighted_losses(self, scores: Tensor, batch: Batch) -> Tensor:
        """Return the loss of each example (B,), times the weight of its class and its own."""

        def loss(y: Tensor) -> Tensor:
            values = self.example_losses(scores, y)
            return values if self.class_weights is None else values * values.new_tensor(self.class_weights)[y]

        values = shared(loss, batch)
        return values if batch.weights is None else values * batch.weights

    def example_losses(self, output: Tensor, y: Tensor) -> Tensor:
        """Return the loss of each example (B,), without weights."""
        options = {"cross_entropy": {"label_smoothing": self.label_smoothing}, "focal": {"gamma": self.gamma}}
        return LABEL_LOSSES[self.loss](self.scores(output), y, **options.get(self.loss, {}))

    def scores(self, output: Tensor) -> Tensor:
        """Return (B, labels): a single score becomes [0, score]. Raises UsageError where the columns do not fit."""
        if output.dim() == 2 and output.shape[1] == len(self.labels):
            return output
        if output.dim() == 2 and output.shape[1] == 1 and len(self.labels) == 2:
            return F.pad(output, (1, 0))
        raise UsageError(
            f"the network gives {tuple(output.shape)}, and classification wants (batch, {len(self.labels)}): "
            f"a score for each label. Build it with profundo.networks.build(name, schema)."
        )

    def predict(self, network: nn.Module, x: Tensor) -> Prediction:
        """Answer with the likeliest label and the probabilities of all."""
        return self.outputs_to_prediction(network(x))

    def outputs_to_prediction(self, output: Tensor) -> Prediction:
        """Decode what the network gives."""
        probabilities = self.scores(output.detach()).double().softmax(1).cpu().numpy()
        return Prediction(self.decode(probabilities.argmax(1)), probabilities, self.labels)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the labels of codes (n,)."""
        return np.array(self.labels)[codes]

    def metrics(self) -> "Sequence[Metric]":
        """The metrics of labels, the main one first."""
        from ..metrics import CLASSIFICATION

        return CLASSIFICATION


def classification(
    schema: Schema,
    *,
    loss: str = "cross_entropy",
    label_smoothing: float = 0.0,
    class_weights: Sequence[float] | None = None,
    gamma: float = 2.0,
) -> Classification:
    """Build the task for a schema whose target is one category."""
    weights = None if class_weights is None else tuple(class_weights)
    return Classification(schema.labels, loss, label_smoothing, weights, gamma)


def balanced_weights(y: Tensor, classes: int) -> tuple[float, ...]:
    """Return a weight for each class that makes them count the same: n / (classes * count), of mean 1 over y.

    A class without an example has weight 1 and is not counted among the classes.
    """
    if not len(y):
        raise DataError("there are no training examples to balance.")
    counts = torch.bincount(y.cpu(), minlength=classes).tolist()
    present = sum(count > 0 for count in counts)
    return tuple(len(y) / (present * count) if count else 1.0 for count in counts)
