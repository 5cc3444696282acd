"""Scores of a classifier: one label an example. y holds codes into `labels`; of two labels, labels[1] is the positive.

With more than two labels, precision, recall, specificity and F1 are macro averages: the plain mean over the classes
that occur in y or among the answers. Values equal scikit-learn's (zero_division=0).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .confusion import COUNTED
from .intervals import bootstrap, require, wilson
from .metric import Metric, Score
from .ranking import Ranking, mean_areas, rank

BINS = 15  # of the calibration error


@dataclass(frozen=True, eq=False)
class Answers:
    """`y` (n,) codes beside `probabilities` (n, labels) float64, and what every resample needs of them.

    `decided` (n,) are the answers where they are not the most probable labels, as with moved thresholds.
    """

    y: np.ndarray
    probabilities: np.ndarray
    decided: np.ndarray | None = None

    @cached_property
    def likeliest(self) -> np.ndarray:
        """The most probable code, the first of equals."""
        return self.probabilities.argmax(1)

    @property
    def predicted(self) -> np.ndarray:
        """The codes that are answered."""
        return self.likeliest if self.decided is None else self.decided

    @property
    def labels(self) -> int:
        """The number of labels."""
        return self.probabilities.shape[1]

    @cached_property
    def rankings(self) -> list[Ranking]:
        """The positive class against the other; with several labels each against the rest."""
        codes = [1] if self.labels == 2 else range(self.labels)
        return [rank(self.y == c, self.probabilities[:, c]) for c in codes]

    @cached_property
    def cells(self) -> "Groups":
        """The examples by their cell of the confusion matrix."""
        return group(self.y * self.labels + self.predicted)

    @cached_property
    def bins(self) -> "Groups":
        """The examples by their bin of confidence."""
        return group(confidence_bin(self.probabilities.max(1)))

    @cached_property
    def gap(self) -> np.ndarray:
        """Confidence minus whether the most probable label was right."""
        return self.probabilities.max(1) - (self.likeliest == self.y)


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows sorted by group: `names` of the groups that occur, and where each starts in `order`."""

    order: np.ndarray
    starts: np.ndarray
    names: np.ndarray

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Add up values (resamples, n) group by group: (resamples, groups)."""
        return np.add.reduceat(values.take(self.order, axis=1), self.starts, axis=1)


def group(names: np.ndarray) -> Groups:
    """Sort the rows by their group."""
    order = np.argsort(names, kind="stable")
    found, starts = np.unique(names[order], return_index=True)
    return Groups(order, starts, found)


def confidence_bin(confidence: np.ndarray) -> np.ndarray:
    """Return which of 15 equal bins (low, high] of [0, 1] each probability falls in."""
    return np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)


def confusion(answers: Answers, weights: np.ndarray) -> np.ndarray:
    """Return the confusion matrices (resamples, labels, labels): a row a true label, a column an answer."""
    k = answers.labels
    table = np.zeros((len(weights), k * k))
    table[:, answers.cells.names] = answers.cells.sums(weights)
    return table.reshape(-1, k, k)


def log_losses(answers: Answers) -> np.ndarray:
    """Return -log of the probability of the true label, (n,)."""
    eps = np.finfo(np.float64).eps
    return -np.log(np.clip(answers.probabilities[np.arange(len(answers.y)), answers.y], eps, 1 - eps))


def brier_losses(answers: Answers) -> np.ndarray:
    """Return the squared distance of the probabilities to the truth, (n,); half of it with two labels."""
    target = answers.y[:, None] == np.arange(answers.labels)
    return ((answers.probabilities - target) ** 2).sum(1) / (2 if answers.labels == 2 else 1)


AVERAGED: dict[str, Callable[[Answers], np.ndarray]] = {"log_loss": log_losses, "brier": brier_losses}


def ece(answers: Answers, weights: np.ndarray) -> np.ndarray:
    """Return the expected calibration error (Naeini et al. 2015)."""
    return np.abs(answers.bins.sums(weights * answers.gap)).sum(1) / weights.sum(1)


def classification_scores(
    y: np.ndarray,
    probabilities: np.ndarray,
    labels: Sequence,
    *,
    decided: np.ndarray | None = None,
    seed: int = 0,
    resamples: int = 1000,
) -> dict[str, Score]:
    """Score probabilities (n, labels) against the codes y (n,): every metric of CLASSIFICATION, the main one first.

    `decided` (n,) are the codes that were answered, the most probable ones where it is None. With `resamples=0` only
    proportions have intervals. Raises DataError where the shapes do not fit.
    """
    answers = checked(y, probabilities, len(labels), decided)
    averaged = {name: losses(answers) for name, losses in AVERAGED.items()}

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        table = confusion(answers, weights)
        values = {name: f(table) for name, f in COUNTED.items()}
        values |= {name: weights @ v / weights.sum(1) for name, v in averaged.items()}
        return values | mean_areas(answers.rankings, weights) | {"ece": ece(answers, weights)}

    k = answers.labels
    scores = bootstrap(measure, len(answers.y), seed=seed, resamples=resamples, columns=k, cells=k * k)
    scores |= proportions(confusion(answers, np.ones((1, len(answers.y))))[0])
    return {m.name: scores[m.name] for m in CLASSIFICATION}


def proportions(table: np.ndarray) -> dict[str, Score]:
    """Score the proportions: accuracy, and with two labels recall, specificity and precision, where defined."""
    found = {"accuracy": wilson(np.trace(table), table.sum())}
    if len(table) == 2:
        found["recall"] = wilson(table[1, 1], table[1].sum())
        found["specificity"] = wilson(table[0, 0], table[0].sum())
        found["precision"] = wilson(table[1, 1], table[:, 1].sum())
    return {name: score for name, score in found.items() if score.n}


def checked(y: np.ndarray, probabilities: np.ndarray, labels: int, decided: np.ndarray | None = None) -> Answers:
    """Return the answers where they can be scored. Raises DataError otherwise."""
    y, probabilities = np.asarray(y), np.asarray(probabilities, np.float64)
    require(len(y) > 0, "there is no example to score.")
    require(
        probabilities.shape == (len(y), labels) and y.ndim == 1,
        f"{len(y)} answers in {labels} labels need probabilities ({len(y)}, {labels}), and these are "
        f"{probabilities.shape}, with y {y.shape}.",
    )
    bad = ~np.isfinite(probabilities).all(1)
    require(not bad.any(), f"the probabilities of {bad.sum()} rows are not finite, the first at row {bad.argmax()}.")
    given = None if decided is None else codes("the answers", decided, y.shape, labels)
    return Answers(codes("y", y, y.shape, labels), probabilities, given)


def codes(name: str, values: np.ndarray, shape: tuple[int, ...], labels: int) -> np.ndarray:
    """Return values as int64 codes. Raises DataError where they are not codes of this shape."""
    values = np.asarray(values)
    require(values.shape == shape, f"{name} is {values.shape} and y {shape}; they must be alike.")
    require(
        np.issubdtype(values.dtype, np.integer) and values.min() >= 0 and values.max() < labels,
        f"{name} must hold codes from 0 to {labels - 1}, and holds {values.dtype} from {values.min()} to "
        f"{values.max()}.",
    )
    return values.astype(np.int64)


def counted(name: str) -> Callable[[np.ndarray, np.ndarray], float]:
    """Return compute(y, probabilities) for a measure of the confusion matrix."""

    def compute(y: np.ndarray, probabilities: np.ndarray) -> float:
        answers = checked(y, probabilities, np.shape(probabilities)[-1])
        return float(COUNTED[name](confusion(answers, np.ones((1, len(answers.y)))))[0])

    return compute


def averaged(name: str) -> Callable[[np.ndarray, np.ndarray], float]:
    """Return compute(y, probabilities) for a mean over the examples."""
    return lambda y, p: float(AVERAGED[name](checked(y, p, np.shape(p)[-1])).mean())


def ranked(name: str) -> Callable[[np.ndarray, np.ndarray], float]:
    """Return compute(y, probabilities) for a measure of the order of the scores."""
    return lambda y, p: float(mean_areas(checked(y, p, np.shape(p)[-1]).rankings, np.ones((1, len(y))))[name][0])


def calibration_error(y: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the expected calibration error."""
    return float(ece(checked(y, probabilities, np.shape(probabilities)[-1]), np.ones((1, len(y))))[0])


MACRO = "With more than two labels, the plain mean over the classes; with two, the second is the positive one."
CLASSIFICATION: tuple[Metric, ...] = (
    Metric("accuracy", "The share of right answers: right / n.", "higher", "wilson", counted("accuracy")),
    Metric(
        "balanced_accuracy",
        "The mean over the classes of right / true examples of the class, so that rare classes count as much.",
        "higher",
        "bootstrap",
        counted("balanced_accuracy"),
    ),
    Metric(
        "precision",
        f"Of the answers that say positive, the share that is right: TP / (TP + FP), 0 where none says so. {MACRO}",
        "higher",
        "wilson",
        counted("precision"),
    ),
    Metric(
        "recall",
        f"Of the positives, the share that is found: TP / (TP + FN); also sensitivity, true-positive rate. {MACRO}",
        "higher",
        "wilson",
        counted("recall"),
    ),
    Metric(
        "specificity",
        f"Of the negatives, the share that is left alone: TN / (TN + FP); also true-negative rate. {MACRO}",
        "higher",
        "wilson",
        counted("specificity"),
    ),
    Metric(
        "f1",
        f"The harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN). {MACRO}",
        "higher",
        "bootstrap",
        counted("f1"),
    ),
    Metric(
        "roc_auc",
        f"The chance that a positive is given a higher probability than a negative, ties counting half. {MACRO}",
        "higher",
        "bootstrap",
        ranked("roc_auc"),
    ),
    Metric(
        "average_precision",
        f"The area under the precision-recall curve: the sum of (R_i - R_(i-1)) P_i over the thresholds. {MACRO}",
        "higher",
        "bootstrap",
        ranked("average_precision"),
    ),
    Metric(
        "mcc",
        "Matthews correlation coefficient: the correlation of truth and answer, from -1 over 0 (guessing) to 1.",
        "higher",
        "bootstrap",
        counted("mcc"),
    ),
    Metric(
        "log_loss",
        "The mean of -log(probability of the true label), the natural logarithm.",
        "lower",
        "bootstrap",
        averaged("log_loss"),
    ),
    Metric(
        "brier",
        "The mean squared error of the probability of the positive; with more than two labels, summed over them.",
        "lower",
        "bootstrap",
        averaged("brier"),
    ),
    Metric(
        "ece",
        "Expected calibration error: the mean gap |confidence - share right| over 15 equal bins of confidence.",
        "lower",
        "bootstrap",
        calibration_error,
    ),
)
