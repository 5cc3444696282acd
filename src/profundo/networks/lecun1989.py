"""The network that read zip codes in 1989: the first convolutional network trained by backpropagation on real pictures.

LeCun et al. 1989, Backpropagation applied to handwritten zip code recognition (Neural Computation 1): 16 x 16 pixels,
two layers of 12 maps by 5 x 5 kernels with steps of 2, each unit with a bias of its own, 30 hidden units, 10 outputs,
9,760 parameters. A map of the second layer sees 8 of the 12 maps of the first; the paper does not print which, so here
it is each time two of three groups of four. The output is linear, where the paper squashes it.

Pictures of another size have more or fewer units in a map, and as many biases.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..schema import Schema
from .layers import LinkedConv2d, ScaledTanh
from .network import Network

MAPS, HIDDEN, KERNEL = 12, 30, 5
GROUPS = ((0, 1, 2, 3), (4, 5, 6, 7), (8, 9, 10, 11))
LINKS = tuple(GROUPS[i] + GROUPS[j] for i, j in ((0, 1), (1, 2), (0, 2)) for _ in range(4))
BACKGROUND = -1.0  # what the layer above sees beyond the border of a map


class UnitBias(nn.Module):
    """A bias for each unit of each map, not one for the whole map."""

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(*shape))

    def forward(self, x: Tensor) -> Tensor:
        """Return x + bias, for x (B, C, H, W)."""
        return x + self.bias


def lecun1989(schema: Schema) -> nn.Sequential:
    """Build the network of 1989; beyond the border of a picture it sees black."""
    channels, height, width = schema.shape
    image = schema.image
    black = -image.mean[0] / image.std[0] if image is not None and image.mean else BACKGROUND
    first = (MAPS, halved(height), halved(width))
    second = (MAPS, halved(first[1]), halved(first[2]))
    network = nn.Sequential()
    layers: dict[str, nn.Module] = {
        "border1": nn.ConstantPad2d(KERNEL // 2, black),
        "conv1": nn.Conv2d(channels, MAPS, KERNEL, 2, bias=False),
        "bias1": UnitBias(first),
        "activation1": ScaledTanh(),
        "border2": nn.ConstantPad2d(KERNEL // 2, BACKGROUND),
        "conv2": LinkedConv2d(MAPS, LINKS, KERNEL, stride=2, bias=False),
        "bias2": UnitBias(second),
        "activation2": ScaledTanh(),
        "flatten": nn.Flatten(),
        "linear1": nn.Linear(second[0] * second[1] * second[2], HIDDEN),
        "activation3": ScaledTanh(),
        "output": nn.Linear(HIDDEN, schema.outputs),
    }
    fan_in = {"conv1": channels * KERNEL**2, "conv2": len(LINKS[0]) * KERNEL**2}
    for name, layer in layers.items():
        network.add_module(name, layer)
        if name in ("conv1", "conv2", "linear1", "output"):
            weight = layer.get_parameter("weight")
            limit = 2.4 / fan_in.get(name, weight.shape[-1])
            nn.init.uniform_(weight, -limit, limit)
            if layer.bias is not None:
                nn.init.zeros_(layer.get_parameter("bias"))
    return network


def halved(side: int) -> int:
    """Return the side of a map after a 5 x 5 convolution with a border of 2 and steps of 2."""
    return (side - 1) // 2 + 1


NETWORKS = {
    "lecun1989": Network(
        "lecun1989",
        "the network that read zip codes in 1989: 9,760 parameters for 16 x 16 grey pixels",
        "image",
        lecun1989,
        {},
        "LeCun et al. 1989, Backpropagation applied to handwritten zip code recognition",
    )
}
