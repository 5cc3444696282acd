"""Groups of rows by the values of a column: labels as they are, numbers in quarters, and their combinations."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from ..data.dataset import Data
from ..data.values import labels, numbers
from ..errors import UsageError, unknown

if TYPE_CHECKING:
    import pandas as pd

BANDED = 12  # numbers of more distinct values than this are cut into quarters
MOST = 20  # labels of a column that are groups of their own; the rest are one
MOST_TOGETHER = 40  # combinations of several columns that are kept: those of the most rows
MISSING, OTHER = "(missing)", "(other)"


@dataclass(frozen=True)
class Grouping:
    """Rows by group: `codes` (n,) into `labels`; -1 is in no group. `columns` are the columns that make the groups."""

    columns: tuple[str, ...]
    labels: tuple[str, ...]
    codes: np.ndarray

    @property
    def name(self) -> str:
        """What the groups are of: `sex`, or `sex and race`."""
        return " and ".join(self.columns)

    def rows(self, code: int) -> np.ndarray:
        """Return where the group is, (n,) bool."""
        return self.codes == code


def groupings(data: Data, ids: np.ndarray, columns: Sequence[str]) -> list[Grouping]:
    """Group the rows `ids` by each column, and by all the columns together where there are several.

    Quarters of numbers are those of the training part (of all rows where there is none). Raises UsageError for a column
    that is not there, is the target, or has nothing but different values.
    """
    frame = checked(data, columns)
    places = places_of(frame, ids)
    train = data.splits.get("train")
    learnt = np.arange(len(frame)) if train is None else places_of(frame, data.ids[train].cpu().numpy())
    single = [by_column(frame[name], places, learnt) for name in dict.fromkeys(columns)]
    return single if len(single) < 2 else [*single, together(single)]


def places_of(frame: "pd.DataFrame", ids: np.ndarray) -> np.ndarray:
    """Return the place of each row of the source in the frame."""
    import pandas as pd

    return frame.index.get_indexer(pd.Index(ids))


def checked(data: Data, columns: Sequence[str]) -> "pd.DataFrame":
    """Return the source's columns. Raises UsageError for a column that groups cannot be made of."""
    if data.frame is None:
        raise UsageError("--groups names columns, and these data are arrays. Give a table: a file or a DataFrame.")
    for name in columns:
        if name in data.schema.targets:
            raise UsageError(f"--groups {name}: that is the target. Name a column of what people are: --groups sex,age")
        if name not in data.frame.columns:
            raise UsageError(f"--groups: in {data.name}, " + unknown("column", name, map(str, data.frame.columns)))
    return data.frame


def by_column(series: "pd.Series", places: np.ndarray, learnt: np.ndarray) -> Grouping:
    """Group the rows at `places` by one column; the quarters are those of the rows `learnt`."""
    name = str(series.name)
    values, bad = numbers(series)
    known = values[np.isfinite(values)]
    if not bad.any() and len(np.unique(known)) > BANDED:
        seen = values[learnt]
        return bands(name, values[places], seen if np.isfinite(seen).any() else values)
    codes, texts = labels(series)
    if len(texts) > MOST and len(texts) > 0.9 * len(series):
        raise UsageError(f"--groups {name}: nearly every value is different ({texts[0]!r} ...), so it names no groups.")
    found = codes[places]
    if (found < 0).any():
        texts, found = [*texts, MISSING], np.where(found < 0, len(texts), found)
    return ordered((name,), texts, found, MOST)


def bands(name: str, values: np.ndarray, learnt: np.ndarray) -> Grouping:
    """Cut numbers into quarters at the quartiles of `learnt`."""
    finite = learnt[np.isfinite(learnt)]
    cuts = np.unique(np.quantile(finite, [0.25, 0.5, 0.75], method="inverted_cdf"))
    codes = np.where(np.isnan(values), -1, np.searchsorted(cuts, values, side="left"))
    ends = [f"{c:.6g}" for c in cuts]
    texts = [f"up to {ends[0]}", *(f"over {a} to {b}" for a, b in itertools.pairwise(ends)), f"over {ends[-1]}"]
    if (codes < 0).any():
        texts, codes = [*texts, MISSING], np.where(codes < 0, len(texts), codes)
    present = np.flatnonzero(np.bincount(codes, minlength=len(texts))).tolist()
    place = np.full(len(texts), -1)
    place[present] = np.arange(len(present))
    return Grouping((name,), tuple(texts[p] for p in present), place[codes])


def ordered(columns: tuple[str, ...], texts: Sequence[str], codes: np.ndarray, most: int) -> Grouping:
    """Name the groups that occur, the largest first; beyond `most` they are one group, the last."""
    counts = np.bincount(codes, minlength=len(texts))
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda c: (-counts[c], texts[c]))
    kept = order[:most]
    place = np.full(len(texts), len(kept))
    place[kept] = np.arange(len(kept))
    rest = (OTHER,) if len(order) > most else ()
    return Grouping(columns, (*(texts[c] for c in kept), *rest), place[codes])


def together(single: Sequence[Grouping]) -> Grouping:
    """Group by all the columns at once."""
    columns = tuple(c for g in single for c in g.columns)
    joint = reduce(lambda codes, g: codes * len(g.labels) + g.codes, single, np.zeros(len(single[0].codes), np.int64))
    found, codes = np.unique(joint, return_inverse=True)
    texts = []
    for code in found.tolist():
        parts: list[str] = []
        for g in reversed(single):
            code, place = divmod(code, len(g.labels))
            parts.insert(0, g.labels[place])
        texts.append(" × ".join(parts))
    return ordered(columns, texts, codes, MOST_TOGETHER)
