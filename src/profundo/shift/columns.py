"""One column before and after: did its values move? Numbers by Kolmogorov-Smirnov, labels by chi-square."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

EXPECTED = 5.0  # labels of which fewer are expected on either side are put together (Cochran 1954)
UNITS = (10.0, 100.0, 1000.0, 1e6, 2.54, 25.4, 2.2046, 1.6093, 3.2808, 60.0, 3600.0)
NEAR = 1.15  # times: how near the ratio of the middles is to that of two units


@dataclass(frozen=True)
class Test:
    """What one test found. `statistic` is a distance between 0 (the same) and 1; `before` and `after` describe it."""

    __test__ = False  # not a case for pytest

    name: str
    test: str
    statistic: float
    p: float
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


def compare_numbers(name: str, before: np.ndarray, after: np.ndarray) -> Test:
    """Compare two samples of a number, NaN where it is missing: its values, and how often it is missing.

    The two-sample Kolmogorov-Smirnov test (conservative where values repeat); where any value is missing, Fisher's
    exact test of the missing ones too, and p is twice the smaller of the two.
    """
    from scipy.stats import ks_2samp

    a, b = (values[~np.isnan(values)] for values in (before, after))
    distance, p, test = 0.0, 1.0, "Kolmogorov-Smirnov"
    if len(a) and len(b):
        found = ks_2samp(a, b, method="asymp")
        distance, p = float(found.statistic), float(found.pvalue)
    gaps = (len(before) - len(a), len(after) - len(b))
    if any(gaps):
        p = min(1.0, 2 * min(p, fisher(gaps, (len(before), len(after)))))
        distance = max(distance, abs(gaps[0] / len(before) - gaps[1] / len(after)))
        test += " and Fisher's exact test of the missing values"
    return Test(name, test, distance, p, describe_numbers(before), describe_numbers(after))


def describe_numbers(values: np.ndarray) -> dict[str, Any]:
    """Return the 5 %, 50 % and 95 % quantiles, and the share that is missing."""
    present = values[~np.isnan(values)]
    low, median, high = np.quantile(present, [0.05, 0.5, 0.95]).tolist() if len(present) else (None, None, None)
    return {"low": low, "median": median, "high": high, "missing": 1 - len(present) / max(1, len(values))}


def compare_labels(name: str, before: np.ndarray, after: np.ndarray, labels: Sequence[str]) -> Test:
    """Compare two samples of a category's codes (n,): -1 is missing, `len(labels)` a label that training never saw.

    The chi-square test of homogeneity, with rare labels put together; where there are labels never seen, Fisher's exact
    test of those too, and p is twice the smaller. `statistic` is half the sum of the differences of the shares.
    """
    count = len(labels) + 2
    table = np.stack([np.bincount(codes + 1, minlength=count) for codes in (before, after)]).astype(np.float64)
    rows = table.sum(1, keepdims=True)
    shares = table / np.maximum(rows, 1)
    p, test = chi_square(table)
    if table[:, -1].any():
        never = (int(table[0, -1]), int(table[1, -1]))
        p = min(1.0, 2 * min(p, fisher(never, (len(before), len(after)))))
        test += " and Fisher's exact test of the labels never seen"
    distance = float(np.abs(shares[0] - shares[1]).sum() / 2)
    return Test(name, test, distance, p, *(describe_labels(s, labels) for s in shares))


def describe_labels(shares: np.ndarray, labels: Sequence[str]) -> dict[str, Any]:
    """Return the shares of missing values, of each label, and of labels never seen."""
    known = {label: float(s) for label, s in zip(labels, shares[1:-1], strict=True) if label}
    empty = sum(float(s) for label, s in zip(labels, shares[1:-1], strict=True) if not label)
    return {"shares": known, "missing": float(shares[0]) + empty, "never seen": float(shares[-1])}


def chi_square(table: np.ndarray) -> tuple[float, str]:
    """Return (p, name of the test) for the counts (2, k) of two samples; two columns get Fisher's exact test."""
    from scipy.stats import chi2

    rows, columns = table.sum(1), table.sum(0)
    total = rows.sum()
    rare = columns * rows.min() / max(total, 1) < EXPECTED
    kept = np.column_stack([table[:, ~rare], table[:, rare].sum(1)])
    kept = kept[:, kept.sum(0) > 0]
    if kept.shape[1] < 2 or not rows.all():
        return 1.0, "chi-square"
    if kept.shape[1] == 2:
        first = (int(kept[0, 0]), int(kept[1, 0]))
        return fisher(first, (int(rows[0]), int(rows[1]))), "Fisher's exact test"
    expected = np.outer(rows, kept.sum(0)) / total
    statistic = ((kept - expected) ** 2 / expected).sum()
    return float(chi2.sf(statistic, kept.shape[1] - 1)), "chi-square"


def fisher(hits: tuple[int, int], counts: tuple[int, int]) -> float:
    """Return the p-value of Fisher's exact test that two shares, hits / counts, are one."""
    from scipy.stats import fisher_exact

    table = [[hit, count - hit] for hit, count in zip(hits, counts, strict=True)]
    return float(fisher_exact(table)[1])


def changed_unit(before: np.ndarray, after: np.ndarray) -> float | None:
    """Return the factor, such as 1000 or 0.1, that turns old values into new ones; None where none does.

    The middle of the absolute values has changed by the factor of two usual units, and multiplied by it the old values
    resemble the new.
    """
    from scipy.stats import ks_2samp

    a, b = (values[~np.isnan(values)] for values in (before, after))
    middles = [float(np.median(np.abs(v[v != 0]))) if v.any() else 0.0 for v in (a, b)]
    if not all(middles):
        return None
    ratio = middles[1] / middles[0]
    for unit in (f for u in UNITS for f in (u, 1 / u)):
        if abs(np.log(ratio / unit)) < np.log(NEAR):
            distances = [ks_2samp(a * f, b, method="asymp").statistic for f in (1.0, unit)]
            return unit if distances[0] > 0.5 and distances[1] < distances[0] / 2 else None
    return None
