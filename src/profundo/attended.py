"""The loop as a run goes through it: the learning rate is found, whoever watches is told, the doctor looks."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from torch import nn

from . import parallel
from .data.dataset import Data
from .data.special import READERS
from .doctor import Watcher, diagnose_run
from .errors import CheckFailed
from .files import finite
from .finder import find
from .findings import Finding
from .loop import Progress, machine_for, training
from .plan import Plan
from .run import Run
from .tasks.task import Predictive

GENTLE = 0.1  # times the optimiser's usual learning rate, where learnt weights are tuned
Watch = Callable[[str, Any], None]


def silent(event: str, value: Any) -> None:
    """Watch nothing."""


def store_plan(run: Run | None, plan: Plan, watch: Watch) -> None:
    """Store the plan, now that it has its learning rate, and tell of it."""
    if run is not None:
        run.write("plan.toml", plan.to_toml())
    watch("plan", plan)


def with_lr(run: Run | None, plan: Plan, network: nn.Module, data: Data, task: Predictive, watch: Watch) -> Plan:
    """Return the plan with a learning rate: the one it has, or the one that a range test finds."""
    if plan.recipe.lr is not None:
        return plan
    if plan.transfer == "finetune":  # a range test would take the lowest loss for the end of the range
        return replace(plan, recipe_options={**plan.recipe_options, "lr": plan.recipe.learning_rate * GENTLE})
    finding = find(network, data, task, plan.recipe)
    lr = parallel.agreed(finding.suggestion)
    watch("finding", finding)
    if run is not None:
        run.write("finder.json", {"lr": finding.lr, "loss": finding.loss, "suggestion": lr})
    return replace(plan, recipe_options={**plan.recipe_options, "lr": lr})


def watched(run: Run | None, plan: Plan, network: nn.Module, data: Data, task: Predictive, watch: Watch) -> Progress:
    """Run the loop, with the doctor looking at it where there is a run folder to write in. Returns the last progress.

    Raises CheckFailed, with the doctor's word, where the loss is no longer finite.
    """
    if run is None or plan.task in READERS:  # the doctor knows one answer for each example
        return [now for now in told(training(network, data, task, plan.recipe, run), watch)][-1]
    machine_for(network, data, plan.recipe)  # so that the first look has the threads of the others
    doctor = Watcher(network, task, data, plan.recipe)
    looks = {0: doctor.look(0)} | {look["epoch"]: look for look in run.lines("vitals.jsonl")}
    write_looks(run, looks)
    now = None
    try:
        for now in told(training(network, data, task, plan.recipe, run), watch):
            if now.whole and (doctor.due(now.epoch) or now.stopped):
                looks[now.epoch] = doctor.look(now.epoch)
                write_looks(run, looks)
    except CheckFailed as error:
        found = diagnosis(run, str(error))
        word = f" The doctor: {found[0].text} Try: {found[0].flag}" if found else ""
        raise CheckFailed(f"{error}{word}") from None
    assert now is not None  # the loop yields at least once
    watch("diagnosis", diagnosis(run))
    return now


def write_looks(run: Run, looks: Mapping[int, Any]) -> None:
    """Write vitals.jsonl: what the doctor saw, a line a look."""
    run.write("vitals.jsonl", "".join(json.dumps(finite(looks[epoch])) + "\n" for epoch in sorted(looks)))


def told(steps: Any, watch: Watch) -> Any:
    """Yield progress, and tell of it."""
    for now in steps:
        watch("progress", now)
        yield now


def diagnosis(run: Run, failure: str = "") -> list[Finding]:
    """Ask the doctor, and store what he says."""
    if failure:
        run.write("diagnosis.json", {"failure": failure})
    found = diagnose_run(run) if run.has("vitals.jsonl") else []
    run.write("diagnosis.json", {"failure": failure, "findings": [f.to_dict() for f in found]})
    return found
