"""Curves over anything that can be wished for: more rows (a learning curve), wider layers, other first weights.

Every point is trained with several seeds on the same split, and its scores stand with a 95 % t-interval over the seeds.
What is concluded is concluded on the validation part, and the test part only shows it, but for the rows: nothing is
chosen there. All statistics of the columns are those of the whole training part, also where few of its rows train.
"""

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .baselines import MAIN
from .data import load
from .data.dataset import SPLITS, Data
from .errors import CheckFailed, UsageError
from .files import atomic_write, write_json
from .learning import Learned, Watch, learn, silent
from .metrics.spread import summarise
from .networks.build import EVERY_NETWORK
from .plan import Plan, complete, wish
from .report.curve import conclusion, curve_chart
from .typed import literal

SIZES = 6  # of a learning curve
FEWEST = 20  # training rows of a point
MOST = 10_000  # training rows that a network is scored on
ALONE = ("seed", "target", "evaluate", "time_limit", "save_every")  # wishes that make no curve


@dataclass(frozen=True)
class Sweep:
    """One wish, `name`, that takes different values; everything else stays as in `plan` and `data`."""

    source: Any
    target: tuple[str, ...]
    wishes: Mapping[str, Any]
    name: str
    plan: Plan
    data: Data

    def at(self, value: Any, seed: int) -> tuple[Plan, Data]:
        """Return the plan and the data of one training."""
        if self.name == "rows":
            plan, data = self.plan, fewer(self.data, value, seed)
        else:
            wishes: dict[str, Any] = {**self.wishes, self.name: value}
            if self.name in EVERY_NETWORK:
                options = {**(self.wishes.get("network_options") or {}), self.name: value}
                wishes = {**self.wishes, "network_options": options}
            plan, data = wish(self.source, self.target, **wishes), self.data
            if plan.data != self.plan.data:
                data = load(self.source, plan.data)
        plan = complete(plan, data)
        return replace(plan, recipe_options={**plan.recipe_options, "seed": plan.recipe.seed + seed}), data


def curve(
    source: Any,
    target: str | Sequence[str] | None = None,
    *,
    over: str = "rows",
    seeds: int = 5,
    out: str | os.PathLike[str] | None = None,
    watch: Watch = silent,
    **wishes: Any,
) -> dict[str, Any]:
    """Train with each value of one wish and several seeds; return the scores of the three parts for each value.

    `over` is "rows", "rows=100,300,1000", or any wish of `train` with its values: "hidden=4,16,64", "dropout=0,0.2",
    "initialisation=zeros,normal,glorot,he"; values that hold a comma stand between semicolons, "hidden=8;64,32".
    Returns {over, kind, data, task, network, main, seeds, points, sentence}; a point is {value, rows, parameters,
    train, validation, test, loss, failed}. A part is {mean, std, low, high, min, max, n, values} of the main score;
    `loss` has the same of the loss, and "end": that of the validation part after the last epoch, where all else is of
    the best epoch. `failed` counts the trainings whose loss did not stay finite. With `out`, curve.json, curve.svg and
    curve-loss.svg are written into that folder. `watch` is called with ("point", {value, seed, seeds}) as well.
    """
    if seeds < 1:
        raise UsageError(f"--seeds is {seeds}; it must be 1 or more.")
    name, values = asked(over)
    targets = (target,) if isinstance(target, str) else tuple(target or ())
    first = wish(source, targets, **wishes)
    data = load(source, first.data)
    sweep = Sweep(source, targets, wishes, name, first, data)
    if name == "rows":
        values = checked_rows(values or sizes(data.count("train")), data.count("train"))
    points = [point(value, trainings(sweep, value, seeds, watch), seeds) for value in values]
    plan = complete(first, data)
    result = {
        "over": name,
        "kind": kind_of(values),
        "data": data.name,
        "task": plan.task,
        "network": plan.network,
        "main": MAIN[plan.task].name,
        "seeds": list(range(seeds)),
        "points": points,
    }
    if all(p["failed"] == seeds for p in points):
        raise CheckFailed(
            f"no training of the curve over {name} kept a finite loss. Give a smaller learning rate: --lr"
        )
    result["sentence"] = conclusion(result)
    if out is not None:
        keep(result, Path(out))
    return result


def trainings(sweep: Sweep, value: Any, seeds: int, watch: Watch) -> list[dict[str, Any]]:
    """Train with one value and every seed; return what was measured where the loss stayed finite."""
    found = []
    for seed in range(seeds):
        watch("point", {"value": value, "seed": seed, "seeds": seeds})
        plan, data = sweep.at(value, seed)
        with contextlib.suppress(CheckFailed):
            found.append(measured(learn(None, plan, data, watch), data))
    return found


def asked(over: str) -> tuple[str, list[Any]]:
    """Return the name and the values of "name=v1,v2"; no value for "rows" alone."""
    name, equals, text = over.partition("=")
    name = name.strip().replace("-", "_")
    if name in ALONE:
        raise UsageError(f"--over {name}: no curve goes over it. Type for example: --over hidden=4,16,64")
    values = [literal(v.strip()) for v in text.split(";" if ";" in text else ",") if v.strip()]
    if name == "rows" and not equals:
        return name, []
    if len(values) < 2:
        raise UsageError(f"--over {over!r}: two values at least make a curve. Type for example: --over hidden=4,16,64")
    if kind_of(values) == "number":
        values.sort()
    return name, values


def kind_of(values: Sequence[Any]) -> str:
    """Return "number" where every value is one, else "name"."""
    return "number" if all(isinstance(v, int | float) and not isinstance(v, bool) for v in values) else "name"


def sizes(count: int) -> list[int]:
    """Return the sizes of a learning curve: all the rows, half of them, a quarter, ..., the smallest first."""
    return sorted({max(min(FEWEST, count), round(count / 2**k)) for k in range(SIZES)})


def checked_rows(values: Sequence[Any], count: int) -> list[int]:
    """Return the sizes. Raises UsageError where one is no number of rows, or the training part has fewer."""
    for value in values:
        if not isinstance(value, int) or not 2 <= value <= count:
            raise UsageError(f"--over rows: {value!r} must be a whole number from 2 to {count:,}, the training rows.")
    return list(values)


def fewer(data: Data, count: int, seed: int) -> Data:
    """Return the data with a random part of the training rows; that of a smaller count is part of it."""
    train = data.positions("train")
    order = np.random.default_rng([data.seed, seed, 0xC0]).permutation(len(train))[:count]
    return replace(data, splits={**data.splits, "train": train[torch.from_numpy(np.sort(order))]})


def measured(learned: Learned, data: Data) -> dict[str, Any]:
    """Return the main score and the loss of each part, and the validation loss after the last epoch."""
    metric = learned.task.metrics()[0]
    some = fewer(data, MOST, 0) if data.count("train") > MOST else data
    found: dict[str, Any] = {"rows": data.count("train"), "loss": {"end": learned.last.validation.get("loss")}}
    found["parameters"] = sum(p.numel() for p in learned.network.parameters())
    for part in SPLITS:
        answers = learned.answer(some, part)
        given = answers.prediction
        assert answers.y is not None and answers.losses is not None
        found[part] = metric.compute(answers.y, given.values if given.probabilities is None else given.probabilities)
        found["loss"][part] = float(answers.losses.mean())
    return found


def point(value: Any, trained: list[dict[str, Any]], seeds: int) -> dict[str, Any]:
    """Put the trainings with one value together."""
    told = {"value": value, "failed": seeds - len(trained)}
    told |= {name: trained[0][name] if trained else None for name in ("rows", "parameters")}
    told |= {part: described([t[part] for t in trained]) for part in SPLITS}
    return told | {"loss": {part: described([t["loss"][part] for t in trained]) for part in (*SPLITS, "end")}}


def described(values: Sequence[float | None]) -> dict[str, Any]:
    """Return the mean of values with its 95 % t-interval, their spread, and the values."""
    known = [float(v) for v in values if v is not None]
    return summarise(known) | {"values": known}


def keep(result: dict[str, Any], folder: Path) -> None:
    """Write curve.json and its charts into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "curve.json", result)
    for name, of in (("curve.svg", "score"), ("curve-loss.svg", "loss")):
        own = curve_chart(result, of).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
        atomic_write(folder / name, own)
