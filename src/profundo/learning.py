"""From a plan and its data to a trained network: the learning rate, the loop, the best weights."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from . import parallel
from .data.dataset import Data
from .errors import UsageError
from .evaluate import Answers, answer
from .finder import find
from .loop import Progress, training
from .networks import build
from .plan import Plan
from .run import Run
from .tasks import build_task
from .tasks.classification import balanced_weights
from .tasks.task import Predictive

Watch = Callable[[str, Any], None]


def silent(event: str, value: Any) -> None:
    """Watch nothing."""


@dataclass(frozen=True, eq=False)
class Learned:
    """A network with its best weights, the plan with the learning rate that was found, and how the training ended."""

    network: nn.Module
    task: Predictive
    plan: Plan
    last: Progress

    def answer(self, data: Data, split: str) -> Answers:
        """Answer for every example of a split."""
        return answer(self.network, self.task, data, split)


def learn(run: Run | None, plan: Plan, data: Data, watch: Watch = silent) -> Learned:
    """Find the learning rate where none is given, then run the loop.

    `run` is None where nothing is to be written: in the further processes of a group (torchrun), which learn in step
    with the first, and in the rounds of a resampling.
    """
    data = replace(data, seed=plan.recipe.seed)
    task = build_task(plan.task, data.schema, **task_options(plan, data))
    network = build(plan.network, data.schema, seed=plan.recipe.seed, **plan.network_options)
    watch("network", network)
    if plan.recipe.lr is None:
        finding = find(network, data, task, plan.recipe)
        lr = parallel.agreed(finding.suggestion)
        plan = replace(plan, recipe_options={**plan.recipe_options, "lr": lr})
        watch("finding", finding)
        if run is not None:
            run.write("finder.json", {"lr": finding.lr, "loss": finding.loss, "suggestion": lr})
    if run is not None:
        run.write("plan.toml", plan.to_toml())
    watch("plan", plan)
    last = None
    for last in training(network, data, task, plan.recipe, run):
        watch("progress", last)
    assert last is not None  # the loop yields at least once
    return Learned(network, task, plan, last)


def task_options(plan: Plan, data: Data) -> dict[str, Any]:
    """Return the task's options; `balance` becomes weights that make every class count the same."""
    options = dict(plan.task_options)
    if plan.balance != "none":
        if plan.task != "classification":
            raise UsageError(f"--balance is for classes, and the task is {plan.task}. Leave it out.")
        options["class_weights"] = balanced_weights(data.y[data.positions("train")], len(data.schema.labels))
    return options
