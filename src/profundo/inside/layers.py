"""Every layer's output for one example, with what can be said of it in a few numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..networks.cells import Cell
from ..networks.layers import ScaledTanh
from .forms import Forms
from .hooks import ask

NORMS = (nn.LayerNorm, nn.GroupNorm, nn.LocalResponseNorm, nn.modules.batchnorm._NormBase)
FOLLOWING = (  # layers that change each number, or each map, of the layer before them
    *(nn.ReLU, nn.LeakyReLU, nn.ELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish, nn.Softplus, nn.Tanh, nn.Sigmoid, ScaledTanh),
    *(nn.ReLU6, nn.Hardswish, nn.Hardsigmoid, nn.PReLU, *NORMS),
)
PASSING = (nn.Flatten, nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)  # the same numbers come out


@dataclass(frozen=True, eq=False)
class Layer:
    """What a layer gives for one example.

    `form` is "maps" with values (channels, H, W), "steps" with (T, width) or "vector" with (units,); float32. `main`
    says that it is what the next layer with weights sees: no activation or normalisation of the same numbers follows.
    `weights` names the layer whose unit k this unit k comes from, "" where there is none. `dead` is how many units are
    the same for all examples that were looked at, None where none were. `memory` is c (T, width) of the cells of an
    LSTM, beside what they say.
    """

    name: str
    type: str
    form: str
    values: np.ndarray = field(repr=False)
    parameters: int = 0
    main: bool = True
    weights: str = ""
    dead: int | None = None
    memory: np.ndarray | None = field(default=None, repr=False)

    @property
    def units(self) -> int:
        """The number of units: channels of maps, columns of steps."""
        return self.values.shape[1] if self.form == "steps" else self.values.shape[0]

    def unit(self, number: int) -> np.ndarray:
        """Return what one unit gives: a map (H, W), (T,) or ()."""
        return self.values[:, number] if self.form == "steps" else self.values[number]

    def to_dict(self) -> dict[str, Any]:
        """Describe the layer without its values.

        `zero` is the share of the values that are 0, `silent` how many units are 0 everywhere in this example.
        """
        own, axis = self.values, 1 if self.form == "steps" else 0
        quiet = int((np.moveaxis(own, axis, 0).reshape(self.units, -1) == 0).all(1).sum())
        names = ("name", "type", "form", "units", "parameters", "main", "weights", "dead")
        return {
            **{name: getattr(self, name) for name in names},
            "shape": list(own.shape),
            **{"mean": float(own.mean()), "std": float(own.std()), "low": float(own.min()), "high": float(own.max())},
            **{"zero": float((own == 0).mean()), "silent": quiet, "memory": self.memory is not None},
        }


def look(network: nn.Module, x: Tensor) -> list[Layer]:
    """Return what every layer gives for one example x (1, ...), in the order in which x meets them."""
    found: list[Layer] = []
    sorted_ = Forms(1)
    met: set[nn.Module] = set()

    def listen(name: str, layer: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        form = sorted_.sort(layer, output)
        if form is None:
            return
        values = form[1][0].float().cpu().numpy().copy()  # an activation may write over it in place
        own = 0 if layer in met else sum(p.numel() for p in layer.parameters(recurse=False))
        met.add(layer)
        memory = memory_of(layer, *inputs) if isinstance(layer, Cell) and layer.states == 2 else None
        found.append(Layer(name, type(layer).__name__, form[0], values, own, memory=memory))
        place(found, layer)

    ask(network, x, listen)
    return found


def place(found: list[Layer], layer: nn.Module) -> None:
    """Say of the last layer of a list whether it is a main one, and whose weights its units come from."""
    now = found[-1]
    before = next((i for i in reversed(range(len(found) - 1)) if found[i].main), None)
    if isinstance(layer, PASSING):
        found[-1] = replace(now, main=False, weights=found[-2].weights if same(found, -2) else "")
        return
    if isinstance(layer, FOLLOWING) and before is not None and found[before].values.shape == now.values.shape:
        found[before] = replace(found[before], main=False)
    if now.parameters and not isinstance(layer, NORMS):
        found[-1] = replace(now, weights=now.name)
    elif same(found, -2):
        found[-1] = replace(now, weights=found[-2].weights)


def same(found: list[Layer], other: int) -> bool:
    """Say whether the units of the last layer are those of another one, number for number."""
    if len(found) < -other:
        return False
    return (found[-1].units, found[-1].form) == (found[other].units, found[other].form)


def memory_of(cell: Cell, sequence: Tensor, state: tuple[Tensor, ...]) -> np.ndarray:
    """Return the memory c of an LSTM cell after each step of a sequence (1, T, inputs): (T, hidden)."""
    kept = []
    for x in sequence.unbind(1):
        state = cell.step(x, state)
        kept.append(state[1][0])
    return torch.stack(kept).float().cpu().numpy()


def with_dead(layers: list[Layer], dead: Mapping[str, np.ndarray]) -> list[Layer]:
    """Add how many units of each layer are dead, given for each layer as (units,) bool."""
    return [replace(layer, dead=int(dead[layer.name].sum())) if layer.name in dead else layer for layer in layers]
