"""What ratings and lists are worth without a network: averages, and what is popular."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..baselines import BaselineResult
from ..data.dataset import Data
from ..metrics.recommendation import rating_scores, recall_score, recalls
from ..plan import Plan
from ..schema import Number

ASKED = 2_000  # people whose lists are looked at
DAMPING = 10.0  # ratings of the mean that every average has besides its own (Koren 2009)


@dataclass(frozen=True, eq=False)
class Rated:
    """Ratings of a split, in the units of the data: `who` (n,), `what` (n,) codes and `value` (n,)."""

    who: np.ndarray
    what: np.ndarray
    value: np.ndarray


def rated(data: Data, split: str) -> Rated:
    """Return the ratings of a split."""
    rows = data.positions(split)
    codes = data.x[rows].cpu().numpy().astype(np.int64)
    (kind,) = data.schema.targets.values()
    assert isinstance(kind, Number)
    return Rated(codes[:, 0], codes[:, 1], data.y[rows].double().cpu().numpy() * kind.scale + kind.center)


def sizes(data: Data) -> tuple[int, int]:
    """Return how many people and how many things there are, without those never seen."""
    people_, things = data.schema.embedded
    return people_ - 1, things - 1


def people(data: Data, splits: Sequence[str], who: np.ndarray) -> np.ndarray:
    """Say which things some people (n,) codes have rated in some splits, (n, things)."""
    _, things = sizes(data)
    place = {code: i for i, code in enumerate(who.tolist())}
    found = np.zeros((len(who), things), bool)
    for split in (s for s in splits if s in data.splits):
        r = rated(data, split)
        own = np.isin(r.who, who) & (r.what < things)
        found[[place[code] for code in r.who[own].tolist()], r.what[own]] = True
    return found


def recalls_of(data: Data, split: str, score: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return the recall of the lists of the people of a split (people,), of a sample where there are many.

    `score` gives for codes of people (n,) the scores of all things (n, things). What was rated before, in the training
    part, or in the validation part where the split comes after it, is not listed. Wanted is what is rated at least as
    high as the person rates in that split on average.
    """
    r = rated(data, split)
    count, things = sizes(data)
    usable = (r.who < count) & (r.what < things)
    who = np.unique(r.who[usable])
    if len(who) > ASKED:
        who = np.sort(np.random.default_rng(data.seed).permutation(who)[:ASKED])
    before = ("train",) if split == "validation" else ("train", "validation")
    seen = people(data, tuple(s for s in before if s != split), who)
    totals, counts = np.bincount(r.who, r.value, count + 1), np.bincount(r.who, minlength=count + 1)
    liked = usable & (r.value >= (totals / np.maximum(counts, 1))[r.who] - 1e-9) & np.isin(r.who, who)
    wanted = np.zeros((len(who), things), bool)
    wanted[np.searchsorted(who, r.who[liked]), r.what[liked]] = True
    if not len(who):
        return np.zeros(0)
    return recalls(wanted, seen, score(who))


def rivals(plan: Plan, data: Data) -> Iterator[BaselineResult]:
    """Yield what averages predict and what popularity recommends; their predictions are squared errors."""
    train, seed = rated(data, "train"), plan.data.seed
    count, things = sizes(data)
    mean = float(train.value.mean())
    of_thing = damped(train.what, train.value - mean, things)
    of_person = damped(train.who, train.value - mean - of_thing[train.what], count)
    popular = np.bincount(train.what, minlength=things).astype(float)
    methods: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray | None, str]] = {
        "mean": (np.zeros(count + 1), np.zeros(things + 1), None, "the mean of all ratings"),
        "popularity": (np.zeros(count + 1), of_thing, popular, "the mean of each thing; lists the most rated"),
        "averages": (of_person, of_thing, of_thing[:things], "the means of each person and each thing"),
    }
    for name, (person, thing, order, note) in methods.items():
        began = time.perf_counter()
        squares = {}
        for split in ("validation", "test"):
            r = rated(data, split)
            squares[split] = (mean + person[r.who] + thing[r.what] - r.value) ** 2
        test = rated(data, "test")
        scores = rating_scores(test.value, mean + person[test.who] + thing[test.what], seed=seed)
        if order is not None:
            scores |= recall_score(recalls_of(data, "test", partial(alike, order)), seed=seed)
        seconds, validation = time.perf_counter() - began, -float(squares["validation"].mean())
        yield BaselineResult(name, seconds, scores, validation=validation, prediction=squares["test"], note=note)


def alike(order: np.ndarray, who: np.ndarray) -> np.ndarray:
    """Return the same scores of the things for everyone, (people, things)."""
    return np.broadcast_to(order, (len(who), len(order)))


def damped(codes: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """Return the mean of the values of each code, drawn to 0 where there are few, (count + 1,); the last is 0."""
    total, number = np.bincount(codes, values, count + 1), np.bincount(codes, minlength=count + 1)
    found: np.ndarray = total / (number + DAMPING)
    found[count] = 0.0
    return found
