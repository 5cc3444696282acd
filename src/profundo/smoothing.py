"""Exponential smoothing with a damped trend and a season, all additive: fitted once, then carried through a series.

The error form of Hyndman, Koehler, Ord and Snyder (2008), as statsmodels' ETSModel fits it:
    e = y - (level + damping trend + season);  level += damping trend - level + alpha e, and so on.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

FITTED = 1_000  # of the last steps of the training part, from which the rates are learnt
CYCLES = 6  # of the season that they hold at least
LONGEST = 200  # steps of a season that is followed


@dataclass(frozen=True)
class Rates:
    """How much of each error goes into the level, the trend and the season, and how fast the trend fades."""

    level: float
    trend: float
    season: float
    damping: float


def fit_rates(values: np.ndarray, season: int, trend: bool = True) -> Rates:
    """Learn the rates from the end of a series (steps,) without gaps; without `trend`, the level alone moves."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    last = values[-max(FITTED, CYCLES * season) :]
    form: dict[str, Any] = {"seasonal": "add", "seasonal_periods": season} if season > 1 else {}
    form |= {"trend": "add", "damped_trend": True} if trend else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what does not converge is scored as it is
        model = ETSModel(last, error="add", initialization_method="heuristic", **form)
        found = model.fit(disp=0, maxiter=100)
    named = dict(zip(model.param_names, np.asarray(found.params), strict=True))
    level, moving, seasonal = (float(named.get(f"smoothing_{name}", 0.0)) for name in ("level", "trend", "seasonal"))
    return Rates(level, moving, seasonal, float(named.get("damping_trend", 0.0)))


def smoothed(values: np.ndarray, season: int, rates: Rates, origins: np.ndarray, horizon: int) -> np.ndarray:
    """Return the forecasts from origins, (n, horizon): each sees the values (steps,) before it alone.

    The first two cycles (ten steps without a season) begin the level, the trend and the season.
    """
    start = 2 * season if season > 1 else 10
    first = values[:start] if len(values) >= start else values
    half = max(1, len(first) // 2)
    trend = float(first[half:].mean() - first[:half].mean()) / half if len(first) > half else 0.0
    level = float(first.mean())
    trend = trend if rates.damping else 0.0
    cycle = np.zeros(max(season, 1))
    if season > 1 and len(first) == start:
        cycle = first.reshape(2, season).mean(0) - level
    wanted = {int(o): i for i, o in enumerate(origins)}
    found = np.empty((len(origins), horizon))
    fading = np.cumsum(rates.damping ** np.arange(1, horizon + 1))
    ahead, size = np.arange(horizon), len(cycle)
    for step, value in enumerate(values.tolist()):
        if step in wanted:
            found[wanted[step]] = level + fading * trend + cycle[(step + ahead) % size]
        expected = level + rates.damping * trend
        error = value - expected - cycle[step % size]
        trend = rates.damping * trend + rates.trend * error
        level = expected + rates.level * error
        cycle[step % size] += rates.season * error
    if len(values) in wanted:
        found[wanted[len(values)]] = level + fading * trend + cycle[(len(values) + ahead) % size]
    return found
