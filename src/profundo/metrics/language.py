"""Scores of a language model: how surprised it is by a token of text it has not seen."""

import numpy as np

from .intervals import bootstrap, require
from .metric import Metric, Score


def language_scores(
    losses: np.ndarray, hits: np.ndarray, counts: np.ndarray, *, seed: int = 0, resamples: int = 1000
) -> dict[str, Score]:
    """Score passages (n,): the sums of -log p of their tokens in nats, how many were the likeliest, how many there are.

    Neighbouring tokens are alike, so the interval is a bootstrap over passages; n is the number of tokens.
    """
    nats, right, count = (np.asarray(v, np.float64) for v in (losses, hits, counts))
    require(len(nats) > 0 and count.sum() > 0, "there is no token to score.")

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        tokens = weights @ count
        mean = weights @ nats / tokens
        found = {"nats": mean, "bits": mean / np.log(2), "perplexity": np.exp(np.minimum(mean, 700))}
        return found | {"accuracy": weights @ right / tokens}

    found = bootstrap(measure, len(nats), seed=seed, resamples=resamples, columns=4)
    return {name: Score(s.value, s.low, s.high, int(count.sum())) for name, s in found.items()}


def of_losses(y: np.ndarray, answer: np.ndarray) -> float:
    """Return the mean of -log p of each token; y, the tokens, is in them already."""
    return float(np.mean(answer))


LANGUAGE = (
    Metric("nats", "the mean of -log p of the next token, in nats; 0 is certainty", "lower", "bootstrap", of_losses),
    Metric(
        "bits", "the same in bits: nats / log 2", "lower", "bootstrap", lambda y, a: of_losses(y, a) / float(np.log(2))
    ),
    Metric(
        "perplexity",
        "e^nats: among how many equally likely tokens it would be as unsure",
        "lower",
        "bootstrap",
        lambda y, a: float(np.exp(of_losses(y, a))),
    ),
    Metric(
        "accuracy",
        "the share of tokens that were held for the likeliest",
        "higher",
        "bootstrap",
        lambda y, a: float(np.mean(y == a)),
    ),
)
