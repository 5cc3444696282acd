"""Scores of a model of music: how surprised it is by what sounds at a step, and which notes it expects."""

import numpy as np

from .intervals import bootstrap, require
from .metric import Metric, Score


def music_scores(
    nats: np.ndarray, steps: np.ndarray, hits: np.ndarray, wrong: np.ndarray, *, seed: int = 0, resamples: int = 1000
) -> dict[str, Score]:
    """Score windows (n,): sums over their steps of -log p in nats, the steps, notes hit, and notes missed or invented.

    Steps of a window are alike, so the interval is a bootstrap over windows; n is the number of steps.
    """
    nats, steps, hits, wrong = (np.asarray(v, np.float64) for v in (nats, steps, hits, wrong))
    require(len(nats) > 0 and steps.sum() > 0, "there is no step to score.")

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        right = weights @ hits
        return {
            "nats": (weights @ nats) / (weights @ steps),
            "accuracy": right / np.maximum(right + weights @ wrong, 1),
        }

    found = bootstrap(measure, len(nats), seed=seed, resamples=resamples, columns=4)
    return {name: Score(s.value, s.low, s.high, int(steps.sum())) for name, s in found.items()}


MUSIC = (
    Metric(
        "nats",
        "the mean of -log p of all that sounds at a step, in nats",
        "lower",
        "bootstrap",
        lambda y, a: float(np.mean(a)),
    ),
    Metric(
        "accuracy",
        "notes expected at 0.5 or more that sound, among those that are expected or sound (Bay et al. 2009)",
        "higher",
        "bootstrap",
        lambda y, a: float((y & a).sum() / max((y | a).sum(), 1)),
    ),
)
