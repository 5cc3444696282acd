"""A network as fixed eyes: what its last layer sees of each picture, computed once, and a head learnt on that.

The features stand in standard units while the head is trained; `fold` puts the units into the head's own weights, so
that body and head are one network again.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .data.dataset import Data
from .data.memory import memory_limit
from .errors import ResourceError
from .loop import machine_for
from .networks.levels import Head
from .networks.network import evaluating
from .networks.transfer import LinearHead
from .recipe import Recipe
from .schema import Number, Schema

NUMBERS = 4_000_000  # of a batch of pictures
LEAST = 1e-3  # of a feature's scale, in shares of the mean scale: what hardly varies is not blown up
PARTS = ("train", "validation")


@dataclass(frozen=True, eq=False)
class Features:
    """The training and validation part of pictures as features (N, inputs) in standard units, with the units."""

    data: Data
    center: Tensor
    scale: Tensor

    def plain(self, rows: Tensor) -> Tensor:
        """Return the features of positions in their own units."""
        return self.data.x[rows] * self.scale + self.center


def features_of(network: nn.Module, head: str, data: Data, recipe: Recipe) -> Features:
    """Compute what the layer `head` of a network sees of each picture that is learnt from, without augmentation.

    The network is in eval mode for it, so that its batch statistics stay as they are. Raises ResourceError where the
    features do not fit in memory.
    """
    rows = torch.unique(torch.cat([data.positions(part) for part in PARTS]))
    machine = machine_for(network, data, recipe)
    size = max(8, min(1024, NUMBERS // max(1, math.prod(data.schema.shape))))
    place = next(network.parameters()).device
    found: list[Tensor] = []
    own = network.get_submodule(head)
    assert isinstance(own, Head)
    listening: Head = own

    def see(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        found.append(listening.features(inputs[0]).float().to(data.x.device))

    eyes = nn.Identity()  # in the place of the head, which may have nothing to answer with yet
    eyes.register_forward_pre_hook(see)
    put(network, head, eyes)
    try:
        with evaluating(network), torch.no_grad(), machine.cast():
            for part in torch.split(rows, size):
                network(data.gather(part).x.to(place))
                check_memory(found[0].shape[1], len(rows))
    finally:
        put(network, head, own)
    return standard(torch.cat(found), rows, data)


def put(network: nn.Module, name: str, module: nn.Module) -> None:
    """Set a submodule by its full name."""
    parent, _, own = name.rpartition(".")
    setattr(network.get_submodule(parent), own, module)


def check_memory(width: int, rows: int) -> None:
    """Raise ResourceError where so many features do not fit."""
    need, limit = 3 * 4.0 * width * rows, memory_limit()  # as they come, joined, and in standard units
    if need > limit:
        raise ResourceError(
            f"{rows:,} pictures become {width:,} features each, {need / 1e9:.2g} GB in all; the limit is "
            f"{limit / 1e9:.2g} GB. Use fewer pictures: --rows {int(rows * limit / need)}; or --transfer finetune, "
            "which keeps no features."
        )


def standard(features: Tensor, rows: Tensor, data: Data) -> Features:
    """Put features (n, inputs) of these positions into the standard units of the training part, as a data set."""
    splits = {part: torch.searchsorted(rows, data.positions(part)) for part in PARTS}
    deviation, center = torch.std_mean(features[splits["train"]], 0, correction=0)
    scale = deviation.clamp(min=max(float(deviation.mean()) * LEAST, 1e-12))
    inputs = {f"feature {i}": Number(clip=False) for i in range(features.shape[1])}
    own = Data(
        name=data.name,
        schema=Schema(inputs, data.schema.targets),
        task=data.task,
        x=(features - center) / scale,
        y=data.y[rows],
        ids=data.ids[rows],
        splits=splits,
        seed=data.seed,
        weights=None if data.weights is None else data.weights[rows],
    )
    return Features(own, center, scale)


@torch.no_grad()
def fold(head: nn.Linear, features: Features, into: LinearHead) -> None:
    """Write a linear head learnt on features in standard units into one that takes them in their own."""
    weight = head.weight.cpu() / features.scale.cpu()
    into.weight.copy_(weight)
    into.bias.copy_(head.bias.cpu() - weight @ features.center.cpu())
