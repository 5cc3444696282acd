"""Surfaces in two variables on which optimisers race: a formula, where it is drawn, a start, its lowest points."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Surface:
    """`height` maps x and y, tensors of one shape, to heights. `window` is x from, x to, y from, y to.

    `lowest` are the minima, none where the surface falls for ever.
    """

    height: Callable[[Tensor, Tensor], Tensor]
    start: tuple[float, float]
    window: tuple[float, float, float, float]
    lowest: tuple[tuple[float, float], ...]
    formula: str


def beale(x: Tensor, y: Tensor) -> Tensor:
    """Beale 1958: a flat valley with steep walls."""
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def rosenbrock(x: Tensor, y: Tensor) -> Tensor:
    """Rosenbrock 1960: a bent valley, easy to find and slow to follow."""
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def saddle(x: Tensor, y: Tensor) -> Tensor:
    """Up along x, down along y: the start is almost on the ridge."""
    return x**2 - y**2 + y**4 / 8


def ravine(x: Tensor, y: Tensor) -> Tensor:
    """A bowl 50 times as steep across as along: condition number 50."""
    return 0.02 * x**2 + y**2


def bowl(x: Tensor, y: Tensor) -> Tensor:
    """As steep everywhere: every direction is downhill to the middle."""
    return x**2 + y**2


def himmelblau(x: Tensor, y: Tensor) -> Tensor:
    """Himmelblau 1972: four lowest points; who comes to which?"""
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def booth(x: Tensor, y: Tensor) -> Tensor:
    """A plain bowl that lies askew."""
    return (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2


def rastrigin(x: Tensor, y: Tensor) -> Tensor:
    """Rastrigin 1974: a bowl full of hollows, one of them the lowest."""
    waves = torch.cos(2 * math.pi * x) + torch.cos(2 * math.pi * y)
    return 20 + x**2 + y**2 - 10 * waves


SURFACES: dict[str, Surface] = {
    "beale": Surface(
        beale, (1.0, 1.5), (-2.0, 4.5, -2.0, 2.0), ((3.0, 0.5),),
        "(1.5 - x + xy)² + (2.25 - x + xy²)² + (2.625 - x + xy³)²",
    ),
    "rosenbrock": Surface(rosenbrock, (-1.2, 1.0), (-2.0, 2.0, -1.0, 3.0), ((1.0, 1.0),), "(1 - x)² + 100 (y - x²)²"),
    "saddle": Surface(saddle, (1.5, 0.001), (-2.5, 2.5, -3.0, 3.0), ((0.0, 2.0), (0.0, -2.0)), "x² - y² + y⁴/8"),
    "ravine": Surface(ravine, (-9.0, 2.0), (-10.0, 10.0, -3.5, 3.5), ((0.0, 0.0),), "0.02 x² + y²"),
    "himmelblau": Surface(
        himmelblau, (0.0, -0.5), (-5.0, 5.0, -5.0, 5.0),
        ((3.0, 2.0), (-2.805118, 3.131312), (-3.779310, -3.283186), (3.584428, -1.848126)),
        "(x² + y - 11)² + (x + y² - 7)²",
    ),
    "bowl": Surface(bowl, (-2.0, 1.5), (-3.0, 3.0, -3.0, 3.0), ((0.0, 0.0),), "x² + y²"),
    "booth": Surface(booth, (-6.0, -2.0), (-10.0, 10.0, -10.0, 10.0), ((1.0, 3.0),), "(x + 2y - 7)² + (2x + y - 5)²"),
    "rastrigin": Surface(
        rastrigin, (-2.2, 1.8), (-3.0, 3.0, -3.0, 3.0), ((0.0, 0.0),), "20 + x² + y² - 10 (cos 2πx + cos 2πy)"
    ),
}  # fmt: skip
