"""How far ahead and behind a forecast looks, which steps teach and which test, and where its windows begin."""

from collections.abc import Sequence

import numpy as np

from ..errors import DataError
from .dataplan import DataPlan
from .dataset import SPLITS
from .forecasts import Forecasts
from .raw import Note, Raw
from .splits import asked
from .steps import DAY, Step, steps_of
from .timeline import Line

PAST = 3.5  # times the horizon: the steps that are looked at where nothing is asked for
FARTHEST = 200  # steps ahead where nothing is asked for
ANSWERS = 4_000_000  # numbers that a split of forecasts may hold; beyond it they are spread out evenly
SEEN = 20_000_000  # numbers of the past that they may look at
FORECASTS = 20_000  # windows of a split


def choose_horizon(plan: DataPlan, found: Sequence[Line], step: Step, source: str) -> int:
    """Return how many steps ahead are to be forecast: what was asked for, or a cycle of the calendar."""
    longest = max(map(len, found))
    if not plan.horizon:
        usual = {"MS": round(12 / step.count), "B": 5, "": 10}.get(step.unit)
        cycle = DAY if step.seconds < DAY else 7 * DAY
        return max(1, min(usual or max(1, round(cycle / step.seconds)), longest // 8, FARTHEST))
    horizon = steps_of(plan.horizon, step, "--horizon")
    if 3 * horizon + 2 > longest:
        raise DataError(
            f"--horizon {plan.horizon} is too far for {source}: {horizon:,} steps ahead are to be learnt and tested, "
            f"and the longest series has {longest:,}. Type: --horizon {max(1, longest // 8)}"
        )
    return horizon


def choose_context(plan: DataPlan, step: Step, horizon: int, candidates: Sequence[int], longest: int) -> int:
    """Return how many steps behind are looked at: two short cycles at least, a week of hours, a third of the data."""
    if plan.context:
        return steps_of(plan.context, step, "--context")
    week = round(7 * DAY / step.seconds) if candidates and step.seconds < DAY else 0
    wanted = max(round(PAST * horizon), 2 * candidates[0] if candidates else 0, week if week <= 500 else 0, 8)
    return max(2, min(wanted, (longest - horizon) // 3))


def cut(plan: DataPlan, raw: Raw, found: Sequence[Line], horizon: int, step: Step) -> tuple[list[np.ndarray], Note]:
    """Return the part of every step of every series (0 train, 1 validation, 2 test): the past trains.

    All series are cut at the same times; an official split, or a column that says it, is kept to. The last two parts
    are made long enough for a forecast where no shares are asked for.
    """
    shares, official = asked(raw, plan.split)
    if official is not None:
        codes = np.array([SPLITS.index(name) for name in official])
        parts = [codes[np.maximum.accumulate(np.maximum(line.rows, 0))] for line in found]
        text, flag = "the parts are those of the source", "--split 70/15/15"
        if any((np.diff(p) < 0).any() for p in parts):
            raise DataError(
                "the split does not follow time: a row of an earlier part comes later. Type: --split 70/15/15"
            )
    else:
        numbers = np.sort(np.concatenate([line.first + np.arange(len(line)) for line in found]))
        at = [round(len(numbers) * shares[0]), round(len(numbers) * (shares[0] + shares[1]))]
        if not plan.split:
            each = -(-len(numbers) // max(map(len, found)))  # series that run side by side
            need = each * (horizon + max(1, horizon // 2))
            at[1] = min(at[1], len(numbers) - need)
            at[0] = min(at[0], at[1] - need)
        if at[0] < 1:
            raise DataError(
                f"{raw.name} has {len(numbers):,} steps, too few to learn, choose by and test forecasts of {horizon}. "
                f"Type: --horizon {max(1, len(numbers) // 8)}"
            )
        first = [int(numbers[min(i, len(numbers) - 1)]) for i in at]
        parts = [np.searchsorted(first, line.first + np.arange(len(line)), side="right") for line in found]
        days = step.texts(np.array(first))
        text, flag = f"by time: validation from {days[0]}, test from {days[1]}", "--split 70/15/15"
    return parts, Note("split", text, flag)


def windows(data: Forecasts, parts: np.ndarray, part: int) -> np.ndarray:
    """Return where windows begin whose future lies in a part of the steps and holds a value, in order of the steps.

    What they look at may lie in the part before, as it does when a forecast is made. In the training part they look at
    one value at least.
    """
    context, horizon = data.context, data.ahead
    starts = np.arange(max(0, len(parts) - context - horizon + 1))
    first, last = starts + context, starts + context + horizon - 1
    whole = (data.owner[starts] == data.owner[last]) & (parts[first] == part) & (parts[last] == part)
    known = np.concatenate([[0], np.cumsum(np.isfinite(data.y.numpy()).any(1))])
    whole &= known[last + 1] > known[first]
    if part == 0:
        whole &= known[first] > known[starts]
    return starts[whole]


def spread_out(starts: np.ndarray, numbers: int, context: int) -> np.ndarray:
    """Return all windows, or so many of them at equal distances as can be kept; each gives so many `numbers`."""
    most = max(1, min(FORECASTS, ANSWERS // numbers, SEEN // context))
    return starts[:: max(1, -(-len(starts) // most))]
