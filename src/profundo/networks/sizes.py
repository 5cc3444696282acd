"""What the published networks do about the size of pictures: another stem for small ones, advice for too small ones.

From `SMALL` pixels up, a network has the layers of its paper, and its weights have their published shapes. Below, the
two first halvings would leave next to nothing, so the stem goes without them.
"""

from collections.abc import Callable, Iterable

from torch import Tensor

from ..errors import UsageError
from ..schema import Schema
from .network import choice

SMALL = 64  # pixels of the shorter side below which the small stem is chosen
STEMS = ("auto", "large", "small")
STEM = {
    "stem": f"large as published; small without the first two halvings; auto: small below {SMALL} pixels",
}


def small_stem(schema: Schema, stem: str, below: int = SMALL) -> bool:
    """Say whether the network gets the stem for small pictures; `stem` is "auto", "large" or "small"."""
    chosen = choice("stem", stem, STEMS)
    return chosen == "small" or (chosen == "auto" and min(schema.shape[1:]) < below)


def check_side(name: str, schema: Schema, least: int) -> None:
    """Raise UsageError where the shorter side has fewer than `least` pixels, with the advice to enlarge them."""
    _, height, width = schema.shape
    if min(height, width) < least:
        raise UsageError(
            f"{name} needs pictures of at least {least} x {least} pixels, and these are {height} x {width}. "
            f"Enlarge them with --size {least}, or choose another network: profundo networks"
        )


def last_of_each(steps: Iterable[Callable[[Tensor], Tensor]], x: Tensor) -> list[Tensor]:
    """Take x through the steps; return the last map (B, C, H, W) of each resolution, the finest first.

    What a step only enlarges, with a border, is no map.
    """
    found: list[Tensor] = []
    for step in steps:
        before, x = x.shape[2:], step(x)
        if x.shape[2] > before[0] or x.shape[3] > before[1]:
            continue
        if found and found[-1].shape[2:] == x.shape[2:]:
            found.pop()
        found.append(x)
    return found
