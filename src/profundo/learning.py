"""From a plan and its data to a trained network: balance, borrowed weights, the loop, the decision."""

from dataclasses import dataclass, replace

from torch import nn

from .answers import Answers
from .assemble import assemble
from .attended import Watch as Watch
from .attended import silent as silent
from .attended import store_plan, watched, with_lr
from .balance import Balanced, balanced
from .data.dataset import Data
from .decision import Decision, fit_decision
from .evaluate import answer
from .loop import Progress
from .outcomes import find_outcome
from .plan import Plan
from .run import Run
from .tasks import build_task
from .tasks.task import Predictive
from .transferring import learn_head, start, warm_up


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
    network = assemble(plan, data.schema, seed=plan.recipe.seed)
    watch("network", network)
    start(run, plan, network, data, watch)
    if plan.transfer == "extract":
        plan, last = learn_head(run, plan, network, even.data, task, watch)
    else:
        if plan.transfer == "finetune" and (run is None or not run.has("resume.json")):
            warm_up(plan, network, even.data, task)
        plain = build_task(plan.task, data.schema, **plan.task_options)  # weights of classes mislead the range test
        plan = with_lr(run, plan, network, data, plain, watch)
        store_plan(run, plan, watch)
        last = watched(run, plan, network, even.data, task, watch)
    outcome = find_outcome(plan.task)
    if outcome is not None and outcome.finish is not None:
        outcome.finish(network, task, even.data)
        if run is not None:
            run.save_weights("best.safetensors", network.state_dict())
    decision = decide(plan, network, task, even)
    if run is not None:
        run.write("decision.json", decision.to_dict())
    return Learned(network, task, plan, decision, last)


def decide(plan: Plan, network: nn.Module, task: Predictive, even: Balanced) -> Decision:
    """Fit on the validation part how probabilities are shown and answers given."""
    if plan.task not in ("classification", "multilabel"):
        return Decision("regression")
    raw = answer(network, task, even.data, "validation")
    assert raw.prediction.probabilities is not None and raw.y is not None
    return fit_decision(
        raw.prediction.probabilities, raw.y, task=plan.task, calibrate=plan.calibrate, move=even.move, shift=even.shift
    )
