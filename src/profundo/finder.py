"""The learning-rate finder: a range test before training (Smith 2017, arXiv 1506.01186)."""

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice

import torch
from torch import nn

from .batch import Batch, Dataset, cuts
from .learner import Learner, NotFinite
from .loop import machine_for
from .recipe import Recipe
from .seeds import mix
from .tasks.task import Task

STEPS, FEWEST = 80, 30  # never more than a quarter of the training, where that is enough
DECADES = 5.0  # from 1e-3 to 1e2 times the optimiser's usual rate
WORSE = 2.0  # stop once the smoothed loss is this many times its best
BACK = 8.0  # the suggestion is the rate of the lowest loss divided by this
EXAMPLES_AT_MOST = 16_384  # for large batches: fewer steps


@dataclass(frozen=True)
class Finding:
    """The rates tried, the smoothed loss at each, and the rate to use."""

    lr: list[float]
    loss: list[float]
    suggestion: float


def find(network: nn.Module, dataset: Dataset, task: Task, recipe: Recipe) -> Finding:
    """Raise the learning rate step by step on a copy of the network; suggest one well below where the loss is lowest.

    The network, and the order of the later training, are left alone. A pure function of the seed.
    """
    own = copy.deepcopy(network)
    machine = machine_for(own, dataset, recipe)
    learner = Learner(own.train(), task, recipe, machine)
    usual = recipe.learning_rate
    size = recipe.batch_size or dataset.count("train")
    training = recipe.steps or recipe.epochs * len(cuts(dataset.count("train"), size))
    steps = max(FEWEST, min(STEPS, EXAMPLES_AT_MOST // max(size, 1), training // 4))
    rates = [usual * 10 ** (-3 + DECADES * i / (steps - 1)) for i in range(steps)]
    losses: list[float] = []
    running, best = 0.0, math.inf
    for step, (rate, batch) in enumerate(zip(rates, islice(endless(dataset, size), steps), strict=False)):
        torch.default_generator.manual_seed(mix(recipe.seed, step, 1))
        try:
            running = 0.9 * running + 0.1 * learner.learn(batch, rate)
        except NotFinite:
            break
        losses.append(running / (1 - 0.9 ** (step + 1)))
        best = min(best, losses[-1])
        if losses[-1] > WORSE * best + 0.1 * abs(losses[0]) and step >= 10:
            break
    return Finding(rates[: len(losses)], losses, suggest(rates, losses, usual))


def suggest(rates: list[float], losses: list[float], usual: float) -> float:
    """Return the rate to use: that of the lowest loss divided by BACK, within a factor of 10 of the usual rate.

    A loss that never fell says nothing: then it is the usual rate.
    """
    if len(losses) < 2 or min(losses) > 0.99 * losses[0]:
        return usual
    lowest = rates[losses.index(min(losses))]
    return float(f"{min(max(lowest / BACK, usual / 10), usual * 10):.2g}")


def endless(dataset: Dataset, size: int) -> Iterator[Batch]:
    """Yield training batches for ever, in orders that the training itself does not use."""
    if not cuts(dataset.count("train"), size):
        return
    for epoch in count(1_000_000):
        yield from dataset.batches("train", size=size, epoch=epoch)
