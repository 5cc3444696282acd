"""Weights of one network in another: matched by name, the first layer fitted to the channels, the head left anew."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UsageError
from .initialise import weighted
from .levels import Head
from .network import Network

BACKBONE = "backbone."


@dataclass(frozen=True)
class Match:
    """What became of the names: `loaded` and `adapted` (to other channels) of the network, `anew` those it keeps.

    `unused` are names of the weights that the network has no place for.
    """

    loaded: tuple[str, ...]
    adapted: tuple[str, ...]
    anew: tuple[str, ...]
    unused: tuple[str, ...]


class LinearHead(Head):
    """A linear layer on features (B, inputs), or on means of maps; `weight` (outputs, inputs), `bias` (outputs,)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        like = nn.Linear(inputs, outputs)
        self.weight, self.bias = like.weight, like.bias

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs)."""
        return F.linear(self.features(x), self.weight, self.bias)


@torch.no_grad()
def load_matching(
    network: nn.Module, tensors: Mapping[str, Tensor], *, head: str = "", keep_head: bool = False
) -> Match:
    """Copy the tensors that the network has by name and shape into it.

    The layer `head` keeps its own first weights, unless `keep_head` says that it answers the same question. The kernels
    of the first convolution are fitted to another number of channels (`to_channels`). A classifier's weights fit the
    `backbone` of a network that says where things are, and the other way round. Raises UsageError where nothing fits.
    """
    own = network.state_dict()
    tensors = renamed(tensors, own)
    first = next((f"{name}.weight" for name, layer in network.named_modules() if layer in weighted(network)), "")
    loaded, adapted, anew = [], [], []
    for name, mine in own.items():
        theirs = tensors.get(name)
        if theirs is None or (head and name.startswith(f"{head}.") and not keep_head):
            anew.append(name)
        elif theirs.shape == mine.shape:
            mine.copy_(theirs)
            loaded.append(name)
        elif name == first and fits_but_channels(theirs, mine):
            mine.copy_(to_channels(theirs, mine.shape[1]))
            adapted.append(name)
        else:
            anew.append(name)
    unused = tuple(name for name in tensors if name not in own or name in anew)
    if not any(own[name].dim() > 1 for name in (*loaded, *adapted)):
        raise UsageError(
            f"none of the {len(tensors)} tensors of the weights ({shown(tensors)}) fits the {len(own)} of the network "
            f"({shown(own)}) by name and shape. Name the network that the weights are of: --network NAME (profundo "
            "networks), with the options that it had."
        )
    return Match(tuple(loaded), tuple(adapted), tuple(anew), unused)


def renamed(tensors: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors under the names that fit best: as they are, with `backbone.` before them, or without it."""
    ways = [
        dict(tensors),
        {BACKBONE + name: tensor for name, tensor in tensors.items()},
        {name.removeprefix(BACKBONE): tensor for name, tensor in tensors.items()},
    ]
    return max(ways, key=lambda way: sum(name in own for name in way))


def fits_but_channels(theirs: Tensor, mine: Tensor) -> bool:
    """Say whether two kernels (outputs, inputs, height, width) differ in their inputs alone."""
    return theirs.dim() == mine.dim() == 4 and theirs.shape[0] == mine.shape[0] and theirs.shape[2:] == mine.shape[2:]


def to_channels(kernels: Tensor, channels: int) -> Tensor:
    """Fit kernels (outputs, inputs, height, width) to other inputs: their sum, shared evenly.

    The response to a picture whose channels are all alike stays as it was, from colour to grey and back.
    """
    return kernels.sum(1, keepdim=True).div(channels).expand(-1, channels, -1, -1)


def head_of(row: Network, network: nn.Module) -> str:
    """Return the name of the layer that gives the scores: as the row says, else the last layer with weights."""
    if row.head:
        return row.head
    layers = weighted(network)
    return [name for name, module in network.named_modules() if module in layers][-1]


def put_head(network: nn.Module, name: str, head: nn.Module) -> None:
    """Put a module that takes features, or maps, and gives (B, outputs) in the place of the layer that gives scores.

    What follows a convolution there in its Sequential (a ReLU, a mean over the map) has no place any more.
    """
    parent_name, _, own = name.rpartition(".")
    parent = network.get_submodule(parent_name)
    if isinstance(parent, nn.Sequential) and parent is not network:
        children = [child for child, _ in parent.named_children()]
        for later in children[children.index(own) + 1 :]:
            setattr(parent, later, nn.Identity())
    setattr(parent, own, head)


def shown(names: Mapping[str, Tensor], most: int = 3) -> str:
    """Write the first few names."""
    return ", ".join(list(names)[:most]) + (", ..." if len(names) > most else "")
