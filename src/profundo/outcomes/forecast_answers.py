"""A network asked to forecast: points in the data's own units, and intervals that follow what was missed before."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from ..answers import Answers
from ..batch import asking
from ..data.dataset import Data
from ..data.forecasts import Forecasts
from ..metrics.conformal import first_quantiles, tracked
from ..metrics.forecasting import LEVELS, Forecast, scaled_errors
from ..tasks.task import Prediction, Predictive

MIDDLE = 2  # the median among the quantiles of a network


@dataclass(frozen=True, eq=False)
class Made:
    """What a network gives for windows: `point` (n, horizon, targets) and `ends` (n, 4, horizon, targets), standard."""

    point: np.ndarray
    ends: np.ndarray


@torch.no_grad()
def forecast(network: nn.Module, data: Forecasts, starts: np.ndarray) -> Made:
    """Forecast from windows that begin at these steps; without quantiles, the ends are the points."""
    place = next(network.parameters()).device
    network.eval()
    found = []
    for rows in torch.split(torch.from_numpy(starts), asking(data.schema)):
        found.append(network(data.gather(rows).x.to(place)).float().cpu().numpy())
    made = np.concatenate(found)
    if made.ndim == 3:
        return Made(made, np.broadcast_to(made[:, None], (len(made), 4, *made.shape[1:])))
    ends = np.moveaxis(np.delete(made, MIDDLE, -1), -1, 1)
    return Made(made[..., MIDDLE], ends)


def missed(data: Forecasts, starts: np.ndarray, made: Made) -> np.ndarray:
    """Return truth - each end, (n, horizon, targets, 4), in standard units; NaN where the truth is not known."""
    y = data.y.cpu().numpy()[starts[:, None] + data.context + np.arange(data.ahead)]
    return np.moveaxis(y[:, None] - made.ends, 1, -1)


def finish(network: nn.Module, task: Predictive, data: Data) -> None:
    """Learn from the validation part how wide the intervals are, into the network's margins."""
    data = series(data)
    starts = data.positions("validation").cpu().numpy()
    quantiles = first_quantiles(missed(data, starts, forecast(network, data, starts)))
    buffer = network.get_buffer("margins.quantiles")
    buffer.copy_(torch.from_numpy(quantiles))


def ask(network: nn.Module, task: Predictive, data: Data, split: str) -> Answers:
    """Forecast a split. The margins of the validation part are followed through what became known before each origin.

    The answers are (n, horizon, targets) in the data's own units; their losses are the mean absolute scaled errors.
    `more` holds a Forecast for scoring ("forecast"), and `origins` (n,), the first steps that are forecast.
    """
    data = series(data)
    starts = data.positions(split).cpu().numpy()
    made = forecast(network, data, starts)
    ends = np.asarray(made.ends + margins(network, data, starts, made))
    origins = starts + data.context
    point = data.own_units(made.point.astype(np.float64), origins)
    bounds = np.sort(np.stack([data.own_units(ends[:, i].astype(np.float64), origins) for i in range(4)]), 0)
    whose = data.owner[origins]
    low = {LEVELS[0]: bounds[1], LEVELS[1]: bounds[0]}
    high = {LEVELS[0]: bounds[2], LEVELS[1]: bounds[3]}
    found = Forecast(point, data.units.naive[whose], data.units.spreads[whose], whose, low, high)
    y = data.futures(origins)
    known = bool(np.isfinite(y).any())
    losses = scaled_errors(y, point, found.naive).astype(np.float32) if known else None
    ids = data.ids.cpu().numpy()[origins - 1]
    more: dict[str, Any] = {"forecast": found, "origins": origins}
    return Answers(ids, Prediction(point), point, y if known else None, losses, more)


def margins(network: nn.Module, data: Forecasts, starts: np.ndarray, made: Made) -> np.ndarray:
    """Return what is added to the ends, (n, 4, horizon, targets): series by series, in the order of time.

    Forecasts that were made before the first of these (the split "history") are followed first.
    """
    first = network.get_buffer("margins.quantiles").cpu().double().numpy()
    earlier = data.positions("history").cpu().numpy() if "history" in data.splits else np.empty(0, np.int64)
    found = np.empty(made.ends.shape, np.float32)
    past = missed(data, earlier, forecast(network, data, earlier)) if len(earlier) else None
    own = missed(data, starts, made)
    for owner in np.unique(data.owner[starts]).tolist():
        mine, before = np.flatnonzero(data.owner[starts] == owner), np.flatnonzero(data.owner[earlier] == owner)
        at = np.concatenate([earlier[before], starts[mine]])
        residuals = own[mine] if past is None else np.concatenate([past[before], own[mine]])
        found[mine] = tracked(residuals, first, at)[len(before) :]
    return found


def series(data: Data) -> Forecasts:
    """Return data that are known to be series to be forecast."""
    assert isinstance(data, Forecasts)
    return data
