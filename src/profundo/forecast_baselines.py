"""What a forecast is worth without a network: the last value, the last season, a linear map, exponential smoothing.

Each sees what the network sees, the values of the targets before an origin, in standard units.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from .data.forecasts import Forecasts, seen
from .smoothing import LONGEST, Rates, fit_rates, smoothed

ROWS = 20_000  # windows that the linear map is fitted on, at most
NUMBERS = 20_000_000  # that they hold, at most
SERIES = 10  # from which the form of exponential smoothing is chosen
LATE = 20_000  # steps before the first origin from which it begins
PENALTIES = (1e-3, 1.0, 100.0, 3e3, 1e5)  # tried on the validation part

Answer = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Plain:
    """A way to forecast: `answer(origins)` gives (n, horizon, targets) in standard units. `seconds` is fitting."""

    name: str
    seconds: float
    answer: Answer
    note: str = ""


def forecast_baselines(data: Forecasts, budget: float = 30.0) -> Iterator[Plain]:
    """Yield every baseline, the plainest first. `budget` seconds are for fitting many series."""
    season = seen(data.schema.targets["future"]).season
    yield Plain("naive", 0.0, partial(repeat, data, 1), "the last value")
    if season > 1:
        yield Plain("seasonal naive", 0.0, partial(repeat, data, season), f"the value {season} steps before")
    began = time.perf_counter()
    line, note = fit_line(data)
    yield Plain("linear regression", time.perf_counter() - began, line, note)
    began = time.perf_counter()
    smooth = Smoothing(data, season if season <= LONGEST else 1, budget)
    yield Plain("exponential smoothing", time.perf_counter() - began, smooth.answer, str(smooth.form))


def history(data: Forecasts) -> np.ndarray:
    """Return the targets at every step, (steps, targets), the last known value in place of one that is missing."""
    return data.x[:, : data.y.shape[1]].cpu().double().numpy()


def repeat(data: Forecasts, season: int, origins: np.ndarray) -> np.ndarray:
    """Repeat the last `season` values; the last value where a series is not that long."""
    ahead = np.arange(data.ahead)
    back = season * (ahead // season + 1) - ahead  # steps before the origin
    places = origins[:, None] - back
    begins = np.searchsorted(data.owner, data.owner[origins])
    places = np.where(places < begins[:, None], origins[:, None] - 1, places)
    return np.asarray(history(data)[places])


def fit_line(data: Forecasts) -> tuple[Answer, str]:
    """Fit a ridge regression from the past to the horizon, the same for all targets, without the last value."""
    origins = data.origins("train")
    most = min(ROWS, NUMBERS // data.context)
    origins = origins[:: max(1, -(-len(origins) * data.y.shape[1] // most))]
    past, last = windows_before(data, origins)
    y = data.y.numpy()[origins[:, None] + np.arange(data.ahead)].transpose(0, 2, 1).reshape(len(past), -1) - last
    known = np.isfinite(y).all(1)
    past, y = past[known], y[known]
    means = past.mean(0), y.mean(0)
    gram, cross = (past - means[0]).T @ (past - means[0]), (past - means[0]).T @ (y - means[1])
    values, vectors = np.linalg.eigh(gram)
    maps = {p: vectors @ ((vectors.T @ cross) / (np.maximum(values, 0) + p)[:, None]) for p in PENALTIES}
    judged = data.origins("validation")
    truth = data.y.numpy()[judged[:, None] + np.arange(data.ahead)]

    def answer(at: np.ndarray, weights: np.ndarray) -> np.ndarray:
        before, level = windows_before(data, at)
        made = (before - means[0]) @ weights + means[1] + level
        return np.asarray(made.reshape(len(at), -1, data.ahead).transpose(0, 2, 1))

    errors = {p: float(np.nanmean((answer(judged, w) - truth) ** 2)) for p, w in maps.items()}
    best = min(errors, key=errors.__getitem__)
    return partial(answer, weights=maps[best]), f"ridge regression of {data.context} steps, penalty {best:g}"


def windows_before(data: Forecasts, origins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (n * targets, context) past values without the last one, and that (n * targets, 1)."""
    past = history(data)[origins[:, None] + np.arange(-data.context, 0)]  # (n, context, targets)
    rows = past.transpose(0, 2, 1).reshape(-1, data.context)
    return rows - rows[:, -1:], rows[:, -1:]


@dataclass(frozen=True)
class Form:
    """A form of exponential smoothing: with a season, with a trend, of the logarithm."""

    season: int
    trend: bool
    log: bool

    def __str__(self) -> str:
        parts = ["a damped trend"] if self.trend else ["no trend"]
        parts += [f"a season of {self.season} steps"] if self.season > 1 else []
        return " and ".join(parts) + (", of the logarithm" if self.log else "")


class Smoothing:
    """Exponential smoothing of every series and target, in the form that is best on the validation part.

    The form is chosen for all together; where `budget` seconds are over, the rates of the first serve the rest.
    """

    def __init__(self, data: Forecasts, season: int, budget: float) -> None:
        self.data, self.end = data, time.perf_counter() + budget / 2
        own = data.own_units(history(data)[:, None], np.arange(len(data.y)))[:, 0]
        self.rows = {int(owner): np.flatnonzero(data.owner == owner) for owner in np.unique(data.owner)}
        trained = data.origins("train")
        last = {owner: trained[data.owner[trained] == owner] for owner in self.rows}
        self.until = {owner: int(at[-1]) + data.ahead for owner, at in last.items() if len(at)}
        learnt = min(until - self.rows[owner][0] for owner, until in self.until.items())
        seasons = [season, 1] if season > 1 and learnt >= 3 * season else [1]
        logs = [False, True] if (own > 0).all() else [False]
        self.values = own
        forms = [Form(s, t, log) for s in seasons for t in (True, False) for log in logs]
        errors = {form: self.error(form, self.fit(form)) for form in forms}
        self.form = min(errors, key=errors.__getitem__)
        self.rates = self.fit(self.form)

    def series(self, owner: int, target: int, form: Form, until: int) -> np.ndarray:
        """Return the values of a series up to a step, as the form wants them."""
        values = self.values[self.rows[owner][0] : until, target]
        return np.log(values) if form.log else values

    def fit(self, form: Form) -> dict[tuple[int, int], Rates]:
        """Learn the rates of every series and target, as long as there is time."""
        found: dict[tuple[int, int], Rates] = {}
        for owner, until in self.until.items():
            for target in range(self.values.shape[1]):
                if not found or time.perf_counter() < self.end:
                    values = self.series(owner, target, form, until)
                    found[owner, target] = fit_rates(values, form.season, form.trend)
        return found

    def answer(
        self, origins: np.ndarray, form: Form | None = None, rates: dict[Any, Rates] | None = None
    ) -> np.ndarray:
        """Forecast in standard units, (n, horizon, targets)."""
        data, form, rates = self.data, form or self.form, rates or self.rates
        found = np.empty((len(origins), data.ahead, self.values.shape[1]))
        for owner in np.unique(data.owner[origins]).tolist():
            mine = np.flatnonzero(data.owner[origins] == owner)
            at, until = origins[mine] - self.rows[owner][0], int(origins[mine].max())
            begin = max(0, int(at.min()) - LATE)
            for target in range(found.shape[2]):
                how = rates.get((owner, target)) or next(iter(rates.values()))
                values = self.series(owner, target, form, until)[begin:]
                made = smoothed(values, form.season, how, at - begin, data.ahead)
                made = np.exp(np.minimum(made, 700)) if form.log else made
                found[mine, :, target] = made
        return data.standard_units(found, origins)

    def error(self, form: Form, rates: dict[tuple[int, int], Rates]) -> float:
        """Return the mean absolute error on the validation part, in standard units."""
        origins = self.data.origins("validation")
        origins = origins[np.isin(self.data.owner[origins], list(self.rows)[:SERIES])]
        truth = self.data.y.numpy()[origins[:, None] + np.arange(self.data.ahead)]
        return float(np.nanmean(np.abs(self.answer(origins, form, rates) - truth)))
