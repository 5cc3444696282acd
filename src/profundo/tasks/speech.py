"""Which unit of sound comes next, given the label, the speaker and the units so far."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor, nn

from ..batch import Batch
from ..errors import DataError, UsageError
from ..schema import FILLING, Audio, Schema
from .language import surprise
from .task import Loss, Prediction

if TYPE_CHECKING:
    from ..metrics import Metric


@dataclass(frozen=True)
class Speech:
    """Learn -log p of the next unit; the network gives scores (B, T, units), y is (B, T) int64 codes, 0 unscored."""

    units: int

    @property
    def parts(self) -> Sequence[str]:
        """The whole network is one part."""
        return ("",)

    def losses(self, network: nn.Module, batch: Batch) -> Iterator[Loss]:
        """Yield the mean over the sounds of their mean over the units."""
        yield Loss(self.example_losses(network(batch.x), batch.y).mean())

    def validate(self, network: nn.Module, batches: Iterator[Batch]) -> Mapping[str, float]:
        """Return the mean loss of a unit in nats, each sound counted alike, and the share of likeliest units."""
        count, loss, hits, units = 0, 0.0, 0, 0
        for batch in batches:
            scores = network(batch.x)
            scored = batch.y != FILLING
            count, units = count + len(batch), units + int(scored.sum())
            loss += float(self.example_losses(scores, batch.y).sum())
            hits += int(((scores.argmax(2) == batch.y) & scored).sum())
        return {"loss": loss / count, "accuracy": hits / units} if count else {}

    def example_losses(self, output: Tensor, y: Tensor) -> Tensor:
        """Return the mean loss of the units of each sound (B,), in nats."""
        if output.dim() != 3 or output.shape[2] != self.units:
            raise UsageError(
                f"the network gives {tuple(output.shape)}, and speech wants (batch, steps, {self.units}). Use speaker."
            )
        return surprise(output, y).sum(1) / (y != FILLING).sum(1).clamp_min(1)

    def predict(self, network: nn.Module, x: Tensor) -> Prediction:
        """Answer with the code of the likeliest next unit at each step, (B, T)."""
        return self.outputs_to_prediction(network(x))

    def outputs_to_prediction(self, output: Tensor) -> Prediction:
        """Decode what the network gives."""
        return Prediction(output.argmax(2).cpu().numpy())

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return codes as they are."""
        return codes

    def metrics(self) -> "Sequence[Metric]":
        """The measures of what comes next, the main one first."""
        from ..metrics.language import LANGUAGE

        return LANGUAGE


def speech(schema: Schema) -> Speech:
    """Build the task for a schema whose target is a sound of units. Raises DataError for another one."""
    kinds = list(schema.targets.values())
    if len(kinds) != 1 or not isinstance(kinds[0], Audio) or not kinds[0].units:
        raise DataError(
            "speech is learnt from sounds with labels. Give a folder of recordings, a folder for each label."
        )
    return Speech(schema.outputs)
