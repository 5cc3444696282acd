"""What comes next in a text: a probability for every token, at every step."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from ..batch import Batch
from ..errors import DataError, UsageError
from ..schema import FILLING, Schema, Tokens
from .task import Loss, Prediction

if TYPE_CHECKING:
    from ..metrics import Metric


@dataclass(frozen=True)
class Language:
    """Learn -log p of the next token, the mean over the steps that have one; `unit` is what a token is.

    The network gives scores (B, T, tokens); y is (B, T) int64 codes, 0 where a step is neither learnt nor scored.
    """

    unit: str
    tokens: int

    @property
    def parts(self) -> Sequence[str]:
        """The whole network is one part."""
        return ("",)

    def losses(self, network: nn.Module, batch: Batch) -> Iterator[Loss]:
        """Yield the mean over all steps of the batch."""
        scores = self.checked(network(batch.x))
        yield Loss(F.cross_entropy(scores.flatten(0, 1).float(), batch.y.flatten(), ignore_index=FILLING))

    def validate(self, network: nn.Module, batches: Iterator[Batch]) -> Mapping[str, float]:
        """Return the mean loss of a token in nats, and the share of tokens that are the likeliest one."""
        count, loss, hits = 0, 0.0, 0
        for batch in batches:
            scores = self.checked(network(batch.x))
            scored = batch.y != FILLING
            count += int(scored.sum())
            loss += float(surprise(scores, batch.y).sum().detach())
            hits += int(((scores.argmax(2) == batch.y) & scored).sum())
        return {"loss": loss / count, "accuracy": hits / count} if count else {}

    def example_losses(self, output: Tensor, y: Tensor) -> Tensor:
        """Return the mean loss of the scored tokens of each passage (B,), in nats."""
        return surprise(self.checked(output), y).sum(1) / (y != FILLING).sum(1).clamp_min(1)

    def checked(self, output: Tensor) -> Tensor:
        """Return the output, (B, T, tokens). Raises UsageError where it is something else."""
        if output.dim() == 3 and output.shape[2] == self.tokens:
            return output
        raise UsageError(
            f"the network gives {tuple(output.shape)}, and language wants (batch, steps, {self.tokens}): "
            "scores of the next token at every step. Use lstm."
        )

    def predict(self, network: nn.Module, x: Tensor) -> Prediction:
        """Answer with the code of the likeliest next token at each step, (B, T)."""
        return self.outputs_to_prediction(network(x))

    def outputs_to_prediction(self, output: Tensor) -> Prediction:
        """Decode what the network gives."""
        return Prediction(self.checked(output).argmax(2).cpu().numpy())

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return codes as they are: only the tokeniser knows their text."""
        return codes

    def metrics(self) -> "Sequence[Metric]":
        """The measures of a language model, the main one first."""
        from ..metrics.language import LANGUAGE

        return LANGUAGE


def surprise(scores: Tensor, y: Tensor) -> Tensor:
    """Return -log p of each next token in nats, (B, T); 0 where none is scored."""
    flat = F.cross_entropy(scores.flatten(0, 1).float(), y.flatten(), ignore_index=FILLING, reduction="none")
    return flat.view(y.shape)


def language(schema: Schema) -> Language:
    """Build the task for a schema whose input is its own target. Raises DataError for another one."""
    kinds = list(schema.targets.values())
    if len(kinds) != 1 or not isinstance(kinds[0], Tokens) or schema.gives != "next":
        raise DataError(
            f"a language is learnt from one column of text, not from {', '.join(schema.targets) or 'none'}."
        )
    return Language(kinds[0].unit, kinds[0].size)
