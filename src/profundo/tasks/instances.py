"""Every object of a picture, pixel by pixel: where it is, what it is, and its outline."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor, nn

from ..batch import Batch
from ..errors import DataError, UsageError
from ..objects import SIDE, Objects
from ..schema import Boxes, Schema
from .detection import AT_ONCE, HEARD, Detection, scores_of, truth_of

if TYPE_CHECKING:
    from ..metrics import Metric


@dataclass(frozen=True)
class Instances(Detection):
    """Learn boxes, labels and masks with any network that has `losses(x, y)` and gives boxes, scores, codes and crops.

    The network knows its own terms; the loss is their sum, each times its `term_weights`, 1 where there is none.
    """

    def validate(self, network: nn.Module, batches: Iterator[Batch]) -> Mapping[str, float]:
        """Return "mask map" and "mask map50" by COCO's rules, and as the "loss" 1 - mask map: it selects the weights.

        The true masks are those of y, as coarse as their grids; `evaluate` compares with the source's own.
        """
        from ..metrics.detection import quick_map

        truth: list[Objects] = []
        found: list[Objects] = []
        for batch in batches:
            for micro in batch.split(-(-len(batch) // AT_ONCE)):
                size = (micro.x.shape[2], micro.x.shape[3])
                truth += [masks_of(rows, *size) for rows in micro.y.float().cpu().numpy()]
                found += [here.keep(scores_of(here) >= HEARD) for here in self.found(network, micro.x)]
        if not truth:
            return {}
        measures = quick_map(truth, found, len(self.labels), masks=True)
        return {"loss": 1 - measures["map"]} | {f"mask {name}": value for name, value in measures.items()}

    def found(self, network: nn.Module, x: Tensor) -> list[Objects]:
        """Return what the network finds in each picture, the best first, with the probabilities inside each box."""
        answer = network(x)
        if not isinstance(answer, tuple) or len(answer) != 4:
            raise UsageError("the network does not give boxes, scores, codes and masks. Use --network mask_rcnn.")
        height, width = x.shape[2], x.shape[3]
        found = []
        for boxes, scores, codes, crops in zip(*(t.detach().cpu().numpy() for t in answer), strict=True):
            whole = Objects(height, width, boxes.astype(np.float64), codes, scores.astype(np.float64), crops=crops)
            found.append(whole.keep(scores > 0))
        return found

    def metrics(self) -> "Sequence[Metric]":
        """The metrics of masks, the main one first, then those of boxes."""
        from ..metrics.detection import INSTANCES

        return INSTANCES


def instances(schema: Schema, *, term_weights: Mapping[str, float] | None = None) -> Instances:
    """Build the task for a schema whose target is boxes with masks."""
    kind = schema.located
    if not isinstance(kind, Boxes) or not kind.masks:
        raise DataError(
            "instances want boxes with masks as their target. Name them with --annotations, or use detection."
        )
    for name, value in (term_weights or {}).items():
        if not 0 <= value < float("inf"):
            raise UsageError(f"the weight of the term {name} must be a number of at least 0, not {value!r}.")
    return Instances(kind.labels, dict(term_weights or {}))


def masks_of(rows: np.ndarray, height: int, width: int) -> Objects:
    """Return the objects of one picture's y (most, 5 + 784), with their masks inside their boxes as `crops`."""
    there = rows[rows[:, 4] >= 0]
    return replace(truth_of(rows, height, width), crops=there[:, 5:].reshape(-1, SIDE, SIDE))
