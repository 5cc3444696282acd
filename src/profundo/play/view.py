"""What a page looks at: the pixels of a plane as x, or where no plane is, examples as points of a projection."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import UsageError
from .game import Game
from .measures import TURN
from .plane import Plane, choose, target_axis
from .projection import Projection
from .units import SHOWN, drawn, shown

GRID, UNITS = 100, 32  # pixels of a side: of the surface, of a unit's map
LEAST, MOST = 8, 200
NUMBERS = 20_000_000  # of x of all pixels of the surface
COARSE = 24  # pixels of a side of the surface, however much a network takes for one


class View:
    """A look at one game. What the wish leaves out is as usual."""

    def __init__(self, game: Game, wished: Mapping[str, Any]) -> None:
        self.game = game
        self.grid, self.units = side(wished, "grid", GRID), side(wished, "units", UNITS)
        self.unit = unit_of(game, wished.get("unit"))
        pixels = min(TURN / game.cost, NUMBERS / max(1, *game.data.schema.shape))
        self.grid = min(self.grid, max(COARSE, int(pixels**0.5)))
        self.examples = game.examples
        self.plane, self.projection = None, Projection()
        device = next(game.network.parameters()).device
        parts = [self.examples.batch.x]
        self.alone = len(game.axes) == 1
        if game.axes:
            axes = (game.axes[0], target_axis(game.data)) if self.alone else None
            self.plane = Plane(game.data, axes or choose(game.axes, known(wished.get("axes"), game)))
            parts = [self.plane.x(self.grid), self.plane.x(self.units), *parts]
        self.x = torch.cat(parts).to(device)  # pixels of the surface, of the maps, and the examples

    def look_at(self, unit: Any) -> None:
        """Show another unit large, or none."""
        self.unit = unit_of(self.game, unit)

    @property
    def surface(self) -> slice:
        """Which rows of `x` are the pixels of the surface."""
        return slice(0, self.grid**2 if self.plane is not None else 0)

    @property
    def maps(self) -> slice:
        """Which rows of `x` are the pixels of the units' maps."""
        return slice(self.surface.stop, self.surface.stop + (self.units**2 if self.plane is not None else 0))

    def told(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return the header and the planes of the message "view"."""
        header: dict[str, Any] = {"kind": "view", "grid": self.grid, "units": self.units, "unit": self.unit}
        if self.plane is None:
            return header | {"axes": None, "ranges": None, "labels": None, "fixed": {}}, {}
        axes = self.plane.axes
        header |= {
            "axes": [axis.name for axis in axes],
            "ranges": [[axis.low, axis.high] for axis in axes],
            "labels": [list(axis.labels) or None for axis in axes],
            "fixed": self.plane.fixed,
        }
        inputs, limits = drawn(self.heard(self.x[self.maps])[:, :SHOWN], self.units)
        points = self.plane.points(self.examples.positions.numpy())
        return header | {"limits": limits}, {"points": points, "inputs": inputs}

    def heard(self, x: Tensor) -> Tensor:
        """Return what the first layer hears of x: of a table with embedded categories, their vectors too."""
        for module in self.game.network.children():
            if not self.game.layers or module is self.game.layers[0].linear:
                return x
            with torch.no_grad():
                x = module(x)
        return x


def side(wished: Mapping[str, Any], name: str, usual: int) -> int:
    """Return a number of pixels. Raises UsageError where it is too small or too large."""
    value = wished.get(name) or usual
    if type(value) is not int or not LEAST <= value <= MOST:
        raise UsageError(f"{name} is {value!r}; it must be a whole number from {LEAST} to {MOST}.")
    return value


def unit_of(game: Game, unit: Any) -> tuple[int, int] | None:
    """Return the unit that is shown large. Raises UsageError where there is none such."""
    if unit is None:
        return None
    layer, index = place_of(unit)
    if not 0 <= layer < len(game.layers) or not 0 <= index < shown(game.layers[layer]):
        raise UsageError(f"there is no unit {index} in layer {layer} of the picture of the network.")
    return layer, index


def place_of(unit: Any) -> tuple[int, int]:
    """Return the place of a unit, (layer, index). Raises UsageError where it is none."""
    if not isinstance(unit, list | tuple) or len(unit) != 2 or not all(type(i) is int for i in unit):
        raise UsageError(f"unit is {unit!r}; it must be [layer, index], such as [0, 2].")
    return unit[0], unit[1]


def known(axes: Any, game: Game) -> list[str] | None:
    """Return the axes that are asked for; those of another data set are as if nothing was asked."""
    if axes is not None and not (isinstance(axes, list) and all(isinstance(name, str) for name in axes)):
        raise UsageError(f"axes is {axes!r}; it must be two columns, such as ['x1', 'x2'].")
    names = {axis.name for axis in game.axes}
    return list(axes) if axes and set(axes) <= names else None
