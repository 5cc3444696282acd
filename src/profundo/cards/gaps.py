"""The gap between two groups of people: a difference or a ratio with its interval, and a p-value that agrees with it.

Intervals of differences are MOVER's (Zou and Donner 2008): from the interval of each side. For two proportions with
Wilson's intervals that is method 10 of Newcombe (1998). The p-value inverts the interval: p < 0.05 exactly where the
95 % interval leaves out 0.
"""

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

LEVEL = 0.05
FAR = 37.0  # standard normal units beyond which a p-value is 0


class Estimate(Protocol):
    """A value that rests on `n` examples, with an interval for every width."""

    @property
    def value(self) -> float:
        """The value."""
        ...

    @property
    def n(self) -> int:
        """The examples that it rests on."""
        ...

    def ends(self, z: float) -> tuple[float, float]:
        """Return the interval whose width is that of `z` standard normal units (1.96 for 95 %)."""
        ...


@dataclass(frozen=True)
class Share:
    """The proportion hits / n, with Wilson's (1927) interval. n must be at least 1."""

    hits: float
    n: int

    @property
    def value(self) -> float:
        """The proportion."""
        return self.hits / self.n

    def ends(self, z: float) -> tuple[float, float]:
        """Return Wilson's interval."""
        p, n = self.value, self.n
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return min(max(0.0, centre - half), p), max(min(1.0, centre + half), p)


@dataclass(frozen=True)
class Mean:
    """The mean of n numbers, with Student's interval; `error` is its standard error."""

    value: float
    error: float
    n: int

    @classmethod
    def of(cls, values: np.ndarray) -> "Mean":
        """Return the mean of numbers (n,), n at least 1."""
        n = len(values)
        return cls(float(values.mean()), float(values.std(ddof=1)) / math.sqrt(n) if n > 1 else math.inf, n)

    def ends(self, z: float) -> tuple[float, float]:
        """Return Student's interval; of a single number, it is without end."""
        from scipy.special import ndtr, stdtrit

        if self.n < 2:
            return -math.inf, math.inf
        half = -float(stdtrit(self.n - 1, ndtr(-z))) * self.error
        return self.value - half, self.value + half


@dataclass(frozen=True)
class MeanShare:
    """The plain mean of several proportions, such as the macro recall; its interval is MOVER's."""

    parts: tuple[Share, ...]

    @property
    def value(self) -> float:
        """The mean of the proportions."""
        return math.fsum(p.value for p in self.parts) / len(self.parts)

    @property
    def n(self) -> int:
        """The examples under all of them."""
        return sum(p.n for p in self.parts)

    def ends(self, z: float) -> tuple[float, float]:
        """Return MOVER's interval of a mean."""
        ends = [p.ends(z) for p in self.parts]
        below = math.sqrt(sum((p.value - low) ** 2 for p, (low, _) in zip(self.parts, ends, strict=True)))
        above = math.sqrt(sum((high - p.value) ** 2 for p, (_, high) in zip(self.parts, ends, strict=True)))
        return self.value - below / len(ends), self.value + above / len(ends)


@dataclass(frozen=True)
class Gap:
    """A difference or a ratio of two groups, its 95 % interval, and the two-sided p-value of no gap."""

    value: float
    low: float
    high: float
    p: float
    n: int

    def to_dict(self) -> dict[str, Any]:
        """Return the gap for JSON, with None for what is not finite."""
        found = {"value": self.value, "low": self.low, "high": self.high, "p": self.p}
        return {k: v if math.isfinite(v) else None for k, v in found.items()} | {"n": self.n}


def difference(a: Estimate, b: Estimate, looks: int = 1) -> Gap:
    """Return a - b. With `looks`, the pair was picked among that many: interval and p allow for it (Bonferroni)."""
    value = a.value - b.value
    low, high = between(a, b, width(looks))
    n = a.n + b.n
    if value == 0:
        return Gap(value, low, high, 1.0, n)
    larger, smaller = (a, b) if value > 0 else (b, a)
    return Gap(value, low, high, min(1.0, looks * p_value(larger, smaller)), n)


def between(a: Estimate, b: Estimate, z: float) -> tuple[float, float]:
    """Return MOVER's interval of a - b."""
    (low_a, high_a), (low_b, high_b) = a.ends(z), b.ends(z)
    value = a.value - b.value
    below = math.hypot(a.value - low_a, high_b - b.value)
    above = math.hypot(high_a - a.value, b.value - low_b)
    return value - below, value + above


def p_value(larger: Estimate, smaller: Estimate) -> float:
    """Return the two-sided p at which the interval of the difference just touches 0, found by halving."""
    from scipy.special import ndtr

    below, above = 0.0, FAR
    for _ in range(60):
        middle = (below + above) / 2
        if between(larger, smaller, middle)[0] > 0:
            below = middle
        else:
            above = middle
    return float(2 * ndtr(-below))


def ratio(a: Share, b: Share, looks: int = 1) -> Gap:
    """Return a / b of two proportions; half an example is added to each side of the interval (Walter 1975)."""
    hits_a, hits_b, n_a, n_b = (v + 0.5 for v in (a.hits, b.hits, a.n, b.n))
    centre = math.log(hits_a / n_a) - math.log(hits_b / n_b)
    half = width(looks) * math.sqrt(max(0.0, 1 / hits_a - 1 / n_a + 1 / hits_b - 1 / n_b))
    value = a.value / b.value if b.hits else math.nan
    low, high = math.exp(centre - half), math.exp(centre + half)
    if math.isfinite(value):
        low, high = min(low, value), max(high, value)
    return Gap(value, low, high, difference(a, b, looks).p, a.n + b.n)


def width(looks: int) -> float:
    """Return the standard normal units of a 95 % interval that holds for all of `looks` at once."""
    from scipy.special import ndtri

    return -float(ndtri(LEVEL / 2 / looks))
