"""The race of the ways to transfer: each is tried on rows of the training and validation part, and the best is taken.

The test part is never looked at. Many validation pictures judge one training of each way; few are joined with the
training part and judged by folds, so that every picture is asked about once. Within each trial, other rows choose the
best epoch.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from . import parallel
from .assemble import head_name
from .baselines import MAIN
from .borrow import borrow
from .data import folds
from .data.dataset import Data
from .data.values import labels
from .errors import CheckFailed, UsageError
from .guesses import guessed_head_recipe, guessed_recipe
from .learning import Learned, Watch, learn, silent
from .networks import default
from .plan import Plan
from .rounds import Tested, answers_of_network, measure
from .run import Run

ENOUGH = 300  # validation pictures from which they judge alone
FOLDS = 3
MOST = 5_000  # pictures that a trial learns from
JUDGED = 2_000  # pictures that judge it


def race(run: Run, plan: Plan, data: Data, watch: Watch = silent) -> Plan:
    """Return the plan with the way of transfer that does best, where it says "auto"; else the plan as it is.

    transfer.json keeps what each way reached, so that an interrupted race goes on where it stood. Raises UsageError in
    a group of processes, and where no way could be trained.
    """
    if plan.transfer != "auto":
        return plan
    if parallel.size() > 1:
        raise UsageError("--transfer auto races in one process. Type it without torchrun, or name the way yourself.")
    known = {row["entrant"]: row for row in (run.read("transfer.json")["race"] if run.has("transfer.json") else [])}
    trials, ways, rows = tried(plan, data), entrants(plan, data), list[dict[str, Any]]()
    for name, own in ways.items():
        watch("stage", f"transfer: trying {name}")
        row = known.get(name) or {"entrant": name, **measured(own, trials)}
        rows.append(row)
        run.write("transfer.json", {"race": rows, **judged(plan, data, trials)})
    done = [row for row in rows if row["score"] is not None]
    if not done:
        raise UsageError(f"no way of transfer could be trained: {rows[0]['note']} Choose one: --transfer init")
    best = max(done, key=lambda row: row["score"]["value"])["entrant"]
    run.write("transfer.json", {"race": rows, "winner": best, **judged(plan, data, trials)})
    watch("race", run.read("transfer.json"))
    return ways[best]


def entrants(plan: Plan, data: Data) -> dict[str, Plan]:
    """Return the plan of each way by its name, the cheapest first."""
    heads = [plan.head] if plan.head else ["linear", *(["lda"] if plan.task == "classification" else [])]
    quick = recipe_for(plan, guessed_recipe(data) | guessed_head_recipe(data), data)
    found = {named("extract", head): replace(quick, transfer="extract", head=head) for head in heads}
    found |= {way: replace(plan, transfer=way, head="") for way in ("finetune", "init")}
    return found | {"scratch": from_nothing(plan, data)}


def named(way: str, head: str) -> str:
    """Name a way with its head."""
    return way if head == "linear" else f"{way} + {head}"


def from_nothing(plan: Plan, data: Data) -> Plan:
    """Return the plan without weights: with the usual network where the plan's is only the one of the weights."""
    bare = replace(plan, transfer="scratch", weights="", head="")
    lent, usual = borrow(plan.weights, plan.network).network, default(data.schema)
    return replace(bare, network=usual, network_options={}) if plan.network == lent != usual else bare


def recipe_for(plan: Plan, wanted: Mapping[str, Any], data: Data) -> Plan:
    """Return the plan with another guess in the place of each guess of its recipe that was left as it was."""
    own, usual = dict(plan.recipe_options), guessed_recipe(data)
    own |= {name: value for name, value in wanted.items() if own.get(name) == usual.get(name)}
    return replace(plan, recipe_options=own)


def tried(plan: Plan, data: Data) -> list[Data]:
    """Return the trials: data whose "test" part is the validation part, or a fold of it and the training part."""
    train, validation = (data.positions(part).cpu().numpy() for part in ("train", "validation"))
    if len(validation) >= ENOUGH:
        some = subset(train, MOST, data.seed)
        inner = folds.choose(rows_of(plan, data, some), np.arange(len(some)), data.seed)
        learnt, chosen = (some[positions] for positions in inner)
        return [divided(data, learnt, chosen, subset(validation, JUDGED, data.seed))]
    pool = subset(np.concatenate([train, validation]), MOST, data.seed)
    rows = rows_of(plan, data, pool)
    parts = [folds.divide(f"kfold:{FOLDS}/{number}", rows, data.seed) for number in range(1, FOLDS + 1)]
    return [divided(data, *(pool[part[name]] for name in ("train", "validation", "test"))) for part in parts]


def subset(rows: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Draw at most so many rows, in their own order."""
    return np.sort(np.random.default_rng([seed, 0x7A]).permutation(rows)[:most])


def rows_of(plan: Plan, data: Data, positions: np.ndarray) -> folds.Rows:
    """Return what is known of the rows at these positions: their class, and the group that stays together."""
    label = data.y.dim() == 1 and not data.y.is_floating_point()
    classes = data.y[torch.from_numpy(positions)].cpu().numpy() if label else np.zeros(len(positions), np.int64)
    groups = None
    if plan.data.group and data.frame is not None:
        codes, names = labels(data.frame[plan.data.group])
        groups = np.where(codes < 0, len(names), codes)[positions]
    return folds.Rows(classes, groups)


def divided(data: Data, train: np.ndarray, validation: np.ndarray, test: np.ndarray) -> Data:
    """Return the data with these positions as its parts."""
    parts = {"train": train, "validation": validation, "test": test}
    return replace(data, splits={name: torch.from_numpy(np.sort(p)) for name, p in parts.items()})


def measured(plan: Plan, trials: Sequence[Data]) -> dict[str, Any]:
    """Train one way in every trial; return its main score over all pictures that judge, and what it took."""
    began = time.monotonic()
    try:
        learned = [learn(None, plan, data) for data in trials]
    except CheckFailed as error:
        return {"score": None, "seconds": time.monotonic() - began, "trained": 0, "note": str(error)}
    found = [answers_of_network(one.answer(data, "test"), "") for one, data in zip(learned, trials, strict=True)]
    ids, y, given, codes = (np.concatenate([getattr(f, n) for f in found]) for n in ("ids", "y", "answers", "codes"))
    whole = Tested("", ids, y, given, codes, found[0].labels)
    score = measure(whole, plan.task, seed=plan.data.seed, resamples=1000)[MAIN[plan.task].name]
    return {
        "score": score.to_dict(),
        "seconds": time.monotonic() - began,
        "network": plan.network,
        "parameters": sum(p.numel() for p in learned[0].network.parameters()),
        "trained": trained(plan, learned[0]),
        "note": "",
    }


def trained(plan: Plan, learned: Learned) -> int:
    """Return how many parameters a way trains."""
    network = learned.network
    if plan.transfer != "extract":
        return sum(p.numel() for p in network.parameters())
    return sum(p.numel() for p in network.get_submodule(head_name(plan, network)).parameters())


def judged(plan: Plan, data: Data, trials: Sequence[Data]) -> dict[str, Any]:
    """Return how the ways are judged, for transfer.json."""
    return {
        "main": MAIN[plan.task].name,
        "weights": plan.weights,
        "folds": len(trials),
        "n_train": math.ceil(np.mean([t.count("train") for t in trials])),
        "n_judged": sum(t.count("test") for t in trials),
        "of": data.count("train"),
    }
