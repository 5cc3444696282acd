"""Learning-rate schedules as pure functions of progress: 0 at the first step, 1 after the last one."""

import math
from collections.abc import Callable

from .errors import UsageError, unknown


def constant(progress: float) -> float:
    """Keep the learning rate."""
    return 1.0


def step(progress: float) -> float:
    """Divide the learning rate by ten after half and after three quarters of the steps."""
    return 1.0 if progress < 0.5 else 0.1 if progress < 0.75 else 0.01


def cosine(progress: float) -> float:
    """Fall from 1 to 0 along half a cosine (Loshchilov and Hutter 2017, arXiv 1608.03983)."""
    return 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


def one_cycle(progress: float) -> float:
    """Rise from 1/25 to 1 over the first quarter, then fall to 0 along a cosine (Smith and Topin, arXiv 1708.07120)."""
    rise = 0.25
    if progress < rise:
        return 0.04 + 0.96 * 0.5 * (1 - math.cos(math.pi * progress / rise))
    return cosine((progress - rise) / (1 - rise))


def linear(progress: float) -> float:
    """Rise from 0 to 1 over the first fiftieth, then fall to 0 along a line: for short trainings."""
    rise = 0.02
    return progress / rise if progress < rise else max(0.0, (1 - progress) / (1 - rise))


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": constant,
    "step": step,
    "cosine": cosine,
    "one-cycle": one_cycle,
    "linear": linear,
}


def find(name: str) -> Callable[[float], float]:
    """Return the schedule of that name. Raises UsageError with the nearest names."""
    if name not in SCHEDULES:
        raise UsageError(unknown("schedule", name, SCHEDULES))
    return SCHEDULES[name]
