"""The one object of a picture: what it is, and where."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..batch import Batch
from ..errors import DataError, UsageError
from ..networks.boxes import clip, giou, iou
from ..objects import Objects
from ..schema import Boxes, Schema
from .task import Loss, Prediction

if TYPE_CHECKING:
    from ..metrics import Metric

EDGES = 5.0  # weight of the distances of the edges, as in DETR (Carion et al. 2020, 2005.12872)
OVERLAP = 2.0  # weight of the generalised IoU, likewise
QUADRATIC = 0.02  # widths of the picture within which the distance of an edge counts by its square


@dataclass(frozen=True)
class Localisation:
    """Learn (B, labels + 4) numbers: a score for each label, and x1, y1, x2, y2 in widths and heights of the picture.

    The loss is the cross-entropy of the label, and `box_weight` times that of the box: 5 times the mean distance of its
    edges (squared while it is small) and 2 times 1 - the generalised IoU. Any classifier learns it.
    """

    labels: tuple[str, ...]
    box_weight: float = 1.0

    @property
    def parts(self) -> Sequence[str]:
        """The whole network is one part."""
        return ("",)

    def losses(self, network: nn.Module, batch: Batch) -> Iterator[Loss]:
        """Yield the mean loss of the pictures; the terms "label" and "box" beside it."""
        label, box = self.terms(self.checked(network(batch.x)), batch)
        yield Loss((label + box).mean(), terms={"label": label.detach().mean(), "box": box.detach().mean()})

    def validate(self, network: nn.Module, batches: Iterator[Batch]) -> Mapping[str, float]:
        """Return the loss as it is trained, the accuracy of the label, and the mean IoU."""
        count, sums = 0, torch.zeros(3, dtype=torch.float64)
        for batch in batches:
            output = self.checked(network(batch.x))
            label, box = self.terms(output, batch)
            right = (output[:, : len(self.labels)].argmax(1) == batch.y[:, 0, 4]).sum()
            boxes = self.boxes(output, batch.x.shape[2], batch.x.shape[3])
            sums += torch.stack([(label + box).sum(), right, iou(boxes, batch.y[:, 0, :4]).sum()]).double().cpu()
            count += len(batch)
        if not count:
            return {}
        return dict(zip(("loss", "accuracy", "iou"), (sums / count).tolist(), strict=True))

    def terms(self, output: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss of the label and that of the box, (B,) each, times the weights of the examples."""
        count, truth = len(self.labels), batch.y[:, 0]
        label = F.cross_entropy(output[:, :count], truth[:, 4].long(), reduction="none")
        size = truth.new_tensor([batch.x.shape[3], batch.x.shape[2]] * 2)
        box, wanted = output[:, count:], truth[:, :4] / size
        edges = F.smooth_l1_loss(box, wanted, beta=QUADRATIC, reduction="none").mean(1)
        box = self.box_weight * (EDGES * edges + OVERLAP * (1 - giou(ordered(box), wanted)))
        return (label, box) if batch.weights is None else (label * batch.weights, box * batch.weights)

    def checked(self, output: Tensor) -> Tensor:
        """Return the output as float32. Raises UsageError where its shape does not fit."""
        if not isinstance(output, Tensor) or output.dim() != 2 or output.shape[1] != len(self.labels) + 4:
            given = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
            raise UsageError(
                f"the network gives {given}, and localisation wants (batch, {len(self.labels)} + 4): a score for each "
                "label, and a box. Use --network localiser, or any classifier."
            )
        return output.float()

    def boxes(self, output: Tensor, height: int, width: int) -> Tensor:
        """Return the boxes (B, 4) in pixels of a picture, inside of it."""
        box = ordered(output[:, len(self.labels) :].float())
        return clip(box * box.new_tensor([width, height, width, height]), height, width)

    def predict(self, network: nn.Module, x: Tensor) -> Prediction:
        """Answer with the Objects of each picture, one each, in pixels of x; its score is the label's probability."""
        output = self.checked(network(x)).detach()
        height, width = x.shape[2], x.shape[3]
        boxes = self.boxes(output, height, width).double().cpu().numpy()
        chances = output[:, : len(self.labels)].double().softmax(1).cpu().numpy()
        values = np.empty(len(x), object)
        for i, (box, chance) in enumerate(zip(boxes, chances, strict=True)):
            best = int(chance.argmax())
            values[i] = Objects(height, width, box[None], np.array([best]), chance[best : best + 1])
        return Prediction(values, labels=self.labels)

    def example_losses(self, output: Any, y: Tensor) -> Tensor:
        """Return how wrong each picture's answer is, (B,): 1 - the IoU, and 1 more where the label is wrong.

        `output` are the values of `predict`, y (B, 1, 5).
        """
        truth = y[:, 0].double().cpu()
        boxes = torch.from_numpy(np.concatenate([o.boxes for o in output]))
        codes = torch.tensor([int(o.codes[0]) for o in output])
        return 1 - iou(boxes, truth[:, :4]) + (codes != truth[:, 4]).double()

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the labels of codes of any shape."""
        return np.array(self.labels)[codes]

    def metrics(self) -> "Sequence[Metric]":
        """The metrics of one object, the main one first."""
        from ..metrics.localisation import LOCALISATION

        return LOCALISATION


def localisation(schema: Schema, *, box_weight: float = 1.0) -> Localisation:
    """Build the task for a schema whose target is one box."""
    kind = schema.located
    if not isinstance(kind, Boxes) or not kind.single:
        raise DataError("localisation wants one object in each picture. For several type: --task detection")
    if not 0 <= box_weight < float("inf"):
        raise UsageError(f"box_weight must be a number of at least 0, not {box_weight!r}.")
    return Localisation(kind.labels, box_weight)


def ordered(boxes: Tensor) -> Tensor:
    """Return boxes (B, 4) with x1 <= x2 and y1 <= y2, as an untrained network may not give them."""
    first, second = boxes[:, :2], boxes[:, 2:]
    return torch.cat([torch.minimum(first, second), torch.maximum(first, second)], 1)
