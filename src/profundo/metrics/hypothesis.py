"""Tests of "are the two really different?": each returns the same small record.

What they may be used for differs. McNemar, Cochran's Q and the difference of proportions ask about the trained models
and one test part; the 5x2cv tests and the corrected resampled t ask about the methods, trained again and again. All
differences are a minus b, in the units of the score.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from . import compare
from .intervals import require

RESAMPLES, SALT = 1000, 81  # of the interval of Cochran's effect size
Kind = Literal["mid-p", "exact", "chi2"]


@dataclass(frozen=True)
class Outcome:
    """What a test found: its statistic, two-sided p-value, and an effect size with its 95 % interval.

    `effect` is the difference of the scores, a minus b, but for Cochran's Q (see there). NaN stands for what is not
    defined; `method` names the test and its source.
    """

    method: str
    statistic: float
    p: float
    effect: float
    low: float
    high: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain JSON, with None for what is not finite."""
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in asdict(self).items()}


def mcnemar(y: np.ndarray, a: np.ndarray, b: np.ndarray, kind: Kind = "mid-p") -> Outcome:
    """Test whether two answers (n,) to the same examples are equally often right (McNemar 1947).

    "mid-p" (Fagerland et al. 2013) is the best of the three: "exact" is too cautious, and so is "chi2", the
    approximation with Edwards's (1948) correction. The effect is the difference of the accuracies with Bonett and
    Price's (2012) interval. Raises DataError where the shapes do not fit.
    """
    found = compare.compare_classifiers(y, a, b)
    right_a, right_b = np.asarray(a) == np.asarray(y), np.asarray(b) == np.asarray(y)
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    statistic, p, name = float(min(only_a, only_b)), found.p, "mid-p"
    if kind != "mid-p":
        statistic, p = from_table(only_a, only_b, exact=kind == "exact")
        name = "exact" if kind == "exact" else "chi-squared with Edwards's correction"
    return Outcome(f"McNemar's test ({name})", statistic, p, found.difference, found.low, found.high)


def from_table(only_a: int, only_b: int, *, exact: bool) -> tuple[float, float]:
    """Return (statistic, p) of McNemar's test from the two counts of examples that one alone has right."""
    from statsmodels.stats.contingency_tables import mcnemar as test

    if only_a + only_b == 0:
        return 0.0, 1.0
    found = test([[0, only_a], [only_b, 0]], exact=exact, correction=True)
    return float(found.statistic), float(found.pvalue)


def two_proportions(hits_a: int, n_a: int, hits_b: int, n_b: int) -> Outcome:
    """Test whether two shares of right answers, on different examples, are equal: the pooled z-test.

    The interval of the difference is Newcombe's (1998, method 10). Raises DataError without examples.
    """
    from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

    require(n_a > 0 and n_b > 0, "there is no example to compare on.")
    share_a, share_b = hits_a / n_a, hits_b / n_b
    if hits_a + hits_b in (0, n_a + n_b):
        statistic, p = 0.0, 1.0
    else:
        statistic, p = proportions_ztest([hits_a, hits_b], [n_a, n_b])
    low, high = confint_proportions_2indep(hits_a, n_a, hits_b, n_b, method="newcomb")
    return Outcome(
        "difference of two proportions (z-test, Newcombe's interval)",
        float(statistic),
        float(p),
        share_a - share_b,
        float(low),
        float(high),
    )


def cochrans_q(right: np.ndarray, seed: int = 0) -> Outcome:
    """Test whether k >= 2 answers to the same examples are all equally often right (Cochran 1950).

    `right` (n, k) holds whether each answer is right. The effect is eta squared = Q / (n (k - 1)), from 0 (no
    difference) to 1 (Serlin, Carr and Marascuilo 1982), with a percentile bootstrap interval over the examples.
    """
    from scipy.special import chdtrc

    x = np.asarray(right, np.float64)
    require(x.ndim == 2 and x.shape[1] > 1 and len(x) > 0, f"Cochran's Q needs (n, k >= 2) answers, not {x.shape}.")
    n, k = x.shape
    method = f"Cochran's Q of {k} answers"
    patterns, counts = np.unique(x, axis=0, return_counts=True)  # resampling the patterns is resampling the examples
    drawn = np.random.default_rng([seed, SALT]).multinomial(n, counts / n, RESAMPLES)
    sums = np.concatenate([counts[None], drawn]) @ np.c_[patterns, patterns.sum(1) ** 2]
    effects = eta_squared(sums[:, :k], sums[:, k], n)
    effect, q = float(effects[0]), float(effects[0]) * n * (k - 1)
    low, high = np.quantile(effects[1:], [0.025, 0.975])
    return Outcome(method, q, float(chdtrc(k - 1, q)), effect, min(float(low), effect), max(float(high), effect))


def eta_squared(columns: np.ndarray, rows_squared: np.ndarray, n: int) -> np.ndarray:
    """Return Q / (n (k - 1)) from the sums of columns (resamples, k) and of the squares of rows (resamples,)."""
    k, total = columns.shape[1], columns.sum(1)
    above = k * (columns**2).sum(1) - total**2
    below = n * (k * total - rows_squared)
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def resampled_t(differences: Sequence[float] | np.ndarray, ratio: float) -> Outcome:
    """Test the mean of the differences (rounds,) of one resampling: the corrected resampled t.

    `ratio` is the size of the test part over that of the training part. The rounds share their examples, so their mean
    varies by (1 / rounds + ratio) S^2, not S^2 / rounds (Nadeau and Bengio 2003; Bouckaert and Frank 2004). Raises
    DataError for fewer than two rounds.
    """
    d = checked_differences(differences)
    outcome = t_outcome(d, 1 / len(d) + ratio)
    return Outcome("corrected resampled t-test (Nadeau and Bengio 2003)", *outcome)


def naive_resampled_t(differences: Sequence[float] | np.ndarray) -> Outcome:
    """Test the mean of the differences (rounds,) as if the rounds were independent: wrong, and here to show it.

    It takes equal methods for different far more often than in 5 of 100 cases (Dietterich 1998).
    """
    d = checked_differences(differences)
    return Outcome("resampled t-test without correction (do not use)", *t_outcome(d, 1 / len(d)))


def checked_differences(differences: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return the differences as float64. Raises DataError for fewer than two."""
    d = np.asarray(differences, np.float64).ravel()
    require(len(d) > 1 and bool(np.isfinite(d).all()), f"a t-test needs two or more numbers, not {d.tolist()[:5]}.")
    return d


def t_outcome(d: np.ndarray, factor: float) -> tuple[float, float, float, float, float]:
    """Return (t, p, mean, low, high) where the variance of the mean of d is `factor` times theirs."""
    from scipy.special import stdtr, stdtrit

    mean, error = float(d.mean()), math.sqrt(factor * float(d.var(ddof=1)))
    half = float(stdtrit(len(d) - 1, 0.975)) * error
    t = over(mean, error if error > 1e-15 * max(1.0, abs(mean)) else 0.0)  # 0: every round found the same
    return t, float(2 * stdtr(len(d) - 1, -abs(t))), mean, mean - half, mean + half


def five_by_two_t(differences: np.ndarray) -> Outcome:
    """Test the differences (5, 2) of five times a two-fold cross-validation: the 5x2cv paired t (Dietterich 1998).

    t is the first difference over the root of the mean of the five variances, with 5 degrees of freedom. The effect is
    the mean of all ten with the interval of `resampled_t`.
    """
    from scipy.special import stdtr

    d, variances = pairs(differences)
    t = over(float(d[0, 0]), math.sqrt(variances.mean()))
    return Outcome("5x2cv paired t-test (Dietterich 1998)", t, float(2 * stdtr(5, -abs(t))), *effect_of(d))


def five_by_two_f(differences: np.ndarray) -> Outcome:
    """Test the differences (5, 2) by the combined 5x2cv F of Alpaydin (1999), which does not hang on their order.

    F is the sum of the squares of all ten over twice the sum of the five variances, with (10, 5) degrees of freedom.
    """
    from scipy.special import fdtrc

    d, variances = pairs(differences)
    f = over(float((d**2).sum()), 2 * float(variances.sum()))
    return Outcome("combined 5x2cv F-test (Alpaydin 1999)", f, float(fdtrc(10, 5, f)), *effect_of(d))


def pairs(differences: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the differences (5, 2) and the variance of each of the five pairs. Raises DataError for other shapes."""
    d = np.asarray(differences, np.float64)
    require(d.shape == (5, 2) and bool(np.isfinite(d).all()), f"5x2cv needs ten numbers (5, 2), not {d.shape}.")
    return d, ((d - d.mean(1, keepdims=True)) ** 2).sum(1)


def over(above: float, below: float) -> float:
    """Return a statistic; infinite where a difference has no variance, 0 where there is no difference either."""
    return above / below if below else math.copysign(math.inf, above) if above else 0.0


def effect_of(d: np.ndarray) -> tuple[float, float, float]:
    """Return the mean of the ten differences with the corrected interval: the test part is as large as the training."""
    return t_outcome(d.ravel(), 1 / 10 + 1)[2:]


def holm(p: Sequence[float]) -> list[float]:
    """Correct p-values of several comparisons, so that the chance of any false alarm stays 5 % (Holm 1979).

    Written here because that of statsmodels collects garbage at every call, which takes a tenth of a second.
    """
    corrected, worst = [1.0] * len(p), 0.0
    for rank, place in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        worst = max(worst, min(1.0, p[place] * (len(p) - rank)))
        corrected[place] = worst
    return corrected
