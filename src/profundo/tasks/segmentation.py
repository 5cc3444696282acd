"""A label for every pixel of a picture."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..batch import Batch
from ..errors import DataError, UsageError, unknown
from ..objects import IGNORED
from ..schema import Schema
from .task import Loss, Prediction

if TYPE_CHECKING:
    from ..metrics import Metric

LOSSES = ("cross_entropy", "focal", "dice", "cross_entropy+dice")


@dataclass(frozen=True)
class Segmentation:
    """Learn a score for each label at each pixel; the network gives (B, labels, H, W), y is (B, H, W) codes.

    Pixels of the code 255 have no label and do not count. The loss of a picture is the mean over its labelled pixels,
    that of a batch the mean over its pictures. `class_weights` multiply the losses of the pixels of each label; take
    `median_frequency_weights`. `gamma` is the focal loss's.
    """

    labels: tuple[str, ...]
    loss: str = "cross_entropy"
    class_weights: tuple[float, ...] | None = None
    gamma: float = 2.0

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise UsageError(unknown("loss for masks", self.loss, LOSSES))
        if not 0 <= self.gamma < float("inf"):
            raise UsageError(f"gamma must be a number of at least 0, not {self.gamma!r}.")
        if self.class_weights is not None and len(self.class_weights) != len(self.labels):
            raise UsageError(f"class_weights has {len(self.class_weights)} numbers for {len(self.labels)} labels.")
        if self.class_weights is not None and self.loss == "dice":
            raise UsageError("class_weights do not go with the loss dice, which counts every label the same already.")

    @property
    def parts(self) -> Sequence[str]:
        """The whole network is one part."""
        return ("",)

    def losses(self, network: nn.Module, batch: Batch) -> Iterator[Loss]:
        """Yield the mean loss of the pictures."""
        yield Loss(self.picture_losses(network(batch.x), batch).mean())

    def validate(self, network: nn.Module, batches: Iterator[Batch]) -> Mapping[str, float]:
        """Return the loss as it is trained and the mean IoU over all the pictures."""
        from ..metrics.segmentation import confusions, measure

        count, loss, table = 0, 0.0, np.zeros((1, len(self.labels), len(self.labels)), np.int64)
        for batch in batches:
            scores = network(batch.x)
            count += len(batch)
            loss += float(self.picture_losses(scores, batch).sum())
            table += confusions(batch.y.cpu().numpy(), codes(scores), len(self.labels)).sum(0)
        if not count:
            return {}
        return {"loss": loss / count, "mean IoU": float(measure(table)(np.ones((1, 1)))["mean IoU"][0])}

    def picture_losses(self, output: Tensor, batch: Batch) -> Tensor:
        """Return the loss of each picture (B,), times its weight."""
        scores, y = self.scores(output, batch.y), batch.y.long()
        known = y != IGNORED
        values = sum(LOSS[name](self, scores, y, known) for name in self.loss.split("+"))
        assert isinstance(values, Tensor)
        return values if batch.weights is None else values * batch.weights

    def scores(self, output: Tensor, y: Tensor) -> Tensor:
        """Return the scores as float32, channels first: on a processor the softmax is then many times as fast."""
        if output.dim() != 4 or output.shape[1] != len(self.labels) or output.shape[2:] != y.shape[1:]:
            raise UsageError(
                f"the network gives {tuple(output.shape)}, and segmentation wants (batch, {len(self.labels)}, "
                f"{', '.join(map(str, y.shape[1:]))}): a score for each label at each pixel. Use --network unet."
            )
        return output.float().contiguous()

    def predict(self, network: nn.Module, x: Tensor) -> Prediction:
        """Answer with the likeliest label of each pixel: codes (n, H, W) uint8."""
        return Prediction(codes(network(x)), labels=self.labels)

    def example_losses(self, output: Any, y: Tensor) -> Tensor:
        """Return how wrong each picture's answer is, (B,): 1 - the mean IoU of the labels that occur in it.

        `output` are the values of `predict`, (B, H, W) codes.
        """
        from ..metrics.segmentation import confusions, picture_losses

        return torch.from_numpy(picture_losses(confusions(y.cpu().numpy(), output, len(self.labels))))

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the labels of codes of any shape."""
        return np.array(self.labels)[codes]

    def metrics(self) -> "Sequence[Metric]":
        """The metrics of masks, the main one first."""
        from ..metrics.segmentation import SEGMENTATION

        return SEGMENTATION


def codes(output: Tensor) -> np.ndarray:
    """Return the likeliest label of each pixel, (B, H, W) uint8, for scores (B, labels, H, W)."""
    return output.argmax(1).to(torch.uint8).cpu().numpy()


def cross_entropy(task: Segmentation, scores: Tensor, y: Tensor, known: Tensor) -> Tensor:
    """-log p of the label, the mean over the labelled pixels of each picture, (B,)."""
    weight = None if task.class_weights is None else scores.new_tensor(task.class_weights)
    return mean_of_known(F.cross_entropy(scores, y, weight, ignore_index=IGNORED, reduction="none"), known)


def focal(task: Segmentation, scores: Tensor, y: Tensor, known: Tensor) -> Tensor:
    """-(1 - p)^gamma log p of the label, likewise: easy pixels count less (Lin et al. 2017, 1708.02002)."""
    values = F.cross_entropy(scores, y, ignore_index=IGNORED, reduction="none")
    values = (-torch.expm1(-values)).clamp_min(torch.finfo(values.dtype).tiny) ** task.gamma * values
    if task.class_weights is not None:
        values = values * scores.new_tensor(task.class_weights)[y.where(known, 0)]
    return mean_of_known(values, known)


def mean_of_known(values: Tensor, known: Tensor) -> Tensor:
    """Return the mean over the labelled pixels of each picture, (B,); 0 where there are none."""
    return values.flatten(1).sum(1) / known.flatten(1).sum(1).clamp_min(1)


def dice(task: Segmentation, scores: Tensor, y: Tensor, known: Tensor) -> Tensor:
    """1 - 2 sum(p t) / (sum(p) + sum(t)), the mean over the labels that a picture has, (B,).

    p are the probabilities and t the truth, 0 or 1 (Milletari et al. 2016, 1606.04797, there with squares of p and t).
    """
    p = scores.softmax(1) * known[:, None]
    right = torch.zeros_like(p).scatter_(1, y.where(known, 0)[:, None], 1) * known[:, None]
    together, given, true = ((p * right).sum((2, 3)), p.sum((2, 3)), right.sum((2, 3)))
    there = true > 0
    values = (1 - 2 * together / (given + true).clamp_min(1)) * there
    return values.sum(1) / there.sum(1).clamp_min(1)


LOSS: dict[str, Callable[[Segmentation, Tensor, Tensor, Tensor], Tensor]] = {
    "cross_entropy": cross_entropy,
    "focal": focal,
    "dice": dice,
}


def segmentation(
    schema: Schema,
    *,
    loss: str = "cross_entropy",
    class_weights: Sequence[float] | None = None,
    gamma: float = 2.0,
) -> Segmentation:
    """Build the task for a schema whose target is a mask."""
    return Segmentation(schema.labels, loss, None if class_weights is None else tuple(class_weights), gamma)


def median_frequency_weights(y: Tensor, labels: int, power: float = 1.0) -> tuple[float, ...]:
    """Return a weight for each label, larger for rare ones (Eigen and Fergus 2015, 1411.4734, section 4.3.2).

    `y` is (n, H, W) codes of the training part. The frequency of a label is its share of the labelled pixels of the
    pictures that have it; its weight is (the median of the frequencies / its own)^power, then scaled so that the mean
    over the labelled pixels is 1. A power of 1/2 favours rare labels less. A label that does not occur has weight 1.
    """
    offsets = torch.arange(len(y)).view(-1, 1, 1) * 256
    counts = torch.zeros(len(y), 256, dtype=torch.int64)
    for start in range(0, len(y), 256):
        part = y[start : start + 256].cpu().long() + offsets[: len(y[start : start + 256])]
        counts[start : start + 256] = torch.bincount(part.flatten(), minlength=256 * len(part)).view(-1, 256)
    counts = counts[:, :labels]
    total = counts.sum(0).double()
    if not total.sum():
        raise DataError("no training picture has a labelled pixel: there is nothing to learn from.")
    there = (counts * 1.0 > 0) * counts.sum(1, keepdim=True)
    frequency = (total / there.sum(0).clamp_min(1)).where(total > 0, torch.nan)
    weights = (frequency.nanmedian() / frequency) ** power
    weights = weights.where(total > 0, 0.0)
    weights = weights / ((weights * total).sum() / total.sum())
    return tuple(weights.where(total > 0, 1.0).tolist())
