"""A classifier without its top, as the eyes of a network that says where things are: maps at several resolutions."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import UsageError, unknown
from ..schema import Schema
from .network import Network, evaluating, whole
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


def named(name: str, schema: Schema, width: int = 0) -> nn.Module:
    """Build a backbone by name; `width` 0 is its own. Raises UsageError with the nearest names."""
    from .build import NETWORKS  # which names the networks that have a backbone too

    rows = [row for row in NETWORKS.values() if row.gives == "scores" and row.sees]
    known = [row.name for row in rows if "backbone" not in row.options]  # whose own maps there are
    if name not in known:
        raise UsageError(unknown("backbone", name, known))
    if width and "width" not in NETWORKS[name].options:
        raise UsageError(f"the backbone {name} has no width to choose. Leave width out, or take backbone='convnet'.")
    return backbone(NETWORKS[name], schema, **({"width": whole("width", width)} if width else {}))


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


def usable(found: Sequence[tuple[int, int, int]], schema: Schema, finest: int) -> tuple[int, list[int]]:
    """Return the number of the first map whose cells are at least `finest` pixels wide, and the strides of all maps.

    `found` is what `shapes` returns. Where every map is finer, the first is the last.
    """
    strides = [2 ** round(math.log2(schema.shape[1] / height)) for _, height, _ in found]
    return min(sum(stride < finest for stride in strides), len(strides) - 1), strides
