"""The one loop. Data set x network x task meet here; the loop knows none of them by name.

A batch's path: `training` -> `Learner.learn` -> `task.losses` -> `network.forward`. Each loss that the task yields is
paid (backward, average over processes, clip, step) before the next is asked for.
"""

import math
import time
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from . import parallel, precision, schedules, stopping
from .batch import Batch, Dataset, cuts
from .errors import CheckFailed, UsageError
from .learner import Learner, NotFinite
from .precision import Machine
from .recipe import Recipe
from .run import Run
from .seeds import mix
from .stopping import Limits, Point
from .tasks.task import Task

LIVE = 0.25  # seconds between two reports within an epoch
STRETCHES = 20  # of an epoch, each with its mean training loss in progress.jsonl


@dataclass(frozen=True)
class Progress:
    """Where the training stands. `whole` marks the end of an epoch, the only time `validation` is measured.

    `train_loss` is the mean over the examples of this epoch so far; `stopped` says which criterion fired, at the end.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    seconds: float
    train_loss: float
    lr: float
    whole: bool = False
    validation: Mapping[str, float] = field(default_factory=dict)
    stopped: str | None = None


@dataclass
class Position:
    """Where in the run the loop stands: everything that a resume point stores besides the tensors."""

    epoch: int = 0
    within: int = 0  # steps done in this epoch
    step: int = 0
    loss_sum: float = 0.0
    examples: int = 0
    seconds: float = 0.0
    losses: list[list[float]] = field(default_factory=list)  # of each stretch of this epoch: sum, examples
    curve: list[Point] = field(default_factory=list)
    best_epoch: int = 0
    best_loss: float = math.inf
    optimizer_steps: dict[str, int] = field(default_factory=dict)
    lr_at: dict[str, float] = field(default_factory=dict)  # changed by hand, from that step on


Steps = Generator[Progress, float | None, None]


def training(
    network: nn.Module, dataset: Dataset, task: Task, recipe: Recipe, run: Run | None = None, *, live: float = LIVE
) -> Steps:
    """Train a network, yielding how it goes: at the end of each epoch, and every `live` seconds within one.

    Leave the loop to stop early; wait before the next turn to pause it (with `live` 0, after each step); `send` it
    a learning rate to change it from the next step on, as `recipe.lr_at` would. With `run`, epochs, weights and
    resume points are written there, and a resume point found there is continued: the bytes are those of a training
    never interrupted. Without a learning rate in the recipe, the optimiser's usual one is taken. At the end the
    network holds the weights of the lowest validation loss, or the last ones where the task has no such loss.

    Raises CheckFailed as soon as a loss is not finite, naming step, learning rate and row.
    """
    shard = parallel.join()
    machine = machine_for(network, dataset, recipe)
    if recipe.compile:
        network.compile()
    learner = Learner(network, task, recipe, machine, shard)
    here, best = Position(), dict[str, Tensor]()
    if run is not None and (stored := run.load_resume()) is not None:
        here, best = resume(learner, *stored)
    loop = Loop(learner, dataset, recipe, run if shard.index == 0 else None, here, best)
    loop.live = live
    yield from loop.epochs()
    network.load_state_dict(loop.best)
    network.eval()


def machine_for(network: nn.Module, dataset: Dataset, recipe: Recipe) -> Machine:
    """Choose device, threads and number format for a network and batches of this size, and set them."""
    r = recipe
    numbers = (r.batch_size or dataset.count("train")) * math.prod(dataset.schema.shape)
    machine = precision.choose(network, numbers=numbers, device=r.device, threads=r.threads, precision=r.precision)
    precision.apply(machine, network)
    return machine


def resume(learner: Learner, tensors: dict[str, Tensor], state: dict[str, Any]) -> tuple[Position, dict[str, Tensor]]:
    """Put a resume point into the learner; returns where it stood and the best weights so far."""
    known = {f: state[f] for f in Position.__dataclass_fields__ if f in state}
    here = Position(**{**known, "curve": [Point(**p) for p in state["curve"]]})
    here.best_loss = math.inf if state["best_loss"] is None else state["best_loss"]
    learner.restore(tensors, here.optimizer_steps)
    return here, {k.removeprefix("best."): v for k, v in tensors.items() if k.startswith("best.")}


class Loop:
    """The epochs of one training: order, schedule, stopping, saving."""

    def __init__(
        self,
        learner: Learner,
        dataset: Dataset,
        recipe: Recipe,
        run: Run | None,
        here: Position,
        best: dict[str, Tensor],
    ) -> None:
        self.learner, self.dataset, self.recipe, self.run, self.here, self.best = (
            learner,
            dataset,
            recipe,
            run,
            here,
            best,
        )
        self.size = recipe.batch_size or max(dataset.count("train"), 1)
        self.an_epoch = len(cuts(dataset.count("train"), self.size))
        self.steps = recipe.steps or recipe.epochs * self.an_epoch
        epochs = -(-self.steps // max(self.an_epoch, 1))
        self.validation: dict[str, float] = {}
        self.schedule = schedules.find(recipe.schedule)
        self.limits = Limits(epochs, recipe.stop_loss, recipe.patience, recipe.overfit, recipe.time_limit)
        self.began = time.monotonic() - here.seconds
        self.saved = self.shown = time.monotonic()
        self.live, self.looked, self.asked = LIVE, time.monotonic(), False
        if not self.an_epoch:
            raise UsageError("the training part is empty: there is nothing to learn from.")

    def epochs(self) -> Steps:
        """Run until a criterion fires."""
        stopped = stopping.reason(self.here.curve, self.limits, self.here.seconds)
        if stopped is not None:  # a resume point made after the last epoch
            self.back_to_end()
            yield self.progress(whole=True, stopped=stopped)
        while stopped is None:
            self.learner.network.train()
            yield from self.steps_of_epoch()
            stopped = self.end_epoch()
            self.obey((yield self.progress(whole=True, stopped=stopped)))
            self.next_epoch()
        last = self.learner.scored()
        self.best = self.best if self.best and self.recipe.restore_best else last
        if self.run is not None:
            self.run.save_weights("weights.safetensors", last)
            self.run.save_weights("best.safetensors", self.best)

    def back_to_end(self) -> None:
        """Stand where the last epoch ended, not where the next would begin."""
        here, last = self.here, self.here.curve[-1]
        here.epoch, here.loss_sum, here.examples = here.epoch - 1, last.train_loss, 1
        self.validation = {} if last.validation_loss is None else {"loss": last.validation_loss}

    def steps_of_epoch(self) -> Steps:
        """Learn from each batch of an epoch that has not been seen, then leave; at the time limit, leave at once."""
        here, rank, alone = self.here, self.learner.shard.index, self.learner.shard.count == 1
        batches = self.dataset.batches(
            "train", size=self.size, epoch=here.epoch, shard=self.learner.shard, learner=self.learner.network
        )
        for number, batch in enumerate(batches):
            if number < here.within:
                continue
            torch.default_generator.manual_seed(mix(self.recipe.seed, here.epoch, number, rank))
            loss = self.learn(batch)
            here.loss_sum += loss * len(batch)
            here.examples += len(batch)
            self.note_loss(number, loss * len(batch), len(batch))
            here.within, here.step = number + 1, here.step + 1
            now = time.monotonic()
            self.save_if_due(now)
            if now - self.shown >= self.live:
                self.shown = now
                self.obey((yield self.progress()))
            if here.step >= self.steps or self.out_of_time(now) or (alone and self.asked_to_end()):
                return

    def note_loss(self, number: int, loss_sum: float, examples: int) -> None:
        """Add a batch to its stretch of the epoch."""
        losses = self.here.losses
        if number * STRETCHES // self.an_epoch >= len(losses):
            losses.append([0.0, 0])
        losses[-1][0] += loss_sum
        losses[-1][1] += examples

    def out_of_time(self, now: float) -> bool:
        """Say whether the time limit is over. Several processes ask only at the end of an epoch, to stop together."""
        limit = self.limits.time_limit
        return limit is not None and self.learner.shard.count == 1 and now - self.began >= limit

    def asked_to_end(self, *, now: bool = False) -> bool:
        """Say whether the file `stop` stands in the run folder. It is looked for a few times a second."""
        if self.run is not None and (now or time.monotonic() - self.looked >= LIVE):
            self.looked = time.monotonic()
            self.asked = self.run.has("stop")
        return self.asked

    def learn(self, batch: Batch) -> float:
        """Take one step; a loss that is not finite ends the training with the step, the rate and the row."""
        lr = self.lr()
        try:
            return self.learner.learn(batch, lr)
        except NotFinite as error:
            raise CheckFailed(
                f"the loss became {error} at step {self.here.step + 1} (epoch {self.here.epoch + 1}), "
                f"learning rate {lr:.3g}: {self.blame(batch)} The weights saved before are untouched."
            ) from None

    @torch.no_grad()
    def blame(self, batch: Batch) -> str:
        """Find the rows of a batch that hold, or whose own loss is, a number that is not finite."""
        if not self.learner.finite():
            return "the weights themselves are no longer finite. Try a lower --lr, or --clip 1."
        network = self.learner.network.eval()
        for module in network.modules():
            if isinstance(module, nn.modules.batchnorm._NormBase):
                module.reset_running_stats()  # the batch has gone into them
        spoilt = ~batch.x.reshape(len(batch), -1).isfinite().all(1)
        rows = [int(i) for i in batch.ids[spoilt.to(batch.ids.device)]]
        for i in range(len(batch)) if not rows else ():
            first = next(self.learner.task.losses(network, batch.part(i, i + 1)), None)
            if first is not None and not torch.isfinite(first.value):
                rows.append(int(batch.ids[i]))
        if rows:
            return f"it comes from row {', '.join(map(str, rows[:5]))} of the data. Look at its values."
        return "no single row is the cause. Try a lower --lr, or --clip 1."

    def obey(self, lr: float | None) -> None:
        """Learn at another rate from the next step on, where one was sent."""
        if lr is not None:
            self.here.lr_at[str(self.here.step)] = lr

    def lr(self) -> float:
        """Return the learning rate of the next step: a pure function of progress, and of what was changed by hand."""
        rate = self.recipe.learning_rate
        if self.recipe.lr_at or self.here.lr_at:
            changes = {int(step): lr for step, lr in {**self.recipe.lr_at, **self.here.lr_at}.items()}
            rate = max((step, lr) for step, lr in {-1: rate, **changes}.items() if step <= self.here.step)[1]
        return rate * self.schedule(self.here.step / self.steps)

    def end_epoch(self) -> str | None:
        """Measure on the validation part, keep the best weights, write the line; return the criterion that fired."""
        here = self.here
        parallel.average_buffers(self.learner.network, self.learner.shard)
        self.validation = self.learner.validate(self.dataset, "validation")
        loss = self.validation.get("loss")
        unsound = loss is not None and not math.isfinite(loss)
        if unsound or not self.learner.finite():
            what = f"the validation loss became {loss}" if unsound else "the weights are no longer finite"
            raise CheckFailed(
                f"{what} after epoch {here.epoch + 1}, step {here.step}, learning rate {self.lr():.3g}. "
                "Try a lower --lr, or --clip 1. The weights saved before are untouched."
            )
        train_loss = parallel.mean(here.loss_sum, here.examples, self.learner.shard)
        here.loss_sum, here.examples = train_loss * here.examples, here.examples
        here.curve.append(Point(train_loss, loss))
        if loss is not None and loss < here.best_loss:  # without a validation loss the last weights are the ones kept
            here.best_loss, here.best_epoch, self.best = loss, here.epoch + 1, self.learner.scored()
        here.seconds = time.monotonic() - self.began
        if self.run is not None:
            measures = {k: v for k, v in self.validation.items() if k != "loss"}
            losses = [total / max(count, 1) for total, count in here.losses]
            line = {"train_loss": train_loss, "validation_loss": loss, "lr": self.lr(), "validation": measures}
            self.run.append_progress(
                {"epoch": here.epoch + 1, "step": here.step, "seconds": here.seconds, **line, "losses": losses}
            )
        reason = stopping.reason(here.curve, self.limits, here.seconds)
        asked = stopping.ASKED if self.asked_to_end(now=True) else None
        return parallel.same(reason or asked, self.learner.shard)

    def next_epoch(self) -> None:
        """Move to the start of the next epoch, and save there when it is time."""
        here = self.here
        here.epoch, here.within, here.loss_sum, here.examples, here.losses = here.epoch + 1, 0, 0.0, 0, []
        self.save_if_due(time.monotonic())

    def save_if_due(self, now: float) -> None:
        """Save a resume point every `save_every` seconds, and when Ctrl-C or SIGTERM has asked to stop."""
        asked = self.run.asked_to_stop if self.run is not None else 0
        if self.run is None or (not asked and now - self.saved < self.recipe.save_every):
            return
        here = self.here
        here.seconds = now - self.began
        here.optimizer_steps = {name: o.steps for name, o in self.learner.parts.items()}
        best = {f"best.{k}": v for k, v in self.best.items()}
        state = asdict(here) | {"best_loss": here.best_loss if math.isfinite(here.best_loss) else None}
        if self.learner.finite():
            self.run.save_resume({**self.learner.tensors(), **best}, state)
        self.saved = time.monotonic()
        if asked:
            raise self.run.interrupted(f"stopped at step {here.step} of {self.steps}", asked)

    def progress(self, *, whole: bool = False, stopped: str | None = None) -> Progress:
        """Describe where the training stands."""
        here = self.here
        mean = here.loss_sum / max(here.examples, 1)
        return Progress(
            here.epoch + 1, self.limits.epochs, here.step, self.steps, time.monotonic() - self.began, mean, self.lr(),
            whole, self.validation if whole else {}, stopped,
        )  # fmt: skip
