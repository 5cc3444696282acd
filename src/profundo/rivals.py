"""The baselines beside a network: the same split, the same columns, and the verdict."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from . import precision
from .answers import Answers
from .baselines import BaselineResult, run_baselines
from .data.columns import SIDE, Columns
from .data.counted import counted
from .data.dataset import Data
from .evaluate import true_values
from .learning import Watch, silent
from .metrics import Rival, verdict
from .outcomes import find_outcome
from .plan import Plan


def rivals(plan: Plan, data: Data, watch: Watch = silent, *, resamples: int = 1000) -> Iterator[BaselineResult]:
    """Yield what every baseline reaches on a data set; nothing where the plan wants none.

    Without resamples the scores have hardly any intervals.
    """
    if not plan.baselines:
        return
    outcome = find_outcome(plan.task)
    if outcome is not None:
        for result in outcome.rivals(plan, data):
            watch("baseline", result)
            yield result
        return
    words = counted(data)
    columns = {split: Columns(data, split) if words is None else words.rows(data, split) for split in data.splits}
    parts = {split: (x, own_units(data, split)) for split, x in columns.items()}
    smaller = f"pictures shrunk to {SIDE} x {SIDE}" if Columns(data, "train").shrunk else ""
    smaller = "the middle frame of each clip" if data.schema.takes == "video" else smaller
    names = data.schema.labels if plan.task == "classification" else tuple(data.schema.targets)
    embedded = len(data.schema.embedded) if words is None else 0
    threads = plan.recipe.threads or precision.cores()
    how: dict[str, Any] = {"embedded": embedded, "seed": plan.data.seed, "threads": threads, "resamples": resamples}
    how |= {"pictures": data.schema.image is not None, "texts": 0 if words is None else words.texts}
    for result in run_baselines(parts, plan.task, names, budget_s=plan.budget, **how):
        result = replace(result, note="; ".join(filter(None, [result.note, smaller])))
        watch("baseline", result)
        yield result


def compared(plan: Plan, answers: Answers, found: list[BaselineResult]) -> dict[str, Any]:
    """Return what scores.json says of the baselines, and the verdict on the test part."""
    if not plan.baselines or not found:
        return {"baselines": [r.to_dict() for r in found], "verdict": None}
    outcome = find_outcome(plan.task)
    if outcome is not None:
        told = outcome.verdict(answers, found, plan, outcome.measure)
        said = {"verdict": None if told is None else told["sentence"]} | ({} if told is None else {"comparison": told})
        return {"baselines": [r.to_dict() for r in found], **said}
    done = [Rival(r.name, r.validation, r.prediction) for r in found if r.prediction is not None]
    assert answers.y is not None
    said = verdict(answers.y, answers.codes, done, plan.task, seed=plan.data.seed)
    return {"baselines": [r.to_dict() for r in found], "verdict": said["sentence"], "comparison": said}


def own_units(data: Data, split: str) -> np.ndarray:
    """Return y of a split as codes, or as numbers in their own units."""
    return true_values(data.schema, data.y[data.positions(split)].cpu().numpy())
