"""How much the seed alone changes a score: several networks, one split."""

import math
from collections.abc import Mapping, Sequence
from typing import Any


def spread(scores: Sequence[Mapping[str, Mapping[str, Any]]]) -> dict[str, dict[str, float | int | None]]:
    """Return for each score its mean over the seeds, their standard deviation, and a 95 % t-interval of the mean.

    Each item is one seed's {name: {value, ...}}. {name: {mean, std, low, high, min, max, n}}; a score that is undefined
    for a seed is left out of its count.
    """
    return {name: summarise([s[name]["value"] for s in scores if s[name]["value"] is not None]) for name in scores[0]}


def summarise(values: Sequence[float]) -> dict[str, float | int | None]:
    """Describe the values of one score."""
    from scipy.special import stdtrit

    n = len(values)
    if n == 0:
        return {"mean": None, "std": None, "low": None, "high": None, "min": None, "max": None, "n": 0}
    mean = math.fsum(values) / n
    std = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1)) if n > 1 else math.nan
    half = float(stdtrit(n - 1, 0.975)) * std / math.sqrt(n) if n > 1 else math.nan
    found = {"mean": mean, "std": std, "low": mean - half, "high": mean + half, "min": min(values), "max": max(values)}
    return {k: v if math.isfinite(v) else None for k, v in found.items()} | {"n": n}
