"""The made data sets of TensorFlow's Playground (Smilkov et al. 2017, arXiv:1708.03788), drawn with NumPy.

Shapes and ranges are those of src/dataset.ts in github.com/tensorflow/playground: points (x1, x2) within about -6..6;
`noise` is 0..0.5, its slider's 0..50 %. Each function returns points (n, 2) and labels (n,) +1 or -1, or numbers.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from ..errors import UsageError

Points = tuple[np.ndarray, np.ndarray]
RADIUS = 5.0  # of the circle and the xor
WIDE = 6.0  # of the two regressions
CENTRES = np.array([(-4, 2.5), (0, 2.5), (4, 2.5), (-4, -2.5), (0, -2.5), (4, -2.5)])
SIGNS = np.array([1, -1, 1, -1, 1, -1])


def circle(count: int, noise: float, rng: np.random.Generator) -> Points:
    """Draw a disc of radius 2.5 (+1) inside a ring from 3.5 to 5 (-1); the noise moves the points that are labelled."""
    inside = count // 2
    radius = np.concatenate([rng.uniform(0, 0.5, inside), rng.uniform(0.7, 1, count - inside)]) * RADIUS
    angle = rng.uniform(0, 2 * np.pi, count)
    points = radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1)
    moved = points + rng.uniform(-RADIUS, RADIUS, points.shape) * noise
    return points, np.where(np.hypot(*moved.T) < RADIUS * 0.5, 1, -1)


def xor(count: int, noise: float, rng: np.random.Generator) -> Points:
    """Draw four squares with a gap of 0.6 between them; +1 where x1 and x2 have the same sign."""
    points = rng.uniform(-RADIUS, RADIUS, (count, 2))
    points += np.where(points > 0, 0.3, -0.3)
    moved = points + rng.uniform(-RADIUS, RADIUS, points.shape) * noise
    return points, np.where(moved.prod(1) >= 0, 1, -1)


def gauss(count: int, noise: float, rng: np.random.Generator) -> Points:
    """Draw two normal clouds around (2, 2) (+1) and (-2, -2) (-1), of variance 0.5 + 7 noise."""
    label = np.where(np.arange(count) < count // 2, 1, -1)
    return 2.0 * label[:, None] + rng.normal(0, np.sqrt(0.5 + 7 * noise), (count, 2)), label


def spiral(count: int, noise: float, rng: np.random.Generator) -> Points:
    """Draw two spirals of 1.75 turns, one the other turned by half a circle; the noise moves the points themselves."""
    label = np.where(np.arange(count) < count // 2, 1, -1)
    along = np.concatenate([np.arange(n) / n for n in (count // 2, count - count // 2)])
    angle = 1.75 * along * 2 * np.pi + np.where(label > 0, 0, np.pi)
    points = 5 * along[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1)
    return points + rng.uniform(-1, 1, points.shape) * noise, label


def plane(count: int, noise: float, rng: np.random.Generator) -> Points:
    """Draw points of a square; the value is (x1 + x2) / 10."""
    points = rng.uniform(-WIDE, WIDE, (count, 2))
    return points, (points + rng.uniform(-WIDE, WIDE, points.shape) * noise).sum(1) / 10


def gauss_regression(count: int, noise: float, rng: np.random.Generator) -> Points:
    """Draw points of a square; the value is that of the strongest of six cones of height +1 or -1 and radius 2."""
    points = rng.uniform(-WIDE, WIDE, (count, 2))
    moved = points + rng.uniform(-WIDE, WIDE, points.shape) * noise
    distance = np.linalg.norm(moved[:, None] - CENTRES, axis=2)  # (n, 6)
    heights = SIGNS * np.clip(1 - distance / 2, 0, 1)
    return points, heights[np.arange(count), np.abs(heights).argmax(1)]


Shape = Callable[[int, float, np.random.Generator], Points]
CLASSES: dict[str, Shape] = {"circle": circle, "xor": xor, "gauss": gauss, "spiral": spiral}
REGRESSIONS: dict[str, Shape] = {"plane": plane, "gauss_regression": gauss_regression}


def make(name: str, *, seed: int = 0, noise: float = 0.0) -> pd.DataFrame:
    """Draw a data set: 500 points with `colour` blue (+1) or orange (-1), or 1200 with a `value`, in random order."""
    if not 0 <= noise <= 0.5:
        raise UsageError(f"the noise of {name} is {noise:g}; it must be from 0 to 0.5.")
    rng = np.random.default_rng(seed)
    points, values = CLASSES[name](500, noise, rng) if name in CLASSES else REGRESSIONS[name](1200, noise, rng)
    frame = pd.DataFrame(points, columns=["x1", "x2"])
    if name in CLASSES:
        frame["colour"] = np.where(values > 0, "blue", "orange")
    else:
        frame["value"] = values
    return frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
