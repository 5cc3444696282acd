"""One step of learning in a network small enough to follow by hand.

The network, its weights and its example are those of "Backpropagation step by step"
(hmkcode.com/ai/backpropagation-step-by-step): no biases, half the square of the error as its cost.
"""

from typing import Any

import torch
from torch import nn

from ..batch import Batch
from ..learner import Learner
from ..networks.layers import ACTIVATIONS
from ..play.trace import trace
from ..precision import Machine
from ..recipe import Recipe
from ..tasks import Regression
from .options import Settings

WEIGHTS = {"hidden": [[0.11, 0.21], [0.12, 0.08]], "output": [[0.14, 0.15]]}
UNITS = {"h1": (0, 0), "h2": (0, 1), "out": (1, 0)}
WITHIN = 1e6  # an error in this range is squared: Huber's loss with so large a delta is half the square everywhere


def backprop(o: Settings) -> dict[str, Any]:
    """Take `o.steps` steps and tell the last in all numbers. `o` are the settings of `table.BACKPROP`.

    Returns trace: what `profundo.play.trace.trace` tells of the unit `o.unit` (its layers are hidden and output);
    outputs (steps + 1), losses (steps + 1): before each step and after the last; weights: for h1, h2 and out, before
    the last step and after it, {before: [...], after: [...]}.
    """
    network = nn.Sequential()
    network.add_module("hidden", nn.Linear(2, 2, bias=False))
    network.add_module("activation1", ACTIVATIONS[o.activation]())
    network.add_module("output", nn.Linear(2, 1, bias=False))
    with torch.no_grad():
        for name, values in WEIGHTS.items():
            network.get_submodule(name).get_parameter("weight").copy_(torch.tensor(values))
    task = Regression((0.0,), (1.0,), "huber", WITHIN)
    machine = Machine("cpu", 1, "float32", channels_last=False)
    learner = Learner(network, task, Recipe(optimizer="sgd", lr=o.lr), machine)
    batch = Batch(torch.tensor([[o.x1, o.x2]]), torch.tensor([o.y]), torch.tensor([0]))
    outputs, losses = [output_of(network, batch)], [loss_of(learner, batch)]
    for _ in range(o.steps):
        before = weights_of(network)
        told = trace(learner, batch, UNITS[o.unit], names=("x1", "x2"))
        learner.learn(batch, o.lr)
        outputs.append(output_of(network, batch))
        losses.append(loss_of(learner, batch))
    after = weights_of(network)
    changed = {unit: {"before": before[unit], "after": after[unit]} for unit in UNITS}
    return {"trace": renamed(told), "outputs": outputs, "losses": losses, "weights": changed}


def renamed(told: dict[str, Any]) -> dict[str, Any]:
    """Call the units h1, h2 and out, in the trace as in the options."""
    names = {"hidden[0]": "h1", "hidden[1]": "h2", "output[0]": "out"}
    unit, back = told["unit"], told["backward"]
    return told | {
        "unit": unit | {"name": names[unit["name"]]},
        "rows": [row | {"from": names.get(row["from"], row["from"])} for row in told["rows"]],
        "backward": back | {"sources": [source | {"to": names[source["to"]]} for source in back["sources"]]},
    }


@torch.no_grad()
def output_of(network: nn.Module, batch: Batch) -> float:
    """Return what the network says."""
    return float(network(batch.x))


@torch.no_grad()
def loss_of(learner: Learner, batch: Batch) -> float:
    """Return the cost of the example."""
    return float(next(learner.task.losses(learner.network, batch)).value)


def weights_of(network: nn.Module) -> dict[str, list[float]]:
    """Return the weights of each unit."""
    layers = [network.get_submodule(name).get_parameter("weight").detach() for name in WEIGHTS]
    return {unit: layers[place][index].tolist() for unit, (place, index) in UNITS.items()}


def sentences(found: dict[str, Any], o: Settings) -> list[str]:
    """Write the chain rule of the unit, with its numbers."""
    t = found["trace"]
    forward, backward, loss = t["forward"], t["backward"], t["loss"]
    terms = " + ".join(f"{r['x']:.4g} x {r['w']:.4g}" for r in t["rows"])
    lines = [
        f"unit {o.unit}: z = {terms} = {forward['z']:.6g}, a = {forward['out']:.6g}",
        f"output {loss['outputs'][0]:.6g}, cost 1/2 (output - {o.y:g})^2 = {loss['value']:.6g}",
        f"dL/dz = dL/da x da/dz = {backward['dL_da']:.6g} x {backward['da_dz']:.6g} = {backward['dL_dz']:.6g}",
    ]
    for row in t["rows"]:
        change = f"{row['w']:.6g} - {o.lr:g} x {row['gradient']:.6g} = {row['new']:.6g}"
        lines.append(f"dL/dw = {backward['dL_dz']:.6g} x {row['x']:.6g} = {row['dL_dw']:.6g}; w <- {change}")
    return [*lines, f"after the step the output is {found['outputs'][-1]:.6g}, the cost {found['losses'][-1]:.6g}"]
