"""Listening to every layer of a network while it answers; the hooks are taken off again, and nothing is changed."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from ..networks.network import evaluating

Listener = Callable[[str, nn.Module, tuple[Any, ...], Any], None]


def layers_of(network: nn.Module) -> dict[str, nn.Module]:
    """Return the layers of a network by name: modules without parts, or with weights of their own."""
    found = {
        name or "network": layer
        for name, layer in network.named_modules()
        if not list(layer.children()) or list(layer.parameters(recurse=False))
    }
    return {name: layer for name, layer in found.items() if not isinstance(layer, nn.ModuleList | nn.ModuleDict)}


@contextlib.contextmanager
def listening(network: nn.Module, listen: Listener) -> Iterator[None]:
    """Call `listen(name, layer, inputs, output)` whenever a layer gives something, in the order in which x meets them.

    A layer that is met again in the same pass is named `name (2)`, `name (3)`, ...
    """
    met: Counter[str] = Counter()

    def hook(name: str) -> Any:
        def hear(layer: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            met[name] += 1
            listen(name if met[name] == 1 else f"{name} ({met[name]})", layer, inputs, output)

        return hear

    begin = network.register_forward_pre_hook(lambda layer, inputs: met.clear())
    hooks = [begin, *(layer.register_forward_hook(hook(name)) for name, layer in layers_of(network).items())]
    try:
        yield
    finally:
        for handle in hooks:
            handle.remove()


@torch.no_grad()
def ask(network: nn.Module, x: Tensor, listen: Listener) -> Any:
    """Let a network answer x (B, ...) in eval mode, with dropout off, listened to; return what it gives.

    A network that writes is asked for its first step: it does the same at every step.
    """
    look = getattr(network, "first_step", network)
    with evaluating(network), listening(network, listen):
        return look(x)
