"""Scores of word vectors: true neighbours against drawn words, and analogies."""

import numpy as np

from .intervals import bootstrap, require, wilson
from .metric import Metric, Score


def word_vector_scores(
    told: np.ndarray, analogies: np.ndarray | None = None, *, seed: int = 0, resamples: int = 1000
) -> dict[str, Score]:
    """Score words (n,) by the share of pairs that they told apart, and analogies (m,) by whether each was right."""
    values = np.asarray(told, np.float64)
    require(len(values) > 0, "there is no word to score.")

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        return {"told_apart": weights @ values / weights.sum(1)}

    found = bootstrap(measure, len(values), seed=seed, resamples=resamples)
    if analogies is None or not len(analogies):
        return found
    return {"analogies": wilson(float(np.sum(analogies)), len(analogies)), **found}


def mean(y: np.ndarray, answer: np.ndarray) -> float:
    """Return the mean of shares that were measured already."""
    return float(np.mean(answer))


WORD_VECTORS = (
    Metric(
        "told_apart",
        "how often a true neighbour scores above a word drawn from the text by chance; 0.5 is chance",
        "higher",
        "bootstrap",
        mean,
    ),
    Metric(
        "analogies",
        "the share of questions a : b = c : ? whose nearest word is the right one",
        "higher",
        "wilson",
        mean,
    ),
)
