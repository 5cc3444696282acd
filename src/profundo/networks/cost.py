"""What a network costs: parameters, megabytes, depth, multiply-adds; by a dry run on the meta device."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from .network import evaluating


@dataclass(frozen=True)
class Cost:
    """Of one example: `megabytes` are 2^20 bytes of float32 parameters, `depth` the layers with weights on the way.

    `depth` is that of the longest way from the input to the output, which is how the networks got their numbers (16 in
    VGG-16); `multiply_adds` are those of convolutions and linear layers.
    """

    parameters: int
    depth: int
    multiply_adds: int

    @property
    def megabytes(self) -> float:
        """The size of the weights."""
        return self.parameters * 4 / 2**20


CONVOLUTIONS = {torch.conv1d, torch.conv2d, torch.conv3d}
TRANSPOSED = {torch.conv_transpose1d, torch.conv_transpose2d, torch.conv_transpose3d}
SAME = {F.batch_norm, F.relu, F.relu6, F.dropout, F.hardtanh}  # whose output has the shape of the input
FILLING = {"normal_", "uniform_", "zero_", "fill_", "mul_", "div_"}
DEPTH = "layers_with_weights"  # what a tensor remembers of how it came about


class Meter(TorchFunctionMode):
    """Counts the multiply-adds of all calls, and writes on every tensor how many layers with weights lie behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.multiply_adds = 0

    def __torch_function__(
        self, called: Callable, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        if called in SAME and args[0].is_meta:
            return args[0]
        output = args[0].detach() if sum_of_equals(called, args) else called(*args, **given)
        if not isinstance(output, Tensor):
            return output
        behind = max((getattr(t, DEPTH, 0) for t in tensors([*args, *given.values()])), default=0)
        if called is F.linear or called in CONVOLUTIONS or called in TRANSPOSED:
            weight = args[1] if len(args) > 1 else given["weight"]
            positions = args[0] if called in TRANSPOSED else output
            self.multiply_adds += positions.numel() * math.prod(weight.shape[1:])
            behind += 1
        setattr(output, DEPTH, behind)
        return output


def sum_of_equals(called: Callable, args: Sequence[Any]) -> bool:
    """Say whether this adds tensors of one shape without numbers: the slowest call on the meta device."""
    adds = getattr(called, "__name__", "") in ("add", "__add__")
    return adds and all(isinstance(t, Tensor) and t.is_meta and t.shape == args[0].shape for t in args)


class Unfilled(TorchFunctionMode):
    """Makes modules on the meta device, and does not go through the motions of filling their parameters."""

    def __torch_function__(
        self, called: Callable, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        if called.__name__ in FILLING or getattr(called, "__module__", "") == "torch.nn.init":
            return args[0] if args else given["tensor"]
        return called(*args, **given)


def tensors(values: Sequence[Any]) -> Iterator[Tensor]:
    """Yield the tensors among arguments, also those in lists."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from tensors(value)


def cost(network: nn.Module, shape: Sequence[int]) -> Cost:
    """Measure a network for one example of this shape, on the device where it is."""
    parameter = next(network.parameters(), None)
    x = torch.zeros(1, *shape, device=None if parameter is None else parameter.device)
    with evaluating(network), torch.no_grad(), Meter() as meter:
        output = network(x)
    behind = max((getattr(t, DEPTH, 0) for t in tensors([output])), default=0)
    return Cost(sum(p.numel() for p in network.parameters()), behind, meter.multiply_adds)


def unfilled(make: Callable[[], nn.Module]) -> nn.Module:
    """Make a network of tensors with shapes and without numbers, at once."""
    with torch.device("meta"), Unfilled():
        return make()
