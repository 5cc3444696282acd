"""Vectors of words: learnt by telling a word's true neighbours from words drawn by chance."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from ..batch import Batch
from ..data.neighbours import NOISE
from ..errors import DataError, UsageError
from ..networks.skip_gram import WordVectors
from ..schema import Schema, Tokens
from .task import Loss, Prediction

if TYPE_CHECKING:
    from ..metrics import Metric


@dataclass(frozen=True)
class WordVectorsTask:
    """Negative sampling: -log s(true pair) and `negatives` times the mean of -log s(-drawn pair), s being logistic.

    y is (B, 2 window + 20) codes: neighbours, 0 for none, then drawn words. `analogies` is a file of four words a line,
    which the vectors are tested with afterwards.
    """

    negatives: float = 5.0
    analogies: str = ""

    @property
    def parts(self) -> Sequence[str]:
        """The whole network is one part."""
        return ("",)

    def losses(self, network: nn.Module, batch: Batch) -> Iterator[Loss]:
        """Yield the mean over the true pairs of the batch."""
        values, pairs = self.sums(network, batch)
        yield Loss(values.sum() / pairs.sum().clamp_min(1))

    def validate(self, network: nn.Module, batches: Iterator[Batch]) -> Mapping[str, float]:
        """Return how often a true neighbour scores above a drawn word, and as the loss how often it does not."""
        right, words = 0.0, 0
        for batch in batches:
            told = told_apart(*scores(network, batch.x, batch.y))
            right, words = right + float(told.sum()), words + len(batch)
        return {"loss": 1 - right / words, "told_apart": right / words} if words else {}

    def sums(self, network: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss of each word's pairs together, and how many there are, (B,) both."""
        true, drawn, there = scores(network, batch.x, batch.y)
        pairs = there.sum(1)
        apart = F.softplus(drawn).mean(1)
        return (F.softplus(-true) * there).sum(1) + self.negatives * pairs * apart, pairs

    def example_losses(self, output: Tensor, y: Tensor) -> Tensor:
        """Return how often a drawn word scores above a true neighbour, (B,), for scores side by side (B, P + 20)."""
        return 1 - told_apart(output[:, :-NOISE], output[:, -NOISE:], output[:, :-NOISE].isfinite())

    def predict(self, network: nn.Module, x: Tensor) -> Prediction:
        """Answer with the vectors of words."""
        return Prediction(network(x).float().cpu().numpy())

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return vectors as they are."""
        return codes

    def metrics(self) -> "Sequence[Metric]":
        """The measures of word vectors, the main one first."""
        from ..metrics.word_vectors import WORD_VECTORS

        return WORD_VECTORS


def scores(network: nn.Module, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the scores of true pairs (B, P) and of drawn ones (B, 20), and which true ones there are (B, P)."""
    if not isinstance(network, WordVectors):
        raise UsageError("word vectors are learnt by skip_gram or cbow. Leave --network out.")
    return network.agreement(x, y[:, :-NOISE], y[:, -NOISE:])


def told_apart(true: Tensor, drawn: Tensor, there: Tensor) -> Tensor:
    """Return for each word (B,) the share of (true, drawn) pairs whose true one scores higher; ties count half."""
    higher = (true[:, :, None] > drawn[:, None]).float() + 0.5 * (true[:, :, None] == drawn[:, None]).float()
    return (higher.mean(2) * there).sum(1) / there.sum(1).clamp_min(1)


def word_vectors(schema: Schema, *, negatives: float = 5.0, analogies: str = "") -> WordVectorsTask:
    """Build the task for a schema of words. Raises DataError for another one."""
    kinds = list(schema.targets.values())
    if len(kinds) != 1 or not isinstance(kinds[0], Tokens) or schema.gives != "vectors":
        raise DataError("word vectors are learnt from a text: profundo train book.txt --task word_vectors")
    if isinstance(negatives, bool) or not negatives > 0:
        raise UsageError(f"negatives must be a number above 0, not {negatives!r}.")
    return WordVectorsTask(float(negatives), str(analogies))
