"""One network in training, as a person plays with it: made from wishes, taken on step by step, looked into.

Nothing here changes a number of the training: after N steps the weights are those of `profundo train` with the same
wishes and `--steps N --no-restore-best`, to the last bit.
"""

import copy
import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from ..assemble import assemble
from ..balance import balanced
from ..batch import Batch
from ..data import load
from ..data.dataset import Data
from ..errors import CheckFailed, UsageError
from ..evaluate import answer, score
from ..learner import Learner
from ..learning import decide
from ..loop import Loop, Position, Steps, machine_for
from ..plan import Plan, complete, wish
from ..says import says
from ..seeds import mix
from ..tasks import build_task
from ..tasks.task import Predictive
from .chain import Layer
from .measures import Examples, choose, cost
from .plane import Axis, find_axes
from .trace import Moment, trace
from .units import find_layers, lines, weights_of
from .wishes import ALWAYS, checked, usual

ENDLESS = 10**9  # epochs: a game ends when the player wants it to


@dataclass(frozen=True)
class Loaded:
    """Data as they were read, and of what: the same source, not changed since, need not be read again."""

    source: str
    stamp: tuple[int, int]
    plan: Plan
    data: Data


def load_for(source: str, wished: Plan, before: Loaded | None) -> Loaded:
    """Load the data of a plan, or take those that were loaded before where they are the same."""
    path = Path(source).expanduser()
    stamp = (path.stat().st_mtime_ns, path.stat().st_size) if path.exists() else (0, 0)
    if before is not None and (before.source, before.stamp, before.plan.data) == (source, stamp, wished.data):
        return replace(before, plan=wished)
    return Loaded(source, stamp, wished, load(wished.data.source, wished.data))


class Game:
    """A network, its task and its data in one training that goes on for as long as it is asked to."""

    def __init__(self, source: str, wishes: Mapping[str, Any], before: Loaded | None = None) -> None:
        given = checked(wishes)
        target = given.pop("target", None)
        self.source = source
        self.loaded = load_for(source, wish(source, target, **{"seed": 0, **given}), before)
        options = usual(given, self.loaded.data)
        self.wishes = options | ({} if target is None else {"target": target})
        self.plan = complete(wish(source, target, **{**options, "epochs": ENDLESS}), self.loaded.data)
        self.recipe = self.plan.recipe
        self.data = data = replace(self.loaded.data, seed=self.recipe.seed)
        self.task: Predictive = build_task(self.plan.task, data.schema, **self.plan.task_options)
        self.network: nn.Module = assemble(self.plan, data.schema, seed=self.recipe.seed).eval()
        self.layers: list[Layer] = find_layers(self.network)
        machine = machine_for(self.network, data, self.recipe)
        self.learner = Learner(self.network, self.task, self.recipe, machine)
        self.loop = Loop(self.learner, data, self.recipe, None, Position(), {})  # the loop of `training`, in plain view
        self.loop.live = 0
        self.steps: Steps = self.loop.epochs()
        self.lr_wanted: float | None = None
        self.stopped: str | None = None
        self.broken = False
        self.seconds, self.looked = 0.0, 0

    @cached_property
    def axes(self) -> list[Axis]:
        """The columns that a plane can be made of."""
        return find_axes(self.data)

    @cached_property
    def examples(self) -> Examples:
        """The examples that frames are about."""
        return choose(self.data, self.cost)

    @cached_property
    def cost(self) -> float:
        """Seconds that the network takes for one example: heavy ones are looked at less closely."""
        return cost(self.network, self.data)

    @property
    def step(self) -> int:
        """How many batches were learnt from."""
        return self.loop.here.step

    @property
    def epoch(self) -> int:
        """How many whole epochs were learnt from."""
        return self.step // self.loop.an_epoch

    @property
    def lr(self) -> float:
        """The learning rate of the next step."""
        return self.lr_wanted if self.lr_wanted is not None else self.loop.lr()

    def set_lr(self, value: float) -> None:
        """Learn at another rate from the next step on. Raises UsageError where it is not above 0."""
        if not 0 < value < float("inf"):
            raise UsageError(f"the learning rate is {value:g}; it must be a number above 0.")
        self.lr_wanted = value

    def learn(self, most: int, seconds: float = float("inf")) -> int:
        """Learn from at most so many batches, for about so long; returns how many there were.

        Where the loss is no longer a number, the game has `stopped` with the advice of the loop.
        """
        began, first = time.perf_counter(), self.step
        self.network.train()
        try:
            while self.stopped is None and self.step - first < most and time.perf_counter() - began < seconds:
                self.advance()
        except CheckFailed as error:  # the loss is no longer a number: what to do about it is told
            self.stopped, self.broken = str(error), True
        finally:
            self.looked = 0
            self.seconds += time.perf_counter() - began
            self.network.eval()
        return self.step - first

    def advance(self) -> None:
        """Learn from the next batch; at the end of an epoch the validation part is measured, as in any training."""
        wanted, self.lr_wanted = self.lr_wanted, None
        if wanted is not None and not self.step:
            self.loop.here.lr_at["0"], wanted = wanted, None
        now = self.steps.send(wanted)
        if self.loop.here.within == self.loop.an_epoch and not now.whole:
            now = next(self.steps)
        self.stopped = now.stopped

    def coming(self) -> tuple[Batch, int]:
        """Return the batch that the next step learns from, and the seed of its dropout."""
        here = self.loop.here
        over = here.within == self.loop.an_epoch
        epoch, within = (here.epoch + 1, 0) if over else (here.epoch, here.within)
        batches = self.data.batches("train", size=self.loop.size, epoch=epoch)
        return next(itertools.islice(batches, within, None)), mix(self.recipe.seed, epoch, within, 0)

    def seen(self) -> bool:
        """Say whether every example of the coming batch was looked at."""
        return self.looked == len(self.coming()[0])

    def look(self) -> tuple[dict[str, Any], Any]:
        """Look at the next example of the coming batch: what is said of it, and the mean gradient of those so far.

        A copy of the network takes part in it, in training as the step itself will be.
        """
        batch, seed = self.coming()
        index, self.looked = self.looked, self.looked + 1
        twin = copy.deepcopy(self.network).train()
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            output = twin(batch.x)
        losses: Tensor = self.task.example_losses(output, batch.y)
        task: Any = self.task  # classification or regression, which decode what is given
        told = {
            "index": index,
            "of": len(batch),
            "id": int(batch.ids[index]),
            "loss": losses[index].item(),
            "truth": self.words(batch.y[index : index + 1]),
            "answer": spoken(task.outputs_to_prediction(output[index : index + 1]).values[0]),
        }
        if not self.layers:
            return told, None
        losses[: index + 1].mean().backward()  # type: ignore[no-untyped-call]
        pairs = [(w.grad, None if b is None else b.grad) for w, b in weights_of(find_layers(twin))]
        return told, lines([(w, b) for w, b in pairs if w is not None])

    def words(self, y: Tensor) -> str:
        """Return what is true of an example, as a label or a number in the data's units."""
        if self.plan.task == "classification":
            return str(self.task.decode(y.cpu().numpy())[0])
        kind: Any = next(iter(self.data.schema.targets.values()))
        return spoken(float(y.flatten()[0]) * kind.scale + kind.center)

    def traced(self, unit: tuple[int, int], example: int | None) -> dict[str, Any]:
        """Follow an example through a unit, by default the next one of the coming batch.

        One that is not of the coming batch is followed as if it were a batch alone, with nothing silenced.
        """
        batch, seed = cast(tuple[Batch, int | None], self.coming())
        at, ids = min(self.looked, len(batch) - 1), batch.ids.tolist()
        if example is not None and example in ids:
            at = ids.index(example)
        elif example is not None:
            found = (self.data.ids == example).nonzero().flatten()
            if not len(found):
                raise UsageError(f"there is no example {example} in {self.data.name}.")
            batch, at, seed = self.data.gather(found[:1]), 0, None
        moment = Moment(self.lr, seed)
        told = trace(self.learner, batch, unit, at=at, moment=moment, names=self.data.schema.features)
        place = f"{told['unit']['layer']},{told['unit']['index']}"
        asked = {k: v for k, v in self.path().items() if k not in ALWAYS}
        return told | says("trace", self.source, asked, unit=place, row=told["example"]["id"])

    def path(self) -> dict[str, Any]:
        """Return the wishes that lead to this network: what was asked for, the steps taken, the rates changed."""
        changes = {**self.recipe.lr_at, **self.loop.here.lr_at}
        return self.wishes | ({"lr_at": changes} if changes else {}) | ({"steps": self.step} if self.step else {})

    def said(self) -> dict[str, Any]:
        """Return the command and the Python that lead to this network, and its scores on the test part."""
        scores = None
        if self.step and self.data.count("test") and not self.broken:
            even = balanced("none", self.plan.task, self.plan.task_options, self.data)
            decision = decide(self.plan, self.network, self.task, even)
            answers = answer(self.network, self.task, self.data, "test", decision)
            scores = {k: v.to_dict() for k, v in score(answers, self.plan.task, seed=self.plan.data.seed).items()}
        return {**says("train", self.source, self.path()), "step": self.step, "test": scores}


def spoken(value: Any) -> str:
    """Write a label, or a number in four digits."""
    return str(value) if isinstance(value, str) else f"{float(value):.4g}"
