"""A line through points by gradient descent: its cost, the slope of the cost in three ways, and the way down.

The cost is the mean square J(m, b) = 1/n sum (m x + b - y)^2 over the n points, so

    dJ/dm = 2/n sum (m x + b - y) x        dJ/db = 2/n sum (m x + b - y)

A lecture that these experiments follow writes a minus before them and sums to n + 1: with that minus the line would
walk uphill. Least squares is also maximum likelihood where the noise is Gaussian, and then the minimum is known.
"""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..batch import Batch
from ..data.dataset import Data
from ..errors import CheckFailed
from ..loop import training
from ..networks import build
from ..recipe import Recipe
from ..tasks import Regression
from .made import all_of, as_data, task_of
from .options import Settings

GRID = 61  # points of the surface along each axis
LOST = 1e6  # times the first cost: it goes away and does not come back
STEP = 1e-6  # of the finite differences


def regression(o: Settings) -> dict[str, Any]:
    """Draw points around a line and go downhill from (m, b). `o` are the settings of `table.REGRESSION`.

    Returns x (n,), y (n,), m_axis (g,), b_axis (g,), surface (g, g): the cost, a row for each b; path (k + 1, 2): m, b;
    costs (k + 1,); gradients (k + 1, 2): dJ/dm, dJ/db; solution {m, b, cost}: the normal equations'; checks {autograd,
    finite}: the largest difference of those gradients from the formulas', over the path, relative to the largest
    gradient; reached: the first step whose cost is within 1 % of the least, or None; lost: whether it flew away.
    """
    rng = np.random.default_rng(o.seed)
    x = rng.uniform(-2, 2, o.points)
    data = as_data(x[:, None], o.slope * x + o.intercept + rng.normal(0, o.noise, o.points), seed=o.seed)
    recipe = Recipe(
        steps=o.steps, batch_size=0, optimizer=o.optimizer, lr=o.lr, schedule="constant", restore_best=False
    )  # fmt: skip
    path = np.array(descent(data, o.m, o.b, recipe))
    x, y = (t.double().numpy() for t in (all_of(data).x[:, 0], all_of(data).y))
    costs = np.array([cost(x, y, *p) for p in path])
    gradients = np.array([gradient(x, y, *p) for p in path])
    best = np.linalg.lstsq(np.stack([x, np.ones_like(x)], 1), y, rcond=None)[0]
    least = cost(x, y, *best)
    m_axis, b_axis = axes(path, best)
    near = np.flatnonzero(costs <= least * 1.01 + 1e-12)
    return {
        "x": x.astype(np.float32),
        "y": y.astype(np.float32),
        "m_axis": m_axis.astype(np.float32),
        "b_axis": b_axis.astype(np.float32),
        "surface": surface(x, y, m_axis, b_axis).astype(np.float32),
        "path": path.astype(np.float32),
        "costs": costs.astype(np.float32),
        "gradients": gradients.astype(np.float32),
        "solution": {"m": float(best[0]), "b": float(best[1]), "cost": least},
        "checks": checks(x, y, path, gradients),
        "reached": int(near[0]) if len(near) else None,
        "lost": len(path) <= o.steps,
    }


def descent(data: Data, m: float, b: float, recipe: Recipe) -> list[tuple[float, float]]:
    """Return (m, b) before each step and after the last; it ends early where the cost flies away."""
    network, task = build("linear", data.schema), task_of(data)
    layer = network.get_submodule("output")
    weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
    with torch.no_grad():
        weight.fill_(m)
        bias.fill_(b)
    path, first = [(m, b)], float(task.weighted_losses(network(all_of(data).x).detach(), all_of(data)).mean())
    try:
        for progress in training(network, data, task, recipe, live=0.0):
            if not progress.whole:
                path.append((float(weight.detach()), float(bias.detach())))
            if progress.train_loss > LOST * max(first, 1.0):
                break
    except CheckFailed:  # it flew so far that the loss is no number any more
        pass
    return [p for p in path if all(map(math.isfinite, p))]


def cost(x: np.ndarray, y: np.ndarray, m: float, b: float) -> float:
    """Return the mean square of the errors."""
    return float(np.mean((m * x + b - y) ** 2))


def gradient(x: np.ndarray, y: np.ndarray, m: float, b: float) -> tuple[float, float]:
    """Return dJ/dm and dJ/db by the formulas."""
    error = m * x + b - y
    return float(2 * np.mean(error * x)), float(2 * np.mean(error))


def checks(x: np.ndarray, y: np.ndarray, path: np.ndarray, gradients: np.ndarray) -> dict[str, float]:
    """Return how far autograd and central finite differences are from the formulas, relative to the largest one."""
    scale = max(float(np.abs(gradients).max()), 1e-12)
    by_torch = np.array([by_autograd(x, y, p) for p in path])
    by_steps = np.array([by_differences(x, y, *p) for p in path])
    return {
        "autograd": float(np.abs(by_torch - gradients).max()) / scale,
        "finite": float(np.abs(by_steps - gradients).max()) / scale,
    }


def by_autograd(x: np.ndarray, y: np.ndarray, place: np.ndarray) -> list[float]:
    """Return the gradient of the task's own loss, by PyTorch, in double precision."""
    at = torch.tensor(place, dtype=torch.float64, requires_grad=True)
    task = Regression((0.0,), (1.0,))
    ids = torch.arange(len(x))
    batch = Batch(torch.tensor(x), torch.tensor(y), ids)
    output: Tensor = (at[0] * batch.x + at[1])[:, None]
    (found,) = torch.autograd.grad(task.example_losses(output, batch.y).mean(), at)
    return found.tolist()


def by_differences(x: np.ndarray, y: np.ndarray, m: float, b: float) -> tuple[float, float]:
    """Return the gradient by looking a little to both sides."""
    h, k = STEP * max(abs(m), 1.0), STEP * max(abs(b), 1.0)
    return (
        (cost(x, y, m + h, b) - cost(x, y, m - h, b)) / (2 * h),
        (cost(x, y, m, b + k) - cost(x, y, m, b - k)) / (2 * k),
    )


def axes(path: np.ndarray, best: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the axes of a square around the minimum that shows the first steps of the way."""
    far = float(np.clip(1.25 * np.abs(path[: min(len(path), 200)] - best).max(), 1.0, 12.0))
    return np.linspace(best[0] - far, best[0] + far, GRID), np.linspace(best[1] - far, best[1] + far, GRID)


def surface(x: np.ndarray, y: np.ndarray, m_axis: np.ndarray, b_axis: np.ndarray) -> np.ndarray:
    """Return the cost over a grid, (b, m)."""
    return ((m_axis[None, :, None] * x + b_axis[:, None, None] - y) ** 2).mean(2)


def sentences(found: dict[str, Any], o: Settings) -> list[str]:
    """Say where the way leads, and that the gradients agree."""
    (m, b), best = found["path"][-1], found["solution"]
    checks = found["checks"]
    arrived = "it flew away: the learning rate is too high" if found["lost"] else f"cost {found['costs'][-1]:.5g}"
    steps = f"{o.optimizer}, learning rate {o.lr:g}: after {len(found['path']) - 1} steps"
    return [
        f"{steps} {line(m, b)}, {arrived}",
        f"the normal equations: {line(best['m'], best['b'])}, cost {best['cost']:.5g}",
        f"the gradient by the formulas, autograd ({checks['autograd']:.1g} off) and finite differences "
        f"({checks['finite']:.1g} off)",
    ]


def line(m: float, b: float) -> str:
    """Write a line as a formula."""
    return f"y = {m:.5g} x {'-' if b < 0 else '+'} {abs(b):.5g}"
