"""Columns that say nothing, say the same as another, or name the rows."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..data.dataset import Data
from ..data.kinds import ID_NAME, ID_ROWS, listed, shell
from ..data.values import numbers
from ..findings import Finding
from ..schema import Category, Number
from .parts import codes_of, inputs, sample, training

if TYPE_CHECKING:
    import pandas as pd

ROWS = 5_000  # training rows that are compared
WIDEST = 1_000  # columns that are compared with each other
SAME = 0.9999  # the correlation of two columns that say the same
NEARLY_ALL = 0.95  # the share of different values of a column that names its rows


def look(data: Data) -> list[Finding]:
    """Find constant and redundant columns and identifiers, by the training rows."""
    return [*constant(data), *redundant(data), *identifiers(data)]


def constant(data: Data) -> list[Finding]:
    """Name the columns with one value; those that are left out already need nothing."""
    found = [n for n, c in data.summary.items() if c.get("role") != "target" and single(c)]
    if not found or data.schema.image is not None:
        return []
    kept = [n for n in found if n in data.schema.inputs]
    text = f"{listed(found)}: the same value in every training row" + ("." if kept else "; left out already.")
    flag = " ".join(f"--drop {shell(n)}" for n in kept[:5])
    return [Finding("constant columns", "minor", text, flag, found[0], facts={"columns": found})]


def single(column: dict[str, object]) -> bool:
    """Say whether a column of the summary has one value and no gap."""
    return column.get("distinct") == 1 and not column.get("missing")


def redundant(data: Data) -> list[Finding]:
    """Name the groups of input columns of which each can be computed from the other, one to one."""
    frame = inputs(data)
    if frame is None:
        return []
    part = frame.iloc[:, :WIDEST].take(sample(training(data), ROWS, data, 0xC0))
    groups = joined([*recoded(part), *linear(part, data)])
    if not groups:
        return []
    shown = listed([" = ".join(group) for group in groups])
    text = f"Columns that say the same, one to one: {shown}. One of each is enough."
    flag = " ".join(f"--drop {shell(n)}" for n in [n for group in groups for n in group[1:]][:5])
    return [Finding("redundant columns", "minor", text, flag, groups[0][1], facts={"columns": groups})]


def recoded(part: "pd.DataFrame") -> list[list[str]]:
    """Group columns that split the rows alike: equal, or the same labels under other names."""
    found: dict[bytes, list[str]] = defaultdict(list)
    for name in part.columns:
        codes = codes_of(part[name])
        if 2 <= codes.max(initial=-1) + 1 <= len(codes) / 2:
            found[codes.tobytes()].append(str(name))
    return [names for names in found.values() if len(names) > 1]


def linear(part: "pd.DataFrame", data: Data) -> list[list[str]]:
    """Pair the numeric columns of which one is a linear function of the other."""
    names = [n for n in part.columns if isinstance(data.schema.inputs[str(n)], Number)]
    if len(names) < 2 or len(part) < ID_ROWS:
        return []
    table = np.stack([numbers(part[n])[0] for n in names], 1)
    gaps = np.isnan(table)
    table = np.where(gaps, np.nanmedian(np.where(gaps.all(0), 0.0, table), 0), table)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        z = table - table.mean(0)
        z /= np.sqrt((z * z).sum(0))
        close = np.triu(np.abs(z.T @ z) > SAME, 1)
    return [[str(names[i]), str(names[j])] for i, j in np.argwhere(close) if (gaps[:, i] == gaps[:, j]).all()]


def joined(groups: Sequence[Sequence[str]]) -> list[list[str]]:
    """Join groups that share a column."""
    found: list[list[str]] = []
    for group in groups:
        same = [g for g in found if set(g) & set(group)]
        found = [g for g in found if g not in same]
        found.append(list(dict.fromkeys([*(n for g in same for n in g), *group])))
    return found


def identifiers(data: Data) -> list[Finding]:
    """Name the columns that name the rows: a network learns them by heart and nothing about new rows."""
    if data.schema.image is not None:
        return []
    reasons = {n: str(c.get("reason", "")) for n, c in data.summary.items() if c.get("role") != "target"}
    known = [n for n, r in reasons.items() if "row number" in r or "name of an id" in r or r.endswith("like an id")]
    used = [n for n in known if n in data.schema.inputs]
    used += [n for n in suspects(data) if n not in known]
    found = []
    if used:
        text = f"{listed(used)}: a different value in nearly every row, like an id, and used as an input."
        flag = " ".join(f"--drop {shell(n)}" for n in used[:5])
        found.append(Finding("identifiers", "warning", text, flag, used[0], facts={"columns": used}))
    if left := [n for n in known if n not in data.schema.inputs]:
        text = f"{listed(left)}: a different value in nearly every row, like an id; left out already."
        found.append(Finding("identifiers", "minor", text, "", left[0], facts={"columns": left}))
    return found


def suspects(data: Data) -> list[str]:
    """Name the inputs that look like ids although their kind was inferred: by their name, or by counting the rows."""
    frame, rows = inputs(data), training(data)
    if frame is None or len(rows) < ID_ROWS:
        return []
    found = []
    for name in frame.columns:
        kind, distinct = data.schema.inputs[str(name)], data.summary.get(str(name), {}).get("distinct") or 0
        if distinct < NEARLY_ALL * len(rows) or not isinstance(kind, Number | Category):
            continue
        if ID_NAME.fullmatch(str(name)) or (isinstance(kind, Number) and counts_rows(frame[name].take(rows))):
            found.append(str(name))
    return found


def counts_rows(series: "pd.Series") -> bool:
    """Say whether numbers are whole, dense and nearly all different."""
    values = numbers(series)[0]
    values = values[np.isfinite(values)]
    whole = bool(len(values)) and bool((values == np.round(values)).all())
    return whole and float(values.max() - values.min()) < 1.6 * len(values)
