"""Average precision as COCO counts it, with a weight for each picture."""

from collections.abc import Sequence

import numpy as np

from .matches import Matches

RECALLS = np.linspace(0, 1, 101)
EPSILON = np.spacing(1)


def average_precisions(matches: Matches, weights: np.ndarray, area: int = 0) -> np.ndarray:
    """Return the average precision (resamples, thresholds) of one label for weights (resamples, pictures).

    It is the mean over 101 recalls of the best precision at that recall or a higher one; NaN where there is nothing to
    find. With weights of 1 it is COCO's.
    """
    wanted = weights @ matches.wanted[area]  # (resamples,)
    drawn = weights[:, matches.picture]  # (resamples, D)
    total = np.cumsum(drawn, 1)
    columns = [
        of_one_threshold(right, total[:, right] if counts.all() else counted(right, counts, drawn), drawn, wanted)
        for right, counts in zip(matches.right[area], matches.counts[area], strict=True)
    ]
    return np.where(wanted[:, None] > 0, np.stack(columns, 1), np.nan)


def counted(right: np.ndarray, counts: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Return how many of what counts was found up to each right one, (resamples, right)."""
    kept = np.flatnonzero(counts)
    return np.cumsum(drawn[:, kept], 1)[:, np.searchsorted(kept, np.flatnonzero(right))]


def of_one_threshold(right: np.ndarray, seen: np.ndarray, drawn: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the average precision (resamples,) for found objects that are right, (D,) bool.

    `seen` (resamples, right) is how many were found up to each of these. Precision is read there alone: in between it
    only falls, and recall stands still.
    """
    if not right.any():
        return np.zeros(len(drawn))
    hits = np.cumsum(drawn[:, right], 1)
    precision = hits / (seen + EPSILON)
    best = np.maximum.accumulate(precision[:, ::-1], 1)[:, ::-1]
    recall = hits / np.maximum(wanted, EPSILON)[:, None]
    sums = [of_row.searchsorted(RECALLS) for of_row in recall]
    padded = np.pad(best, ((0, 0), (0, 1)))
    return np.take_along_axis(padded, np.stack(sums), 1).mean(1)


def mean_over_labels(values: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean (resamples,) over thresholds and over the labels that there are, of (resamples, thresholds) each.

    NaN where there is none of any label.
    """
    of_labels = np.stack([v.mean(1) for v in values])  # (labels, resamples)
    there = np.isfinite(of_labels)
    total = np.where(there, of_labels, 0.0).sum(0)
    return np.where(there.any(0), total / np.maximum(there.sum(0), 1), np.nan)
