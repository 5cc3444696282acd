"""From a table with a time column to series that are to be forecast; and new data for a network that learnt one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from ..errors import DataError, UsageError
from ..schema import Schema, Series
from .beyond import beyond, check_ahead
from .channels import CALENDAR, calendar_channels, channel, channels_of, named, number_column, seasons, strongest
from .dataplan import DataPlan
from .forecast_encode import Told, encode, fit_past
from .forecasts import Forecasts, seen
from .horizons import FORECASTS, choose_context, choose_horizon, cut, spread_out, windows
from .kinds import listed
from .raw import Note, Raw
from .summary import of_numbers
from .timeline import guess_time, lines
from .units import measure, swings_grow

NO_CALENDAR = "calendar"  # --drop calendar leaves its cycles out
BEFORE = 400  # forecasts before the last one whose errors say how wide the intervals are


def load(plan: DataPlan, raw: Raw, families: np.ndarray | None) -> Forecasts:
    """Load the series of a plan. Raises UsageError for options that do not go with a forecast, DataError for bad data.

    The parts follow one another in time; every statistic is of the training part.
    """
    check(plan, raw)
    targets = plan.forecast or plan.target
    plan = replace(plan, time=plan.time or guess_time(raw))
    found, step, notes = lines(raw, plan.time, plan.series)
    notes = [n for name in targets for n in number_column(raw.frame, name)[1]] + notes
    horizon = choose_horizon(plan, found, step, raw.name)
    parts, split_note = cut(plan, raw, found, horizon, step)
    told = Told(raw, found, step, parts)
    learnt = told.learnt(targets)
    longest = max(map(len, learnt))
    candidates = seasons(step, longest)
    context = choose_context(plan, step, horizon, candidates, longest)
    future = fit_future(plan, told, targets, horizon, strongest(candidates, learnt))
    known = [c for name in plan.known for c in channels_of(raw.frame, name, told.train)]
    known += () if NO_CALENDAR in plan.drop else calendar_channels(step, longest)
    kept = [c for name in plan.keep if name not in targets for c in channels_of(raw.frame, name, told.train)]
    past = fit_past(told, future, (*kept, *known), len(known), context)
    data = encode(Schema({"past": past}, {"future": future}), told)
    flat = np.concatenate(parts)
    splits = {name: windows(data, flat, part) for part, name in enumerate(("train", "validation", "test"))}
    splits |= {n: spread_out(at, horizon * len(targets), context) for n, at in splits.items() if n != "train"}
    for name, at in splits.items():
        if not len(at):
            raise too_long(raw.name, name, horizon, context, longest)
    return replace(
        data,
        splits={name: torch.from_numpy(at) for name, at in splits.items()},
        notes=[*tell(told, past, future), split_note, counted(splits), *notes],
        summary=summarise(plan, told, targets),
        seed=plan.seed,
        official=raw.split is not None and not plan.split,
    )


def new(schema: Schema, task: str, raw: Raw, *, targets: bool) -> Forecasts:
    """Encode new data. With `targets`, every window whose outcome is known is tested, else what comes after the end.

    Then the split "history" holds earlier windows that nothing was learnt from. Raises DataError where a column, enough
    of the past, or the future of a column that is known ahead is not there.
    """
    past, future = seen(schema.inputs["past"]), seen(schema.targets["future"])
    context, horizon = past.steps - past.ahead, future.steps
    named(raw.frame, future.channels, "this run's forecasts", raw.name)
    named(raw.frame, [future.series] if future.series else [], "this run's series", raw.name)
    found, step, notes = lines(raw, future.time, future.series, future.frequency)
    if not targets:
        ends = Told(raw, found, step).values(future.channels)
        found = [beyond(line, v, context, horizon, raw.name) for line, v in zip(found, ends, strict=True)]
    data = encode(schema, Told(raw, found, step))
    whole = windows(data, np.zeros(len(data.x), np.int64), 0)
    later = whole[data.numbers[whole + context] >= future.until]
    if targets:
        if not len(whole):
            raise too_long(raw.name, "test", horizon, context, max(map(len, found)))
        if 0 < len(later) < len(whole):
            first = step.texts(np.array([future.until]))[0]
            notes.append(Note("split", f"tested from {first} on: what was before, the network learnt from", ""))
        splits = {"test": spread_out(later if len(later) else whole, horizon * len(future.channels), context)}
    else:
        last = np.cumsum([len(line) for line in found]) - context - horizon
        before = max(horizon, min(BEFORE, FORECASTS // len(found)))
        recent = [later[(later < at - horizon + 1) & (later >= at - before)] for at in last.tolist()]
        splits = {"test": last, "history": np.concatenate(recent)}
        check_ahead(data, past, last + context)
    strange = [line.name for line in found if future.names and line.name not in future.names]
    if strange:
        text = f"{len(strange):,} series were never seen in training, such as {strange[0]}; each is scaled by itself"
        notes.append(Note("warning", text, warning=True))
    about = Note("data", f"{raw.name}: {len(raw.frame):,} rows, {len(found):,} series of steps of {step.words}")
    at_hand = {name: torch.from_numpy(np.sort(at)) for name, at in splits.items()}
    return replace(data, splits=at_hand, notes=[about, *raw.notes, *notes])


def check(plan: DataPlan, raw: Raw) -> None:
    """Raise UsageError for what does not go with a forecast, DataError for a column that is not there."""
    targets = plan.forecast or plan.target
    if not targets:
        columns = listed(list(map(str, raw.frame.columns)))
        raise UsageError(f"what is to be forecast? Type: --forecast COLUMN (there is {columns})")
    if plan.forecast and plan.target:
        raise UsageError("--forecast and --target do not go together: what is forecast is named by --forecast alone.")
    wrong = {"--rows": plan.rows is not None, "--copies": plan.copies != "keep", "--group": bool(plan.group)}
    for flag, given in wrong.items():
        if given:
            raise UsageError(f"{flag} does not go with a forecast: the steps must follow one another. Leave it out.")
    if both := set(plan.known) & set(targets):
        raise UsageError(f"{listed(sorted(both))} is both --forecast and --known; choose one.")
    drop = [name for name in plan.drop if name != NO_CALENDAR]
    for names, flag in ((targets, "--forecast"), (plan.known, "--known"), (plan.keep, "--keep"), (drop, "--drop")):
        named(raw.frame, names, flag, raw.name)


def fit_future(plan: DataPlan, told: Told, targets: tuple[str, ...], horizon: int, season: int) -> Series:
    """Return the kind of what is to be forecast, with the statistics of the training part."""
    learnt = told.learnt(targets)
    logs = swings_grow(learnt, season)
    centers, scales, naive, spreads = (tuple(v.ravel().tolist()) for v in measure(learnt, season, logs))
    until = [
        line.first + int(np.argmax(p == 2)) for line, p in zip(told.lines, told.parts, strict=True) if (p == 2).any()
    ]
    return Series(
        channels=targets,
        steps=horizon,
        centers=centers,
        scales=scales,
        naive=naive,
        spreads=spreads,
        logs=logs,
        frequency=told.step.frequency,
        names=tuple(line.name for line in told.lines) if plan.series else (),
        season=season,
        until=min(until, default=0),
        time=plan.time,
        series=plan.series,
    )


def too_long(source: str, part: str, horizon: int, context: int, steps: int) -> DataError:
    """Build the error for a horizon longer than the data."""
    return DataError(
        f"{source} is too short: no {horizon} steps after {context} fit into its {part} part ({steps:,} steps are "
        f"learnt from). Look less far: --horizon {max(1, min(horizon // 2, steps // 8))}"
        + (f", --context {max(2, context // 2)}" if context > 2 else "")
    )


def tell(told: Told, past: Series, future: Series) -> list[Note]:
    """Say what was read, and what of it was chosen."""
    step, found = told.step, told.lines
    count = f"{len(found):,} series of " if future.names else ""
    ends = [min(line.first for line in found), max(line.first + len(line) - 1 for line in found)]
    first, last = step.texts(np.array(ends))
    about = f"{told.raw.name}: {len(told.raw.frame):,} rows; {count}steps of {step.words}, {first} to {last}"
    notes = [
        Note("data", about),
        *told.raw.notes,
        Note("task", f"forecast {listed(future.channels)} {future.steps} steps ahead", "--horizon STEPS"),
        Note("kinds", f"{past.steps - past.ahead} steps behind are looked at", "--context STEPS"),
        Note("kinds", f"errors are held against the distance of values {future.season} steps apart"),
    ]
    more = past.channels[len(future.channels) :]
    plain = [c for c in more if not c.startswith(CALENDAR)]
    cycles = list(dict.fromkeys(c.split(" ")[1] for c in more if c.startswith(CALENDAR)))
    if plain:
        notes.append(Note("kinds", f"further inputs: {listed(plain)}"))
    if cycles:
        notes.append(Note("kinds", f"known ahead by the calendar: the {', '.join(cycles)}", f"--drop {NO_CALENDAR}"))
    if any(future.logs):
        which = listed([n for n, log in zip(future.channels, future.logs, strict=True) if log])
        notes.append(Note("kinds", f"the logarithm of {which} is learnt: the swings grow with the level"))
    if past.missing:
        notes.append(Note("kinds", "the last known value stands in for a missing one, beside a channel that says so"))
    return notes


def counted(splits: Mapping[str, Sequence[int] | np.ndarray]) -> Note:
    """Say how many forecasts each part holds."""
    return Note("split", "forecasts: " + ", ".join(f"{name} {len(at):,}" for name, at in splits.items()))


def summarise(plan: DataPlan, told: Told, targets: Sequence[str]) -> dict[str, Any]:
    """Describe every column for the report."""
    frame, described = told.raw.frame, dict[str, Any]()
    asked = {**dict.fromkeys(plan.time.split(","), "the time"), plan.series: "says which series", plan.time: "the time"}
    for name in map(str, frame.columns):
        role = "target" if name in targets else "input" if name in (*plan.keep, *plan.known, *asked) else "left out"
        about: dict[str, Any] = {
            "kind": "series" if name not in asked else "",
            "role": role,
            "reason": asked.get(name, ""),
        }
        if role != "left out" and name not in asked and channels_of(frame, name, told.train) == (name,):
            values = channel(frame, name, told.raw.name)
            about |= {"missing": int(np.isnan(values).sum())} | of_numbers(values[told.train])
        else:
            about |= {"missing": int(frame[name].isna().sum()), "distinct": int(frame[name].nunique())}
        described[name] = about
    return described
