"""From the rounds of a resampling to an estimate with a 95 % interval, for any score, higher or lower better.

What each method estimates, and how sure it is of it (the coverage of each is measured in benchmarks/statistics.py):

| method | the score of | interval |
|---|---|---|
| holdout | the trained network | of the answers to the test part (metrics/intervals.py) |
| repeated | networks trained on a part of this size | corrected t over the rounds (Nadeau and Bengio 2003) |
| kfold, nested | networks trained on k - 1 of k parts | t over the folds; for a proportion see `moderated` |
| loo | networks trained on all but one row | of the held-out answers together |
| leave-one-group-out | networks trained on all but one group | t over the groups: rows of one are alike |
| 5x2 | networks trained on half the rows | corrected t |
| bootstrap | networks trained on a resample, 63 % of the rows: pessimistic | corrected t over the out-of-bag scores |
| .632, .632+ | networks trained on all rows | as for the bootstrap, around the combined value |

A proportion (accuracy) of n rows is not surer than n fresh answers would make it: for repeated splits its interval
holds Wilson's, and for the methods that ask about every row several times (5x2, the bootstraps) it is Wilson's.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import unknown
from .classification import CLASSIFICATION
from .intervals import require, wilson
from .metric import Score
from .multilabel import MULTILABEL
from .regression import REGRESSION

METHODS = ("holdout", "repeated", "kfold", "loo", "leave-one-group-out", "nested", "5x2", "bootstrap", ".632", ".632+")
ONCE = ("kfold", "nested", "leave-one-group-out")  # every row is held out once
BOOTSTRAPS = ("bootstrap", ".632", ".632+")
OUT = math.exp(-1) / (1 - math.exp(-1))  # rows out of the bag to rows in it: 0.582
PROPORTIONS = ("accuracy",)  # of all rows; precision and recall are of some
LOWER = {m.name for m in (*CLASSIFICATION, *MULTILABEL, *REGRESSION) if m.better == "lower"} | {"loss"}
LOWEST = {"r2": -math.inf, "mcc": -1.0}  # of the others 0
SALT, PAIRS = 63, 200_000  # most pairs of a truth and an answer for the no-information score

Values = Mapping[str, float]
Measure = Callable[[np.ndarray, np.ndarray], Values]


@dataclass(frozen=True)
class Round:
    """One training of a resampling: its scores on the rows held out, by name.

    `train_scores` are on its own training rows (for .632 and .632+); `chance_scores` what `no_information` says of its
    held-out answers (for .632+). `n_train` counts all rows that it could learn or choose from, the validation part
    among them; `n_test` the rows held out.
    """

    scores: Values
    train_scores: Values | None
    chance_scores: Values | None
    n_train: int
    n_test: int


def summarise(method: str, rounds: Sequence[Round], pooled: Mapping[str, Score] | None = None) -> dict[str, Score]:
    """Estimate every score from the rounds of a method: "kfold", "kfold:5", ".632+", ...

    `pooled` are the scores of all held-out answers put together: needed for "holdout" and "loo", and the value of
    "kfold" and "nested" where given. An interval is NaN where the rounds cannot tell: one round, or rounds all alike.
    Raises DataError for an unknown method, no rounds, or rounds without what the method needs.
    """
    base = method.split(":")[0]
    require(base in METHODS, unknown("resampling method", base, METHODS))
    require(len(rounds) > 0, f"there is no round of {method} to summarise.")
    if base in ("holdout", "loo"):
        require(pooled is not None, f"{base} needs the scores of the held-out answers.")
        return dict(pooled or {})
    return {name: estimate(base, name, rounds, pooled) for name in rounds[0].scores}


def estimate(base: str, name: str, rounds: Sequence[Round], pooled: Mapping[str, Score] | None) -> Score:
    """Estimate one score."""
    values = np.array([r.scores[name] for r in rounds], np.float64)
    values = values[np.isfinite(values)]
    n = examples(base, rounds)
    if not len(values):
        return Score(math.nan, math.nan, math.nan, n)
    whole = (pooled or {}).get(name) if base in ONCE else None
    value = float(values.mean()) if whole is None or not math.isfinite(whole.value) else whole.value
    if base in (".632", ".632+"):
        value = combined(base, name, rounds, value)
    if name in PROPORTIONS and 0 <= value <= 1:
        low, high = of_proportion(base, values, value, n, ratio(base, rounds))
    else:
        low, high = spread(values, value, ratio(base, rounds))
        if math.isnan(low) and whole is not None:
            low, high = whole.low, whole.high
    top = math.inf if name in LOWER else 1.0
    return Score(value, max(low, min(value, LOWEST.get(name, 0.0))), min(high, max(value, top)), n)


def examples(base: str, rounds: Sequence[Round]) -> int:
    """Return on how many rows the rounds rest, all together."""
    if base in BOOTSTRAPS:
        return round(float(np.mean([r.n_test for r in rounds])) * math.e)
    if base in ONCE:
        return sum(r.n_test for r in rounds)
    return min(rounds[0].n_train + rounds[0].n_test, sum(r.n_test for r in rounds))


def ratio(base: str, rounds: Sequence[Round]) -> float:
    """Return what the shared rows add to the variance of the mean of the rounds, as a share of theirs."""
    if base in BOOTSTRAPS:
        return OUT
    if base in ONCE:  # the mean is as sure as its folds are many
        return 0.0
    return float(np.mean([r.n_test for r in rounds]) / np.mean([r.n_train for r in rounds]))


def spread(values: np.ndarray, value: float, ratio: float) -> tuple[float, float]:
    """Return the t-interval around `value`, the variance of the mean being (1 / rounds + ratio) S^2; NaN: S is 0."""
    from scipy.special import stdtrit

    k = len(values)
    deviation = float(values.std(ddof=1)) if k > 1 else 0.0
    if deviation <= 1e-12 * max(1.0, abs(value)):
        return math.nan, math.nan
    half = float(stdtrit(k - 1, 0.975)) * deviation * math.sqrt(1 / k + ratio)
    return value - half, value + half


def of_proportion(base: str, values: np.ndarray, value: float, n: int, ratio: float) -> tuple[float, float]:
    """Return the interval of a share of n rows."""
    if base in ("kfold", "nested"):
        return moderated(values, value, n)
    floor = wilson(value * n, n)
    low, high = spread(values, value, ratio)
    if base == "leave-one-group-out" and not math.isnan(low):
        return low, high
    if base != "repeated" or math.isnan(low):
        return floor.low, floor.high
    return min(low, floor.low), max(high, floor.high)


def moderated(values: np.ndarray, value: float, n: int) -> tuple[float, float]:
    """Return the interval of a share of n rows, each held out by one of k folds.

    The variance of n tosses is too small where networks differ much from fold to fold, and that between k folds is
    known from few. Their mean counts as known from 2 (k - 1) degrees of freedom, as a variance that is moderated by a
    prior of equal weight (Smyth 2004), and takes the place of the binomial one in Wilson's interval.
    """
    from scipy.special import stdtrit

    k, tosses = len(values), value * (1 - value) / n
    if k < 2:
        found = wilson(value * n, n)
        return found.low, found.high
    variance = (tosses + float(values.var(ddof=1)) / k) / 2
    t = float(stdtrit(2 * (k - 1), 0.975))
    effective = n * tosses / variance if tosses > 0 else n  # rows that would be tossed with that variance
    middle = (value + t * t / (2 * effective)) / (1 + t * t / effective)
    half = t / (1 + t * t / effective) * math.sqrt(value * (1 - value) / effective + t * t / (4 * effective**2))
    return middle - half, middle + half


def combined(base: str, name: str, rounds: Sequence[Round], out: float) -> float:
    """Combine the out-of-bag score with that of the training rows.

    .632 (Efron 1983): 0.368 train + 0.632 out. .632+ (Efron and Tibshirani 1997) gives `out` the weight
    w = 0.632 / (1 - 0.368 R), where R = (train - out) / (train - chance), from 0 to 1, is how far the network is
    overfitted; `out` counts as no worse than chance. R does not change when a score is turned round or rescaled, so
    what was written for error rates holds for every score.
    """
    train = float(np.mean([needed(base, r.train_scores, "train_scores")[name] for r in rounds]))
    if base == ".632":
        return 0.368 * train + 0.632 * out
    chance = float(np.nanmean([needed(base, r.chance_scores, "chance_scores")[name] for r in rounds]))
    sign = -1.0 if name in LOWER else 1.0
    if sign * chance >= sign * train or sign * out >= sign * train:  # nothing learnt, or nothing overfitted
        return 0.368 * train + 0.632 * (chance if sign * out < sign * chance else out)
    out = sign * max(sign * out, sign * chance)
    overfitting = (train - out) / (train - chance)
    weight = 0.632 / (1 - 0.368 * overfitting)
    return (1 - weight) * train + weight * out


def needed(base: str, scores: Values | None, field: str) -> Values:
    """Return the scores that a method needs. Raises DataError where a round has none."""
    require(scores is not None, f"{base} needs the {field} of every round.")
    return scores or {}


def no_information(y: np.ndarray, answers: np.ndarray, measure: Measure) -> dict[str, float]:
    """Score answers as if they had nothing to do with y: over all pairs of a true value and another row's answer.

    `measure(y, answers)` returns {name: value}; both are (n, ...). It is called once, on every pair of y and of answers
    where there are at most 200,000, else on as many turns of the answers against y (Efron and Tibshirani 1997, gamma).
    """
    n = len(y)
    require(n > 0 and len(answers) == n, f"there are {n} true values and {len(answers)} answers.")
    turns = np.arange(n)
    if n * n > PAIRS:
        turns = np.sort(np.random.default_rng([SALT, n]).permutation(n)[: max(1, PAIRS // n)])
    rows = np.arange(n)
    every = np.concatenate([(rows + t) % n for t in turns])
    found = measure(np.asarray(y)[np.tile(rows, len(turns))], np.asarray(answers)[every])
    return {name: float(value) for name, value in found.items()}
