"""What the experiments learn from: points as a data set that enters the network as it is, in its own units."""

import numpy as np
import torch

from ..batch import Batch
from ..data.dataset import Data
from ..schema import Category, Kind, Number, Schema
from ..tasks import Classification, Regression

NOTHING = torch.zeros(0, dtype=torch.int64)


def as_data(x: np.ndarray, y: np.ndarray, *, labels: tuple[str, ...] = (), seed: int = 0) -> Data:
    """Return a data set whose training part are all points: x (n, columns), y (n,) codes of `labels`, or numbers."""
    plain = Number(clip=False)
    target: Kind = Category(labels) if labels else plain
    names = ["x"] if x.shape[1] == 1 else [f"x{i + 1}" for i in range(x.shape[1])]
    every = torch.arange(len(x))
    return Data(
        name="points",
        schema=Schema(dict.fromkeys(names, plain), {"y": target}),
        task="classification" if labels else "regression",
        x=torch.as_tensor(x, dtype=torch.float32),
        y=torch.as_tensor(y, dtype=torch.int64 if labels else torch.float32),
        ids=every,
        splits={"train": every, "validation": NOTHING, "test": NOTHING},
        seed=seed,
    )


def task_of(data: Data, loss: str = "") -> Classification | Regression:
    """Return the task of such a data set: labels, or numbers that are in standard units already."""
    if data.task == "classification":
        return Classification(data.schema.labels, loss or "cross_entropy")
    return Regression((0.0,), (1.0,), loss or "mse")


def all_of(data: Data) -> Batch:
    """Return the points as one batch."""
    return data.whole("train")


def moons(count: int, noise: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw two half circles of radius 1, each around an end of the other: points (n, 2) and codes 0 or 1."""
    upper = count // 2
    angle = np.concatenate([np.linspace(0, np.pi, upper), np.linspace(0, np.pi, count - upper)])
    code = (np.arange(count) >= upper).astype(int)
    sign = 1 - 2 * code
    x = np.stack([code + sign * np.cos(angle), 0.5 * code + sign * np.sin(angle)], 1)
    return x + rng.normal(0, noise, x.shape), code
