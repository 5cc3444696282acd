"""95 % confidence intervals: Wilson's for a proportion, the percentile bootstrap for everything else."""

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from ..errors import DataError
from .metric import Score

Z = 1.959963984540054  # the 97.5 % quantile of the standard normal
BLOCK = 2_000_000  # numbers in one block of resamples: 16 MB
WORK = 100_000_000  # examples x columns x resamples beyond which there are fewer resamples

Measure = Callable[[np.ndarray], Mapping[str, np.ndarray]]


def wilson(hits: float, n: float) -> Score:
    """Score the proportion hits / n with the interval of Wilson (1927), good for small n and near 0 and 1."""
    if n <= 0:
        return Score(math.nan, math.nan, math.nan, 0)
    share = float(hits / n)
    centre = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return Score(share, float(min(max(0.0, centre - half), share)), float(max(min(1.0, centre + half), share)), int(n))


def bootstrap(
    measure: Measure, n: int, *, seed: int = 0, resamples: int = 1000, columns: int = 1, cells: int = 1
) -> dict[str, Score]:
    """Score every value of `measure` with its percentile bootstrap interval (Efron 1979).

    `measure` takes weights (resamples, n), how often each example was drawn, and returns {name: (resamples,) values}.
    All of its values come from the same resamples. There are fewer of them, never under 200, where n x columns is very
    large; `cells` is how many numbers `measure` keeps for a resample. Where the value lies outside its own interval (a
    biased measure such as the calibration error), the interval is widened to it. No resamples, or n < 2: no interval.
    """
    exact = measure(np.ones((1, n)))
    count = min(resamples, max(200, WORK // (n * columns)))
    blocks = [measure(w) for w in draws(n, count if n > 1 else 0, seed, max(n, cells))]
    drawn = {name: np.concatenate([value[:0], *(b[name] for b in blocks)]) for name, value in exact.items()}
    return {k: Score(float(v[0]), *percentiles(drawn[k], float(v[0])), n) for k, v in exact.items()}


def draws(n: int, count: int, seed: int, size: int) -> Iterator[np.ndarray]:
    """Yield `count` resamples of n examples with replacement, as blocks of weights (resamples, n)."""
    generator = np.random.default_rng(seed)
    step = max(1, BLOCK // size)
    for begin in range(0, count, step):
        rows = min(step, count - begin)
        drawn = generator.integers(0, n, (rows, n)) + np.arange(rows)[:, None] * n
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def percentiles(drawn: np.ndarray, value: float) -> tuple[float, float]:
    """Return the (2.5 %, 97.5 %) percentiles of the values that are defined, widened to hold `value`."""
    defined = drawn[np.isfinite(drawn)]
    if not len(defined) or not math.isfinite(value):
        return math.nan, math.nan
    low, high = np.quantile(defined, [0.025, 0.975])
    return min(float(low), value), max(float(high), value)


def mean_score(losses: np.ndarray, *, seed: int = 0, resamples: int = 1000) -> Score:
    """Score the mean of one loss for each example, (n,)."""
    values = np.asarray(losses, np.float64).ravel()
    require(len(values) > 0, "there is no example to score.")
    return bootstrap(lambda w: {"loss": w @ values / w.sum(1)}, len(values), seed=seed, resamples=resamples)["loss"]


def require(condition: bool, advice: str) -> None:
    """Raise DataError with the advice where the condition does not hold."""
    if not condition:
        raise DataError(advice)
