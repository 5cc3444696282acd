"""Equal steps of time: an hour, fifteen minutes, a month, a working day, or a plain number.

A step that is found in a table is written in one word ("15min"), and read again by the same code.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import DataError, UsageError

DAY = 86_400.0
UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "D": DAY, "B": DAY, "MS": 30.44 * DAY, "W": 7 * DAY}
SPOKEN = {"s": "second", "min": "minute", "h": "hour", "D": "day", "B": "working day", "MS": "month", "": ""}
MONDAY = 4 * DAY  # 5 January 1970 was a Monday
MOST = 50  # steps a row; beyond it the table is not a series of equal steps


@dataclass(frozen=True)
class Step:
    """An equal step of time: `count` times `unit`: s, min, h, D, B (working days), MS (months) or "" (plain numbers).

    `phase` is where the steps lie within the unit: seconds, days of the month, or the number that step 0 has.
    """

    unit: str
    count: float
    phase: float = 0.0

    @property
    def frequency(self) -> str:
        """The step in one word: "h", "15min", "3MS", "0.5"."""
        if self.unit == "":
            return f"{self.count:g}"
        return self.unit if self.count == 1 else f"{self.count:g}{self.unit}"

    @property
    def words(self) -> str:
        """The step for a person: "1 hour", "15 minutes", "3 months"."""
        return f"{self.count:g} {SPOKEN[self.unit]}{'s' if self.count != 1 and self.unit else ''}".strip()

    @property
    def seconds(self) -> float:
        """How long a step is, about; 1 for plain numbers."""
        return UNITS.get(self.unit, 1.0) * self.count

    def numbers(self, times: np.ndarray) -> np.ndarray:
        """Return the number of the step of each time, not rounded."""
        match self.unit:
            case "MS":
                return months(times) / self.count
            case "B":
                days = np.floor(times / DAY).astype(np.int64).astype("datetime64[D]")
                return np.busday_count(np.datetime64("1970-01-01"), days).astype(float)
            case _:
                return (times - self.phase) / (UNITS.get(self.unit, 1.0) * self.count)

    def times(self, numbers: np.ndarray) -> np.ndarray:
        """Return the time of steps by their numbers: seconds since 1970, or plain numbers."""
        match self.unit:
            case "MS":
                first = (numbers * int(self.count)).astype("datetime64[M]")
                last = (first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")
                day = np.minimum(int(self.phase), last.astype(np.int64) - 1)
                return (first.astype("datetime64[D]").astype(np.int64) + day) * DAY
            case "B":
                days = np.busday_offset(np.datetime64("1970-01-01"), numbers, roll="forward")
                return days.astype(np.int64) * DAY
            case _:
                return np.asarray(numbers * (UNITS.get(self.unit, 1.0) * self.count) + self.phase)

    def texts(self, numbers: np.ndarray) -> list[str]:
        """Write the time of steps: 1949-01-01, or 2016-07-01 15:00:00 where the step is shorter than a day."""
        times = self.times(numbers)
        if self.unit == "":
            return [f"{t:.10g}" for t in times.tolist()]
        if self.seconds >= DAY and not (times % DAY).any():
            return [str(d) for d in (times / DAY).astype(np.int64).astype("datetime64[D]")]
        return [str(s).replace("T", " ") for s in np.round(times).astype(np.int64).astype("datetime64[s]")]


def step_of(frequency: str, phase: float = 0.0) -> Step:
    """Read what `Step.frequency` wrote."""
    found = re.fullmatch(r"([\d.e+-]*)([a-zA-Z]*)", frequency)
    if found is None or found[2] not in ("", *UNITS):
        raise DataError(f"the frequency {frequency!r} in schema.json is none that is known.")
    return Step(found[2], float(found[1] or 1), phase)


def steps_of(text: str, step: Step, flag: str) -> int:
    """Read a number of steps: 24, or a time such as 24h, 7D, 2W. Raises UsageError with advice."""
    found = re.fullmatch(r"(\d+)\s*([a-zA-Z]*)", text.strip())
    unit = found[2] if found else ""
    unit = {"d": "D", "m": "min", "w": "W", "H": "h", "M": "MS", "T": "min"}.get(unit, unit)
    if found is None or (unit and (unit not in UNITS or step.unit == "")):
        raise UsageError(f"{flag} {text!r} is not a number of steps. Type for example: {flag} 24, or {flag} 24h")
    count = int(found[1]) if not unit else round(int(found[1]) * UNITS[unit] / step.seconds)
    if count < 1:
        raise UsageError(f"{flag} {text} is less than one step: a step is {step.frequency}. Type: {flag} 24")
    return count


def find_step(times: Sequence[np.ndarray], dated: bool, name: str, frequency: str = "") -> Step:
    """Find the equal step of sorted times: the most frequent distance, months and working days by the calendar."""
    apart = np.concatenate([np.diff(t) for t in times])
    apart = np.sort(apart[apart > 0])
    if frequency:
        return with_phase(step_of(frequency), times[0])
    if not len(apart):
        raise DataError(f"all time stamps in {name!r} are the same: there is no time to go on in.")
    values, counts = np.unique(np.round(apart, 6), return_counts=True)
    usual = float(values[counts.argmax()])
    if not dated:
        step = Step("", usual)
    elif apart[len(apart) // 20] >= 28 * DAY:
        between = np.concatenate([np.diff(months(t)) for t in times])
        step = Step("MS", float(np.bincount(between[between > 0].astype(np.int64)).argmax()))
    elif usual == DAY and len(apart) > 10 and weekdays_only(times):
        step = Step("B", 1)
    else:
        step = in_seconds(usual)
    step = with_phase(step, times[0])
    away = np.concatenate([step.numbers(t) for t in times])
    steps = sum(float(step.numbers(t[-1:])[0] - step.numbers(t[:1])[0]) + 1 for t in times)
    if steps > MOST * len(away) + 1000 or np.mean(np.abs(away - np.round(away)) > 0.25) > 0.2:
        raise DataError(
            f"the time stamps in {name!r} are at no regular distance: from {spoken(apart[0], dated)} to "
            f"{spoken(apart[-1], dated)}. Bring them to equal steps first, for example to the "
            "mean of each hour (pandas: frame.resample('h').mean())."
        )
    return step


def with_phase(step: Step, times: np.ndarray) -> Step:
    """Let the steps fall on the first time stamp."""
    first = float(times[0])
    if step.unit == "MS":
        days = np.floor(times / DAY).astype(np.int64).astype("datetime64[D]")
        inside = (days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
        return Step("MS", step.count, float(inside.max()))
    return step if step.unit == "B" else Step(step.unit, step.count, first % (UNITS.get(step.unit, 1.0) * step.count))


def in_seconds(seconds: float) -> Step:
    """Write a distance in the largest unit that it is a whole number of."""
    for unit in ("D", "h", "min"):
        if seconds >= UNITS[unit] and seconds % UNITS[unit] == 0:
            return Step(unit, seconds / UNITS[unit])
    return Step("s", seconds)


def months(times: np.ndarray) -> np.ndarray:
    """Return the months since January 1970."""
    return np.floor(times / DAY).astype(np.int64).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def weekdays_only(times: Sequence[np.ndarray]) -> bool:
    """Say whether no time stamp is of a Saturday or a Sunday."""
    return all((np.floor((t - MONDAY) / DAY) % 7 < 5).all() for t in times)


def spoken(seconds: float, dated: bool) -> str:
    """Write a distance of time for a person."""
    if not dated:
        return f"{seconds:g}"
    for unit, name in (("D", "days"), ("h", "hours"), ("min", "minutes")):
        if seconds >= UNITS[unit]:
            return f"{seconds / UNITS[unit]:.3g} {name}"
    return f"{seconds:.3g} seconds"
