"""Knobs turned at random against the gradient: how many looks at the loss until it is small?

Three ways to set the knobs (weights), which see all points at each look: `guess` sets all of them anew by chance and
keeps the best; `nudge` turns all of them a little and turns back where the loss grew; `gradient` follows the gradient,
whose look costs about three of the others, for it goes forward and backward.
"""

from typing import Any

import numpy as np
import torch
from torch import nn

from ..batch import Batch
from ..data.dataset import Data
from ..flat import Flat
from ..loop import training
from ..networks import build
from ..networks.network import evaluating
from ..recipe import Recipe
from ..tasks import Classification, Regression
from .made import all_of, as_data, moons, task_of
from .options import Settings

WAYS = {"gradient": "following the gradient", "nudge": "nudging all knobs", "guess": "guessing all knobs"}
GRID = 60
PATIENCE = 2_000  # steps after which the gradient has lost its way


def search(o: Settings) -> dict[str, Any]:
    """Learn two moons in three ways, `o.seeds` times. `o` are the settings of `table.SEARCH`.

    Returns points (n, 2), codes (n,), knobs: how many weights; gradient, nudge, guess: for each seed {tries: where the
    best loss so far changed, losses: that best loss, reached: tries until the goal or None}; ratios {nudge, guess}:
    {times: the median over the seeds of its tries / those of the gradient, at_least: whether it did not arrive in
    `o.most`}; x_axis, y_axis (60,) and maps (3, 60, 60): the probability of the second label as the three ways, in this
    order, have learnt it with the first seed.
    """
    x, codes = moons(o.points, o.noise, np.random.default_rng(o.seed))
    data = as_data(x, codes, labels=("blue", "orange"), seed=o.seed)
    task = task_of(data)
    low, high = x.min(0) - 0.5, x.max(0) + 0.5
    axes = [np.linspace(low[i], high[i], GRID, dtype=np.float32) for i in range(2)]
    found: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    maps: list[np.ndarray] = []
    for seed in range(o.seed, o.seed + o.seeds):
        for way in WAYS:
            network = build("mlp", data.schema, seed=seed, hidden=[o.hidden], activation="tanh")
            look = (
                by_gradient(network, data, task, o)
                if way == "gradient"
                else by_chance(network, data, task, o, seed, way)
            )
            found[way].append(look)
            if seed == o.seed:
                maps.append(plane(network, task, axes))
    return {
        "points": x.astype(np.float32),
        "codes": codes.astype(np.int32),
        "knobs": sum(p.numel() for p in network.parameters()),
        **found,
        "ratios": {way: ratio(found[way], found["gradient"], o.most) for way in ("nudge", "guess")},
        "x_axis": axes[0],
        "y_axis": axes[1],
        "maps": np.stack(maps),
    }


def ratio(chance: list[dict[str, Any]], gradient: list[dict[str, Any]], most: int) -> dict[str, Any]:
    """Return how many times as many tries chance takes."""
    pairs = [(c["reached"] or most, g["reached"] or PATIENCE) for c, g in zip(chance, gradient, strict=True)]
    return {"times": float(np.median([c / g for c, g in pairs])), "at_least": any(not c["reached"] for c in chance)}


def by_gradient(network: nn.Module, data: Data, task: Classification | Regression, o: Settings) -> dict[str, Any]:
    """Follow the gradient of all points until the loss is at the goal."""
    recipe = Recipe(
        steps=PATIENCE, batch_size=0, optimizer=o.optimizer, lr=o.lr, schedule="constant", restore_best=False
    )
    best, tries, losses = np.inf, list[int](), list[float]()
    for progress in training(network, data, task, recipe, live=0.0):
        if progress.whole:  # one step is one epoch: its loss was looked at before the step
            if progress.train_loss < best:
                best = progress.train_loss
                tries.append(progress.step)
                losses.append(best)
            if best <= o.goal:
                break
    return {"tries": tries, "losses": losses, "reached": tries[-1] if best <= o.goal else None}


@torch.no_grad()
def by_chance(
    network: nn.Module, data: Data, task: Classification | Regression, o: Settings, seed: int, way: str
) -> dict[str, Any]:
    """Set the knobs by chance until the loss is at the goal; at the end they stand as they were best."""
    batch, knobs = all_of(data), Flat(network).values
    generator = torch.Generator().manual_seed(seed)
    best, kept = loss_of(network, task, batch), knobs.clone()
    tries, losses, number = [1], [best], 1
    while best > o.goal and number < o.most:
        drawn = torch.randn(len(knobs), generator=generator)
        knobs.copy_(drawn if way == "guess" else drawn.mul_(o.spread).add_(kept))
        number += 1
        if (loss := loss_of(network, task, batch)) < best:
            best = loss
            kept.copy_(knobs)
            tries.append(number)
            losses.append(best)
    knobs.copy_(kept)
    if best <= o.goal:
        return {"tries": tries, "losses": losses, "reached": number}
    return {"tries": [*tries, number], "losses": [*losses, best], "reached": None}


def loss_of(network: nn.Module, task: Classification | Regression, batch: Batch) -> float:
    """Return the mean loss of all points: one look."""
    return next(task.losses(network, batch)).value.item()


@torch.no_grad()
def plane(network: nn.Module, task: Classification | Regression, axes: list[np.ndarray]) -> np.ndarray:
    """Return the probability of the second label over a grid, a row for each y."""
    places = np.stack([a.ravel() for a in np.meshgrid(*axes)], 1)
    with evaluating(network):
        probabilities = task.predict(network, torch.from_numpy(places)).probabilities
    assert probabilities is not None
    return probabilities[:, 1].reshape(GRID, GRID).astype(np.float32)


def sentences(found: dict[str, Any], o: Settings) -> list[str]:
    """Say what the search showed."""

    def median(way: str) -> str:
        reached = [f["reached"] for f in found[way]]
        arrived = [r for r in reached if r is not None]
        middle = f"{int(np.median(arrived)):,} tries" if arrived else "never"
        return middle if len(arrived) == len(reached) else f"{middle} ({len(arrived)} of {len(reached)} arrived)"

    lines = [f"a network of {found['knobs']} knobs, two moons of {o.points} points, until the loss is {o.goal:g}"]
    lines += [f"{WAYS[way]}: {median(way)}" for way in WAYS]
    for way, told in found["ratios"].items():
        least = "at least " if told["at_least"] else ""
        lines.append(f"{WAYS[way]} takes {least}{told['times']:,.0f} times as many tries (median of {o.seeds} seeds)")
    return lines
