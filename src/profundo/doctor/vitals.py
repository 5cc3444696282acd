"""The vital signs of a network in training: how large its signals and gradients are, layer by layer.

A `Watcher` looks at a network from outside, on a few hundred examples, and leaves no trace: hooks of its own that it
takes off again, gradients by `torch.autograd.grad` (never `.grad`), dropout off, batch normalisation over the probe
itself without touching its running averages. The bytes of a training are the same with it and without it.
"""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..batch import Batch, cuts
from ..data.dataset import Data
from ..networks.network import evaluating
from ..recipe import Recipe
from ..seeds import mix
from ..tasks.classification import Classification
from ..tasks.task import Predictive
from .ear import Ear, Signal, backwards, own_weight, uncompiled, undisturbed, unit_axis
from .memory import through_time
from .probe import answers, constant_losses, input_scales, positions

LOOKS = 10  # at most, the first (before training) and the last among them
STEPS_A_LOOK = 100  # a look costs about as much as three steps: fewer looks at a short training
SHARE = 0.01  # of all the examples that the training sees, shown in all looks together
SMALLEST, LARGEST = 64, 512  # examples in a probe; of what has more than MANY numbers, half as many suffice
MANY = 4096
SALT = 0xD0C
EDGES = {"sigmoid": (0.03, 0.97), "tanh": (-0.97, 0.97), "scaled_tanh": (-1.664, 1.664)}  # slope below 6 % beyond


class Watcher:
    """Looks at a network in training now and then. Make it before the training begins: it keeps the first weights.

    The probe is a random part of the training examples, and twice as many of the validation part that are only asked (a
    third of the work): a pure function of the seed.
    """

    def __init__(self, network: nn.Module, task: Predictive, data: Data, recipe: Recipe) -> None:
        self.network, self.task, self.data = network, task, data
        count, size = data.count("train"), recipe.batch_size or max(data.count("train"), 1)
        an_epoch = max(len(cuts(count, size)), 1)
        steps = recipe.steps or recipe.epochs * an_epoch
        self.epochs = look_at(-(-steps // an_epoch), steps)
        self.steps_an_epoch = an_epoch
        self.ear = Ear(network)
        self.first = {name: own_weight(layer).detach().clone() for layer, name in self.ear.layers.items()}
        least = SMALLEST if math.prod(data.schema.shape) <= MANY else SMALLEST // 2
        examples = int(min(max(SHARE * steps * size / len(self.epochs), least), LARGEST))
        seed = mix(recipe.seed, SALT)
        self.probe = data.gather(positions(data, "train", examples, seed))
        fresh = positions(data, "validation", 2 * examples, seed)
        self.fresh = data.gather(fresh) if len(fresh) else None

    def due(self, epoch: int) -> bool:
        """Say whether to look at the end of this epoch (0: before training); at most ten times a run.

        Look also where the training stops early.
        """
        return epoch in self.epochs

    def look(self, epoch: int) -> dict[str, Any]:
        """Measure, and return a line of vitals.jsonl; a number that is not finite is None."""
        probe = at_home(self.probe, self.network)
        with undisturbed(self.network), torch.enable_grad():
            signals, output, loss = self.ear.listen(self.task, probe)
            errors, gradients, through = backwards(loss, signals, self.ear.sequence)
        others: list[Any] = [None] * len(signals)
        line: dict[str, Any] = {"epoch": epoch, "examples": len(probe), "steps_an_epoch": self.steps_an_epoch}
        with torch.no_grad():
            if epoch == 0:
                line |= {"inputs": input_scales(probe.x, self.data.schema)}
                line |= constant_losses(self.task, output.shape[1], self.data)
            if through is not None:
                line |= {"through_time": through_time(type(self.ear.cell).__name__, through)}
            if isinstance(self.task, Classification):
                line |= {"answers": answers(self.task.scores(output.detach()), probe.y)}
            if self.fresh is not None:
                fresh = at_home(self.fresh, self.network)
                with evaluating(self.network), uncompiled(self.network):
                    others, output, _ = self.ear.listen(self.task, fresh)
                if isinstance(self.task, Classification):
                    line |= {"fresh_answers": answers(self.task.scores(output), fresh.y)}
            rows = [self.row(*found) for found in zip(signals, errors, gradients, others, strict=True)]
        return line | {"loss": plain(loss), "layers": rows}

    def row(
        self, signal: Signal, error: Tensor | None, gradient: Tensor | None, other: Signal | None
    ) -> dict[str, Any]:
        """Return the figures of a layer."""
        weight = own_weight(signal.layer)
        first = self.first[signal.name].to(weight.device)  # the network may have moved since
        units = signal.output.shape[unit_axis(signal)]
        size, began = plain(weight.norm()), plain(first.norm())
        far = plain((weight - first).norm())
        row = {
            "name": signal.name,
            "type": type(signal.layer).__name__,
            "units": units,
            "inputs": round(weight.numel() / units, 3),
            "activation": signal.activation,
            "normalised": signal.normalised,
            "std": plain(signal.output.std()),
            "weight": size,
            "moved": ratio(far, began or size),
            "gradient": None if gradient is None else plain(gradient.norm()),
            "error": None if error is None else plain(error.norm()),
        }
        return row | ({} if signal.active is None else activity(signal, other))


def activity(signal: Signal, other: Signal | None = None) -> dict[str, Any]:
    """Describe what an activation gives over the probe.

    `dead` is the share of ReLU units that are zero for every example, also of the `other` signal; `saturated` the share
    of units of a sigmoid or tanh that stand at the same edge for every example; `at_edges` the share of their values
    that stand at an edge.
    """
    active = signal.active
    assert active is not None
    axis = unit_axis(signal)
    deviation, mean = torch.std_mean(active)
    found = {"active_mean": plain(mean), "active_std": plain(deviation)}
    if signal.activation == "relu":
        dead = silent(active, axis)
        if other is not None and other.active is not None:
            dead &= silent(other.active, axis)
        return found | {"dead": plain(dead.float().mean())}
    if signal.activation in EDGES:
        low, high = EDGES[signal.activation]
        others = all_but(axis, active)
        stuck = (active.amax(others) < low) | (active.amin(others) > high)
        beyond = ((active < low) | (active > high)).float().mean()
        return found | {"saturated": plain(stuck.float().mean()), "at_edges": plain(beyond)}
    return found


def at_home(batch: Batch, network: nn.Module) -> Batch:
    """Return a batch on the network's device."""
    home = next((p.device for p in network.parameters()), batch.x.device)
    if batch.x.device == home:
        return batch
    weights = None if batch.weights is None else batch.weights.to(home)
    return Batch(batch.x.to(home), batch.y.to(home), batch.ids, weights)


def silent(active: Tensor, axis: int) -> Tensor:
    """Say of each unit, counted along an axis, whether it gives nothing for every example: (units,) bool."""
    return active.amax(all_but(axis, active)) <= 0


def all_but(axis: int, tensor: Tensor) -> list[int]:
    """Return the other axes of a tensor."""
    return [d for d in range(tensor.dim()) if d != axis % tensor.dim()]


def look_at(epochs: int, steps: int) -> frozenset[int]:
    """Return the epochs to look at: 0, 1, the last, and between them at even ratios."""
    count = max(3, min(LOOKS, steps // STEPS_A_LOOK))
    return frozenset({0, *np.geomspace(1, max(epochs, 1), count - 1).round().astype(int).tolist()})


def plain(value: Tensor) -> float | None:
    """Return a number for JSON, None where it is not finite."""
    number = float(value.detach())
    return number if math.isfinite(number) else None


def ratio(a: float | None, b: float | None) -> float | None:
    """Return a / b, None where there is no such number."""
    return a / b if a is not None and b else None
