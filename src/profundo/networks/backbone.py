"""A classifier without its top, as the eyes of a network that says where things are: maps at several resolutions."""

from typing import Any

import torch
from torch import Tensor, nn

from ..schema import Schema
from .network import Network, evaluating
from .sizes import last_of_each


def backbone(network: Network, schema: Schema, **options: Any) -> nn.Module:
    """Build a network of the zoo without what comes after its last map. Its state-dict names stay as they are."""
    made = network.make(schema, **options)
    if not isinstance(made, nn.Sequential):
        for name in network.top:
            parent, _, own = name.rpartition(".")
            setattr(made.get_submodule(parent), own, nn.Identity())
        return made
    kept = nn.Sequential()
    with evaluating(made), torch.no_grad():
        x = torch.zeros(1, *schema.shape)
        for name, layer in made.named_children():
            x = layer(x)
            if x.dim() != 4 or min(x.shape[2:]) == 1:
                break
            kept.add_module(name, layer)
    return kept


def maps(network: nn.Module, x: Tensor) -> list[Tensor]:
    """Return the last map (B, C, H, W) of each resolution, the finest first.

    A network that is not a Sequential has a method `maps(x)` that does it.
    """
    if isinstance(network, nn.Sequential):
        return last_of_each(network, x)
    found: list[Tensor] = network.maps(x)  # type: ignore[operator]
    return found


def shapes(network: nn.Module, schema: Schema) -> list[tuple[int, int, int]]:
    """Return (channels, height, width) of each of the maps, for pictures of the schema's size."""
    with evaluating(network), torch.no_grad():
        found = maps(network, torch.zeros(2, *schema.shape))
    return [(m.shape[1], m.shape[2], m.shape[3]) for m in found]
