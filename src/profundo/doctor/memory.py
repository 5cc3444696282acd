"""Memory that does not reach back: errors that vanish on their way through the steps of a sequence."""

import math
from typing import Any

import torch
from torch import Tensor

from ..findings import Finding
from .course import Course
from .signals import severity

VANISHED = 1e-3  # size of the error at the far end over its largest
FAR = 0.1  # share of the steps that are the far end
UNLEARNT = 0.8  # of a constant answer's loss: with less, what matters has been learnt
POINTS = 50
LEAST = 10  # points that the way back needs to be judged


def through_time(cell: str, errors: Tensor) -> dict[str, Any]:
    """Describe the errors (B, T, F) that reach the inputs of a recurrent cell, by how many steps before the end.

    `sizes` are [steps before the end, root of the mean square] at even distances; an example's end is the last step
    that an error reaches at all.
    """
    size = errors.double().square().sum(2)  # (B, T)
    steps = torch.arange(size.shape[1], device=size.device)
    ends = torch.where(size > 0, steps, 0).amax(1, keepdim=True)
    places = ends - steps
    there = places >= 0
    by_distance = torch.where(there, size.gather(1, places.clamp(min=0)), 0.0).sum(0) / there.sum(0).clamp(min=1)
    reached = int(ends.max()) + 1
    kept = range(0, reached, max(1, reached // POINTS))
    return {"cell": cell, "steps": reached, "sizes": [[k, math.sqrt(float(by_distance[k]))] for k in kept]}


def forgotten(course: Course) -> list[Finding]:
    """Errors that vanish through time, in a network that has not learnt (Hochreiter 1991; Bengio et al. 1994)."""
    if course.remaining < UNLEARNT:
        return []
    found = next((v["through_time"] for v in reversed(course.vitals) if vanishes(v.get("through_time"))), None)
    if found is None:
        return []
    places, sizes = [k for k, _ in found["sizes"]], [size for _, size in found["sizes"]]
    largest = max(sizes)
    reach = next(k for k, size in found["sizes"][sizes.index(largest) :] if size <= VANISHED * largest)
    elman = found["cell"] == "ElmanCell"
    text = (
        f"the gradients vanish on their way back through time: {reach} steps before the end of a sequence of "
        f"{found['steps']}, the error is a thousandth of its size, so that what stands before cannot be learnt."
    )
    text += " A cell with a memory that is added to, an LSTM or a GRU, keeps it." if elman else ""
    plot = {
        "x": places, "y": [math.log10(max(size, 1e-40)) for size in sizes],
        "x_name": "steps before the end", "y_name": "size of the error, log10",
    }  # fmt: skip
    flag = "--network lstm" if elman else "--option pool=all"
    facts = {"reach": reach, "steps": found["steps"], "ratio": at_far_end(sizes) / largest}
    return [Finding("vanishing gradients", severity(course), text, flag, "recurrent", plot=plot, facts=facts)]


def vanishes(found: dict[str, Any] | None) -> bool:
    """Say whether next to nothing of the largest error reaches the far end."""
    sizes = [size for _, size in (found or {}).get("sizes", [])]
    return len(sizes) >= LEAST and max(sizes) > 0 and at_far_end(sizes) <= VANISHED * max(sizes)


def at_far_end(sizes: list[float]) -> float:
    """Return the largest error of the steps that are furthest from the end."""
    return max(sizes[-max(1, round(FAR * len(sizes))) :])
