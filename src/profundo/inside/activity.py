"""How strongly the units of a network answer to many examples: which the most, where, and which never."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..batch import asking
from ..data.dataset import Data
from ..errors import UsageError, unknown
from .forms import Forms
from .hooks import ask, layers_of

NINE = 9
TOP_OF = 2_000  # examples among which the top ones are looked for
DEAD_OF = 256  # examples that a unit must leave unmoved to be called dead
NUMBERS = 8_000_000  # of x, in all of those examples together
SHORT = 64  # examples of a batch where they are of different lengths


@dataclass(frozen=True)
class Found:
    """An example that a unit answers to: `position` in the data, how strongly, and where.

    `place` is (row, column) in a map, (step,) in a sequence, () in a vector.
    """

    position: int
    value: float
    place: tuple[int, ...]


def some(data: Data, split: str, most: int) -> Tensor:
    """Return positions of a split at even distances, at most so many, and no more than fit in `NUMBERS`."""
    rows = data.positions(split)
    size = max(1, int(np.prod(data.schema.shape)))
    count = min(len(rows), most, max(1, NUMBERS // size))
    return rows[torch.linspace(0, len(rows) - 1, count).round().long()] if count else rows


def top(network: nn.Module, data: Data, rows: Tensor, layer: str, unit: int, count: int = NINE) -> list[Found]:
    """Return the examples that a unit answers to the most, the strongest first (Zeiler and Fergus 2014, 1311.2901).

    Of a map or a sequence, the largest value counts, of the steps that the example has. Raises UsageError where there
    is no such layer or unit.
    """
    found: list[Found] = []
    for chosen in in_batches(data, rows):
        said = output_of(network, data, chosen, layer)
        axis = 2 if said[0] == "steps" else 1
        if not 0 <= unit < said[1].shape[axis]:
            raise UsageError(f"{layer} has the units 0 to {said[1].shape[axis] - 1}, and not {unit}.")
        own = said[1].select(axis, unit)  # (B, H, W), (B, T) or (B,)
        if said[0] == "steps":
            own = lasting(own, data, chosen)
        values, places = own.reshape(len(own), -1).max(1)
        shape = own.shape[1:]
        found += [
            Found(row, value, tuple(int(i) for i in np.unravel_index(place, shape)) if len(shape) else ())
            for row, value, place in zip(chosen.tolist(), values.tolist(), places.tolist(), strict=True)
        ]
        found = sorted(found, key=lambda f: (-f.value, f.position))[:count]
    return found


def in_batches(data: Data, rows: Tensor) -> Sequence[Tensor]:
    """Return positions in batches, sequences of similar length together: less of each batch is filling."""
    if data.lengths is not None:
        rows = rows[torch.argsort(data.lengths[rows], stable=True)]
    size = min(asking(data.schema), SHORT) if data.lengths is not None else asking(data.schema)
    return torch.split(rows, size)


def output_of(network: nn.Module, data: Data, rows: Tensor, layer: str) -> tuple[str, Tensor]:
    """Return the form and what a layer gives for the examples at some positions."""
    heard: list[tuple[str, Tensor]] = []
    sorted_ = Forms(len(rows))

    def listen(name: str, module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        form = sorted_.sort(module, output)
        if name == layer and form is not None:
            heard.append((form[0], form[1].float().clone()))

    ask(network, data.gather(rows).x.to(home(network)), listen)
    if not heard:
        raise UsageError(unknown("layer", layer, layers_of(network)))
    return heard[0]


def lasting(own: Tensor, data: Data, rows: Tensor) -> Tensor:
    """Put what a unit says (B, T) after the end of each example out of the question."""
    lengths = data.lengths
    if lengths is None or own.shape[1] < int(lengths[rows].max()):
        return own
    after = torch.arange(own.shape[1]) >= lengths[rows].clamp(min=1)[:, None]
    return own.masked_fill(after.to(own.device), float("-inf"))


def dead_units(network: nn.Module, data: Data, rows: Tensor) -> dict[str, np.ndarray]:
    """Return for each layer which units (units,) give one and the same number for all examples, everywhere in them."""
    low: dict[str, Tensor] = {}
    high: dict[str, Tensor] = {}
    for chosen in in_batches(data, rows):
        sorted_ = Forms(len(chosen))

        def listen(name: str, layer: nn.Module, inputs: Sequence[Any], output: Any, sorted_: Forms = sorted_) -> None:
            form = sorted_.sort(layer, output)
            if form is None:
                return
            units = form[1].movedim(2 if form[0] == "steps" else 1, 0).flatten(1)
            least, most = units.aminmax(dim=1)
            low[name] = torch.minimum(low[name], least) if name in low else least
            high[name] = torch.maximum(high[name], most) if name in high else most

        ask(network, data.gather(chosen).x.to(home(network)), listen)
    return {name: (low[name] == high[name]).cpu().numpy() for name in low}


def home(network: nn.Module) -> torch.device:
    """Return where a network is."""
    parameter = next(network.parameters(), None)
    return torch.device("cpu") if parameter is None else parameter.device
