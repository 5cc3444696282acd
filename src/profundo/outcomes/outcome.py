"""What becomes of the answers of a task that gives more than one label or number for each example.

Everything after the loop asks here: evaluate, predict, generate, the run folder, the report. A task without an outcome
is a plain one: classification, regression, multilabel.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import nn

from ..answers import Answers, ask
from ..baselines import BaselineResult
from ..data.dataset import Data
from ..metrics import Rival, Score, verdict_of_losses
from ..plan import Plan
from ..run import Run
from ..schema import Schema
from ..tasks.task import Predictive

if TYPE_CHECKING:
    import pandas as pd

Ask = Callable[[nn.Module, Predictive, Data, str], Answers]


@dataclass(frozen=True)
class Learnt:
    """A trained network in eval mode, with what belongs to it."""

    network: nn.Module
    task: Predictive
    schema: Schema
    plan: Plan


@dataclass(frozen=True)
class Made:
    """Something that a network made: `text` to show, `rows` for --json, `files` (name: bytes) to write."""

    text: str = ""
    rows: Sequence[Mapping[str, Any]] = ()
    files: Mapping[str, bytes] | None = None


def nothing(run: Run, learnt: Learnt, data: Data, answers: Answers) -> dict[str, Any]:
    """Write no card."""
    return {}


def alone(plan: Plan, data: Data) -> Iterator[BaselineResult]:
    """Yield no baseline."""
    yield from ()


def by_losses(answers: Answers, found: Sequence[BaselineResult], plan: Plan, measure: str) -> dict[str, Any] | None:
    """Compare losses by a paired bootstrap over the test examples; None where there is no baseline."""
    done = [Rival(b.name, b.validation, b.prediction) for b in found if b.prediction is not None]
    if not done or answers.losses is None:
        return None
    return verdict_of_losses(measure, answers.losses.astype(np.float64), done, seed=plan.data.seed)


def rightness(run: Run, data: Data, answers: Answers, found: Sequence[BaselineResult]) -> dict[str, np.ndarray]:
    """Return the arrays of answers.npz: ids, and how right each answer is (1 - its loss) beside 1 for a perfect one."""
    assert answers.losses is not None
    right = 1 - answers.losses.astype(np.float64)
    return {"ids": answers.ids, "y": np.ones(len(right)), "prediction": right}


@dataclass(frozen=True)
class Outcome:
    """What is done with a task's answers.

    `ask(network, task, data, split)` answers a split; `score(answers, task, seed=, resamples=)` measures, the main
    score first after "loss" where there is one. `describe(answers, data, index, position)` tells of one of the most
    wrong examples (id, loss, confidence, true, predicted, picture, values), `table(data, answers)` are the rows that
    predict writes. `store(run, data, answers, baselines)` returns the arrays of answers.npz.
    `cards(run, learnt, data, answers)` writes what the report's own section reads, and returns what scores.json says of
    it. `rivals(plan, data)` yields baselines whose `prediction` is their loss (n,) for each test example, in units of
    `measure`, and whose `validation` is higher for the better; `verdict` compares them with the network's.
    `finish(network, task, data)` fits, when the loop is done, what the answers need besides the weights (thresholds,
    centres), into buffers of the network: they are stored with the best weights.
    `generate(learnt, options)` makes something new, where the task can; `options` describes each option.
    """

    score: Callable[..., dict[str, Score]]
    describe: Callable[[Answers, Data, int, int], dict[str, Any]]
    table: Callable[[Data, Answers], "pd.DataFrame"]
    ask: Ask = ask
    store: Callable[[Run, Data, Answers, Sequence[BaselineResult]], dict[str, np.ndarray]] = rightness
    cards: Callable[[Run, Learnt, Data, Answers], dict[str, Any]] = nothing
    rivals: Callable[[Plan, Data], Iterator[BaselineResult]] = alone
    measure: str = "loss"
    verdict: Callable[[Answers, Sequence[BaselineResult], Plan, str], dict[str, Any] | None] = by_losses
    finish: Callable[[nn.Module, Predictive, Data], None] | None = None
    generate: Callable[[Learnt, Mapping[str, Any]], Made] | None = None
    options: Mapping[str, str] | None = None
