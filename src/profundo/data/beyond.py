"""New data for a network that forecasts: what it is tested on, or what comes after the last value that is known."""

import numpy as np

from ..errors import DataError
from ..schema import Series
from .channels import CALENDAR
from .forecasts import Forecasts
from .timeline import Line


def beyond(line: Line, values: np.ndarray, context: int, horizon: int, source: str) -> Line:
    """Return a series that ends `horizon` steps after the last value that is known."""
    seen_ = np.flatnonzero(np.isfinite(values).any(1))
    whose = f" of {line.name}" if line.name else ""
    if not len(seen_) or seen_[-1] + 1 < context:
        raise DataError(
            f"{source} holds {0 if not len(seen_) else seen_[-1] + 1} steps{whose}, and the network looks at {context} "
            "before it forecasts. Give a file that goes further back."
        )
    end = int(seen_[-1]) + 1 + horizon
    rows = np.concatenate([line.rows, np.full(max(0, end - len(line)), -1)])[:end]
    return Line(line.name, line.first, rows)


def check_ahead(data: Forecasts, past: Series, origins: np.ndarray) -> None:
    """Raise DataError where a column that is known ahead has no value for a step that is to be forecast."""
    targets = len(past.channels) - past.known
    for place, name in enumerate(past.channels[targets:], targets):
        at = origins[:, None] + np.arange(data.ahead)
        absent = np.argwhere(data.unknown[at, place])
        if name.startswith(CALENDAR) or not len(absent):
            continue
        series, ahead = absent[0]
        when = data.step.texts(data.numbers[at[series, ahead]][None])[0]
        column = name if data.frame is None or name in data.frame.columns else name.rpartition("=")[0]
        raise DataError(
            f"{column!r} is known ahead, and {data.name} has no value of it for {when}. Add a row for each of the "
            f"{data.ahead} steps after the last known value, with {past.time} and {column}; what is to be forecast "
            "stays empty there."
        )
