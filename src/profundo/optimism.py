"""How much too good a score is when rows of the same group (speaker, patient, camera) train and test."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .data import load
from .data.load import read_rows
from .evaluate import score
from .learning import Watch, learn
from .plan import Plan


def optimism(plan: Plan, source: Any, result: Mapping[str, Any], watch: Watch) -> dict[str, Any] | None:
    """Train once more on the split that does not keep groups together, the official one where the source has one.

    Returns {split, apart, mixed, sentence}, both Score dicts of the main score, or None without `--group`. `apart` is
    that of the resampling where there was one, else that of the test part.
    """
    if not plan.data.group:
        return None
    watch("stage", "the same network on a split that mixes the groups")
    loose = replace(plan, data=replace(plan.data, group="", copies="keep"))
    data = load(read_rows(source, loose.data), loose.data)
    main = result["main"]
    answers = learn(None, loose, data).answer(data, "test")
    mixed = score(answers, plan.task, seed=plan.data.seed)[main].to_dict()
    folds = result.get("evaluation") or result
    apart = folds["scores"].get(main) or result["scores"][main]
    split = "official" if data.official else "random"
    return {"split": split, "apart": apart, "mixed": mixed, "sentence": sentence(plan.data.group, split, mixed, apart)}


def sentence(group: str, split: str, mixed: Mapping[str, Any], apart: Mapping[str, Any]) -> str:
    """Write both scores, and call the first optimistic where it is the better one."""
    told = f"the {split} split, which mixes the rows of a {group}, says {spoken(mixed)}; with every {group} kept whole"
    if mixed["value"] > apart["value"]:
        return f"{told} it is {spoken(apart)}. The first is optimistic: it is no promise for a new {group}."
    return f"{told} it is {spoken(apart)}: mixing them flatters nothing here."


def spoken(score: Mapping[str, Any]) -> str:
    """Write a score with its interval."""
    if score["low"] is None or score["high"] is None:
        return f"{score['value']:.3f}"
    return f"{score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f})"
