"""Which rows train, which choose (validation) and which judge (test): official, stratified, by group or by time."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError, UsageError, unknown
from .dataset import SPLITS
from .kinds import listed
from .raw import Note, Raw
from .values import date_format, dates, labels, numbers

if TYPE_CHECKING:
    import pandas as pd

SHARES = (0.70, 0.15, 0.15)
CARVED = 0.10  # the share of the official training part that validates where no part is official
CARVED_MOST = 5_000
FEWEST = 10
NAMES = {"train": "train", "training": "train", "test": "test"} | dict.fromkeys(
    ("valid", "val", "validation", "dev"), "validation"
)


@dataclass(frozen=True)
class Split:
    """The positions of each part, ascending, and what was decided."""

    parts: dict[str, np.ndarray]
    notes: list[Note] = field(default_factory=list)


def split(
    raw: Raw,
    classes: np.ndarray | None = None,
    *,
    how: str = "",
    group: str = "",
    time: str = "",
    families: np.ndarray | None = None,
    seed: int = 0,
) -> Split:
    """Split rows: by group or time where asked, else as `how` says, else officially, else stratified 70/15/15.

    `families` (n,) are numbers of rows that are copies of each other: they stay together, whatever the official split.

    `classes` (n,) are the codes of a category target; every class with three rows stands in every part. `how` is
    percentages such as 80/10/10 or the name of a column that holds train, validation and test. A pure function.
    """
    rows = len(raw.frame)
    if rows < FEWEST:
        raise DataError(f"{raw.name} has {rows} rows with a target; {FEWEST} at least are needed to learn and to test.")
    shares, official = asked(raw, how)
    classes = np.zeros(rows, np.int64) if classes is None else classes
    if families is not None:
        parts = by_codes(families, shares, seed)
        text, flag = "at random, copies of a row in one part", "--copies together"
    elif group:
        parts = by_group(column(raw.frame, group), shares, seed)
        text, flag = f"by group: no {group} stands in two parts", "--group COLUMN"
    elif time:
        parts = by_time(column(raw.frame, time), time, shares)
        text, flag = f"by {time}: the earliest rows train, the latest test", "--time COLUMN"
    elif official is not None:
        parts, text = by_name(raw, official, classes, seed)
        flag = "--split 70/15/15"
    else:
        parts = stratified(classes, shares, seed)
        text = "stratified by the target, at random" if classes.any() else "at random"
        flag = "--split 80/10/10"
    named = {name: np.flatnonzero(parts == i) for i, name in enumerate(SPLITS)}
    for name, found in named.items():
        if not len(found):
            raise DataError(f"the {name} part is empty ({text}). Use other shares: --split 60/20/20.")
    counts = ", ".join(f"{name} {len(found):,}" for name, found in named.items())
    return Split(named, [Note("split", f"{counts} rows; {text}", flag), *rare(raw, classes)])


def asked(raw: Raw, how: str) -> tuple[tuple[float, float, float], np.ndarray | None]:
    """Return (shares, the official part of each row or None) from what was typed."""
    if not how:
        return SHARES, raw.split
    if how in raw.frame.columns:
        found = official_split(raw.frame[how])
        if found is None:
            values = listed(labels(raw.frame[how])[1])
            raise DataError(f"the split column {how!r} must hold train, validation and test only; it holds {values}.")
        return SHARES, found
    try:
        given = [float(n) for n in how.split("/")]
    except ValueError as error:
        raise DataError("for --split, " + unknown("column", how, map(str, raw.frame.columns))) from error
    total = sum(given)
    if len(given) != 3 or min(given) <= 0 or not any(abs(total - whole) < 1e-6 for whole in (1, 100)):
        raise UsageError(f"--split {how}: three shares above 0 that add up to 100 are wanted, such as 80/10/10.")
    return (given[0] / total, given[1] / total, given[2] / total), None


def official_split(series: "pd.Series") -> np.ndarray | None:
    """Return "train", "validation" or "test" for each row, None where the column says anything else."""
    codes, texts = labels(series)
    found = [NAMES.get(t.lower(), "") for t in texts]
    if (codes < 0).any() or not all(found) or "train" not in found:
        return None
    return np.array(found)[codes]


def column(frame: "pd.DataFrame", name: str) -> "pd.Series":
    """Return a column. Raises DataError with the nearest name."""
    if name not in frame.columns:
        raise DataError("in the data, " + unknown("column", name, map(str, frame.columns)))
    return frame[name]


def stratified(classes: np.ndarray, shares: tuple[float, float, float], seed: int) -> np.ndarray:
    """Return the part (0, 1, 2) of each row: each class shared out by itself; one with fewer than 3 rows trains."""
    order = np.random.default_rng([seed, 0x51]).permutation(len(classes))
    order = order[np.argsort(classes[order], kind="stable")]  # class by class, shuffled within
    _, first, counts = np.unique(classes[order], return_index=True, return_counts=True)
    rank = np.arange(len(classes)) - np.repeat(first, counts)
    part = np.zeros(len(classes), dtype=np.int64)
    validation, test = (shared_out(counts, share) for share in shares[1:])
    validation = np.maximum(0, np.minimum(validation, counts - 1 - test))  # one row at least trains
    test, validation = np.repeat(test, counts), np.repeat(validation, counts)
    part[order] = np.where(rank < test, 2, np.where(rank < test + validation, 1, 0))
    return part


def shared_out(counts: np.ndarray, share: float) -> np.ndarray:
    """Return how many rows of each class make up a share: rounded so that the total is right, at least 1 of 3."""
    if not share:
        return np.zeros(len(counts), dtype=np.int64)
    sums = np.round(np.cumsum(counts) * share).astype(np.int64)
    return np.where(counts < 3, 0, np.clip(np.diff(sums, prepend=0), 1, np.maximum(1, counts - 2)))


def by_name(raw: Raw, official: np.ndarray, classes: np.ndarray, seed: int) -> tuple[np.ndarray, str]:
    """Follow an official split; a part that it does not have is carved out of its training part."""
    part = np.select([official == "test", official == "validation"], [2, 1], 0)
    train = np.flatnonzero(part == 0)
    if not len(train):
        raise DataError(f"the official split of {raw.name} has no training rows. Draw another: --split 70/15/15.")
    text = "official"
    for place, share in ((2, SHARES[2]), (1, min(CARVED, CARVED_MOST / len(train)))):
        if not (part == place).any():
            train = np.flatnonzero(part == 0)
            carved = stratified(classes[train], (1 - share, 0, share), seed)
            part[train[carved == 2]] = place
            text += f", the {SPLITS[place]} part drawn from the training part"
    return part, text


def by_group(series: "pd.Series", shares: tuple[float, float, float], seed: int) -> np.ndarray:
    """Return the part of each row; the rows of one group stay together. Rows without a group are one group."""
    codes, texts = labels(series)
    codes = np.where(codes < 0, len(texts), codes)
    count = len(np.unique(codes))
    if count < 3:
        raise DataError(f"the group column {series.name!r} has {count} different values; three at least are needed.")
    return by_codes(codes, shares, seed)


def by_codes(codes: np.ndarray, shares: tuple[float, float, float], seed: int) -> np.ndarray:
    """Return the part of each row; rows of the same code stay together."""
    sizes = np.bincount(codes)
    groups = np.flatnonzero(sizes)
    shuffled = np.random.default_rng([seed, 0x52]).permutation(groups)
    wanted = np.array(shares) * len(codes)
    place = np.zeros(len(sizes), dtype=np.int64)
    for group in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:  # the largest first, where most is wanting
        place[group] = int(np.argmax(wanted))
        wanted[place[group]] -= sizes[group]
    for part in range(3):  # few and large groups can leave a part without any
        if not (place[groups] == part).any():
            crowded = np.bincount(place[groups], minlength=3).argmax()
            inside = groups[place[groups] == crowded]
            place[inside[np.argmin(sizes[inside])]] = part
    return place[codes]


def by_time(series: "pd.Series", name: str, shares: tuple[float, float, float]) -> np.ndarray:
    """Return the part of each row in the order of time; rows of the same time stay together, rows without train."""
    times = moments(series, name)
    present = np.isfinite(times)
    ordered = np.sort(times[present])
    first = [ordered[min(len(ordered) - 1, round(len(ordered) * s))] for s in (shares[0], shares[0] + shares[1])]
    return np.where(present & (times >= first[1]), 2, np.where(present & (times >= first[0]), 1, 0))


def moments(series: "pd.Series", name: str) -> np.ndarray:
    """Return the time of each row as a number, NaN where it is missing. Raises DataError where most cannot be read."""
    times, bad = numbers(series)
    if bad.any() or not np.isfinite(times).any():
        times, _ = dates(series, date_format(labels(series)[1])[0])
    if np.isfinite(times).mean() < 0.5:
        raise DataError(f"the time column {name!r} cannot be read as numbers or dates in half of the rows or more.")
    return times


def rare(raw: Raw, classes: np.ndarray) -> list[Note]:
    """Warn of labels with fewer than 3 rows: they cannot be learnt, chosen by and tested."""
    counts = np.bincount(classes)
    few = np.flatnonzero((counts > 0) & (counts < 3))
    if not len(few):
        return []
    names = [f"{raw.frame[raw.target[0]].iloc[int(np.argmax(classes == c))]} ({counts[c]})" for c in few]
    text = f"labels with 1 or 2 rows, too few to be learnt and tested: {listed(names)}"
    return [Note("warning", text, warning=True)]
