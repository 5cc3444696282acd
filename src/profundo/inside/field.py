"""What part of a picture a place of a map can see: its receptive field, measured rather than derived.

A number that is not one (NaN) at the input reaches exactly the outputs that depend on it, through convolutions,
poolings, branches and shortcuts alike. So the field of a place ends where NaN no longer reaches it; a search by halves
finds each of its four sides in about log2(side) passes, on any network.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .forms import Forms
from .hooks import ask


@dataclass(frozen=True)
class Field:
    """Where along one side of the picture, `size` pixels long, the places of a map look.

    The first of `places` places looks no further than the pixel `end`, the last one no less far than `begin`; each next
    place looks a `step` further, each one before it a `step` less far.
    """

    begin: int
    end: int
    step: tuple[int, int]
    places: int
    size: int

    def of(self, place: int) -> tuple[int, int]:
        """Return (begin, end) of the pixels that a place sees: the first, and the one after the last."""
        begin = self.begin - (self.places - 1 - place) * self.step[0]
        return max(0, begin), min(self.size, self.end + place * self.step[1] + 1)


def fields(network: nn.Module, x: Tensor, layer: str) -> tuple[Field, Field] | None:
    """Return the receptive fields of a layer's maps along height and width; None where it has no maps.

    `x` (1, C, H, W) is any example.
    """
    probe = reached(network, x, layer)
    if probe is None:
        return None
    with plain_convolutions():
        height, width = (along(network, x, layer, axis, probe.shape[2 + axis]) for axis in (0, 1))
    return height, width


@contextlib.contextmanager
def plain_convolutions() -> Iterator[None]:
    """Let convolutions be sums of products for a while: the quick ways mix neighbours, and NaN would spread."""
    before = torch.backends.mkldnn.set_flags(_enabled=False, _fp32_precision=None)  # type: ignore[no-untyped-call]
    try:
        with torch.backends.nnpack.flags(enabled=False):
            yield
    finally:
        torch.backends.mkldnn.set_flags(_enabled=before[0], _fp32_precision=None)  # type: ignore[no-untyped-call]


def along(network: nn.Module, x: Tensor, layer: str, axis: int, places: int) -> Field:
    """Measure along one axis where the first two places end and the last two begin: there the border cuts nothing off.

    Where it does all the same, the second place sees the picture up to its border, and so does every other.
    """
    pixels, near, far = x.shape[2 + axis], min(1, places - 1), max(0, places - 2)
    ends = sides_of(network, x, layer, axis, (0, near), end=True)
    begins = sides_of(network, x, layer, axis, (places - 1, far), end=False)
    up = pixels if ends[1] == pixels - 1 else ends[1] - ends[0]
    down = pixels if begins[1] == 0 else begins[0] - begins[1]
    return Field(begins[0], ends[0], (down, up), places, pixels)


def sides_of(network: nn.Module, x: Tensor, layer: str, axis: int, places: tuple[int, int], *, end: bool) -> list[int]:
    """Return the first pixel (with `end`, the last) that each of two places depends on."""
    pixels = x.shape[2 + axis]
    low, high = [0, 0], [pixels - 1, pixels - 1]
    while any(a < b for a, b in zip(low, high, strict=True)):
        middle = [(a + b + end) // 2 for a, b in zip(low, high, strict=True)]
        changed = x.repeat(2, 1, 1, 1)
        for row, at in enumerate(middle):
            spoilt = slice(at, None) if end else slice(None, at + 1)
            changed[row].movedim(axis + 1, 0)[spoilt] = float("nan")
        heard = reached(network, changed, layer)
        assert heard is not None
        for row, place in enumerate(places):
            hit = bool(heard[row].isnan().any(0).select(axis, place).any())
            if end:
                low[row], high[row] = (middle[row], high[row]) if hit else (low[row], middle[row] - 1)
            else:
                low[row], high[row] = (low[row], middle[row]) if hit else (middle[row] + 1, high[row])
    return low


def reached(network: nn.Module, x: Tensor, layer: str) -> Tensor | None:
    """Return the maps (B, C, H, W) that a layer gives for x."""
    heard: list[Tensor] = []
    sorted_ = Forms(len(x))

    def listen(name: str, module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        form = sorted_.sort(module, output)
        if name == layer and form is not None and form[0] == "maps":
            heard.append(form[1].clone())

    ask(network, x, listen)
    return heard[0] if heard else None
