"""A deep stack of sigmoids beside one of ReLU with He's start: how much gradient reaches each layer, while they learn.

The sigmoid's slope is at most 1/4, so a gradient is multiplied by at most that (times a weight) at every layer on its
way back, and the first layers hardly learn (Hochreiter 1991; Glorot and Bengio 2010).
"""

from typing import Any

import numpy as np
from torch import nn

from ..data.dataset import Data
from ..data.playground import CLASSES
from ..errors import CheckFailed
from ..loop import training
from ..networks import build
from ..recipe import Recipe
from ..tasks import Classification, Regression
from .made import as_data, task_of
from .options import Settings

LOOKS = 40  # at most
VANISHED = 1e-2  # the first layer's gradient over the last's


def vanishing(o: Settings) -> dict[str, Any]:
    """Train both on the Playground's circle. `o` are the settings of `table.VANISHING`.

    Returns names (2): activation and start; steps (looks): after how many steps was looked; gradients (2, looks,
    layers): the norm of each layer's gradient, the output layer last; losses (2, looks): the mean of the epoch so far;
    first_over_last (2): the first layer's gradient over the output layer's, the median over the looks; vanished (2);
    lost (2): whether its loss was no number any more, and its rows end in NaN.
    """
    rng = np.random.default_rng(o.seed)
    x, sign = CLASSES["circle"](400, 0.0, rng)
    data = as_data(x / 5, (sign < 0).astype(int), labels=("blue", "orange"), seed=o.seed)
    looks = sorted({round(s) for s in np.linspace(1, o.steps, min(LOOKS, o.steps))})
    names, runs = [], []
    for activation in (o.activation, o.against):
        way = "he" if activation in ("relu", "leaky_relu", "elu", "selu", "gelu", "silu") else "glorot"
        hidden = [o.units] * o.layers
        network = build("mlp", data.schema, seed=o.seed, hidden=hidden, activation=activation, initialisation=way)
        names.append(f"{activation}, {way}")
        runs.append(watched(network, data, task_of(data), o, looks))
    gradients = np.stack([g for g, _ in runs])
    with np.errstate(all="ignore"):
        share = np.nanmedian(gradients[:, :, 0] / gradients[:, :, -1], axis=1)
    return {
        "names": names,
        "steps": looks,
        "gradients": gradients,
        "losses": np.stack([losses for _, losses in runs]),
        "first_over_last": share.tolist(),
        "vanished": (share < VANISHED).tolist(),
        "lost": np.isnan(gradients[:, -1, 0]).tolist(),
    }


def watched(
    network: nn.Module, data: Data, task: Classification | Regression, o: Settings, looks: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Train, and return the gradients' norms (looks, layers) and the losses (looks,)."""
    recipe = Recipe(
        steps=o.steps, batch_size=32, optimizer="sgd", lr=o.lr, schedule="constant", seed=o.seed, restore_best=False
    )
    layers = [m for m in network.modules() if isinstance(m, nn.Linear)]
    norms, losses = np.full((len(looks), len(layers)), np.nan, np.float32), np.full(len(looks), np.nan, np.float32)
    try:
        for progress in training(network, data, task, recipe, live=0.0):
            if not progress.whole and progress.step in looks:
                at = looks.index(progress.step)
                norms[at] = [float(m.weight.grad.norm()) if m.weight.grad is not None else 0.0 for m in layers]
                losses[at] = progress.train_loss
    except CheckFailed:  # the rate was too high: the rest stays NaN
        pass
    return norms, losses


def sentences(found: dict[str, Any], o: Settings) -> list[str]:
    """Say whose gradient vanishes."""
    lines = [f"{o.layers} hidden layers of {o.units} units, {o.steps} steps with learning rate {o.lr:g}"]
    for name, share, gone, loss in zip(
        found["names"], found["first_over_last"], found["vanished"], found["losses"], strict=True
    ):
        word = "it has vanished" if gone else "it arrives"
        lines.append(
            f"{name}: of the gradient {share:.3g} reaches the first layer: {word}; loss at the end {loss[-1]:.4g}"
        )
    return lines
