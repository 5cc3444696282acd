"""Scores of several yes-or-no answers an example. An answer is yes from a probability of 0.5, where no other is given.

Averages are macro: the plain mean over the targets. Values equal scikit-learn's (zero_division=0).
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from .confusion import ratio
from .intervals import bootstrap, require, wilson
from .metric import Metric, Score
from .ranking import mean_areas, rank

Values = dict[str, np.ndarray]


def counted(y: np.ndarray, predicted: np.ndarray) -> Callable[[np.ndarray], Values]:
    """Return the function from weights (resamples, n) to what follows from the yes-or-no answers (n, targets)."""
    hits, exact, wrong = y * predicted, (y == predicted).all(1), (y != predicted).mean(1)

    def values(weights: np.ndarray) -> Values:
        n = weights.sum(1)
        right, true, given = weights @ hits, weights @ y, weights @ predicted  # (R, targets)
        return {
            "f1": ratio(2 * right, true + given).mean(1),
            "precision": ratio(right, given).mean(1),
            "recall": ratio(right, true).mean(1),
            "accuracy": weights @ exact / n,
            "hamming_loss": weights @ wrong / n,
        }

    return values


def measure(
    y: np.ndarray, probabilities: np.ndarray, decided: np.ndarray | None = None
) -> Callable[[np.ndarray], Values]:
    """Return the function from weights (resamples, n) to the values of MULTILABEL, (resamples,) each."""
    y, probabilities = checked(y, probabilities)
    decided = probabilities >= 0.5 if decided is None else checked(y, decided, "the answers")[1]
    rankings = [rank(y[:, t] == 1, probabilities[:, t]) for t in range(y.shape[1])]
    eps = np.finfo(np.float64).eps
    log_losses = -np.log(np.clip(np.where(y == 1, probabilities, 1 - probabilities), eps, 1 - eps)).mean(1)
    squares = ((probabilities - y) ** 2).mean(1)
    answered = counted(y, decided.astype(np.float64))

    def values(weights: np.ndarray) -> Values:
        n = weights.sum(1)
        means = {"log_loss": weights @ log_losses / n, "brier": weights @ squares / n}
        return answered(weights) | mean_areas(rankings, weights) | means

    return values


def checked(y: np.ndarray, probabilities: np.ndarray, what: str = "the probabilities") -> tuple[np.ndarray, np.ndarray]:
    """Return both as (n, targets) float64. Raises DataError where they cannot be scored."""
    y, probabilities = np.asarray(y, np.float64), np.asarray(probabilities, np.float64)
    require(len(y) > 0, "there is no example to score.")
    require(
        y.ndim == 2 and y.shape == probabilities.shape,
        f"y is {y.shape} and {what} {probabilities.shape}; both must be (n, targets).",
    )
    require(bool(np.isin(y, (0, 1)).all()), "y must hold 0 and 1 only.")
    bad = ~np.isfinite(probabilities).all(1)
    require(not bad.any(), f"{what} of {bad.sum()} rows are not finite, the first at row {bad.argmax()}.")
    return y, probabilities


def multilabel_scores(
    y: np.ndarray,
    probabilities: np.ndarray,
    labels: Sequence[str] = (),
    *,
    decided: np.ndarray | None = None,
    seed: int = 0,
    resamples: int = 1000,
) -> dict[str, Score]:
    """Score probabilities (n, targets) against y (n, targets) of 0 and 1: every metric of MULTILABEL.

    `labels` names the targets; `decided` (n, targets) of 0 and 1 are the answers, yes from 0.5 where it is None. With
    `resamples=0` only proportions have intervals.
    """
    shape = np.shape(y)
    require(not labels or shape[1:] == (len(labels),), f"y is {shape} and there are {len(labels)} target names.")
    values = measure(y, probabilities, decided)
    columns = shape[1]
    scores = bootstrap(values, shape[0], seed=seed, resamples=resamples, columns=columns)
    scores["accuracy"] = wilson(round(scores["accuracy"].value * shape[0]), shape[0])
    return {m.name: scores[m.name] for m in MULTILABEL}


def single(name: str, y: np.ndarray, probabilities: np.ndarray) -> float:
    """Return one value over all the examples."""
    return float(measure(y, probabilities)(np.ones((1, len(y))))[name][0])


ROWS = {
    "f1": (
        "The mean over the targets of 2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall.",
        "higher",
    ),
    "precision": ("The mean over the targets of TP / (TP + FP): how many of the yes answers are right.", "higher"),
    "recall": ("The mean over the targets of TP / (TP + FN): how many of the true ones are found.", "higher"),
    "accuracy": ("The share of examples with every target right.", "higher"),
    "hamming_loss": ("The share of single answers that are wrong.", "lower"),
    "roc_auc": ("The mean over the targets of the chance that a yes is given more than a no, ties half.", "higher"),
    "average_precision": ("The mean over the targets of the area under the precision-recall curve (mAP).", "higher"),
    "log_loss": ("The mean of -log(probability of the true answer) over examples and targets.", "lower"),
    "brier": ("The mean of (probability - truth)^2 over examples and targets.", "lower"),
}
MULTILABEL: tuple[Metric, ...] = tuple(
    Metric(
        name,
        definition,
        "higher" if better == "higher" else "lower",
        "wilson" if name == "accuracy" else "bootstrap",
        partial(single, name),
    )
    for name, (definition, better) in ROWS.items()
)
