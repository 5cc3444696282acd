"""What a network sees at every depth: the mean of the last map of each resolution, for a head to answer on.

Early maps hold texture and place, late ones kinds of things; a head on few pictures does better with both.
"""

from typing import Any

import torch
from torch import Tensor, nn

from ..schema import Schema
from .network import evaluating

NORMS = nn.modules.batchnorm._NormBase


def pooled(x: Tensor) -> Tensor:
    """Return features (B, C) as they are, and the means of maps (B, C, H, W)."""
    return x.mean((2, 3)) if x.dim() == 4 else x


class Hearing:
    """A forward hook that hands the mean of a layer's map to a head; copied with the network, it serves the copy."""

    def __init__(self, head: "Head", place: int) -> None:
        self.head, self.place = head, place

    def __call__(self, module: nn.Module, inputs: Any, output: Tensor) -> None:
        """Keep the mean until the head is asked."""
        self.head.heard[self.place] = pooled(output)


class Head(nn.Module):
    """What answers on features: of maps at several depths, where it `hears` them, and on what comes in itself."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: dict[int, Tensor] = {}

    def hear(self, network: nn.Module, layers: list[str]) -> None:
        """Listen to these layers of a network from now on."""
        for place, name in enumerate(layers):
            network.get_submodule(name).register_forward_hook(Hearing(self, place))

    def features(self, x: Tensor) -> Tensor:
        """Return the features (B, inputs): the means of the maps that were heard, then those of x."""
        heard = [self.heard[place] for place in sorted(self.heard)]
        self.heard = {}
        return torch.cat([*heard, pooled(x)], 1) if heard else pooled(x)


def levels(network: nn.Module, schema: Schema, head: str) -> tuple[list[str], int]:
    """Return the layers that give the last map of each resolution, and how many channels they have together.

    The mean of what a convolution gives says hardly more than the mean of the picture: the layers are those after it.
    The map that the head itself answers on is not among them.
    """
    last: dict[tuple[int, int], tuple[str, int]] = {}
    own = network.get_submodule(head)
    inputs: list[int] = []

    def note(name: str) -> Any:
        def hook(module: nn.Module, given: Any, output: Any) -> None:
            if isinstance(output, Tensor) and output.dim() == 4 and min(output.shape[2:]) > 1 and not inputs:
                last[(output.shape[2], output.shape[3])] = (name, output.shape[1])

        return hook

    layers = [(name, m) for name, m in network.named_modules() if name and not isinstance(m, nn.Conv2d | NORMS)]
    hooks = [module.register_forward_hook(note(name)) for name, module in layers]
    hooks.append(own.register_forward_pre_hook(lambda module, given: inputs.append(given[0].shape[1])))
    try:
        with evaluating(network), torch.no_grad():
            network(torch.zeros(1, *schema.shape))
    finally:
        for hook in hooks:
            hook.remove()
    found = list(last.values())
    if found and found[-1][1] == inputs[0]:
        found.pop()
    return [name for name, _ in found], sum(channels for _, channels in found)
