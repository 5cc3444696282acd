"""What goes into a forecast at every step: columns of numbers, labels as 0 and 1, and the cycles of the calendar."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError, unknown
from .kinds import listed, short
from .raw import Note
from .steps import DAY, Step
from .values import labels, numbers

if TYPE_CHECKING:
    import pandas as pd

YEAR = 365.2425 * DAY
CYCLES = {"day": DAY, "week": 7 * DAY, "year": YEAR}  # seconds
CALENDAR = "calendar: "  # begins the names of the channels that the calendar gives
MOST_LABELS = 50


def named(frame: "pd.DataFrame", names: Sequence[str], flag: str, source: str) -> None:
    """Raise DataError with the nearest name for a column that is not there."""
    for name in names:
        if name not in frame.columns:
            raise DataError(f"for {flag}, in {source}, " + unknown("column", name, map(str, frame.columns)))


def number_column(frame: "pd.DataFrame", name: str) -> tuple[np.ndarray, list[Note]]:
    """Return the numbers of a column, NaN where there is none. Raises DataError where most are none."""
    values, bad = numbers(frame[name])
    if bad.any():
        place = int(np.argmax(bad))
        what = f"{short(str(frame[name].iloc[place]))} in row {frame.index[place]}"
        if bad.mean() > 0.5:
            raise DataError(f"{name!r} is to be forecast, and {what} is not a number. Name another column: --forecast")
        text = f"{name}: {int(bad.sum()):,} values are not numbers, such as {what}; they count as missing"
        return values, [Note("warning", text, warning=True)]
    return values, []


def channels_of(frame: "pd.DataFrame", name: str, train: np.ndarray) -> tuple[str, ...]:
    """Return the channels that a column becomes: itself where it holds numbers, else one for each of its labels."""
    _, bad = numbers(frame[name])
    if not bad.any():
        return (name,)
    _, texts = labels(frame[name].take(train))
    if len(texts) > MOST_LABELS:
        raise DataError(
            f"the column {name!r} holds {len(texts):,} different texts, such as {listed(texts[:3])}; "
            f"an input of a forecast is numbers or up to {MOST_LABELS} labels. Leave it out."
        )
    return tuple(f"{name}={text}" for text in sorted(texts))


def channel(frame: "pd.DataFrame", name: str, source: str) -> np.ndarray:
    """Return the values of a channel for every row, NaN where they are missing."""
    if name in frame.columns:
        return numbers(frame[name])[0]
    of, _, label = name.rpartition("=")
    if of not in frame.columns:
        raise DataError(f"in {source}, " + unknown("column", of or name, map(str, frame.columns)))
    codes, texts = labels(frame[of])
    return np.where(codes < 0, np.nan, codes == texts.index(label) if label in texts else 0.0)


def calendar_channels(step: Step, steps: int) -> tuple[str, ...]:
    """Return the cycles that the steps pass through twice or more in training."""
    if step.unit == "":
        return ()
    able = [n for n, seconds in CYCLES.items() if seconds / step.seconds > 1.9 and steps * step.seconds >= 2 * seconds]
    if step.unit == "MS":
        able = [n for n in able if n == "year"]
    return tuple(f"{CALENDAR}{name} {wave}" for name in able for wave in ("sine", "cosine"))


def calendar(name: str, times: np.ndarray) -> np.ndarray:
    """Return the sine or cosine of a cycle at times in seconds since 1970."""
    cycle, wave = name.removeprefix(CALENDAR).split(" ")
    angle = 2 * math.pi * (times / CYCLES[cycle] % 1)
    return np.sin(angle) if wave == "sine" else np.cos(angle)


def seasons(step: Step, steps: int) -> list[int]:
    """Return the lengths of cycles, in steps, that the calendar suggests and that `steps` hold twice."""
    if step.unit == "":
        return []
    if step.unit == "B":
        found = [5, 261]
    elif step.unit == "MS":
        found = [round(12 / step.count)]
    else:
        found = [round(seconds / step.seconds) for seconds in (3600.0, DAY, 7 * DAY, YEAR)]
    return [n for n in sorted(set(found)) if n > 1 and 2 * n <= steps]


def strongest(found: Sequence[int], values: Sequence[np.ndarray]) -> int:
    """Return the cycle after which the values repeat best, 1 where there is none. `values` are (steps, channels)."""
    return min(found, key=lambda season: apart(values, season)) if found else 1


def apart(values: Sequence[np.ndarray], season: int) -> float:
    """Return the mean distance of values a season apart, each channel in units of its own spread."""
    with np.errstate(invalid="ignore", divide="ignore"):
        gaps = [np.abs(v[season:] - v[:-season]) / np.nanstd(v, 0) for v in values if len(v) > season]
    every = np.concatenate(gaps) if gaps else np.empty(0)
    return float(np.mean(every[np.isfinite(every)])) if np.isfinite(every).any() else math.inf
