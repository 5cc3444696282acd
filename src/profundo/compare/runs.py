"""Is one better than the other, and how sure is that? The test is chosen by what the runs allow.

| what the runs have in common | test | what it speaks of |
|---|---|---|
| the same resampling | corrected resampled t; for 5x2 the combined F and the paired t | the methods, trained anew |
| the same test rows, or `source` | McNemar, Cochran's Q for three or more; else a paired bootstrap | these networks |
| other test rows of the same data | difference of two proportions | these networks |

Of several comparisons the p-values are corrected by Holm's method.
"""

import itertools
import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from ..errors import UsageError
from ..metrics.compare import LEVEL, comparer
from ..metrics.hypothesis import (
    Outcome,
    cochrans_q,
    five_by_two_f,
    five_by_two_t,
    holm,
    mcnemar,
    resampled_t,
    two_proportions,
)
from ..metrics.resampling import BOOTSTRAPS, OUT
from .entrants import Entrant, check_comparable, entrants, plan_differences
from .starts import seed_sentences, seed_spread
from .words import compare_chart, compare_lines, pair_sentence, summary

__all__ = ["compare", "compare_chart", "compare_lines"]

RESAMPLED = ("kfold", "repeated", "bootstrap", ".632", ".632+", "nested", "5x2")
Pair = tuple[int, int]
Found = dict[str, Any]


def compare(*runs: str | os.PathLike[str], source: Any = None) -> Found:
    """Compare runs by their main score: each a folder, or "FOLDER:baseline name"; one alone with all its baselines.

    With `source`, the networks answer those new rows (which must have the target) and are compared on them. Returns
    plain JSON: {task, metric, n, method, why, entrants, overall, pairs, seeds, sentences}; a difference is a minus b,
    and each of `pairs` has its p-value, `corrected_p`, 95 % interval and `result`. Raises UsageError that says what
    differs where the runs are not of the same data and task, DataError where one is damaged.
    """
    found = entrants(runs)
    check_comparable(found)
    names = [e.name for e in found]
    first = len(runs) == 1  # of a single run the question is the network against each of its baselines
    pairs = [p for p in itertools.combinations(range(len(found)), 2) if p[0] == 0 or not first]
    result = chosen(found, pairs, source)
    correct(result["pairs"])
    result["entrants"] = [{"name": n, **v} for n, v in zip(names, result["entrants"], strict=True)]
    for pair, (a, b) in zip(result["pairs"], pairs, strict=True):
        pair |= {"a": names[a], "b": names[b]}
        pair["sentence"] = pair_sentence(pair, result["metric"], len(pairs))
    result["seeds"] = [seed_spread(e) for e in found if not e.baseline]
    result["sentences"] = [*summary(result, len(names)), *seed_sentences(found, result["pairs"], result["metric"])]
    return result


def chosen(found: Sequence[Entrant], pairs: Sequence[Pair], source: Any) -> Found:
    """Choose the test and carry it out."""
    if source is not None:
        from .asked import on_new_rows

        why = f"all answered the same rows of {source}"
        if any(str(source) == (e.run.plan_values.get("data") or {}).get("source") for e in found):
            why += " (some of which they were trained on: compare on rows that none has seen)"
        return paired(*on_new_rows(found, source), found[0], pairs, why)
    if resampled_alike(found):
        return resampled(found, pairs)
    first = found[0]
    if all(same_rows(first, e) for e in found[1:]):
        y, given = first.y, [aligned(first, e) for e in found]
        return paired(y, given, first, pairs, "all answered the same test rows")
    return proportions(found, pairs)


# the same test rows ----------------------------------------------------------------------------------------------


def same_rows(a: Entrant, b: Entrant) -> bool:
    """Say whether two were tested on the same rows."""
    return a.run is b.run or (len(a.ids) == len(b.ids) and np.array_equal(np.sort(a.ids), np.sort(b.ids)))


def aligned(first: Entrant, other: Entrant) -> np.ndarray:
    """Return the answers of another in the order of the first's rows."""
    order = np.argsort(other.ids, kind="stable")[np.argsort(np.argsort(first.ids, kind="stable"), kind="stable")]
    return other.given[order]


def paired(y: np.ndarray, given: Sequence[np.ndarray], first: Entrant, pairs: Sequence[Pair], why: str) -> Found:
    """Compare answers to the same rows."""
    seed = first.run.scores.seed or 0
    test = comparer(first.task, seed)
    compared = [asdict(test(y, given[a], given[b])) for a, b in pairs]
    overall = None
    if first.classifies and len(given) > 2:
        overall = cochrans_q(np.stack([g == y for g in given], 1), seed)
    values: dict[int, float] = {}
    for (a, b), c in zip(pairs, compared, strict=True):
        values |= {a: c["value_a"], b: c["value_b"]}
    return {
        "task": first.task,
        "metric": compared[0]["metric"],
        "n": len(y),
        "method": compared[0]["method"],
        "why": f"{why}, so each answer of one stands beside the other's answer to the same row",
        "entrants": [{"value": values[i]} for i in range(len(given))],
        "overall": overall.to_dict() if overall else None,
        "pairs": compared,
    }


# other rows of the same data ---------------------------------------------------------------------------------------


def proportions(found: Sequence[Entrant], pairs: Sequence[Pair]) -> Found:
    """Compare shares of right answers on different test rows. Raises UsageError where the score is not a share."""
    differ = "; ".join(plan_differences(found[0], found[1])) or "nothing that plan.toml tells"
    if not found[0].classifies:
        raise UsageError(
            f"the runs were tested on different rows, and for {found[0].task} they must be the same. They differ in: "
            f"{differ}. Train both with the same --seed and --split, or compare them on one file: --on FILE"
        )
    counts = [(int((e.y == e.given).sum()), len(e.y)) for e in found]
    outcomes = [two_proportions(*counts[a], *counts[b]) for a, b in pairs]
    compared = [
        from_outcome(o, "accuracy", share(counts[a]), share(counts[b]))
        for o, (a, b) in zip(outcomes, pairs, strict=True)
    ]
    for pair, (a, b) in zip(compared, pairs, strict=True):
        pair["n"] = counts[a][1] + counts[b][1]
    why = f"the runs were tested on different rows of the same data (they differ in {differ}); the same would be surer"
    return {
        "task": found[0].task,
        "metric": "accuracy",
        "n": sum(n for _, n in counts),
        "method": outcomes[0].method,
        "why": why,
        "entrants": [{"value": share(c)} for c in counts],
        "overall": None,
        "pairs": compared,
    }


def share(counts: tuple[int, int]) -> float:
    """Return hits / n."""
    return counts[0] / counts[1]


# the same resampling -----------------------------------------------------------------------------------------------


def resampled_alike(found: Sequence[Entrant]) -> bool:
    """Say whether all went through the same rounds of the same resampling."""
    first = found[0].folds
    if first is None or first.method.split(":")[0] not in RESAMPLED:
        return False
    return all(e.folds is not None and layout(e) == layout(found[0]) and complete(e, first.main) for e in found)


def layout(entrant: Entrant) -> tuple[Any, ...]:
    """Return what makes a resampling: the method, the seed of the split, the rows, and the parts of each round."""
    folds, data = entrant.folds, entrant.run.data
    assert folds is not None
    plan = entrant.run.plan_values.get("data") or {}
    kept = tuple(str(plan.get(k)) for k in ("seed", "group", "time", "without", "copies", "rows"))
    parts = tuple((r.number, r.n_train, r.n_test) for r in folds.rounds)
    return (folds.method, folds.main, kept, sum(data.counts.values()), parts)


def complete(entrant: Entrant, metric: str) -> bool:
    """Say whether the score of every round is known."""
    found = entrant.rounds(metric)
    return len(found) > 1 and all(v is not None for v in found)


def resampled(found: Sequence[Entrant], pairs: Sequence[Pair]) -> Found:
    """Compare the scores of the rounds of one resampling."""
    folds = found[0].folds
    assert folds is not None
    metric, name = folds.main, folds.method.split(":")[0]
    rounds = np.array([e.rounds(metric) for e in found], np.float64)  # (entrants, rounds)
    test = folds.rounds
    ratio = OUT if name in BOOTSTRAPS else sum(r.n_test for r in test) / max(1, sum(r.n_train for r in test))
    compared = []
    for a, b in pairs:
        d = rounds[a] - rounds[b]
        if name == "5x2" and len(d) == 10:
            pair = from_outcome(five_by_two_f(d.reshape(5, 2)), metric, rounds[a].mean(), rounds[b].mean())
            pair["also"] = [five_by_two_t(d.reshape(5, 2)).to_dict()]
        else:
            pair = from_outcome(resampled_t(d, ratio), metric, rounds[a].mean(), rounds[b].mean())
        pair["also"] = [*pair.get("also", []), *on_the_test_part(found[a], found[b])]
        compared.append(pair | {"n": sum(found[0].run.data.counts.values()), "rounds": len(d)})
    return {
        "task": found[0].task,
        "metric": metric,
        "n": compared[0]["n"],
        "method": compared[0]["method"],
        "why": f"all were trained anew in the same {len(test)} rounds ({folds.method}), so the rounds can be compared "
        "one by one; they share rows, and the test allows for that",
        "entrants": [{"value": float(v)} for v in rounds.mean(1)],
        "overall": None,
        "pairs": compared,
    }


def on_the_test_part(a: Entrant, b: Entrant) -> list[Found]:
    """Compare the two trained networks as well, where they answered the same test rows."""
    if not (a.classifies and "y" in a.run.answers and "y" in b.run.answers and same_rows(a, b)):
        return []
    return [mcnemar(a.y, a.given, aligned(a, b)).to_dict()]


def from_outcome(outcome: Outcome, metric: str, value_a: float, value_b: float) -> Found:
    """Return an outcome with the fields of a Comparison."""
    found = outcome.to_dict()
    found["difference"] = found.pop("effect")
    return {"metric": metric, "value_a": float(value_a), "value_b": float(value_b), **found}


def correct(pairs: Sequence[Found]) -> None:
    """Add Holm's corrected p-value and the result to each pair."""
    for pair, p in zip(pairs, holm([pair["p"] for pair in pairs]), strict=True):
        clear = p < LEVEL and pair["difference"] != 0
        pair["corrected_p"] = p
        better = (pair["difference"] > 0) != pair.get("lower", False)
        pair["result"] = ("better" if better else "worse") if clear else "not distinguishable"
