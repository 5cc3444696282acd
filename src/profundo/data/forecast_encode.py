"""Series on equal steps become tensors: statistics of the training part, standard units, what stands in for gaps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from ..schema import Schema, Series
from .channels import CALENDAR, calendar, channel
from .forecasts import Forecasts, seen
from .raw import Raw
from .steps import Step
from .timeline import Line
from .units import FAR, Units, logged, measure_one


@dataclass(frozen=True, eq=False)
class Told:
    """A table whose rows stand on equal steps. `parts` holds for each series the part of every step (0 is training)."""

    raw: Raw
    lines: Sequence[Line]
    step: Step
    parts: Sequence[np.ndarray] = ()

    def values(self, names: Sequence[str]) -> list[np.ndarray]:
        """Return the values of every series, (steps, channels) float64 each, NaN where they are missing."""
        columns = [channel(self.raw.frame, name, self.raw.name) for name in names]
        table = np.stack(columns, 1) if columns else np.empty((len(self.raw.frame), 0))
        return [np.where(line.rows[:, None] < 0, np.nan, table[line.rows]) for line in self.lines]

    def learnt(self, names: Sequence[str]) -> list[np.ndarray]:
        """Return the values of the training part of every series."""
        return [v[p == 0] for v, p in zip(self.values(names), self.parts, strict=True)]

    @property
    def train(self) -> np.ndarray:
        """The rows of the training part."""
        rows = np.concatenate([line.rows[p == 0] for line, p in zip(self.lines, self.parts, strict=True)])
        return rows[rows >= 0]


def fit_past(told: Told, future: Series, more: Sequence[str], known: int, context: int) -> Series:
    """Return the kind of what is seen: the targets, then more channels, the last `known` of them known ahead."""
    count, targets = max(1, len(future.names)), len(future.channels)
    plain = [name for name in more if not name.startswith(CALENDAR)]
    every = np.concatenate(told.learnt((*future.channels, *plain)))
    spreads = [(float(np.nanmean(v)), float(np.nanstd(v))) if np.isfinite(v).any() else (0.0, 1.0) for v in every.T]
    spreads = spreads[targets:] + [(0.0, 1.0)] * (len(more) - len(plain))
    both = []
    for own, others in (
        (future.centers, [center for center, _ in spreads]),
        (future.scales, [spread if spread > 1e-12 else 1.0 for _, spread in spreads]),
    ):
        rows = np.array(own).reshape(count, targets)
        both.append(tuple(np.concatenate([rows, np.tile(others, (count, 1))], 1).ravel().tolist()))
    return replace(
        future,
        channels=(*future.channels, *more),
        steps=context + (future.steps if known else 0),
        centers=both[0],
        scales=both[1],
        naive=(),
        spreads=(),
        missing=bool(np.isnan(every).any()),
        ahead=future.steps if known else 0,
        known=known,
    )


def encode(schema: Schema, told: Told) -> Forecasts:
    """Return series as tensors, with no split yet."""
    past, future = seen(schema.inputs["past"]), seen(schema.targets["future"])
    targets, count = len(future.channels), max(1, len(future.names))
    stored = [np.array(v).reshape(count, -1) for v in (past.centers, past.scales, future.naive, future.spreads)]
    logs = (*future.logs, *[False] * (len(past.channels) - targets))
    places = {name: i for i, name in enumerate(future.names)}
    real = [c for c in past.channels if not c.startswith(CALENDAR)]
    xs, ys, unknown, kept = [], [], [], []
    for line, own in zip(told.lines, told.values(real), strict=True):
        place = places.get(line.name, 0 if not future.names else -1)
        values = np.empty((len(line), len(past.channels)))
        values[:, : len(real)] = own
        times = told.step.times(line.first + np.arange(len(line)))
        for i, name in enumerate(past.channels[len(real) :], len(real)):
            values[:, i] = calendar(name, times)
        center, scale, naive, spread = (s[place].copy() for s in stored)
        if place < 0:  # a series that training never saw
            fresh = measure_one(values[:, :targets], future.season, future.logs)
            center[:targets], scale[:targets], naive, spread = fresh
        standard = (logged(values, logs, center - FAR * scale) - center) / scale
        ys.append(standard[:, :targets])
        unknown.append(np.isnan(standard))
        filled = carried(standard)
        xs.append(np.concatenate([filled, unknown[-1]], 1) if past.missing else filled)
        kept.append((center[:targets], scale[:targets], naive, spread))
    ids = told.raw.frame.index.to_numpy(np.int64)[np.concatenate([last_row(line) for line in told.lines])]
    return Forecasts(
        name=told.raw.name,
        schema=schema,
        task="forecasting",
        x=torch.from_numpy(np.concatenate(xs).astype(np.float32)),
        y=torch.from_numpy(np.concatenate(ys).astype(np.float32)),
        ids=torch.from_numpy(ids),
        splits={},
        frame=told.raw.frame,
        context=past.steps - past.ahead,
        offset=past.steps - past.ahead,
        ahead=future.steps,
        numbers=np.concatenate([line.first + np.arange(len(line)) for line in told.lines]),
        owner=np.repeat(np.arange(len(told.lines)), [len(line) for line in told.lines]),
        unknown=np.concatenate(unknown),
        step=told.step,
        names=tuple(line.name for line in told.lines),
        units=Units(*(np.stack([k[i] for k in kept]) for i in range(4))),
        logs=future.logs,
    )


def carried(values: np.ndarray) -> np.ndarray:
    """Return values (steps, channels) with the last one that was seen in place of NaN, 0 before the first."""
    at = np.where(np.isnan(values), 0, np.arange(len(values))[:, None])
    filled = np.take_along_axis(values, np.maximum.accumulate(at, 0), 0)
    return np.where(np.isnan(filled), 0.0, filled)


def last_row(line: Line) -> np.ndarray:
    """Return the row of each step, that of the step before where it has none."""
    at = np.where(line.rows < 0, 0, np.arange(len(line)))
    return np.maximum(line.rows[np.maximum.accumulate(at)], 0)
