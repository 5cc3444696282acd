"""Groups that straddle the split: rows of one speaker or patient in the training and in the test part."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..data.dataset import Data
from ..data.kinds import ID_NAME, shell
from ..data.values import numbers
from ..findings import Finding, Severity
from ..metrics.intervals import wilson
from ..schema import Image, Number, Text, Tokens
from .features import features
from .parts import codes_of, ids, part_of

if TYPE_CHECKING:
    import pandas as pd

WORDS = (
    *("speaker", "patient", "subject", "person", "user", "customer", "client", "participant", "student", "author"),
    *("writer", "rider", "driver", "player", "family", "household", "session", "video", "clip", "scene", "recording"),
    *("hospital", "clinic", "site", "machine", "device", "sensor", "well", "batch", "plate", "slide", "lesion"),
    *("donor", "animal", "individual", "respondent", "employee", "member", "account", "station", "group", "cluster"),
)
NAME = re.compile(rf"({'|'.join(WORDS)})([_\s.-]?(id|name|no|nr|num|number|code|key|uuid))?", re.I)
ROWS = 2_000  # rows that are compared
PER_GROUP = 20  # rows of a group, unless the groups are few
STRADDLE = 0.05  # the share of the held-out rows whose group trains, from which it is said
MOST = 3  # findings


@dataclass(frozen=True)
class Grouping:
    """A column that groups rows: how alike the rows of a group are, 0 as any rows, 1 equal; by label and by inputs."""

    name: str
    codes: np.ndarray
    label: float
    alike: float
    named: bool


def look(data: Data) -> list[Finding]:
    """Find columns whose values are groups, by their name and by how alike rows of one value are, in several parts."""
    if data.frame is None:
        return []
    part = part_of(data)
    found = [g for g in groupings(data, part) if straddling(g, part).mean() >= STRADDLE]
    found.sort(key=lambda g: (not g.named, -g.label - g.alike))
    return [finding(data, g, part) for g in found[:MOST]]


def groupings(data: Data, part: np.ndarray) -> list[Grouping]:
    """Return the columns that group rows, each partition once."""
    assert data.frame is not None
    found: dict[bytes, Grouping] = {}
    for name in map(str, data.frame.columns):
        if name in data.schema.targets or isinstance(data.schema.inputs.get(name), Text | Tokens | Image):
            continue
        named = NAME.fullmatch(name) is not None
        hinted = named or ID_NAME.fullmatch(name) is not None
        numeric = isinstance(data.schema.inputs.get(name), Number) or data.frame[name].dtype.kind in "fiuc"
        if numeric and not (hinted and whole(data.frame[name])):
            continue
        codes = codes_of(data.frame[name])
        count = int(codes.max(initial=-1)) + 1
        if not (3 if named else 10 if hinted else 20) <= count <= np.count_nonzero(codes >= 0) / 2:
            continue
        group = Grouping(name, codes, *likeness(data, name, codes, part), named)
        if enough(group, hinted):
            found.setdefault(codes.tobytes(), group)
    return list(found.values())


def whole(series: "pd.Series") -> bool:
    """Say whether a column holds whole numbers only, as numbers of people or films do."""
    values = numbers(series)[0]
    values = values[np.isfinite(values)]
    return bool((values == np.round(values)).all())


def enough(group: Grouping, hinted: bool) -> bool:
    """Say whether it is a group: the less its name says, the more alike its rows must be."""
    if group.named:
        return True
    if hinted:
        return group.alike >= 0.3 or group.label >= 0.5
    return group.alike >= 0.6 or (group.alike >= 0.2 and group.label >= 0.9)


def likeness(data: Data, name: str, codes: np.ndarray, part: np.ndarray) -> tuple[float, float]:
    """Return how alike the rows of a group are in their answers, and in their inputs without the column itself."""
    rows = some_groups(codes, np.flatnonzero((codes >= 0) & (part >= 0)), data.seed)
    y = data.y.cpu().numpy()[rows].astype(np.float64)
    if data.task == "classification":
        y = (y[:, None] == np.arange(data.schema.outputs)).astype(np.float64)
    table = features(data, rows, without=(name,)) if len(data.schema.inputs) > 1 or data.schema.image else None
    alike = intraclass(table.astype(np.float64), codes[rows]) if table is not None and table.shape[1] else 0.0
    return intraclass(y.reshape(len(rows), -1), codes[rows]), alike


def some_groups(codes: np.ndarray, rows: np.ndarray, seed: int) -> np.ndarray:
    """Return about `ROWS` of the rows: of random groups, each whole or a good part of it."""
    generator = np.random.default_rng([seed, 0x67])
    rows = generator.permutation(rows)
    order = np.argsort(generator.permutation(int(codes.max()) + 1)[codes[rows]], kind="stable")
    rows = rows[order]  # group by group
    starts = np.flatnonzero(np.diff(codes[rows], prepend=-1))
    rank = np.arange(len(rows)) - np.repeat(starts, np.diff(starts, append=len(rows)))
    return np.sort(rows[rank < max(PER_GROUP, ROWS // len(starts))][:ROWS])


def intraclass(table: np.ndarray, codes: np.ndarray) -> float:
    """Return the share of the variance of all columns together that lies between groups, 0 where chance gives as much.

    The variances are unbiased, as in the one-way intraclass correlation (Fisher 1925).
    """
    codes = np.unique(codes, return_inverse=True)[1]
    groups = int(codes.max(initial=-1)) + 1
    if len(table) <= groups or groups < 2:
        return 0.0
    order = np.argsort(codes, kind="stable")
    first = np.searchsorted(codes[order], np.arange(groups))
    means = np.add.reduceat(table[order], first, 0) / np.bincount(codes)[:, None]
    within = float(((table - means[codes]) ** 2).sum()) / (len(table) - groups)
    total = float(((table - table.mean(0)) ** 2).sum()) / (len(table) - 1)
    return max(0.0, 1 - within / total) if total > 0 else 0.0


def straddling(group: Grouping, part: np.ndarray) -> np.ndarray:
    """Say for each validation and test row whether its group stands in the training part too."""
    held = group.codes[part > 0]
    return np.isin(held, group.codes[(part == 0) & (group.codes >= 0)]) & (held >= 0)


def finding(data: Data, group: Grouping, part: np.ndarray) -> Finding:
    """Say how many held-out rows have their group in training, and how alike the rows of a group are."""
    mask = straddling(group, part)
    share = wilson(int(mask.sum()), len(mask))
    rows = np.flatnonzero(part > 0)[mask]
    trained = {int(c): int(i) for i, c in reversed(list(enumerate(group.codes))) if part[i] == 0}
    pairs = tuple(zip(ids(data, [trained[int(group.codes[r])] for r in rows[:20]]), ids(data, rows[:20]), strict=True))
    count = int(group.codes.max()) + 1
    strong = max(group.label, group.alike) >= 0.1
    severity: Severity = "serious" if strong and share.value >= 0.5 else "warning"
    how = f"more alike within one than among all: labels {100 * group.label:.0f} %, inputs {100 * group.alike:.0f} %"
    text = (
        f"{group.name} has {count:,} values that group the rows ({how}); for {int(mask.sum()):,} of {len(mask):,} "
        "validation and test rows, training saw the same one, so the scores say little about a new one."
    )
    facts = {
        "groups": count,
        "straddling": share.to_dict(),
        "likeness of labels": group.label,
        "likeness of inputs": group.alike,
    }
    flag = f"--group {shell(group.name)}"
    return Finding("straddling group", severity, text, flag, group.name, ids(data, rows), pairs, facts=facts)
