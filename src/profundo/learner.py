"""One step of learning: a network with its optimisers pays each loss that its task yields."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from . import parallel
from .batch import WHOLE, Batch, Dataset, Shard, asking
from .errors import UsageError, unknown
from .flat import Flat
from .optimizers import Optimizer
from .precision import Machine
from .recipe import Recipe
from .tasks.task import Loss, Task


class Learner:
    """A network with an optimiser for each part that the task names, and the running average of its weights."""

    def __init__(self, network: nn.Module, task: Task, recipe: Recipe, machine: Machine, shard: Shard = WHOLE) -> None:
        self.network, self.task, self.recipe, self.machine, self.shard = network, task, recipe, machine, shard
        self.parts = {name: self._optimizer(name) for name in task.parts}
        self.lr_ratio = {
            name: self._own(name, "lr", recipe.learning_rate) / recipe.learning_rate for name in task.parts
        }
        flats = [o.flat.values for o in self.parts.values()]
        parallel.agree([*flats, *network.buffers()], shard)
        self.averages = [v.clone() for v in flats] if recipe.average else []

    def _own(self, part: str, key: str, default: Any) -> Any:
        return self.recipe.parts.get(part, {}).get(key, default)

    def _optimizer(self, part: str) -> Optimizer:
        try:
            module = self.network.get_submodule(part)
        except AttributeError as error:
            names = [n for n, _ in self.network.named_children()]
            raise UsageError(
                f"the task trains a part that the network lacks: {unknown('part', part, names)}"
            ) from error
        r = self.recipe
        name, options = self._own(part, "optimizer", r.optimizer), self._own(part, "options", r.options)
        return Optimizer(Flat(module), name, options, l1=r.l1, l2=r.l2, decay=r.weight_decay)

    def learn(self, batch: Batch, lr: float) -> float:
        """Pay every loss of a batch once. Returns their sum. Raises CheckFailed for a loss that is not finite."""
        total, micros = 0.0, batch.split(self.recipe.accumulate) or [batch]
        turns = [self.task.losses(self.network, micro) for micro in micros]
        while (first := self._next(turns[0])) is not None:
            optimizer = self.parts[first.part]
            optimizer.flat.forget_gradients()
            for turn, micro in zip(turns, micros, strict=True):
                if not len(micro):  # a batch of fewer examples than processes
                    continue
                loss = first if turn is turns[0] else cast(Loss, self._next(turn))
                share = len(micro) / len(batch) if len(micros) > 1 else 1.0
                value = loss.value.item()
                if not math.isfinite(value):
                    raise NotFinite(value)
                (loss.value * share if share != 1 else loss.value).backward()  # type: ignore[no-untyped-call]
                total += value * share
            optimizer.flat.collect_gradients()
            if self.shard.count > 1:
                parallel.average_gradients(optimizer.flat.grads, len(batch), self.shard)
            if self.recipe.clip is not None:
                clip(optimizer.flat.grads, self.recipe.clip)
            optimizer.step(lr * self.lr_ratio[first.part])
        for average, part in zip(self.averages, self.parts.values(), strict=False):
            decay = min(cast(float, self.recipe.average), (1 + part.steps) / (10 + part.steps))
            average.lerp_(part.flat.values, 1 - decay)
        return total

    def _next(self, turn: Iterator[Loss]) -> Loss | None:
        if self.machine.precision != "bfloat16":
            return next(turn, None)
        with self.machine.cast():
            return next(turn, None)

    def swap(self) -> None:
        """Exchange the weights with their running average (twice gives them back)."""
        for average, part in zip(self.averages, self.parts.values(), strict=False):
            weights = part.flat.values.clone()
            part.flat.values.copy_(average)
            average.copy_(weights)

    @torch.no_grad()
    def validate(self, dataset: Dataset, split: str) -> dict[str, float]:
        """Ask the task for its measures on a split, with the averaged weights where there are any."""
        if not dataset.count(split):
            return {}
        self.swap()
        self.network.eval()
        batches = dataset.batches(split, size=asking(dataset.schema))
        with self.machine.cast():
            measures = dict(self.task.validate(self.network, batches))
        self.network.train()
        self.swap()
        return measures

    def finite(self) -> bool:
        """Say whether every weight that is learnt is a number."""
        return all(bool(torch.isfinite(part.flat.values).all()) for part in self.parts.values())

    def scored(self) -> dict[str, Tensor]:
        """Return a copy of the weights as they are scored (averaged where the recipe says so)."""
        self.swap()
        copy = {k: v.detach().clone() for k, v in self.network.state_dict().items()}
        self.swap()
        return copy

    def tensors(self) -> dict[str, Tensor]:
        """Return all that must survive: weights, the optimisers' memory, the running average."""
        kept = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        for name, optimizer in self.parts.items():
            kept |= {f"optimizer.{name}.{slot}": v for slot, v in optimizer.memory.items()}
        return kept | {f"average.{i}": v for i, v in enumerate(self.averages)}

    @torch.no_grad()
    def restore(self, stored: Mapping[str, Tensor], steps: Mapping[str, int]) -> None:
        """Copy what `tensors` returned back into place."""
        for name, tensor in self.tensors().items():
            tensor.copy_(stored[name])
        for name, optimizer in self.parts.items():
            optimizer.steps = steps[name]


class NotFinite(Exception):
    """A loss became infinite or not a number; `learn` stopped before the weights changed."""


def clip(grads: Tensor, largest: float) -> None:
    """Shorten the gradient (n,) to a norm of at most `largest` (Pascanu et al. 2013)."""
    grads.mul_(torch.clamp(largest / (grads.norm() + 1e-12), max=1.0))
