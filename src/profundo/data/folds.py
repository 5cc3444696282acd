"""The rounds of a resampling: which rows train, choose and judge in each (Raschka 2018, arXiv 1811.12808).

A round is written "kfold:5/2": the second of five. It is a pure function of the scheme, the number and the seed, so
that a plan with that text repeats it exactly.
"""

import re
from dataclasses import dataclass

import numpy as np

from ..errors import DataError, UsageError, unknown
from .splits import stratified

USUAL = {
    "holdout": 1,
    "repeated": 10,
    "kfold": 5,
    "nested": 5,
    "loo": 0,
    "leave-one-group-out": 0,
    "5x2": 10,
    "bootstrap": 25,
    ".632": 25,
    ".632+": 25,
}
EACH = ("loo", "leave-one-group-out")  # a round for each row or group
BOOTSTRAPS = ("bootstrap", ".632", ".632+")
INNER = 3
CHOOSE = 0.15  # the share of the rows that are not tested that chooses the best epoch


@dataclass(frozen=True)
class Scheme:
    """A way to resample: its name, how many rounds, and for nested the rounds of each inner selection."""

    name: str
    count: int = 0
    inner: int = 0

    def __str__(self) -> str:
        if self.name == "nested":
            return f"nested:{self.count}x{self.inner}"
        return self.name if self.name in ("holdout", *EACH, "5x2") else f"{self.name}:{self.count}"

    def rounds(self, rows: int) -> int:
        """Return the number of rounds over so many rows, or groups of rows."""
        return rows if self.name in EACH else self.count


@dataclass(frozen=True)
class Rows:
    """What is known of the rows: `classes` (n,) codes; `groups` (n,) codes that stay together; `rank` (n,) in time."""

    classes: np.ndarray
    groups: np.ndarray | None = None
    rank: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.classes)


def scheme(text: str) -> Scheme:
    """Read "kfold:5", "repeated:10", "nested:5x3", "loo", "leave-one-group-out", "5x2", "bootstrap:50", ".632"."""
    name, colon, count = text.strip().lower().partition(":")
    if name not in USUAL:
        raise UsageError("for --evaluate, " + unknown("way", name, USUAL))
    if not colon:
        return Scheme(name, USUAL[name], INNER if name == "nested" else 0)
    match = re.fullmatch(r"(\d+)x(\d+)" if name == "nested" else r"(\d+)", count)
    least = 1 if name == "repeated" else 2
    if match is None or name in ("holdout", *EACH, "5x2") or min(map(int, match.groups())) < least:
        example = "nested:5x3" if name == "nested" else f"{name}:{USUAL[name]}" if USUAL[name] > 1 else name
        raise UsageError(f"--evaluate {text}: such a thing does not exist. Type for example: --evaluate {example}")
    return Scheme(name, *map(int, match.groups()))


def numbered(text: str) -> tuple[Scheme, tuple[int, ...]]:
    """Read "kfold:5/2" or, within a nested round, "nested:5x3/2.1"; rounds are counted from 1."""
    how, _, number = text.partition("/")
    found = scheme(how)
    if re.fullmatch(r"[1-9]\d*(\.[1-9]\d*)?", number) is None:
        raise UsageError(f"the fold {text!r} is not SCHEME/NUMBER, such as kfold:5/2.")
    return found, tuple(int(part) for part in number.split("."))


def divide(text: str, rows: Rows, seed: int) -> dict[str, np.ndarray]:
    """Return the positions of train, validation and test in one round. A bootstrap's train holds some rows repeatedly.

    Raises DataError where there are too few rows, groups or moments in time for the scheme.
    """
    how, number = numbered(text)
    first, last = number[0] - 1, number[-1] - 1
    if how.name == "leave-one-group-out" and rows.groups is None:
        raise UsageError(
            f"--evaluate {how} leaves out a group at a time. Say which column groups the rows: --group COLUMN"
        )
    if rows.rank is not None and how.name not in ("kfold", "nested"):
        raise UsageError(f"{how} mixes the past with the future. With --time type: --evaluate kfold:5")
    if first >= how.rounds(units(rows)):
        raise DataError(f"the fold {text} does not exist: there are {how.rounds(units(rows))} rounds.")
    test = tested(how, rows, first, seed)
    rest = before(rows, test) if rows.rank is not None else np.setdiff1d(np.arange(len(rows)), test)
    if len(number) > 1:  # an inner fold: what the outer round tests is not looked at
        inner = part(rows, rest)
        test = rest[fold(inner, how.inner, last, seed + 1 + first)]
        rest = before(rows, test, rest) if rows.rank is not None else np.setdiff1d(rest, test)
    train, validation = choose(rows, rest, seed + 7919 * number[0] + last)
    if how.name in BOOTSTRAPS:
        drawn = draw(rows, first, seed)
        train = drawn[~np.isin(drawn, validation)]
    for name, found in (("train", train), ("validation", validation), ("test", test)):
        if not len(found):
            raise DataError(f"in the fold {text} the {name} part is empty: there are too few rows for it.")
    return {"train": train, "validation": validation, "test": test}


def units(rows: Rows) -> int:
    """Return how many things can be left out one at a time: groups where there are any, else rows."""
    return len(rows) if rows.groups is None else len(np.unique(rows.groups))


def tested(how: Scheme, rows: Rows, number: int, seed: int) -> np.ndarray:
    """Return the positions that a round tests, ascending."""
    match how.name:
        case "kfold" | "nested":
            return fold(rows, how.count, number, seed)
        case "5x2":
            return fold(rows, 2, number % 2, seed + number // 2)
        case "loo" | "leave-one-group-out":
            return (
                np.array([number])
                if rows.groups is None
                else np.flatnonzero(rows.groups == np.unique(rows.groups)[number])
            )
        case "repeated":
            return fold(rows, 5, 0, seed + 1 + number)
        case _:
            return np.setdiff1d(np.arange(len(rows)), draw(rows, number, seed))


def fold(rows: Rows, count: int, number: int, seed: int) -> np.ndarray:
    """Return the positions of one of `count` folds: by time, by group, or each class shared out evenly."""
    if units(rows) < count:
        what = "rows" if rows.groups is None else "groups"
        raise DataError(
            f"there are {units(rows)} {what}, fewer than the {count} folds. Type: --evaluate kfold:{units(rows)}"
        )
    if rows.rank is not None:  # the first of count + 1 stretches of time only ever trains
        return np.flatnonzero(rows.rank * (count + 1) // len(rows) == number + 1)
    generator = np.random.default_rng([seed, 0x53])
    if rows.groups is not None:
        return np.flatnonzero(np.isin(rows.groups, share(rows.groups, count, generator)[number]))
    order = generator.permutation(len(rows))
    order = order[np.argsort(rows.classes[order], kind="stable")]
    return np.sort(order[number::count])


def share(groups: np.ndarray, count: int, generator: np.random.Generator) -> list[list[int]]:
    """Share groups out over folds of about the same number of rows: the largest first, to the emptiest fold."""
    names, sizes = np.unique(groups, return_counts=True)
    order = generator.permutation(len(names))
    folds: list[list[int]] = [[] for _ in range(count)]
    filled = np.zeros(count, np.int64)
    for index in order[np.argsort(-sizes[order], kind="stable")]:
        place = int(filled.argmin())
        folds[place].append(int(names[index]))
        filled[place] += sizes[index]
    return folds


def draw(rows: Rows, number: int, seed: int) -> np.ndarray:
    """Draw a bootstrap sample: n rows, or as many groups as there are, with replacement."""
    generator = np.random.default_rng([seed, 0x54, number])
    if rows.groups is None:
        return np.sort(generator.integers(0, len(rows), len(rows)))
    names = np.unique(rows.groups)
    drawn = names[generator.integers(0, len(names), len(names))]
    return np.concatenate([np.flatnonzero(rows.groups == name) for name in np.sort(drawn)])


def before(rows: Rows, test: np.ndarray, among: np.ndarray | None = None) -> np.ndarray:
    """Return the positions that are earlier than all that is tested."""
    assert rows.rank is not None
    earlier = np.flatnonzero(rows.rank < rows.rank[test].min())
    return earlier if among is None else np.intersect1d(earlier, among)


def part(rows: Rows, positions: np.ndarray) -> Rows:
    """Return what is known of some of the rows; their rank in time is counted anew."""
    rank = None if rows.rank is None else ranked(rows.rank[positions])
    return Rows(rows.classes[positions], None if rows.groups is None else rows.groups[positions], rank)


def ranked(times: np.ndarray) -> np.ndarray:
    """Return how many rows are earlier than each; rows of the same time have the same rank."""
    return np.searchsorted(np.sort(times), times)


def choose(rows: Rows, rest: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Part the rows that are not tested into those that train and those that choose."""
    inner = part(rows, rest)
    if inner.rank is not None:
        late = inner.rank >= min(round(len(rest) * (1 - CHOOSE)), inner.rank.max())
        return rest[~late], rest[late]
    if inner.groups is not None:
        names = np.unique(inner.groups)
        if len(names) < 2:
            raise DataError("one group alone is left to train and to choose; at least two are needed.")
        count = min(len(names), round(1 / CHOOSE))
        chosen = np.isin(inner.groups, share(inner.groups, count, np.random.default_rng([seed, 0x55]))[-1])
        return rest[~chosen], rest[chosen]
    parts = stratified(inner.classes, (1 - CHOOSE, CHOOSE, 0.0), seed)
    return rest[parts == 0], rest[parts == 1]
