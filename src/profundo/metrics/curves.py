"""The curves of the report as plain lists: ROC, precision-recall, calibration, and the confusion matrix.

Curves are thinned to at most 200 points, evenly spaced along the curve, the first and the last among them.
"""

from collections.abc import Sequence

import numpy as np

from .classification import BINS, Answers, checked, confidence_bin, confusion
from .intervals import require

POINTS = 200

Curve = dict[str, list[float]]


def roc_curves(y: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]) -> dict[str, Curve]:
    """Return {label: {false_positive_rate, true_positive_rate, threshold}}: of labels[1] with two, else of each label.

    A label without both positives and negatives in y has no curve.
    """
    return {label: roc_curve(*pair) for label, pair in against_the_rest(y, probabilities, labels).items()}


def precision_recall_curves(y: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]) -> dict[str, Curve]:
    """Return {label: {recall, precision, threshold}}: of labels[1] with two labels, else of each label."""
    return {label: precision_recall_curve(*pair) for label, pair in against_the_rest(y, probabilities, labels).items()}


def against_the_rest(
    y: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return {label: (is it, its probability)} for the labels of which y has both."""
    answers = checked(y, probabilities, len(labels))
    codes = [1] if len(labels) == 2 else range(len(labels))
    pairs = {labels[c]: (answers.y == c, answers.probabilities[:, c]) for c in codes}
    return {label: pair for label, pair in pairs.items() if 0 < pair[0].sum() < len(y)}


def roc_curve(positive: np.ndarray, score: np.ndarray) -> Curve:
    """Return the ROC curve of (n,) booleans and scores, from (0, 0) to (1, 1); the first threshold is infinite."""
    hits, misses, thresholds = steps(positive, score)
    require(hits[-1] > 0 and misses[-1] > 0, "a ROC curve needs positives and negatives.")
    x, y = np.r_[0, misses] / misses[-1], np.r_[0, hits] / hits[-1]
    keep = thin(x, y)
    thresholds = np.r_[np.inf, thresholds]
    return named(false_positive_rate=x[keep], true_positive_rate=y[keep], threshold=thresholds[keep])


def precision_recall_curve(positive: np.ndarray, score: np.ndarray) -> Curve:
    """Return the precision-recall curve of (n,) booleans and scores, the highest threshold first."""
    hits, misses, thresholds = steps(positive, score)
    require(hits[-1] > 0, "a precision-recall curve needs positives.")
    x, y = hits / hits[-1], hits / (hits + misses)
    keep = thin(x, y)
    return named(recall=x[keep], precision=y[keep], threshold=thresholds[keep])


def steps(positive: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (positives, negatives) at or above each distinct score, the highest first, and those scores."""
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    last = np.flatnonzero(np.r_[ordered[1:] != ordered[:-1], True])
    hits = np.cumsum(positive[order])[last]
    return hits, last + 1 - hits, ordered[last]


def thin(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Choose at most 200 points of a curve, evenly along its length, the ends among them."""
    if len(x) <= POINTS:
        return np.arange(len(x))
    length = np.r_[0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))]
    return np.unique(np.r_[np.searchsorted(length, np.linspace(0, length[-1], POINTS - 1)), len(x) - 1])


def named(**values: np.ndarray) -> Curve:
    """Return the arrays as lists of floats."""
    return {name: [float(v) for v in array] for name, array in values.items()}


def calibration_curve(y: np.ndarray, probabilities: np.ndarray) -> Curve:
    """Return the reliability diagram: for each of 15 bins of confidence with examples, {confidence, accuracy, count}.

    Confidence is the probability of the answer given; both are means over the bin's examples.
    """
    answers = checked(y, probabilities, np.shape(probabilities)[-1])
    confidence = answers.probabilities.max(1)
    bins = confidence_bin(confidence)
    count = np.bincount(bins, minlength=BINS)
    used = count > 0
    mean = np.bincount(bins, confidence, BINS)[used] / count[used]
    right = np.bincount(bins, answers.predicted == answers.y, BINS)[used] / count[used]
    return named(confidence=mean, accuracy=right, count=count[used])


def confusion_matrix(y: np.ndarray, predicted: np.ndarray, labels: Sequence[str]) -> dict[str, list]:
    """Return {labels, counts}: counts[i][j] examples of label i were answered j. y and predicted hold codes."""
    certain = np.asarray(predicted)[:, None] == np.arange(len(labels))
    answers: Answers = checked(y, certain, len(labels))
    counts = confusion(answers, np.ones((1, len(answers.y))))[0].astype(int)
    return {"labels": list(labels), "counts": counts.tolist()}
