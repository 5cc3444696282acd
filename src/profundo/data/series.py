"""A column of series: pieces of a long table, or files of numbers, each with one answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError, UsageError, unknown
from ..schema import Kind, Schema, Series
from .kinds import listed, short
from .raw import Note, Raw
from .splits import column, moments
from .values import labels, numbers

if TYPE_CHECKING:
    import pandas as pd

    from .dataplan import DataPlan

LONGEST = 2_000  # steps of a series that are kept where none are asked for
SHORTEST = 2
NAMES_OF_TIME = ("time", "t", "date", "timestamp", "datetime", "step", "index", "seconds", "ms")


@dataclass(frozen=True, eq=False)
class Pieces:
    """Series of different lengths, each (steps, channels) float64 with NaN for what is missing; the `Media` "series".

    `id` and `time` are the columns of a long table that say which series a row is of, and its place in it.
    """

    pieces: Sequence[np.ndarray]
    channels: tuple[str, ...]
    name: Callable[[int], str]
    id: str = ""
    time: str = ""
    kind: str = "series"

    def __len__(self) -> int:
        return len(self.pieces)

    def label(self, row: int) -> str:
        """Name a series for messages."""
        return self.name(row)

    def usable(self) -> tuple[np.ndarray, list[Note]]:
        """Return which have two steps or more with a value (n,) bool, with a warning that names those that do not."""
        good = np.array([len(p) >= SHORTEST and bool(np.isfinite(p).any()) for p in self.pieces])
        if good.all():
            return good, []
        bad = [self.label(int(i)) for i in np.flatnonzero(~good)]
        if not good.any():
            raise DataError(f"none of the {len(good):,} series has {SHORTEST} steps with a value, such as {bad[0]}.")
        text = f"{len(bad):,} series are left out, they have no {SHORTEST} steps with a value: {listed(bad[:3])}"
        return good, [Note("warning", text, warning=True)]

    def fit(self, plan: "DataPlan", rows: np.ndarray, train: np.ndarray) -> tuple[Kind, list[Note]]:
        """Choose how many steps are kept, and learn the mean and the deviation of each channel."""
        learnt = [self.pieces[int(row)] for row in rows[train]]
        lengths = [len(p) for p in learnt]
        steps = min(max(lengths), plan.longest or LONGEST)
        every = np.concatenate([p[:steps] for p in learnt])
        empty = [n for n, v in zip(self.channels, every.T, strict=True) if not np.isfinite(v).any()]
        if empty:
            raise DataError(f"the training series have no value of {listed(empty)}. Type: --drop {empty[0]}")
        center, scale = np.nanmean(every, 0), np.nanstd(every, 0)
        scale = np.where(scale > 1e-9 * np.maximum(np.abs(center), 1e-30), scale, 1.0)
        shorter = [len(self.pieces[int(row)]) for row in rows]
        kind = Series(
            channels=self.channels,
            steps=steps,
            centers=tuple(center.tolist()),
            scales=tuple(scale.tolist()),
            missing=bool(np.isnan(every).any()),
            ragged=min(shorter) < steps,
            time=self.time,
            series=self.id,
        )
        cut = sum(n > steps for n in shorter)
        range_ = f"{min(lengths):,} to {max(lengths):,}" if min(lengths) < max(lengths) else f"{steps:,}"
        text = f"series of {range_} steps of {listed(self.channels)}"
        return kind, [
            Note("kinds", text + (f"; of {cut:,} the first {steps:,} are kept" if cut else ""), "--longest N")
        ]

    def encode(self, kind: Kind, rows: np.ndarray) -> Tensor:
        """Return x (len(rows), steps, values): standard units, the last known value for a missing one, 0 at the end."""
        assert isinstance(kind, Series)
        for name in kind.channels:
            if name not in self.channels:
                raise DataError("in the series, " + unknown("column", name, self.channels))
        order, count = [self.channels.index(name) for name in kind.channels], len(kind.channels)
        x = np.zeros((len(rows), *kind.shape), np.float32)
        for place, row in enumerate(rows.tolist()):
            own = self.pieces[row][: kind.steps, order]
            standard = (own - np.array(kind.centers)) / np.array(kind.scales)
            at = np.maximum.accumulate(np.where(np.isnan(standard), 0, np.arange(len(own))[:, None]), 0)
            x[place, : len(own), :count] = np.nan_to_num(np.take_along_axis(standard, at, 0))
            if kind.missing:
                x[place, : len(own), count : 2 * count] = np.isnan(standard)
            if kind.ragged:
                x[place, : len(own), -1] = 1
        return torch.from_numpy(x)


def gathered(plan: "DataPlan", raw: Raw) -> tuple["DataPlan", Raw]:
    """Return a long table as one row for each series, and the plan without the columns that order it."""
    if plan.rows is not None:
        raise UsageError("--rows draws rows by chance, and the rows of a series belong together. Leave it out.")
    made = of_table(raw, plan.series, plan.time, plan.target, plan.drop)
    return replace(plan, series="", time="", drop=tuple(n for n in plan.drop if n in made.frame.columns)), made


def known(schema: Schema, raw: Raw, targets: Sequence[str] = ()) -> Raw:
    """Return new data as the series that a network knows: a long table becomes one row for each of them."""
    kind = schema.shaped
    if not isinstance(kind, Series) or raw.media is not None or not kind.series:
        return raw
    return of_table(raw, kind.series, kind.time, tuple(n for n in targets if n in raw.frame.columns))


def of_table(raw: Raw, series: str, time: str, targets: Sequence[str] = (), drop: Sequence[str] = ()) -> Raw:
    """Cut a table into series by the column `series`, each in the order of `time` (of the rows, where that is "").

    Columns of numbers that change within a series are its channels; those that do not, and the targets, are columns of
    the new table. Raises DataError where a target changes within a series.
    """
    codes, names = labels(column(raw.frame, series))
    times = moments(column(raw.frame, time), time) if time else np.arange(len(raw.frame), dtype=float)
    kept = (codes >= 0) & np.isfinite(times)
    notes = list(raw.notes)
    if not kept.all():
        text = f"{int((~kept).sum()):,} rows without a usable {series if (codes < 0).any() else time} are left out"
        notes.append(Note("warning", text, warning=True))
    order = np.flatnonzero(kept)[np.lexsort((times[kept], codes[kept]))]
    found, starts = np.unique(codes[order], return_index=True)
    groups = np.split(order, starts[1:])
    for name in (*targets, *drop):
        column(raw.frame, name)
    fixed, channels = [series], []
    for name in (str(c) for c in raw.frame.columns if c not in (series, time, *drop)):
        own = labels(raw.frame[name])[0]
        changes = next((i for i, rows in enumerate(groups) if (own[rows] != own[rows[0]]).any()), None)
        if name in targets and changes is not None:
            rows = groups[changes]
            values = [
                short(str(raw.frame[name].iloc[i])) for i in (rows[0], rows[np.argmax(own[rows] != own[rows[0]])])
            ]
            raise DataError(
                f"the target {name!r} changes within the series {names[found[changes]]}: {values[0]} and {values[1]}. "
                f"A series has one answer; to predict what comes next, type: --forecast {name}"
            )
        if changes is None:
            fixed.append(name)
        elif not numbers(raw.frame[name])[1].any():
            channels.append(name)
    if not channels:
        raise DataError(f"{raw.name} has no column of numbers that changes within a series of {series!r}.")
    table = np.stack([numbers(raw.frame[name])[0] for name in channels], 1)
    frame = raw.frame[fixed].take(np.array([rows[0] for rows in groups])).reset_index(drop=True)
    texts = [names[code] for code in found.tolist()]
    media = Pieces([table[rows] for rows in groups], tuple(channels), lambda row: texts[row], series, time)
    split = None if raw.split is None else raw.split[[rows[0] for rows in groups]]
    return replace(raw, frame=frame, media=media, media_column="values", split=split, notes=notes)


def channel_names(frames: Sequence["pd.DataFrame"]) -> tuple[tuple[str, ...], str]:
    """Return the columns of numbers that all tables have, and the one that counts their steps ("" where none does)."""
    shared = [str(c) for c in frames[0].columns if all(c in f.columns for f in frames)]
    able = [name for name in shared if not any(numbers(f[name])[1].any() for f in frames[:50])]
    first = next((n for n in shared if n.lower() in NAMES_OF_TIME), "")
    if first and first in able and not all((np.diff(numbers(f[first])[0]) > 0).all() for f in frames[:50]):
        first = ""
    return tuple(n for n in able if n != first), first
