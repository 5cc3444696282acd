"""One label against the rest: what becomes of the answers where the threshold moves."""

from typing import Any

import numpy as np

from ..errors import DataError, UsageError, unknown
from ..metrics.curves import roc_curve, steps
from .answered import Labelled

STEPS = 200  # of the slider, from 0 to 1


def threshold_card(answers: Labelled, label: str | None, value: float | None) -> dict[str, Any] | None:
    """Return what a threshold does to one label against the rest; of two labels the second, where none is named.

    {label, value, decided, positives, n, tp, fp, fn, tn, precision, recall, f1, specificity, accuracy, roc_auc,
    average_precision, curve: {threshold, tp, fp}}: the answer is the label where its probability is above the
    threshold. A share of nothing is None. `decided` is the run's own threshold, None where it has none: of more than
    two labels the likeliest is the answer. None where the run has no probabilities.
    """
    if answers.probabilities is None:
        if value is not None:
            raise DataError("the run has stored no probabilities, so no threshold can be moved.")
        return None
    code = code_of(answers, label)
    decided = answers.threshold if code == 1 else None if answers.threshold is None else 1 - answers.threshold
    if value is not None and not 0 <= value <= 1:
        raise UsageError(f"--threshold must be from 0 to 1, not {value:g}.")
    at = value if value is not None else decided if decided is not None else 0.5
    chance, positive = np.asarray(answers.probabilities[:, code], np.float64), answers.true == code
    grid = np.linspace(0, 1, STEPS + 1).round(6)
    above = [counts(positive, chance, t) for t in grid.tolist()]
    told = {"label": answers.labels[code], "value": at, "decided": decided}
    told |= {"positives": int(positive.sum()), "n": len(positive)}
    curve = {"threshold": grid.tolist(), "tp": [tp for tp, _ in above], "fp": [fp for _, fp in above]}
    return told | measures(*counts(positive, chance, at), positive) | areas(positive, chance) | {"curve": curve}


def code_of(answers: Labelled, label: str | None) -> int:
    """Return the code of the label that is held against the rest: of two the second, else the first."""
    if label is None:
        return 1 if len(answers.labels) == 2 else 0
    if label not in answers.labels:
        raise UsageError(unknown("label", label, answers.labels))
    return answers.labels.index(label)


def counts(positive: np.ndarray, chance: np.ndarray, threshold: float) -> tuple[int, int]:
    """Count the right and the wrong ones among those above a threshold."""
    said = chance > threshold
    return int(np.count_nonzero(said & positive)), int(np.count_nonzero(said & ~positive))


def measures(tp: int, fp: int, positive: np.ndarray) -> dict[str, float | int | None]:
    """Return the four counts and what follows from them."""
    fn = int(positive.sum()) - tp
    tn = len(positive) - tp - fp - fn
    return {
        "tp": tp,
        "fp": fp,
        "fn": fn,
        "tn": tn,
        "precision": share(tp, tp + fp),
        "recall": share(tp, tp + fn),
        "f1": share(2 * tp, 2 * tp + fp + fn),
        "specificity": share(tn, tn + fp),
        "accuracy": share(tp + tn, len(positive)),
    }


def share(part: int, whole: int) -> float | None:
    """Return a share, None of nothing."""
    return part / whole if whole else None


def areas(positive: np.ndarray, chance: np.ndarray) -> dict[str, float | None]:
    """Return the areas under the ROC curve and under the precision-recall curve; None where one sort is missing."""
    if not 0 < positive.sum() < len(positive):
        return {"roc_auc": None, "average_precision": None}
    curve = roc_curve(positive, chance)
    hits, misses, _ = steps(positive, chance)
    gained = np.diff(np.r_[0, hits]) / hits[-1]
    area = float(np.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"]))
    return {"roc_auc": area, "average_precision": float((gained * hits / (hits + misses)).sum())}


def at_threshold(answers: Labelled, value: float) -> np.ndarray:
    """Return the codes that two labels are answered with where the threshold of the second is moved."""
    if answers.probabilities is None or len(answers.labels) != 2:
        raise UsageError("the answers of more than two labels do not move with the threshold of one.")
    return (answers.probabilities[:, 1] > value).astype(np.int64)
