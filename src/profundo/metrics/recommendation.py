"""Scores of ratings, and of lists of what a person may like."""

from functools import partial

import numpy as np

from .intervals import bootstrap, mean_score, require
from .metric import Metric, Score
from .regression import REGRESSION, checked

TOP = 10  # places on a list


def rating_scores(y: np.ndarray, prediction: np.ndarray, *, seed: int = 0, resamples: int = 1000) -> dict[str, Score]:
    """Score ratings (n,): rmse and mae, in the units of y. Raises DataError where they cannot be scored."""
    y, prediction = checked(y, prediction)
    squares, distances = ((y - prediction) ** 2)[:, 0], np.abs(y - prediction)[:, 0]

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        n = weights.sum(1)
        return {"rmse": np.sqrt(weights @ squares / n), "mae": weights @ distances / n}

    return bootstrap(measure, len(y), seed=seed, resamples=resamples)


def recall_score(recalls: np.ndarray, *, seed: int = 0, resamples: int = 1000) -> dict[str, Score]:
    """Score lists by the recall (n,) of each person; nothing where there is none."""
    if not len(recalls):
        return {}
    return {f"recall_at_{TOP}": mean_score(recalls, seed=seed, resamples=resamples)}


def recalls(wanted: np.ndarray, seen: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Return for each person with something wanted the share of it on the list of the `TOP` best, (people,).

    `wanted` and `seen` (people, things) are booleans; `score` (people, things). What was seen before is not listed. A
    person who wants more than the list holds can reach 1 all the same.
    """
    require(wanted.shape == seen.shape == score.shape, f"{wanted.shape}, {seen.shape} and {score.shape} differ.")
    rank = np.where(seen, -np.inf, score)
    top = min(TOP, rank.shape[1])
    listed = np.argpartition(-rank, top - 1, axis=1)[:, :top]
    hit = np.take_along_axis(wanted & ~seen, listed, 1) & np.isfinite(np.take_along_axis(rank, listed, 1))
    count = (wanted & ~seen).sum(1)
    able = count > 0
    found: np.ndarray = hit.sum(1)[able] / np.minimum(count[able], top)
    return found


RECOMMENDATION: tuple[Metric, ...] = (
    *(m for name in ("rmse", "mae") for m in REGRESSION if m.name == name),
    Metric(
        f"recall_at_{TOP}",
        f"The share of the things that a person rated in the test part, at least as high as they rate on average, that "
        f"are among the {TOP} which the network recommends to them (things of the training part are not recommended).",
        "higher",
        "bootstrap",
        partial(lambda y, values: float(np.mean(values))),
    ),
)
