"""The rows of a table put on equal steps of time, series by series: what is missing, repeated or out of order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError, UsageError, unknown
from .kinds import listed
from .raw import Note, Raw
from .splits import column, moments
from .steps import MOST, Step, find_step
from .values import labels

if TYPE_CHECKING:
    import pandas as pd

FEW = 0.01  # the share of rows whose time stamp may be taken by another row
PARTS = ("year", "month", "day", "hour", "minute", "second")


@dataclass(frozen=True, eq=False)
class Line:
    """One series on equal steps: `rows` (steps,) are rows of the frame from step `first` on, -1 where there is none."""

    name: str
    first: int
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)


def lines(raw: Raw, time: str = "", series: str = "", frequency: str = "") -> tuple[list[Line], Step, list[Note]]:
    """Put the rows of a table on equal steps of time, series by series, and say what was unusual.

    `time` names the column of time stamps, several that make one (year,month,day,hour), or is "" for one that looks
    like it. `frequency` is the step; "" takes the most frequent distance. Raises DataError for stamps that are missing,
    repeated or at no regular distance.
    """
    if not len(raw.frame):
        raise DataError(f"{raw.name} has no row.")
    time = time or guess_time(raw)
    times, dated = read_times(raw.frame, time)
    codes, names = labels(column(raw.frame, series)) if series else (np.zeros(len(times), np.int64), [""])
    usable = np.isfinite(times) & (codes >= 0)
    notes = []
    if not usable.all():
        lost = np.flatnonzero(~usable)
        what = time if not np.isfinite(times[lost[0]]) else series
        text = f"{len(lost):,} rows without a usable {what} are left out, the first is row {raw.frame.index[lost[0]]}"
        notes.append(Note("warning", text, warning=True))
    groups = [np.flatnonzero(usable & (codes == code)) for code in range(len(names))]
    kept = [(name, rows) for name, rows in zip(names, groups, strict=True) if len(rows)]
    if not kept:
        raise DataError(f"no row of {raw.name} has a usable time in {time!r}. Name another column: --time COLUMN")
    shuffled = [rows for _, rows in kept if (np.diff(times[rows]) < 0).any()]
    if shuffled:
        row = shuffled[0][1 + int(np.argmax(np.diff(times[shuffled[0]]) < 0))]
        text = f"the rows are not in the order of {time} (row {raw.frame.index[row]} is earlier than the one before it)"
        notes.append(Note("warning", f"{text}; they were sorted", warning=True))
    ordered = [(name, rows[np.argsort(times[rows], kind="stable")]) for name, rows in kept]
    step = find_step([times[rows] for _, rows in ordered], dated, time, frequency)
    found, repeated, examples = [], 0, ""
    for name, rows in ordered:
        line, twice = placed(name, rows, step.numbers(times[rows]), raw.name)
        found.append(line)
        if len(twice) and not examples:
            pair = raw.frame.index[rows[twice[0]]], raw.frame.index[rows[twice[0] + 1]]
            examples = f"rows {pair[0]} and {pair[1]} have the same"
        repeated += len(twice)
    if repeated > FEW * usable.sum():
        raise DataError(
            f"{repeated:,} of {int(usable.sum()):,} time stamps in {time!r} are repeated ({examples}). If the table "
            f"holds several series, name the column that tells them apart: --series {other_column(raw, time, series)}"
        )
    if repeated:
        text = f"{repeated:,} time stamps are repeated ({examples}); the last row of each is used"
        notes.append(Note("warning", text, warning=True))
    return found, step, [*notes, *of_gaps(found, step)]


def of_gaps(found: Sequence[Line], step: Step) -> list[Note]:
    """Tell of steps that no row is of."""
    missing, every = sum(int((line.rows < 0).sum()) for line in found), sum(len(line) for line in found)
    if not missing:
        return []
    line = next(line for line in found if (line.rows < 0).any())
    first = step.texts(np.array([line.first + int(np.argmax(line.rows < 0))]))[0]
    whose = f" of {line.name}" if line.name else ""
    text = f"{missing:,} of {every:,} steps have no row, the first is {first}{whose}; they count as missing values"
    return [Note("warning", text, warning=True)]


def guess_time(raw: Raw) -> str:
    """Return the column that holds time stamps: the parts of a date, or the first column whose values are dates."""
    from .kinds import infer

    columns = [str(c) for c in raw.frame.columns]
    lower = {c.lower(): c for c in columns}
    if all(part in lower for part in PARTS[:3]):
        return ",".join(lower[part] for part in PARTS if part in lower)
    decision = infer(raw.frame, target=(), rows_train=np.arange(len(raw.frame)))
    found = [name for name, c in decision.columns.items() if c.kind == "date"]
    found = found or [c for c in columns if c.lower() in ("time", "date", "timestamp", "datetime", "ds", "t", "year")]
    if not found:
        raise UsageError(
            f"which column of {raw.name} holds the time? Type: --time COLUMN (there is {listed(columns)}); several "
            "that make one: --time year,month,day"
        )
    return found[0]


def read_times(frame: "pd.DataFrame", time: str) -> tuple[np.ndarray, bool]:
    """Return the time of each row, NaN where it has none, and whether they are dates (seconds since 1970)."""
    import pandas as pd

    if time in frame.columns or "," not in time:
        times = moments(column(frame, time), time)
        numeric = pd.to_numeric(frame[time], errors="coerce").notna().mean() > 0.5
        return times, bool(not numeric or pd.api.types.is_datetime64_any_dtype(frame[time]))
    names = [n.strip() for n in time.split(",")]
    for name in names:
        if name.lower() not in PARTS:
            raise UsageError(f"for --time {time}, " + unknown("part of a date", name, PARTS))
    parts = pd.DataFrame({n.lower(): pd.to_numeric(column(frame, n), errors="coerce") for n in names})
    for name in PARTS[:3]:
        parts[name] = parts.get(name, 1)
    stamps = pd.to_datetime(parts, errors="coerce")
    return np.where(stamps.isna(), np.nan, stamps.to_numpy("datetime64[s]").astype(np.int64).astype(float)), True


def placed(name: str, rows: np.ndarray, numbers: np.ndarray, source: str) -> tuple[Line, np.ndarray]:
    """Put sorted rows on their steps; returns also the positions of rows whose step the next row takes."""
    places = np.round(numbers).astype(np.int64)
    first, length = int(places[0]), int(places[-1] - places[0]) + 1
    if length > MOST * len(rows) + 1000:
        raise DataError(
            f"{source} has {len(rows):,} rows over {length:,} steps of time{f' in {name}' if name else ''}."
        )
    line = np.full(length, -1, np.int64)
    line[places - first] = rows
    return Line(name, first, line), np.flatnonzero(np.diff(places) == 0)


def other_column(raw: Raw, time: str, series: str) -> str:
    """Return a column that may say which series a row is of: with it, no time stamp is repeated."""
    stamps = [name for name in time.split(",") if name in raw.frame.columns]
    found = [str(c) for c in raw.frame.columns if c not in (*stamps, series) and raw.frame[c].dtype.kind not in "fMm"]
    able = [
        c for c in found if not raw.frame.duplicated([*stamps, c]).any() and raw.frame[c].nunique() < len(raw.frame)
    ]
    return min(able, key=lambda c: (raw.frame[c].dtype.kind in "iu", raw.frame[c].nunique())) if able else "COLUMN"
