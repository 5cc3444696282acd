"""Every object of a picture: where it is and what it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from ..batch import Batch
from ..errors import DataError, UsageError
from ..objects import Objects
from ..schema import Boxes, Schema
from .task import Loss, Prediction

if TYPE_CHECKING:
    from ..metrics import Metric

AT_ONCE = 16  # pictures in one forward pass of validation
HEARD = 0.05  # the score below which an answer is left out of the quick measure during training


@dataclass(frozen=True)
class Detection:
    """Learn boxes and labels with any network that has `losses(x, y)` and gives boxes, scores and codes.

    The network knows its own terms; the loss is their sum, each times its `term_weights`, 1 where there is none.
    """

    labels: tuple[str, ...]
    term_weights: Mapping[str, float] = field(hash=False)

    @property
    def parts(self) -> Sequence[str]:
        """The whole network is one part."""
        return ("",)

    def losses(self, network: nn.Module, batch: Batch) -> Iterator[Loss]:
        """Yield the sum of the network's own terms."""
        yield summed(learnt(network, batch), self.term_weights)

    def validate(self, network: nn.Module, batches: Iterator[Batch]) -> Mapping[str, float]:
        """Return "map" and "map50" by COCO's rules, and as the "loss" 1 - map: what is wanted selects the weights.

        The terms that are trained go on falling after the answers have become worse, or the other way round.
        """
        from ..metrics.detection import quick_map

        truth: list[Objects] = []
        found: list[Objects] = []
        for batch in batches:
            for micro in batch.split(-(-len(batch) // AT_ONCE)):
                size = (micro.x.shape[2], micro.x.shape[3])
                truth += [truth_of(rows, *size) for rows in micro.y.float().cpu().numpy()]
                found += [here.keep(scores_of(here) >= HEARD) for here in self.found(network, micro.x)]
        if not truth:
            return {}
        measures = quick_map(truth, found, len(self.labels))
        return {"loss": 1 - measures["map"], **measures}

    def predict(self, network: nn.Module, x: Tensor) -> Prediction:
        """Answer with the Objects of each picture in pixels of x, the best first."""
        values = np.empty(len(x), object)
        values[:] = self.found(network, x)
        return Prediction(values, labels=self.labels)

    def found(self, network: nn.Module, x: Tensor) -> list[Objects]:
        """Return what the network finds in each picture, the best first."""
        answer = network(x)
        if not isinstance(answer, tuple) or len(answer) < 3:
            raise UsageError("the network does not give boxes, scores and codes. Use --network one_stage.")
        boxes, scores, codes = (t.detach().cpu().numpy() for t in answer[:3])
        return [
            Objects(x.shape[2], x.shape[3], b[s > 0].astype(np.float64), c[s > 0], s[s > 0].astype(np.float64))
            for b, s, c in zip(boxes, scores, codes, strict=True)
        ]

    def example_losses(self, output: Any, y: Tensor) -> Tensor:
        """Return how wrong each picture's answer is, (B,): 1 - F1 at an IoU of 0.5 of what has a score of at least 0.5.

        `output` are the values of `predict`, y (B, most, 5 or more).
        """
        from ..metrics.detection import f1

        rows = y.float().cpu().numpy()
        return torch.tensor([1 - f1(truth_of(r, o.height, o.width), o) for r, o in zip(rows, output, strict=True)])

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the labels of codes of any shape."""
        return np.array(self.labels)[codes]

    def metrics(self) -> "Sequence[Metric]":
        """The metrics of boxes, the main one first."""
        from ..metrics.detection import DETECTION

        return DETECTION


def detection(schema: Schema, *, term_weights: Mapping[str, float] | None = None) -> Detection:
    """Build the task for a schema whose target is boxes."""
    kind = schema.located
    if not isinstance(kind, Boxes):
        raise DataError("detection wants boxes as its target. Name them with --annotations boxes.json.")
    for name, value in (term_weights or {}).items():
        if not 0 <= value < float("inf"):
            raise UsageError(f"the weight of the term {name} must be a number of at least 0, not {value!r}.")
    return Detection(kind.labels, dict(term_weights or {}))


def learnt(network: nn.Module, batch: Batch) -> dict[str, Tensor]:
    """Return the terms of a network that learns from boxes. Raises UsageError for one that does not."""
    if not callable(getattr(network, "losses", None)):
        raise UsageError(
            f"{type(network).__name__} does not learn from boxes: it has no losses(x, y). Use --network one_stage."
        )
    terms: dict[str, Tensor] = network.losses(batch.x, batch.y)  # type: ignore[operator]
    return terms


def summed(terms: Mapping[str, Tensor], weights: Mapping[str, float]) -> Loss:
    """Return the weighted sum of the terms, which are shown beside it. Raises UsageError for a weight of no term."""
    for name in weights.keys() - terms.keys():
        raise UsageError(f"there is no term {name!r} to weigh; the network's terms are {', '.join(terms)}.")
    value = torch.stack([term * weights.get(name, 1.0) for name, term in terms.items()]).sum()
    return Loss(value, terms={name: term.detach() for name, term in terms.items()})


def truth_of(rows: np.ndarray, height: int, width: int) -> Objects:
    """Return the objects of one picture's y (most, 5 or more)."""
    there = rows[rows[:, 4] >= 0]
    return Objects(height, width, there[:, :4].astype(np.float64), there[:, 4].astype(np.int64))


def scores_of(objects: Objects) -> np.ndarray:
    """Return the scores of found objects."""
    assert objects.scores is not None
    return objects.scores
