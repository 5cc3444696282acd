"""Rows of a table that are nearly the same: they agree in far more than rows of these data usually do.

The agreement of two rows is counted in bits, as in the linkage of records (Fellegi and Sunter 1969): a cell counts
-log2 of the share of rows that would agree as well by chance, so that a rare value says more than a common one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from ..values import labels, numbers

if TYPE_CHECKING:
    import pandas as pd

NONE = np.empty((0, 2), np.int64)
SURE = 12  # bits beyond those that tell one pair of rows from all others
FALSE = 0.1  # rows, in the whole table, that may exceed the limit by chance
LEAST = (0.60, 0.72)  # of what a row holds, in equal and in close cells: the limit is never below
MOST = 0.97  # and never above
BLOCKINGS = 24  # ways to choose columns whose equality makes two rows candidates
BINS = 32  # of a number, as many rows in each
NEIGHBOURS = 8  # later rows of the same block that a row is compared with
LARGE = 10_000  # rows; of fewer, more are compared
WIDEST = 200  # columns that are compared
FEWEST = 20


@dataclass(frozen=True)
class Column:
    """A column of n cells: `low` and `high` (n,) are the ranks of the first and the last row with an equal value.

    `code` (n,) is equal where the values are. `ordered` says whether near values agree in part.
    """

    code: np.ndarray
    low: np.ndarray
    high: np.ndarray
    ordered: bool


def near_rows(frame: "pd.DataFrame", seed: int = 0) -> np.ndarray:
    """Return pairs (m, 2) of rows that are nearly the same, the most alike first, each pair ascending.

    Best without rows that are equal. Found are rows of which a few cells were changed, or all numbers rounded or moved
    a little, where the table tells its rows apart well enough: two rows must agree in 2 log2(n) + `SURE` bits, and in
    a larger share of their bits than the best neighbours of other rows do (`limit`): in equal cells, or in close ones.
    """
    count = len(frame)
    if count < FEWEST or not len(frame.columns):
        return NONE
    places = list(range(len(frame.columns)))
    if len(places) > WIDEST:
        places = sorted(np.random.default_rng([seed, 0xA1]).permutation(places)[:WIDEST].tolist())
    columns = [column(frame.iloc[:, i]) for i in places]
    own = sum(np.log2(count / (c.high - c.low)) for c in columns)
    pairs = candidates(columns, seed)
    if not len(pairs):
        return NONE
    best_first = np.zeros(len(pairs))
    for agreed, least in zip(agreements(columns, pairs), LEAST, strict=True):
        share = agreed / np.maximum(own[pairs].min(1), 1e-9)
        near = (share >= limit(*two_best(pairs, share, count), least)) & (agreed >= 2 * np.log2(count) + SURE)
        best_first = np.maximum(best_first, np.where(near, share, 0))
    kept = np.flatnonzero(best_first)
    return pairs[kept[np.argsort(-best_first[kept], kind="stable")]]


def column(series: "pd.Series") -> Column:
    """Rank the cells of a column: numbers by value, all else by what it says; a missing cell is a value too."""
    values, bad = numbers(series)
    ordered = not bad.any() and bool(np.isfinite(values).any())
    if not ordered:
        values = labels(series)[0].astype(np.float64)
    values = np.where(np.isnan(values), -np.inf, values)
    ranked = np.sort(values)
    low, high = np.searchsorted(ranked, values, "left"), np.searchsorted(ranked, values, "right")
    return Column(low, low, high, ordered)


def candidates(columns: Sequence[Column], seed: int) -> np.ndarray:
    """Return pairs (m, 2) that agree, roughly, in several columns drawn at random, for one of several draws.

    So many columns are drawn that rows agree rarely; numbers are cut into bins, with new bounds for each draw.
    """
    random = np.random.default_rng([seed, 0xA2])
    count = len(columns[0].code)
    found = []
    for _ in range(BLOCKINGS):
        key, wanted = np.zeros(count, np.uint64), np.log2(count) + (2 if count > LARGE else -1)
        for place in random.permutation(len(columns)):
            chosen = columns[place]
            values = chosen.code
            if chosen.ordered:
                values = np.floor(chosen.low * (BINS / count) + random.random()).astype(np.int64)
            shares = np.unique(values, return_counts=True)[1] / count
            wanted += float((shares * np.log2(shares)).sum())
            key = (key ^ values.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            key ^= key >> np.uint64(29)
            if wanted <= 0:
                break
        order = np.argsort(key, kind="stable")
        key = key[order]
        for step in range(1, NEIGHBOURS + 1):
            same = np.flatnonzero(key[step:] == key[:-step])
            found.append(np.stack([order[same], order[same + step]], 1))
    pairs = np.sort(np.concatenate(found), axis=1)
    one = np.unique(pairs[:, 0] * count + pairs[:, 1])
    return np.stack([one // count, one % count], 1)


def agreements(columns: Sequence[Column], pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the bits (m,) of the cells in which pairs of rows are equal, and with those in which they are close.

    Two numbers are as close as the rows are few whose number lies between them.
    """
    left, right = pairs.T
    count = len(columns[0].code)
    equal, close = np.zeros(len(pairs)), np.zeros(len(pairs))
    for c in columns:
        between = np.maximum(c.high[left], c.high[right]) - np.minimum(c.low[left], c.low[right])
        found, same = np.log2(count / between), c.code[left] == c.code[right]
        equal += np.where(same, found, 0)
        close += found if c.ordered else np.where(same, found, 0)
    return equal, close


def two_best(pairs: np.ndarray, share: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the shares of the best and of the second best neighbour (count,) of each row, 0 where it has none."""
    rows, shares = pairs.T.ravel(), np.tile(share, 2)
    order = np.lexsort((-shares, rows))
    rows, shares = rows[order], shares[order]
    first = np.flatnonzero(np.diff(rows, prepend=-1))
    best, second = np.zeros(count), np.zeros(count)
    best[rows[first]] = shares[first]
    more = first[first + 1 < len(rows)]
    more = more[rows[more + 1] == rows[more]]
    second[rows[more]] = shares[more + 1]
    return best, second


def limit(best: np.ndarray, second: np.ndarray, least: float) -> float:
    """Return the share of agreement that no natural pair of these rows should reach; it is `least` or more.

    The shares of the rows' best neighbours (n,) lie about as a normal distribution does. Its middle is their median,
    its spread that of the second best, from the median and the 80th percentile: a copy in every fifth row, which has
    its original for the best neighbour, hardly counts.
    """
    known = second > 0
    if known.sum() < FEWEST:
        return MOST
    middle, high = np.quantile(second[known], [0.5, 0.8])
    normal = NormalDist()
    spread = (high - middle) / normal.inv_cdf(0.8)
    chance = min(0.05, FALSE / len(best))
    return float(np.clip(np.median(best[known]) + spread * normal.inv_cdf(1 - chance), least, MOST))
