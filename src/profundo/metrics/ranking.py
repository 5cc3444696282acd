"""ROC AUC and average precision over many resamples at once, from one sort."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Ranking:
    """The examples with the highest score first, and where the positives ("hits") stand among them.

    Examples of equal score are one tie; a hit's tie spans the places `first` to `last`, and holds the hits numbered
    `first_hit` to `last_hit`.
    """

    order: np.ndarray  # (n,) rows
    hits: np.ndarray  # (hits,) places
    first: np.ndarray  # (hits,) places
    last: np.ndarray  # (hits,) places
    first_hit: np.ndarray  # (hits,) numbers of hits
    last_hit: np.ndarray  # (hits,) numbers of hits


def rank(positive: np.ndarray, score: np.ndarray) -> Ranking:
    """Sort once: `positive` (n,) booleans, `score` (n,)."""
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    hits = np.flatnonzero(positive[order])
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    ends = np.r_[starts[1:], len(ordered)] - 1
    tie = np.searchsorted(starts, hits, side="right") - 1
    first_hit, last_hit = np.searchsorted(tie, tie, side="left"), np.searchsorted(tie, tie, side="right") - 1
    return Ranking(order, hits, starts[tie], ends[tie], first_hit, last_hit)


def areas(ranking: Ranking, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (ROC AUC, average precision), each (resamples,), for weights (resamples, n).

    The AUC is the share of (positive, negative) pairs in the right order, ties counting half; it is NaN without both.
    The average precision is the mean over the positives of the precision at their score; it is NaN without positives.
    """
    if not len(ranking.hits):
        nothing = np.full(len(weights), np.nan)
        return nothing, nothing
    ordered = weights.take(ranking.order, axis=1)  # (R, n)
    above = np.cumsum(ordered, axis=1)  # (R, n): weight down to and including each place
    hit = ordered.take(ranking.hits, axis=1)  # (R, hits)
    hit_above = np.cumsum(hit, axis=1)  # (R, hits)
    positives, total = hit_above[:, -1], above[:, -1]
    at_or_above = above.take(ranking.last, axis=1)
    if (ranking.first == ranking.last).all():  # no ties
        hits_at_or_above = hit_above
        misses_above = at_or_above - hit_above
    else:
        hits_at_or_above = hit_above.take(ranking.last_hit, axis=1)
        strictly_above = (above - ordered).take(ranking.first, axis=1)
        hits_strictly_above = (hit_above - hit).take(ranking.first_hit, axis=1)
        misses_above = (at_or_above - hits_at_or_above + strictly_above - hits_strictly_above) / 2
    wrong_pairs = (hit * misses_above).sum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        auc = 1 - wrong_pairs / (positives * (total - positives))
        precision = (hit * hits_at_or_above / np.maximum(at_or_above, 1)).sum(1) / positives
    return auc, precision


def mean_areas(rankings: list[Ranking], weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return the averages over the classes for which they are defined, (resamples,) each."""
    auc, precision = zip(*(areas(r, weights) for r in rankings), strict=True)
    return {"roc_auc": mean_defined(np.stack(auc, 1)), "average_precision": mean_defined(np.stack(precision, 1))}


def mean_defined(values: np.ndarray) -> np.ndarray:
    """Return the mean over axis 1 of what is not NaN, NaN where nothing is."""
    defined = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(defined, values, 0.0).sum(1) / defined.sum(1)
