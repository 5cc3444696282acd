"""What a task is: it knows what to learn, and nothing of the machinery.

A task names its losses as a generator. Each is paid (backward, average, clip, step) before the next is asked for; code
after a `yield` runs after the step. Never `yield` inside a `with`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from torch import Tensor, nn

from ..batch import Batch

if TYPE_CHECKING:
    from ..metrics import Metric


@dataclass(frozen=True, slots=True)
class Loss:
    """A number to make small: `value` is a scalar tensor, the mean over the batch (so that shares of a batch add up).

    `part` is the submodule that pays, as in `get_submodule` ("" is the whole network). `terms` are shown beside it.
    """

    value: Tensor
    part: str = ""
    terms: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Prediction:
    """Decoded answers. `values` (n,) labels or numbers, (n, targets) where there are several.

    `probabilities` (n, labels), each row summing to 1, where the task has them; `labels` names their columns.
    """

    values: np.ndarray
    probabilities: np.ndarray | None = None
    labels: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.values)


def shared(loss: Callable[[Tensor], Tensor], batch: Batch) -> Tensor:
    """Return the losses (B,) against y; where pictures were mixed, against the answers of both, by their shares."""
    own = loss(batch.y)
    if batch.other is None or batch.share is None:
        return own
    return batch.share * own + (1 - batch.share) * loss(batch.other)


class Task(Protocol):
    """The contract between a task and the loop."""

    @property
    def parts(self) -> Sequence[str]:
        """The parts of the network that have an optimiser of their own; ("",) for nearly every task."""
        ...

    def losses(self, network: nn.Module, batch: Batch) -> Iterator[Loss]:
        """Yield each loss in turn."""
        ...

    def validate(self, network: nn.Module, batches: Iterator[Batch]) -> Mapping[str, float]:
        """Return "loss" and a few measures, or {} where none fit; the caller has set eval mode and no_grad."""
        ...

    def predict(self, network: nn.Module, x: Tensor) -> Prediction:
        """Answer for x, decoded; the caller has set eval mode and no_grad."""
        ...

    def metrics(self) -> "Sequence[Metric]":
        """The measures that fit the task, the main one first."""
        ...


class Predictive(Task, Protocol):
    """A task with right answers: each example has a loss of its own."""

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the words of the data for codes (n,), or for 0 and 1 (n, targets); numbers stay as they are."""
        ...

    def example_losses(self, output: Tensor, y: Tensor) -> Tensor:
        """Return the loss of each example (B,) for the network's output, without weights."""
        ...
