"""From a plan and its data to a trained network: balance, the learning rate, the loop, the doctor, the decision."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from . import parallel
from .balance import Balanced, balanced
from .data.dataset import Data
from .decision import Decision, fit_decision
from .doctor import Watcher, diagnose_run
from .errors import CheckFailed
from .evaluate import Answers, answer
from .files import finite
from .finder import find
from .findings import Finding
from .loop import Progress, machine_for, training
from .networks import build
from .plan import Plan
from .run import Run
from .tasks import build_task
from .tasks.task import Predictive

Watch = Callable[[str, Any], None]


def silent(event: str, value: Any) -> None:
    """Watch nothing."""


@dataclass(frozen=True, eq=False)
class Learned:
    """A network with its best weights, how it answers, the plan with the learning rate that was found, and its end."""

    network: nn.Module
    task: Predictive
    plan: Plan
    decision: Decision
    last: Progress

    def answer(self, data: Data, split: str) -> Answers:
        """Answer for every example of a split."""
        return answer(self.network, self.task, data, split, self.decision)


def learn(run: Run | None, plan: Plan, data: Data, watch: Watch = silent) -> Learned:
    """Find the learning rate where none is given, run the loop, and fit on the validation part how to answer.

    `run` is None where nothing is to be written: in the further processes of a group (torchrun), which learn in step
    with the first, and in the rounds of a resampling.
    """
    data = replace(data, seed=plan.recipe.seed)
    even = balanced(plan.balance, plan.task, plan.task_options, data)
    task = build_task(plan.task, data.schema, **even.task_options)
    network = build(plan.network, data.schema, seed=plan.recipe.seed, **plan.network_options)
    watch("network", network)
    plain = build_task(plan.task, data.schema, **plan.task_options)  # weights of the classes mislead the range test
    plan = with_lr(run, plan, network, data, plain, watch)
    if run is not None:
        run.write("plan.toml", plan.to_toml())
    watch("plan", plan)
    last = watched(run, plan, network, even.data, task, watch)
    decision = decide(plan, network, task, even)
    if run is not None:
        run.write("decision.json", decision.to_dict())
    return Learned(network, task, plan, decision, last)


def with_lr(run: Run | None, plan: Plan, network: nn.Module, data: Data, task: Predictive, watch: Watch) -> Plan:
    """Return the plan with a learning rate: the one it has, or the one that a range test finds."""
    if plan.recipe.lr is not None:
        return plan
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
    if run is None or data.schema.located is not None:  # the doctor knows one answer for each example
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


def decide(plan: Plan, network: nn.Module, task: Predictive, even: Balanced) -> Decision:
    """Fit on the validation part how probabilities are shown and answers given."""
    if plan.task not in ("classification", "multilabel"):
        return Decision("regression")
    raw = answer(network, task, even.data, "validation")
    assert raw.prediction.probabilities is not None and raw.y is not None
    return fit_decision(
        raw.prediction.probabilities, raw.y, task=plan.task, calibrate=plan.calibrate, move=even.move, shift=even.shift
    )
