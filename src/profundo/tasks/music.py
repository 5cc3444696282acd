"""Which pitches sound at the next step, given all steps before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from ..batch import Batch
from ..errors import DataError, UsageError
from ..schema import Schema, Series
from .task import Loss, Prediction

if TYPE_CHECKING:
    from ..metrics import Metric


@dataclass(frozen=True)
class Music:
    """Learn -log p of the pitches of the next step, each on or off; y is (B, T, pitches), below 0 where nothing is.

    The network gives scores (B, T, pitches); T may end with the longest window of the batch.
    """

    pitches: int

    @property
    def parts(self) -> Sequence[str]:
        """The whole network is one part."""
        return ("",)

    def losses(self, network: nn.Module, batch: Batch) -> Iterator[Loss]:
        """Yield the mean over the windows of their mean over the steps."""
        yield Loss(self.example_losses(network(batch.x), batch.y).mean())

    def validate(self, network: nn.Module, batches: Iterator[Batch]) -> Mapping[str, float]:
        """Return the mean loss of a step in nats, each window counted alike."""
        count, loss = 0, 0.0
        for batch in batches:
            count += len(batch)
            loss += float(self.example_losses(network(batch.x), batch.y).sum())
        return {"loss": loss / count} if count else {}

    def example_losses(self, output: Tensor, y: Tensor) -> Tensor:
        """Return the mean loss of the steps of each window (B,), in nats."""
        if output.dim() != 3 or output.shape[2] != self.pitches:
            raise UsageError(
                f"the network gives {tuple(output.shape)}, and music wants (batch, steps, {self.pitches}). Use lstm."
            )
        nats = surprise(output, y)
        return nats.sum(1) / lasting(y, output.shape[1]).sum(1).clamp(min=1)

    def predict(self, network: nn.Module, x: Tensor) -> Prediction:
        """Answer with the pitches that are expected at each step, (B, T, pitches) of 0 and 1."""
        return self.outputs_to_prediction(network(x))

    def outputs_to_prediction(self, output: Tensor) -> Prediction:
        """Decode what the network gives."""
        return Prediction((output > 0).to("cpu").numpy().astype(np.int8))

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return pitches as they are."""
        return codes

    def metrics(self) -> "Sequence[Metric]":
        """The measures of music, the main one first."""
        from ..metrics.music import MUSIC

        return MUSIC


def lasting(y: Tensor, steps: int) -> Tensor:
    """Say at which of the first steps there is something to learn, (B, steps) bool."""
    return y[:, :steps, 0] >= 0


def surprise(output: Tensor, y: Tensor) -> Tensor:
    """Return -log p of all pitches of each step in nats, (B, T); 0 where there is no step."""
    y = y[:, : output.shape[1]]
    each = F.binary_cross_entropy_with_logits(output.float(), y.clamp(min=0), reduction="none").sum(2)
    return each * lasting(y, y.shape[1])


def music(schema: Schema) -> Music:
    """Build the task for a schema whose input is its own target. Raises DataError for another one."""
    kinds = list(schema.targets.values())
    if len(kinds) != 1 or not isinstance(kinds[0], Series) or schema.gives != "next":
        raise DataError("music is learnt from piano rolls. Give a folder of MIDI files.")
    return Music(len(kinds[0].channels))
