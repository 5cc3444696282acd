"""A chain of linear layers as rows of units, and an ear for everything that passes through it in one step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import torch
from torch import Tensor, nn

from ..errors import UsageError
from ..networks.layers import ACTIVATIONS
from ..networks.mlp import TableInputs


@dataclass(frozen=True)
class Layer:
    """A linear layer with what follows it, up to the next one: a row of units."""

    name: str
    linear: nn.Linear
    normalisation: nn.Module | None = None
    activation: nn.Module | None = None
    dropout: nn.Dropout | None = None

    @property
    def parts(self) -> list[nn.Module]:
        """The modules, in the order in which a signal meets them."""
        return [m for m in (self.linear, self.normalisation, self.activation, self.dropout) if m is not None]


def chain(network: nn.Module) -> list[Layer]:
    """Return the layers of a chain of linear layers (mlp, linear, perceptron), the output last.

    Raises UsageError for any other network: a convolution has no short list of numbers.
    """
    layers: list[Layer] = []
    for name, module in network.named_children() if isinstance(network, nn.Sequential) else ():
        match module:
            case nn.Linear():
                layers.append(Layer(name, module))
            case nn.BatchNorm1d() | nn.LayerNorm() if layers:
                layers[-1] = replace(layers[-1], normalisation=module)
            case nn.Dropout() if layers:
                layers[-1] = replace(layers[-1], dropout=module)
            case nn.Flatten() | TableInputs() if not layers:
                continue
            case _ if layers and activation_name(module):
                layers[-1] = replace(layers[-1], activation=module)
            case _:
                raise no_chain(type(module).__name__)
    if not layers:
        raise no_chain(type(network).__name__)
    return layers


def inputs_of(network: nn.Module, names: Sequence[str]) -> list[str]:
    """Name what enters the first linear layer, from the names of the columns of x.

    Where numbers are made waves and codes vectors, each value is named by its column: `age~1`, `city[0]`.
    """
    first = next(network.children(), None)
    if not isinstance(first, TableInputs):
        return list(names)
    plain = list(names[: first.columns])
    waves = []
    if first.numbers is not None:
        values = range(1, first.numbers.bias.shape[1] + 1)
        waves = [f"{names[column]}~{k}" for column in first.numbers.columns.tolist() for k in values]
    tables = zip(names[first.columns :], first.codes, strict=False)
    vectors = [f"{name}[{k}]" for name, table in tables for k in range(cast(nn.Embedding, table).embedding_dim)]
    return plain + waves + vectors


def no_chain(found: str) -> UsageError:
    """Return the error for a network that has a part of another kind."""
    return UsageError(
        f"the step by step view is for chains of linear layers, and this network has a {found}. "
        "Choose the network mlp, linear or perceptron."
    )


def activation_name(module: nn.Module | None) -> str:
    """Return the name of an activation, "linear" for none, and "" for what is no activation."""
    if module is None:
        return "linear"
    return next((name for name, made in ACTIVATIONS.items() if type(module) is made), "")


@dataclass
class Signal:
    """What passed through a layer: `x` (B, inputs) came in, `z` left the linear part, `n` the normalisation, `a` the
    activation, `out` the layer, each (B, units); without a normalisation n is z, without dropout out is a.
    """

    x: Tensor
    z: Tensor
    n: Tensor
    a: Tensor
    out: Tensor

    @staticmethod
    def error(of: Tensor) -> Tensor:
        """Return the derivative of each example's own loss: the batch's loss is their mean."""
        return torch.zeros_like(of) if of.grad is None else of.grad * len(of)


def listen(layers: Sequence[Layer], work: Callable[[], Any]) -> list[Signal]:
    """Call `work`, which sends a batch forward and its loss backward, and return what passed through each layer."""
    heard: dict[nn.Module, tuple[Tensor, Tensor]] = {}

    def hear(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        output.retain_grad()
        heard[module] = (inputs[0].detach(), output)

    hooks = [part.register_forward_hook(hear) for layer in layers for part in layer.parts]
    try:
        work()
    finally:
        for hook in hooks:
            hook.remove()
    return [signal(layer, heard) for layer in layers]


def signal(layer: Layer, heard: dict[nn.Module, tuple[Tensor, Tensor]]) -> Signal:
    """Put together what was heard at a layer's parts."""
    x, z = heard[layer.linear]
    n = z if layer.normalisation is None else heard[layer.normalisation][1]
    a = n if layer.activation is None else heard[layer.activation][1]
    return Signal(x, z, n, a, a if layer.dropout is None else heard[layer.dropout][1])
