"""The bias card: how a network's answers differ between groups of people, with intervals and plain warnings.

Fairness measures have the names of the field (Hardt et al. 2016; Feldman et al. 2015). Of two labels, the positive is
the second, as in the scores. The intervals say what so many test rows can tell of this network; another training may
differ by more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..answers import Answers
from ..data.dataset import Data
from ..data.kinds import listed
from ..errors import DataError
from ..evaluate import Trained
from ..metrics import Score, regression_scores
from ..metrics.hypothesis import holm
from ..schema import Schema
from .gaps import LEVEL, Estimate, Gap, Mean, MeanShare, Share, difference, ratio, width
from .grouping import Grouping, groupings

FEW = 30  # rows of a group below which nothing is claimed of it
FEW_COUNTED = 10  # rows that a measure counts  below which it is not compared
MANY_LABELS = 20  # labels beyond which they have no measures of their own
TOLD = ("accuracy", "positive rate", "true positive rate", "false positive rate", "macro recall", "mean error")


@dataclass(frozen=True, eq=False)
class Measure:
    """A number for every row, averaged over the rows that it counts: `counted` (n,) bool, `values` (n,).

    With `strata` (n,) codes it is the plain mean of the averages of each. `target` names one of several targets.
    """

    name: str
    counted: np.ndarray
    values: np.ndarray
    strata: np.ndarray | None = None
    target: str = ""
    compared: bool = True

    def estimate(self, rows: np.ndarray) -> Estimate | None:
        """Return the measure over some rows (n,) bool; None where it counts none of them."""
        counted = rows & self.counted
        found = self.values[counted]
        if not len(found):
            return None
        if self.strata is not None:
            parts = (found[self.strata[counted] == k] for k in np.unique(self.strata[counted]))
            return MeanShare(tuple(Share(float(p.sum()), len(p)) for p in parts))
        return Share(float(found.sum()), len(found)) if found.dtype == bool else Mean.of(found)


def group_card(trained: Trained, data: Data, answers: Answers, columns: Sequence[str]) -> dict[str, Any]:
    """Return the bias card as plain JSON: for each column, and for all together, scores and gaps between the groups.

    {task, n, columns, inputs, positive, groupings, warnings, swaps}. A grouping is {name, columns, groups,
    gaps, against_rest, fairness}: `groups` [{name, n, scores: {measure: Score}}]; `gaps` [{measure, target, high, low,
    gap, p_corrected}] from the largest to the smallest group; `against_rest` the same for each group against all the
    others. Raises UsageError for a column that makes no groups, DataError where there is no truth to compare with.
    """
    if answers.y is None:
        raise DataError("the data have no target column: gaps between groups cannot be told. Add the true answers.")
    found = measures(trained.schema, trained.plan.task, answers)
    made = [describe(g, found, answers) for g in groupings(data, answers.ids, columns)]
    for kind in ("gaps", "against_rest"):
        rows = [row for g in made for row in g[kind]]
        for row, p in zip(rows, holm([row["gap"]["p"] for row in rows]), strict=True):
            row["p_corrected"] = p
    binary = trained.plan.task == "classification" and len(trained.schema.labels) == 2
    return {
        "task": trained.plan.task,
        "n": len(answers.ids),
        "columns": list(dict.fromkeys(columns)),
        "inputs": [c for c in dict.fromkeys(columns) if c in trained.schema.inputs],
        "positive": trained.schema.labels[1] if binary else None,
        "groupings": made,
        "warnings": [w for g in made for w in few(g)],
        "swaps": [],
    }


def measures(schema: Schema, task: str, answers: Answers) -> list[Measure]:
    """Return what is measured in every group, by task."""
    y, prediction = np.asarray(answers.y), answers.prediction
    if task == "regression":
        return regression(schema, y, np.asarray(prediction.values, np.float64))
    if task == "multilabel":
        assert prediction.probabilities is not None
        columns = zip(schema.targets, y.T > 0.5, answers.codes.T == 1, prediction.probabilities.T, strict=True)
        return [m for name, true, said, p in columns for m in two_labels(true, said, p, name)]
    if len(schema.labels) == 2:
        assert prediction.probabilities is not None
        return two_labels(y == 1, answers.codes == 1, prediction.probabilities[:, 1])
    return several_labels(schema.labels, y, answers.codes)


def two_labels(true: np.ndarray, said: np.ndarray, probability: np.ndarray, target: str = "") -> list[Measure]:
    """Return the measures of yes-or-no answers: truth and answers (n,) bool, probability of yes (n,)."""
    every = np.ones(len(true), bool)
    return [
        Measure("accuracy", every, true == said, target=target),
        Measure("positive rate", every, said, target=target),
        Measure("true positive rate", true, said, target=target),
        Measure("false positive rate", ~true, said, target=target),
        Measure("precision", said, true, target=target),
        Measure("base rate", every, true, target=target),
        Measure("mean probability", every, probability.astype(np.float64), target=target, compared=False),
        Measure("calibration", every, probability - true, target=target),
    ]


def several_labels(names: Sequence[str], y: np.ndarray, said: np.ndarray) -> list[Measure]:
    """Return the measures of more than two labels; each label's own where there are not too many."""
    every = np.ones(len(y), bool)
    found = [Measure("accuracy", every, y == said), Measure("macro recall", every, y == said, strata=y)]
    for code, name in enumerate(names if len(names) <= MANY_LABELS else ()):
        found.append(Measure("rate", every, said == code, target=name))
        found.append(Measure("recall", y == code, said == code, target=name))
    return found


def regression(schema: Schema, y: np.ndarray, said: np.ndarray) -> list[Measure]:
    """Return the measures of numbers, for each target. R2 is no mean: see `scores`."""
    names = list(schema.targets) if y.ndim > 1 else [""]
    every, found = np.ones(len(y), bool), []
    for name, true, given in zip(names, y.reshape(len(y), -1).T, said.reshape(len(y), -1).T, strict=True):
        found.append(Measure("mean error", every, given - true, target=name))
        found.append(Measure("mean absolute error", every, np.abs(given - true), target=name))
    return found


def describe(grouping: Grouping, found: Sequence[Measure], answers: Answers) -> dict[str, Any]:
    """Return one grouping of the card; p-values are not yet corrected."""
    rows = [grouping.rows(code) for code in range(len(grouping.labels))]
    groups = [
        {"name": name, "n": int(own.sum()), "scores": scores(found, own, answers)}
        for name, own in zip(grouping.labels, rows, strict=True)
    ]
    sides = [(m, dict(enough(grouping.labels, rows, m))) for m in found if m.compared]
    sides = [(m, s) for m, s in sides if len(s) > 1]
    rest = [
        against(measure, name, estimate, ~rows[grouping.labels.index(name)])
        for measure, estimates in sides
        for name, estimate in estimates.items()
        if len(grouping.labels) > 2  # of two groups, each is all the others
    ]
    return {
        "name": grouping.name,
        "columns": list(grouping.columns),
        "groups": groups,
        "gaps": [widest(m, s) for m, s in sides],
        "against_rest": rest,
        "fairness": list(fairness(sides)),
    }


def scores(found: Sequence[Measure], rows: np.ndarray, answers: Answers) -> dict[str, Any]:
    """Return {measure: {value, low, high, n}} of one group; of several targets `target: measure`."""
    made: dict[str, Any] = {}
    for measure in found:
        estimate = measure.estimate(rows)
        if estimate is not None:
            made[key(measure)] = Score(estimate.value, *estimate.ends(width(1)), estimate.n).to_dict()
    if any(m.name == "mean error" for m in found):
        r2 = regression_scores(np.asarray(answers.y)[rows], np.asarray(answers.prediction.values)[rows])["r2"]
        made["r2"] = r2.to_dict()
    return made


def key(measure: Measure) -> str:
    """Name a measure among all those of a group."""
    return f"{measure.target}: {measure.name}" if measure.target else measure.name


def enough(names: Sequence[str], rows: Sequence[np.ndarray], measure: Measure) -> Iterator[tuple[str, Estimate]]:
    """Yield the groups that hold enough rows to be compared."""
    for name, own in zip(names, rows, strict=True):
        estimate = measure.estimate(own)
        if estimate is not None and own.sum() >= FEW and estimate.n >= FEW_COUNTED:
            yield name, estimate


def widest(measure: Measure, sides: dict[str, Estimate], looks: int = 1) -> dict[str, Any]:
    """Return the gap from the largest to the smallest group; its interval allows for having picked that pair.

    `looks` more gaps were looked at, of which this is the one that is told.
    """
    high, low = max(sides, key=lambda s: sides[s].value), min(sides, key=lambda s: sides[s].value)
    if high == low:  # all are the same
        high, low = list(sides)[:2]
    gap = difference(sides[high], sides[low], looks * pairs(sides))
    return {"measure": measure.name, "target": measure.target, "high": high, "low": low, "gap": gap.to_dict()}


def pairs(sides: dict[str, Estimate]) -> int:
    """Return how many pairs of groups there are."""
    return len(sides) * (len(sides) - 1) // 2


def against(measure: Measure, name: str, own: Estimate, others: np.ndarray) -> dict[str, Any]:
    """Return the gap from one group to all the others together."""
    rest = measure.estimate(others)
    gap = Gap(np.nan, np.nan, np.nan, 1.0, own.n) if rest is None else difference(own, rest)
    return {
        "measure": measure.name,
        "target": measure.target,
        "high": name,
        "low": "all others",
        "gap": gap.to_dict(),
    }


def fairness(sides: Sequence[tuple[Measure, dict[str, Estimate]]]) -> Iterator[dict[str, Any]]:
    """Yield the measures of the field: {name, target, of, high_group, low_group, value, low, high, p, n}.

    With more than two labels, each label is the positive one in turn, and `target` names it.
    """
    for target in dict.fromkeys(m.target for m, _ in sides):
        own = {m.name: (m, s) for m, s in sides if m.target == target}
        rate = own.get("positive rate") or own.get("rate")
        recall = own.get("true positive rate") or own.get("recall")
        if rate is not None:
            gap = widest(*rate)
            yield named("demographic parity difference", gap, gap["gap"])
            small, large = rate[1][gap["low"]], rate[1][gap["high"]]
            assert isinstance(small, Share) and isinstance(large, Share)
            yield named("disparate impact ratio", gap, ratio(small, large, pairs(rate[1])).to_dict())
        if recall is not None:
            gap = widest(*recall)
            yield named("equal opportunity difference", gap, gap["gap"])
        if recall is not None and "false positive rate" in own:
            both = (widest(*recall, looks=2), widest(*own["false positive rate"], looks=2))
            gap = max(both, key=lambda g: g["gap"]["value"])
            yield named("equalised odds difference", gap, gap["gap"])


def named(name: str, row: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """Return a gap under the name that the field gives it."""
    groups = {"of": row["measure"], "high_group": row["high"], "low_group": row["low"]}
    return {"name": name, "target": row["target"], **groups, **value}


def few(grouping: dict[str, Any]) -> Iterator[str]:
    """Yield a sentence for the groups, and one for the measures, that few test rows stand behind."""
    small = [f"{g['name']} ({g['n']})" for g in grouping["groups"] if g["n"] < FEW]
    if small:
        yield (
            f"by {grouping['name']}: fewer than {FEW} test rows of {listed(small)}. "
            "A claim about them would rest on few people, so no gap is told for them."
        )
    thin = [
        f"{name} of {group['name']} ({score['n']})"
        for group in grouping["groups"]
        for name, score in group["scores"].items()
        if group["n"] >= FEW and score["n"] < FEW_COUNTED
    ]
    if thin:
        yield f"by {grouping['name']}: these rest on fewer than {FEW_COUNTED} people each: {listed(thin)}."


def group_lines(card: dict[str, Any]) -> list[str]:
    """Return the card for the terminal: the main gaps of each grouping, what swaps change, and the warnings."""
    lines = [sentence(g, row) for g in card["groupings"] for row in g["gaps"] if row["measure"] in TOLD]
    return lines + [s["sentence"] for s in card["swaps"]] + [f"warning: {w}" for w in card["warnings"]]


def sentence(grouping: dict[str, Any], row: dict[str, Any]) -> str:
    """Write a gap: `by sex, positive rate: Male 0.265, Female 0.084, a difference of 0.181 (0.152 to 0.209)`."""
    scores, gap = {g["name"]: g["scores"] for g in grouping["groups"]}, row["gap"]
    name = f"{row['target']}: {row['measure']}" if row["target"] else row["measure"]
    high, low = (f"{side} {scores[side][name]['value']:.4g}" for side in (row["high"], row["low"]))
    chance = "" if row["p_corrected"] < LEVEL else "; chance alone could explain it"
    ends = f"{gap['low']:.3g} to {gap['high']:.3g}"
    return f"by {grouping['name']}, {name}: {high}, {low}, a difference of {gap['value']:.3g} ({ends}){chance}"
