"""Numbers that stand far outside, and codes such as -999 that stand for a missing value."""

from dataclasses import dataclass

import numpy as np

from ..data.dataset import Data
from ..data.kinds import listed
from ..data.values import numbers
from ..findings import Finding, Severity
from ..schema import Number
from .parts import ids, inputs, listed_rows, training

FAR = 20.0  # robust standard units
GAP = 3.0  # an outlier is so many times as far out as the furthest of the others
RARE = 0.005  # the share of the rows that can be outliers
SENTINELS = frozenset({s * v for v in (99, 999, 9999, 99999, 999999, 9999999) for s in (1, -1)})
NORMAL = 1.349  # the interquartile range of the standard normal distribution


@dataclass(frozen=True)
class Odd:
    """What is odd in a column: the positions, and the sentinel that they hold, NaN where they are outliers."""

    name: str
    rows: np.ndarray
    values: np.ndarray
    sentinel: float = np.nan


def look(data: Data) -> list[Finding]:
    """Find sentinels and outliers in the numeric inputs; what is usual is learnt from the training rows."""
    frame = inputs(data)
    if frame is None:
        return []
    train, found, codes = training(data), [], []
    for name in (n for n, k in data.schema.inputs.items() if isinstance(k, Number) and n in frame.columns):
        values = numbers(frame[name])[0]
        if (odd := sentinel(name, values)) is not None:
            codes.append(odd)
            values = np.where(values == odd.sentinel, np.nan, values)
        if len(rows := far_out(values, train)):
            found.append(Odd(name, rows, values[rows]))
    return [*sentinel_finding(data, codes), *outlier_finding(data, found)]


def sentinel(name: str, values: np.ndarray) -> Odd | None:
    """Find a repeated code at the end of a column, with a gap as wide as all else."""
    present = values[np.isfinite(values)]
    for code in (present.min(initial=np.inf), present.max(initial=-np.inf)):
        rows = np.flatnonzero(values == code)
        others = present[present != code]
        if code not in SENTINELS or not 2 <= len(rows) < len(present) or not len(others):
            continue
        low, high = others.min(), others.max()
        if max(low - code, code - high) >= max(high - low, 1.0):
            return Odd(name, rows, values[rows], float(code))
    return None


def far_out(values: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Return the positions beyond `FAR` robust standard units and beyond a gap, the furthest first.

    The gap tells a slip of the pen from a long tail: in an honest tail each value has others nearly as far out.
    """
    usual = values[train]
    usual = usual[np.isfinite(usual)]
    if len(usual) < 20:
        return np.zeros(0, np.int64)
    low, middle, high = np.quantile(usual / 4, [0.25, 0.5, 0.75])
    scale = (high - low) / NORMAL
    if not scale > 0:
        return np.zeros(0, np.int64)
    z = np.abs(np.where(np.isfinite(values), values / 4 - middle, 0.0)) / scale
    if z.max() < FAR:
        return np.zeros(0, np.int64)
    order = np.argsort(-z, kind="stable")
    few = order[: max(1, int(RARE * len(values))) + 1]
    steps = z[few[:-1]] / np.maximum(z[few[1:]], 1.0)
    apart = np.flatnonzero((steps >= GAP) & (z[few[:-1]] >= FAR))
    return few[: apart[-1] + 1] if len(apart) else np.zeros(0, np.int64)


def sentinel_finding(data: Data, found: list[Odd]) -> list[Finding]:
    """Say which codes stand for missing values."""
    if not found:
        return []
    shown = listed([f"{o.name} ({o.sentinel:g} in {len(o.rows):,} rows)" for o in found])
    rows = np.unique(np.concatenate([o.rows for o in found]))
    text = f"A number stands for a missing value: {shown}. Leave those cells empty in the file."
    facts = {"columns": {o.name: {"value": o.sentinel, "rows": len(o.rows)} for o in found}}
    flag = f"--without {listed_rows(ids(data, rows))}" if len(rows) < RARE * len(data.x) else f"--drop {found[0].name}"
    return [Finding("sentinel values", "warning", text, flag, found[0].name, ids(data, rows), facts=facts)]


def outlier_finding(data: Data, found: list[Odd]) -> list[Finding]:
    """Say which values stand far outside."""
    if not found:
        return []
    shown = listed([f"{o.name} ({o.values[0]:g} in row {ids(data, o.rows)[0]}{others(o)})" for o in found])
    rows = np.array(list(dict.fromkeys(int(r) for o in found for r in o.rows)))
    text = f"Values far outside all others: {shown}. Correct them, or leave the rows out."
    severity: Severity = "warning" if len(rows) > 3 else "minor"
    facts = {"columns": {o.name: {"rows": len(o.rows), "values": o.values[:20].tolist()} for o in found}}
    flag = f"--without {listed_rows(ids(data, rows))}"
    return [Finding("outliers", severity, text, flag, found[0].name, ids(data, rows), facts=facts)]


def others(odd: Odd) -> str:
    """Say how many more there are in the column."""
    return f" and {len(odd.rows) - 1:,} more" if len(odd.rows) > 1 else ""
