"""Scores of forecasts: errors held against a seasonal step, and how often the truth lies inside its interval.

Forecasts from neighbouring origins share most of their future, so the intervals of the scores resample blocks of
consecutive forecasts, up to one horizon long (Künsch 1989).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from .intervals import bootstrap, require
from .metric import Metric, Score

LEVELS = (80, 95)  # per cent of the truth that an interval is to hold
BLOCKS = 10  # at least, where there are so many forecasts


@dataclass(frozen=True, eq=False)
class Forecast:
    """Forecasts from n origins: `point` (n, horizon, targets) in the data's own units.

    `low` and `high` are the ends of the intervals by their level, each like `point`. `naive` and `spread` (n, targets)
    are the mean distance of values a season apart, and the standard deviation, of the training part; `owner` (n,) says
    which series an origin is of.
    """

    point: np.ndarray
    naive: np.ndarray
    spread: np.ndarray
    owner: np.ndarray
    low: Mapping[int, np.ndarray] = field(default_factory=dict)
    high: Mapping[int, np.ndarray] = field(default_factory=dict)


def scaled_errors(y: np.ndarray, point: np.ndarray, naive: np.ndarray) -> np.ndarray:
    """Return the mean absolute scaled error of each forecast, (n,): MASE of Hyndman and Koehler (2006).

    `y` and `point` are (n, horizon, targets), y NaN where it is not known; `naive` is (n, targets).
    """
    with np.errstate(invalid="ignore"):
        errors = np.abs(y - point) / naive[:, None]
    known = np.isfinite(errors)
    return np.asarray(np.where(known, errors, 0).sum((1, 2)) / np.maximum(known.sum((1, 2)), 1))


def terms(y: np.ndarray, made: Forecast) -> dict[str, np.ndarray]:
    """Return for every measure the value of each answer, (n, horizon, targets), NaN where the truth is not known."""
    error = y - made.point
    size = np.abs(y) + np.abs(made.point)
    naive, spread = made.naive[:, None], made.spread[:, None]
    found = {
        "MASE": np.abs(error) / naive,
        "mae": np.abs(error),
        "rmse": error**2,
        "sMAPE": np.where(np.isnan(y), np.nan, 200 * np.abs(error) / np.where(size > 0, size, 1)),
        "MSE in standard units": (error / spread) ** 2,
        "MAE in standard units": np.abs(error) / spread,
    }
    for level in made.low:
        low, high = made.low[level], made.high[level]
        inside = np.where(np.isnan(y), np.nan, (low <= y) & (y <= high))
        found[f"coverage of {level} %"] = inside
        outside = np.maximum(low - y, 0) + np.maximum(y - high, 0)
        found[f"MSIS of {level} %"] = (high - low + 2 / (1 - level / 100) * outside) / naive
    return found


def forecasting_scores(y: np.ndarray, made: Forecast, *, seed: int = 0, resamples: int = 1000) -> dict[str, Score]:
    """Score forecasts of y (n, horizon, targets), NaN where it is not known: the measures of FORECASTING."""
    require(len(y) > 0, "there is no forecast to score.")
    require(y.shape == made.point.shape, f"y is {y.shape} and the forecasts {made.point.shape}; they must be alike.")
    block = blocks(made.owner, y.shape[1])
    count = int(block.max()) + 1
    sums: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for name, values in terms(y, made).items():
        known = np.isfinite(values)
        total = np.where(known, values, 0).sum((1, 2))
        sums[name] = np.bincount(block, total, count), np.bincount(block, known.sum((1, 2)), count)

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        with np.errstate(invalid="ignore", divide="ignore"):
            means = {name: weights @ total / (weights @ known) for name, (total, known) in sums.items()}
        return {name: np.sqrt(v) if name == "rmse" else v for name, v in means.items()}

    scores = bootstrap(measure, count, seed=seed, resamples=resamples)
    return {name: Score(s.value, s.low, s.high, len(y)) for name, s in scores.items()}


def blocks(owner: np.ndarray, horizon: int) -> np.ndarray:
    """Return the block (n,) of each forecast: neighbours of one series, up to one horizon, less where there are few."""
    length = max(1, min(horizon, len(owner) // BLOCKS))
    starts = np.concatenate([[0], np.flatnonzero(np.diff(owner)) + 1, [len(owner)]])
    place = np.arange(len(owner)) - np.repeat(starts[:-1], np.diff(starts))
    new = (place % length == 0).astype(np.int64)
    return np.asarray(new.cumsum() - 1)


def block_errors(y: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Return the mean absolute error of each block of forecasts, each target in units of its own spread in y."""
    with np.errstate(invalid="ignore"):
        errors = np.abs(y - point) / np.maximum(np.nanstd(y, (0, 1)), 1e-30)
    known = np.isfinite(errors)
    block = blocks(np.zeros(len(y), np.int64), y.shape[1])
    totals, counts = (np.bincount(block, v.sum((1, 2))) for v in (np.where(known, errors, 0), known))
    return np.asarray((totals / counts)[counts > 0])


def single(name: str, y: np.ndarray, made: Forecast) -> float:
    """Return one value over all the forecasts."""
    return forecasting_scores(y, made, resamples=0)[name].value


FORECASTING: tuple[Metric, ...] = tuple(
    Metric(name, text, "higher" if name.startswith("coverage") else "lower", "bootstrap", partial(single, name))
    for name, text in {
        "MASE": "The mean absolute scaled error: the mean of |y - forecast|, divided by the mean distance of values a "
        "season apart in the training part (Hyndman and Koehler 2006); below 1 is better than the last season "
        "repeated was there.",
        "mae": "The mean absolute error, in the units of the data.",
        "rmse": "The square root of the mean squared error, in the units of the data.",
        "sMAPE": "The symmetric mean absolute percentage error: the mean of 200 |y - forecast| / (|y| + |forecast|).",
        "MSE in standard units": "The mean squared error after subtracting the training part's mean and dividing by "
        "its standard deviation, as papers on long forecasts report it.",
        "MAE in standard units": "The mean absolute error in the same units.",
        "coverage of 80 %": "The share of true values inside the intervals that are to hold 80 % of them.",
        "MSIS of 80 %": "The mean scaled interval score: the width of the 80 % interval, and a penalty of 10 times the "
        "distance for each value outside it (Gneiting and Raftery 2007), in units of the seasonal distance.",
        "coverage of 95 %": "The share of true values inside the intervals that are to hold 95 % of them.",
        "MSIS of 95 %": "The same of the 95 % interval, with a penalty of 40 times the distance.",
    }.items()
)
