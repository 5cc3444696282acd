"""One step of learning in all its numbers: forward pass, loss, each partial derivative, and the changed weights.

A copy of the learner takes the step that the learner would take next, while an ear listens; so the numbers are those
of the training itself, not of a second implementation.
"""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from ..batch import Batch
from ..errors import UsageError
from ..learner import Learner
from ..tasks import Regression, Task
from .chain import Layer, Signal, activation_name, chain, inputs_of, listen

MOST = 128  # numbers of a list that are told one by one


@dataclass(frozen=True)
class Moment:
    """Which step it is: its learning rate, None for the recipe's, and the seed of its dropout.

    With a seed dropout and batch normalisation are as in training; without one (None) as in predicting.
    """

    lr: float | None = None
    seed: int | None = None


def trace(
    learner: Learner,
    batch: Batch,
    unit: tuple[int, int],
    *,
    at: int = 0,
    moment: Moment = Moment(),
    names: Sequence[str] = (),
) -> dict[str, Any]:
    """Follow one example, `batch` [at], forward, backward and into the update, as one unit sees it.

    `unit` is (layer, index): layer 0 is the first hidden one, -1 the output. `names` are those of the inputs. Where the
    loss is that of a batch, its gradient is the mean over the examples. The learner is not changed. Returns JSON:

    - unit: {layer, index, name}
    - example: {id, position, of: examples in the batch, label: what is true, a text or a number in the data's units}
    - layers: [{name, units, activation, normalisation, dropout, out, dL_dz}] with the values of this example
    - rows: [{from, x, w, product, dz_dw, dL_dw, so_far, mean, gradient, step, new}], the bias first, with x = 1 and
      from "1", then a row for each input. dL_dw is this example's, so_far the mean over the batch up to and with it,
      mean that over the batch, gradient what the optimiser gets after clipping and penalties; new = w + step
    - forward: {z, n, a, kept, out}: n after the normalisation (None without one), kept the factor of dropout (None)
    - backward: {sources: [{to, w, dL_dz, product}], dL_dout, dL_da, da_dz, dL_dn, dL_dz}: the products add up to
      dL_dout, the output layer has no sources; with a normalisation (dL_dn not None) da_dz is da/dn
    - loss: {name, value, outputs, target, dL_doutput, answer, probabilities}
    - update: {optimizer, options, memory: names, step: its number, lr, l1, l2, weight_decay, clip}
    - left_out: {rows, product, sources}: how many rows, their products' sum, how many sources are not told

    A list has at most 128 numbers: of a unit's inputs those of the largest |product|. Raises UsageError for a network
    that is no chain of linear layers, and for a unit that it has not.
    """
    twin = copied(learner)
    layers = chain(twin.network)
    place, index = checked(unit, layers)
    layer = layers[place]
    before = {id(p): p.detach().clone() for p in twin.network.parameters()}
    rate = twin.recipe.learning_rate if moment.lr is None else moment.lr
    signals = listen(layers, lambda: take_step(twin, batch, rate, moment.seed))
    signal, after = signals[place], signals[place + 1 :][:1]
    arriving = (
        inputs_of(twin.network, names)
        if place == 0
        else [f"{layers[place - 1].name}[{i}]" for i in range(layer.linear.in_features)]
    )
    rows, left_out = weights(twin, layer, signal, before, (index, at), arriving)
    sources = [] if not after else weighed(layers[place + 1], after[0], before, (index, at))
    told = sorted(sorted(sources, key=lambda s: -abs(s["product"]))[:MOST], key=lambda s: s["unit"])
    return {
        "unit": {"layer": place, "index": index, "name": f"{layer.name}[{index}]"},
        "example": example(twin.task, batch, at),
        "layers": [described(found, heard, at) for found, heard in zip(layers, signals, strict=True)],
        "rows": rows,
        "forward": forward(layer, signal, index, at),
        "backward": {"sources": told, **backward(layer, signal, index, at)},
        "loss": loss(twin.task, signals[-1], batch, at),
        "update": update(twin, rate),
        "left_out": {**left_out, "sources": len(sources) - len(told)},
    }


def copied(learner: Learner) -> Learner:
    """Return a learner that will do what this one would, and shares nothing with it."""
    recipe = replace(learner.recipe, accumulate=1, average=None)
    twin = Learner(copy.deepcopy(learner.network), learner.task, recipe, learner.machine)
    twin.restore(learner.tensors(), {name: part.steps for name, part in learner.parts.items()})
    return twin


def take_step(learner: Learner, batch: Batch, lr: float, seed: int | None) -> None:
    """Learn from a batch; without a seed nothing is silenced and stored means are taken."""
    learner.network.train(seed is not None)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed or 0)
        learner.learn(batch, lr)


def checked(unit: tuple[int, int], layers: Sequence[Layer]) -> tuple[int, int]:
    """Return the unit with its layer counted from the first. Raises UsageError where there is none."""
    place, index = unit[0] + len(layers) if unit[0] < 0 else unit[0], unit[1]
    if not 0 <= place < len(layers):
        raise UsageError(f"there is no layer {unit[0]}: this network has {len(layers)}, 0 to {len(layers) - 1}.")
    units = layers[place].linear.out_features
    if not 0 <= index < units:
        raise UsageError(f"layer {place} has no unit {index}: it has {units}, 0 to {units - 1}.")
    return place, index


def weights(
    learner: Learner,
    layer: Layer,
    signal: Signal,
    before: dict[int, Tensor],
    where: tuple[int, int],
    names: Sequence[str],
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return a row for the bias and for each input of a unit, and what the rows leave out."""
    index, at = where
    flat = learner.parts[""].flat
    gradients = {id(p): view for p, view in zip(flat.parameters, flat.views, strict=True)}
    deltas = signal.error(signal.z)[:, index]  # (B,)
    each = deltas[:, None] * signal.x  # (B, inputs): dL/dw of every example
    weight, bias = layer.linear.weight, layer.linear.bias
    w, new = before[id(weight)][index], weight.detach()[index]
    columns = {
        "x": signal.x[at],
        "w": w,
        "product": w * signal.x[at],
        "dz_dw": signal.x[at],
        "dL_dw": each[at],
        "so_far": each[: at + 1].mean(0),
        "mean": each.mean(0),
        "gradient": gradients[id(weight)][index],
        "step": new - w,
        "new": new,
    }
    largest = columns["product"].abs().argsort(descending=True)[:MOST].sort().values
    known = [names[i] if i < len(names) else f"x{i + 1}" for i in largest.tolist()]
    values = {name: column[largest].tolist() for name, column in columns.items()}
    rows = [{"from": name, **{k: v[i] for k, v in values.items()}} for i, name in enumerate(known)]
    rest = columns["product"].sum() - columns["product"][largest].sum()
    left_out = {"rows": len(w) - len(rows), "product": float(rest) if len(w) > len(rows) else 0.0}
    if bias is not None:
        b, changed = float(before[id(bias)][index]), float(bias.detach()[index])
        row = {"from": "1", "x": 1.0, "w": b, "product": b, "dz_dw": 1.0, "dL_dw": float(deltas[at])}
        row |= {"so_far": float(deltas[: at + 1].mean()), "mean": float(deltas.mean())}
        rows.insert(0, row | {"gradient": float(gradients[id(bias)][index]), "step": changed - b, "new": changed})
    return rows, left_out


def weighed(layer: Layer, signal: Signal, before: dict[int, Tensor], where: tuple[int, int]) -> list[dict[str, Any]]:
    """Return how much each unit of the next layer says that this one's output should change the loss."""
    index, at = where
    w, error = before[id(layer.linear.weight)][:, index], signal.error(signal.z)[at]
    found = zip(w.tolist(), error.tolist(), (w * error).tolist(), strict=True)
    return [
        {"to": f"{layer.name}[{j}]", "unit": j, "w": v, "dL_dz": e, "product": p} for j, (v, e, p) in enumerate(found)
    ]


def forward(layer: Layer, signal: Signal, index: int, at: int) -> dict[str, float | None]:
    """Return what the unit makes of its sum."""
    z, n, a, out = (float(t.detach()[at, index]) for t in (signal.z, signal.n, signal.a, signal.out))
    errors = [float(signal.error(t)[at, index]) for t in (signal.a, signal.out)]
    kept = None
    if layer.dropout is not None:
        kept = out / a if a else errors[0] / errors[1] if errors[1] else None
    return {"z": z, "n": None if layer.normalisation is None else n, "a": a, "kept": kept, "out": out}


def backward(layer: Layer, signal: Signal, index: int, at: int) -> dict[str, float | None]:
    """Return the derivatives of the example's loss, from the unit's output back to its sum."""
    out, a, n, z = (float(signal.error(t)[at, index]) for t in (signal.out, signal.a, signal.n, signal.z))
    slope = 1.0 if layer.activation is None else slope_of(layer.activation, signal.n.detach()[at, index])
    normalised = None if layer.normalisation is None else n
    return {"dL_dout": out, "dL_da": a, "da_dz": slope, "dL_dn": normalised, "dL_dz": z}


def slope_of(activation: nn.Module, z: Tensor) -> float:
    """Return the derivative of an activation at one value."""
    z = z.clone().requires_grad_()
    (slope,) = torch.autograd.grad(activation(z), z)
    return float(slope)


def described(layer: Layer, signal: Signal, at: int) -> dict[str, Any]:
    """Return what a layer is, and what it said and was told for one example."""
    kinds = {nn.BatchNorm1d: "batch", nn.LayerNorm: "layer"}
    return {
        "name": layer.name,
        "units": layer.linear.out_features,
        "activation": activation_name(layer.activation),
        "normalisation": kinds.get(type(layer.normalisation), "none"),
        "dropout": 0.0 if layer.dropout is None else layer.dropout.p,
        "out": signal.out.detach()[at, :MOST].tolist(),
        "dL_dz": signal.error(signal.z)[at, :MOST].tolist(),
    }


def loss(task: Task, last: Signal, batch: Batch, at: int) -> dict[str, Any]:
    """Return the loss of one example, and what the network said of it."""
    said = last.out.detach()[at : at + 1]
    network = cast(nn.Module, lambda x: said)
    one = batch.part(at, at + 1)
    answer = task.predict(network, one.x)
    return {
        "name": getattr(task, "loss", "loss"),
        "value": float(next(task.losses(network, one)).value),
        "outputs": said[0].tolist(),
        "target": one.y[0].tolist(),
        "dL_doutput": last.error(last.out)[at].tolist(),
        "answer": np.asarray(answer.values)[0].tolist(),
        "labels": list(answer.labels),
        "probabilities": None if answer.probabilities is None else answer.probabilities[0].tolist(),
    }


def example(task: Task, batch: Batch, at: int) -> dict[str, Any]:
    """Return which example it is and what is true of it, in the data's words or units."""
    y = batch.y[at : at + 1].cpu().numpy()
    if isinstance(task, Regression):
        true = np.ravel(y * np.array(task.scales) + np.array(task.centers))
        label: Any = true.tolist() if len(true) > 1 else float(true[0])
    else:
        label = np.asarray(cast(Any, task).decode(y))[0]
        label = label.tolist() if hasattr(label, "tolist") else label
    return {"id": int(batch.ids[at]), "position": at, "of": len(batch), "label": label}


def update(learner: Learner, lr: float) -> dict[str, Any]:
    """Return how the weights are changed."""
    recipe, optimizer = learner.recipe, learner.parts[""]
    penalties = {"l1": recipe.l1, "l2": recipe.l2, "weight_decay": recipe.weight_decay, "clip": recipe.clip}
    options = {k: v for k, v in optimizer.options.items() if math.isfinite(v)}
    memory = {"memory": list(optimizer.memory), "step": optimizer.steps}
    return {"optimizer": recipe.optimizer, "options": options, **memory, "lr": lr, **penalties}
