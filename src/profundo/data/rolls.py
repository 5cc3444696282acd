"""Music to learn from: pieces as piano rolls, in windows; what is learnt is which pitches sound at the next step.

As polyphonic music is learnt since Boulanger-Lewandowski, Bengio and Vincent 2012 (1206.6392).
"""

from dataclasses import replace

import numpy as np
import torch

from ..errors import DataError, UsageError
from ..schema import Schema, Series
from .dataplan import DataPlan
from .dataset import SPLITS, Data
from .midi import PITCHES, pitch_name, pitch_of
from .pieces import Rolls
from .raw import Note, Raw
from .splits import FEWEST, SHARES, split

STEPS = 128  # of a window, at most
COLUMN = "roll"
NOTHING = -1.0  # in y: there is no step


def load(plan: DataPlan, raw: Raw, families: np.ndarray | None) -> Data:
    """Cut pieces into windows; the range of the pitches is that of the training part."""
    rolls = rolls_of(raw)
    rate = rolls.rate(plan)
    good, bad = rolls.usable(rate)
    rows = np.flatnonzero(good)
    pieces = [rolls.roll(int(row), rate) for row in rows]
    steps = asked_steps(plan, max(map(len, pieces)))
    windows = [
        (int(row), first) for row, piece in zip(rows, pieces, strict=True) for first in range(0, len(piece) - 1, steps)
    ]
    parts, notes = divided(plan, raw, rows, windows)
    by_row = dict(zip(rows.tolist(), pieces, strict=True))
    heard = np.any([by_row[windows[w][0]].any(0) for w in parts["train"]], axis=0)
    low, high = np.flatnonzero(heard)[[0, -1]]
    schema = schema_of([pitch_name(p) for p in range(low, high + 1)], steps, rate)
    data = windowed(raw, schema, by_row, windows)
    lost = int(sum(piece[:, :low].sum() + piece[:, high + 1 :].sum() for piece in pieces))
    text = f"{steps} steps of {high - low + 1} pitches, {rate} a beat"
    notes = [
        Note("music", f"{len(pieces):,} pieces as {len(windows):,} windows of {text}", "--context STEPS --rate N"),
        *notes,
    ]
    if lost:
        outside = f"{lost:,} notes are left out: higher or lower than any of the training part"
        notes.append(Note("warning", outside, warning=True))
    splits = {name: torch.from_numpy(found) for name, found in parts.items()}
    reason = f"which of the pitches {pitch_name(low)} to {pitch_name(high)} sound"
    shown = {"kind": "series", "role": "input", "reason": reason, "missing": 0, "distinct": len(windows)}
    told = [Note("data", f"{raw.name}: {len(raw.frame):,} pieces"), *raw.notes, *notes, *bad]
    return replace(
        data, splits=splits, seed=plan.seed, notes=told, summary={COLUMN: shown}, official=raw.split is not None
    )


def new(schema: Schema, task: str, raw: Raw, *, targets: bool) -> Data:
    """Cut new pieces into the windows of the training, as one split, "test"."""
    rolls, kind = rolls_of(raw), kind_of(schema)
    rate = int(kind.frequency)
    good, notes = rolls.usable(rate)
    rows = np.flatnonzero(good)
    by_row = {int(row): rolls.roll(int(row), rate) for row in rows}
    windows = [(row, first) for row, piece in by_row.items() for first in range(0, len(piece) - 1, kind.steps)]
    return replace(windowed(raw, schema, by_row, windows), notes=[*raw.notes, *notes])


def rolls_of(raw: Raw) -> Rolls:
    """Return the pieces of a source. Raises DataError where it holds no music."""
    if raw.music is None:
        raise DataError(f"{raw.name} holds no music. Give a folder of MIDI files, or a JSON file of chorales.")
    return raw.music


def kind_of(schema: Schema) -> Series:
    """Return the kind of the roll. Its frequency is how many steps a beat has."""
    kind = schema.targets[COLUMN]
    assert isinstance(kind, Series)
    return kind


def schema_of(channels: list[str], steps: int, rate: int) -> Schema:
    """Return the schema of rolls: what goes in is what comes out, a step later."""
    zeros, ones = (0.0,) * len(channels), (1.0,) * len(channels)
    kind = Series(tuple(channels), steps, zeros, ones, ragged=True, frequency=str(rate))
    return Schema({COLUMN: kind}, {COLUMN: kind})


def asked_steps(plan: DataPlan, longest: int) -> int:
    """Return the steps of a window."""
    if not plan.context:
        return min(STEPS, longest)
    if not plan.context.isdigit() or int(plan.context) < 2:
        raise UsageError(f"--context {plan.context}: the steps of a window are wanted, such as --context 64.")
    return min(int(plan.context), longest)


def divided(
    plan: DataPlan, raw: Raw, rows: np.ndarray, windows: list[tuple[int, int]]
) -> tuple[dict[str, np.ndarray], list[Note]]:
    """Split by piece; where there are few, the beginning of each trains and its end tests."""
    whose = np.array([row for row, _ in windows])
    if len(rows) >= FEWEST:
        view = replace(raw, frame=raw.frame.take(rows), split=None if raw.split is None else raw.split[rows])
        found = split(view, how=plan.split, group=plan.group, seed=plan.seed)
        return {name: np.flatnonzero(np.isin(whose, rows[places])) for name, places in found.parts.items()}, found.notes
    place = np.concatenate([np.arange(count) / count for count in np.unique(whose, return_counts=True)[1]])
    part = np.digitize(place, [SHARES[0], SHARES[0] + SHARES[1]])
    parts = {name: np.flatnonzero(part == i) for i, name in enumerate(SPLITS)}
    empty = [name for name, found_ in parts.items() if not len(found_)]
    if empty:
        raise DataError(
            f"{raw.name} is too short to learn from: the {empty[0]} part is empty. Add pieces, or type: --context 32"
        )
    return parts, [
        Note("split", f"few pieces: the first {SHARES[0]:.0%} of each train, its end tests", "--split 70/15/15")
    ]


def windowed(raw: Raw, schema: Schema, pieces: dict[int, np.ndarray], windows: list[tuple[int, int]]) -> Data:
    """Return windows as x (n, steps, pitches + 1) and y (n, steps, pitches): y is what sounds, x what sounded before.

    The last value of x is 1 while there are steps; where there are none, y is NOTHING.
    """
    import pandas as pd

    kind = kind_of(schema)
    low, count = pitch_of(kind.channels[0]), len(kind.channels)
    x = torch.zeros(len(windows), kind.steps, count + 1)
    y = torch.full((len(windows), kind.steps, count), NOTHING)
    table = []
    for place, (row, first) in enumerate(windows):
        piece = torch.from_numpy(pieces[row][:, low : low + count]).float()
        steps = piece[first : first + kind.steps]
        y[place, : len(steps)] = steps
        x[place, 1 : len(steps), :-1] = steps[:-1]
        if first:
            x[place, 0, :-1] = piece[first - 1]
        x[place, : len(steps), -1] = 1
        table.append({"piece": str(raw.frame["piece"].iloc[row]), "begin": first, "steps": len(steps)})
    return Data(
        name=raw.name,
        schema=schema,
        task="music",
        x=x,
        y=y,
        ids=torch.arange(len(windows)),
        splits={"test": torch.arange(len(windows))},
        frame=pd.DataFrame(table),
    )


def whole_roll(notes: np.ndarray, kind: Series) -> np.ndarray:
    """Return a roll of all pitches (steps, 128) bool from one of the pitches of a kind (steps, pitches)."""
    low = pitch_of(kind.channels[0])
    roll = np.zeros((len(notes), PITCHES), bool)
    roll[:, low : low + notes.shape[1]] = notes > 0.5
    return roll
