"""Steps of time as examples: each is the window that ends there, of every column of numbers and of the calendar."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch

from ..errors import DataError, UsageError
from ..schema import Schema, Series
from .channels import calendar, calendar_channels
from .dataplan import DataPlan
from .dataset import SPLITS
from .encode import fit_number
from .kinds import listed
from .raw import Note, Raw
from .splits import asked
from .steps import Step, steps_of
from .summary import of_numbers
from .timeline import Line, lines
from .values import numbers
from .windows import Windows

CONTEXT = 36  # steps of a window, where none are asked for
SOFT = 8.0  # standard units beyond which values are drawn in, so that one spike is not all that is learnt


def load_steps(plan: DataPlan, raw: Raw, truth: Schema) -> Windows:
    """Load the steps of one series or several. The parts follow one another in time.

    `truth` is the schema of the label that scores. Raises DataError where no column holds numbers, or where the
    windows do not fit.
    """
    if plan.group or plan.rows is not None or plan.copies != "keep":
        raise UsageError("--group, --rows and --copies do not go with --time: the steps must follow one another.")
    found, step, notes = lines(raw, plan.time, plan.series)
    used = {
        *plan.time.split(","),
        plan.series,
        *truth.truth,
        *plan.drop,
        *(("split",) if raw.split is not None else ()),
    }
    columns, left_out = channels(raw, used, plan.keep)
    parts = part_of_steps(plan, raw, found)
    train = np.concatenate(parts) == 0
    values = np.concatenate([of_line(raw, line, columns) for line in found])
    fitted = [fit_number(values[train, i]) for i in range(len(columns))]
    cycles = calendar_channels(step, int(train.sum()))
    kind = Series(
        channels=(*columns, *cycles),
        steps=choose_context(plan, step, found, raw.name),
        centers=tuple(f.center for f in fitted),
        scales=tuple(f.scale for f in fitted),
        missing=bool(np.isnan(values[train]).any()),
        frequency=step.frequency,
        known=len(cycles),
        time=plan.time,
        series=plan.series,
    )
    data = encode(replace(truth, inputs={"series": kind}), raw, found, step, values)
    ends = windows(found, data.ids.numpy(), kind.steps)
    part = np.concatenate(parts)[ends + kind.steps - 1]
    splits = {name: torch.from_numpy(ends[part == i]) for i, name in enumerate(SPLITS)}
    for name, at in splits.items():
        if not len(at):
            raise DataError(f"no window of {kind.steps} steps ends in the {name} part of {raw.name}: try --context 8.")
    counts = ", ".join(f"{name} {len(at):,}" for name, at in splits.items())
    told = [
        Note("split", f"{counts} steps, one part after the other in time", "--split 60/20/20"),
        Note("kinds", f"series: {listed(columns)}", "--drop COLUMN"),
        Note(
            "kinds", f"a step is {step.frequency}; {kind.steps} are looked at, up to the one in question", "--context N"
        ),
        *left_out,
    ]
    shown = {c: {"kind": "number", "role": "input", "reason": "a channel of the series"} for c in columns}
    summary = {
        c: about | {"missing": int(np.isnan(values[:, i]).sum())} | of_numbers(values[train, i])
        for i, (c, about) in enumerate(shown.items())
    }
    return replace(
        data, splits=splits, seed=plan.seed, notes=[*data.notes, *told, *notes], summary=summary, task=plan.task
    )


def new_steps(schema: Schema, task: str, raw: Raw) -> Windows:
    """Encode new steps: the split "test" of every step with enough others before it."""
    kind = schema.inputs["series"]
    assert isinstance(kind, Series)
    columns = kind.channels[: len(kind.channels) - kind.known]
    for name in (*columns, *((kind.series,) if kind.series else ())):
        if name not in raw.frame.columns:
            raise DataError(f"{raw.name} has no column {name!r}, which the network learnt from.")
    found, step, notes = lines(raw, kind.time, kind.series, kind.frequency)
    values = np.concatenate([of_line(raw, line, columns) for line in found])
    data = encode(schema, raw, found, step, values)
    ends = windows(found, data.ids.numpy(), kind.steps)
    if not len(ends):
        raise DataError(f"{raw.name} has no {kind.steps} steps in a row: the network looks at so many at once.")
    lost = len(raw.frame) - len(ends)
    told = Note("warning", f"{lost:,} steps at the beginning have too few before them to be judged", warning=True)
    return replace(
        data, splits={"test": torch.from_numpy(ends)}, notes=[*data.notes, *notes, *([told] if lost else [])], task=task
    )


def channels(raw: Raw, used: set[str], keep: Sequence[str]) -> tuple[list[str], list[Note]]:
    """Return the columns of numbers, and a note for each column that is left out."""
    found, notes = [], []
    for name in (str(c) for c in raw.frame.columns if str(c) not in used):
        values, bad = numbers(raw.frame[name])
        if bad.mean() > 0.1 and name not in keep:
            notes.append(Note("left-out", f"{name}: it holds texts", f"--keep {name}"))
        elif not np.nanmin(values, initial=np.inf) < np.nanmax(values, initial=-np.inf):
            notes.append(Note("left-out", f"{name}: the same value in every row"))
        else:
            found.append(name)
    if not found:
        raise DataError(f"no column of {raw.name} holds numbers that vary; a series needs one beside its time.")
    return found, notes


def of_line(raw: Raw, line: Line, columns: Sequence[str]) -> np.ndarray:
    """Return the values (steps, columns) of a series, NaN where there is none."""
    table = np.stack([numbers(raw.frame[name])[0] for name in columns], 1)
    return np.where(line.rows[:, None] >= 0, table[line.rows], np.nan)


def part_of_steps(plan: DataPlan, raw: Raw, found: Sequence[Line]) -> list[np.ndarray]:
    """Return for each series the part (0 train, 1 validation, 2 test) of each step: official, or by time."""
    shares, official = asked(raw, plan.split)
    if official is not None:
        codes = np.array([SPLITS.index(name) for name in official.tolist()])
        return [np.maximum.accumulate(np.where(line.rows >= 0, codes[line.rows], 0)) for line in found]
    every = np.sort(np.concatenate([line.first + np.arange(len(line)) for line in found]))
    first = [every[min(len(every) - 1, round(len(every) * s))] for s in (shares[0], shares[0] + shares[1])]
    return [np.searchsorted(first, line.first + np.arange(len(line)), side="right") for line in found]


def choose_context(plan: DataPlan, step: Step, found: Sequence[Line], name: str) -> int:
    """Return how many steps a window has."""
    longest = max(map(len, found))
    context = steps_of(plan.context, step, "--context") if plan.context else min(CONTEXT, max(2, longest // 10))
    if not 2 <= context <= longest // 4:
        raise UsageError(
            f"--context is {context} steps, and {name} has {longest:,}: it must be at least 2 and at most a quarter "
            f"of them. Type: --context {max(2, longest // 20)}"
        )
    return context


def windows(found: Sequence[Line], ids: np.ndarray, context: int) -> np.ndarray:
    """Return where the windows begin, ascending: within one series, and with a row of the source at their last step."""
    bounds = np.cumsum([0, *map(len, found)])
    begins = [np.arange(a, b - context + 1) for a, b in pairwise(bounds.tolist()) if b - a >= context]
    every = np.concatenate([np.zeros(0, np.int64), *begins])
    return every[ids[every + context - 1] >= 0]


def encode(schema: Schema, raw: Raw, found: Sequence[Line], step: Step, values: np.ndarray) -> Windows:
    """Return the steps in standard units: the last value that was seen stands in for one that is missing."""
    from .unlabelled import find_truth

    kind = schema.inputs["series"]
    assert isinstance(kind, Series)
    steps = np.concatenate([line.first + np.arange(len(line)) for line in found])
    rows = np.concatenate([line.rows for line in found])
    gaps = np.isnan(values)
    scaled = (values - np.array(kind.centers)) / np.array(kind.scales)
    scaled = np.where(np.isnan(scaled), np.nan, scaled / np.sqrt(1 + (scaled / SOFT) ** 2))
    for begin, end in pairwise(np.cumsum([0, *map(len, found)]).tolist()):
        scaled[begin:end] = carried(scaled[begin:end])
    times = step.times(steps)
    cycles = [calendar(name, times) for name in kind.channels[len(kind.channels) - kind.known :]]
    parts = [scaled, *(c[:, None] for c in cycles)]
    if kind.missing:
        parts += [gaps, np.zeros((len(rows), kind.known))]
    known, notes = find_truth(schema, "anomalies", raw)
    here = np.where(rows >= 0, rows, 0)
    return Windows(
        name=raw.name,
        schema=schema,
        task="anomalies",
        x=torch.from_numpy(np.concatenate(parts, 1).astype(np.float32)),
        y=torch.from_numpy(np.where(rows >= 0, known[here], -1)),
        ids=torch.from_numpy(np.where(rows >= 0, raw.frame.index.to_numpy(np.int64)[here], -1)),
        splits={},
        notes=[Note("data", f"{raw.name}: {len(raw.frame):,} rows, {len(found):,} series"), *raw.notes, *notes],
        frame=raw.frame,
        context=kind.steps,
        offset=kind.steps - 1,
        ahead=1,
    )


def carried(values: np.ndarray) -> np.ndarray:
    """Return values (steps, channels) with the last one seen in place of NaN; 0 before the first."""
    place = np.where(np.isnan(values), -1, np.arange(len(values))[:, None])
    last = np.maximum.accumulate(place, axis=0)
    return np.where(last >= 0, np.take_along_axis(values, np.maximum(last, 0), 0), 0.0)
