"""A text for each example: a translation, the caption of a picture, a date in another form."""

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..batch import Batch
from ..data.tokens import decode
from ..errors import DataError, UsageError, missing_extra, unknown
from ..schema import FILLING, Schema, Tokens
from .code_loss import code_loss
from .task import Loss, Prediction

if TYPE_CHECKING:
    from ..metrics import Metric

MEASURES = ("bleu", "chrf", "exact match")
PIECE = 64  # texts measured at a time: their scores are a number for each piece of the vocabulary at each step


@dataclass(frozen=True)
class Writing:
    """Learn to say the next code of a right text from those before it; answer by beam search.

    The loss is the mean negative logarithm of the probability of a code, in nats; in training, `label_smoothing` of it
    is spread over all codes (Szegedy et al. 2016, arXiv 1512.00567). `beams` beginnings are kept while a text is
    searched for; texts are ranked by the logarithm of their probability / (number of codes) ** `length_penalty`. The
    network has `scores(x, y)`, (B, T, codes), and `write(x)`, as in networks/seq2seq.py. `measure` is the one that
    stands first: "bleu", "chrf" or "exact match".
    """

    kind: Tokens
    label_smoothing: float = 0.1
    beams: int = 5
    length_penalty: float = 1.0
    measure: str = "bleu"

    def __post_init__(self) -> None:
        if not 0 <= self.label_smoothing < 1:
            raise UsageError(f"label_smoothing must be at least 0 and below 1, not {self.label_smoothing!r}.")
        if isinstance(self.beams, bool) or not isinstance(self.beams, int) or self.beams < 1:
            raise UsageError(f"beams must be a whole number of at least 1, not {self.beams!r}.")
        if self.measure not in MEASURES:
            raise UsageError(unknown("measure", self.measure, MEASURES))
        if not 0 <= self.length_penalty < float("inf"):
            raise UsageError(f"length_penalty must be a number of at least 0, not {self.length_penalty!r}.")

    @property
    def parts(self) -> Sequence[str]:
        """The whole network is one part."""
        return ("",)

    def losses(self, network: nn.Module, batch: Batch) -> Iterator[Loss]:
        """Yield the mean loss of a code."""
        scores, codes = self.told(network, batch.x, batch.y)
        yield Loss(code_loss(scores, codes, self.label_smoothing))

    def told(self, network: Any, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return the scores (B, T, codes) of each next code of right texts, and those codes (B, T)."""
        scores = network.scores(x, y)
        return scores, y[:, 1 : 1 + scores.shape[1]]

    def validate(self, network: nn.Module, batches: Iterator[Batch]) -> Mapping[str, float]:
        """Return the loss of a code, without smoothing, and the share of codes that are right where the text so far is.

        Nothing is written: that takes a search.
        """
        count, loss, right = 0, 0.0, 0
        for batch in batches:
            for x, y in zip(torch.split(batch.x, PIECE), torch.split(batch.y, PIECE), strict=True):
                scores, codes = self.told(network, x, y)
                there = codes != FILLING
                count += int(there.sum())
                loss += float(code_losses(scores, codes).sum())
                right += int(((scores.argmax(2) == codes) & there).sum())
        return {"loss": loss / count, "code accuracy": right / count} if count else {}

    def predict(self, network: nn.Module, x: Tensor) -> Prediction:
        """Answer with the texts that the search finds, (n,)."""
        return Prediction(self.decode(self.search(network, x)))

    def search(self, network: Any, x: Tensor) -> np.ndarray:
        """Return the codes of the best texts (n, length)."""
        found = network.write(x, beams=self.beams, penalty=self.length_penalty)
        codes: np.ndarray = F.pad(found.codes[:, 0], (0, self.kind.length - found.codes.shape[2])).numpy()
        return codes

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the texts (n,) of codes (n, length)."""
        texts = np.empty(len(codes), dtype=object)
        texts[:] = [decode(self.kind, row) for row in codes]
        return texts

    def example_losses(self, output: Tensor, y: Tensor) -> Tensor:
        """Return the mean loss of a code of each text (B,), for scores (B, T, codes) and texts y."""
        codes = y[:, 1 : 1 + output.shape[1]]
        counts = (codes != FILLING).sum(1).clamp(min=1)
        return code_losses(output, codes).sum(1) / counts

    def metrics(self) -> "Sequence[Metric]":
        """The measures of texts, the main one first."""
        from ..metrics.writing import WRITING

        return sorted(WRITING, key=lambda metric: metric.name != self.measure)


def code_losses(scores: Tensor, codes: Tensor) -> Tensor:
    """Return the loss of each code (B, T) float32 under scores (B, T, codes): 0 where there is none."""
    flat = F.cross_entropy(scores.float().flatten(0, 1), codes.flatten(), ignore_index=0, reduction="none")
    return flat.view(codes.shape)


def writing(
    schema: Schema, *, label_smoothing: float = 0.1, beams: int = 5, length_penalty: float = 1.0, measure: str = ""
) -> Writing:
    """Build the task for a schema whose target is a text. Raises MissingExtra where sacrebleu is not installed."""
    ((name, kind),) = schema.targets.items()
    if not isinstance(kind, Tokens):
        raise DataError(f"the target {name!r} is a {kind.name}, and here texts are written: --kind {name}=tokens.")
    if importlib.util.find_spec("sacrebleu") is None:  # said before the training, not after it
        raise missing_extra("sacrebleu", "text", "scoring written texts (BLEU, chrF)")
    measure = measure or ("exact match" if kind.unit == "characters" else "bleu")
    return Writing(kind, label_smoothing, beams, length_penalty, measure)
