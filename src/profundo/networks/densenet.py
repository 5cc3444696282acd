"""DenseNet: every layer sees the maps of all layers before it in its block, and adds a few of its own.

Huang et al. 2017, Densely connected convolutional networks (1608.06993): the networks with bottlenecks and compression
(DenseNet-BC), with torchvision's state-dict names. The small stem is a 3 x 3 convolution of stride 1 without pooling;
any size from 8 pixels up works, and the last maps are averaged.
"""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from ..schema import Schema
from .network import Network, share
from .sizes import STEM, check_side, last_of_each, small_stem

GROWTH = 32  # maps that each layer adds
BOTTLENECK = 4 * GROWTH


class DenseLayer(nn.Module):
    """Normalise, 1 x 1 convolution to a few maps, normalise, 3 x 3 convolution to `GROWTH` new maps."""

    def __init__(self, inputs: int, dropout: float) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inputs)
        self.relu1 = nn.ReLU()
        self.conv1 = nn.Conv2d(inputs, BOTTLENECK, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(BOTTLENECK)
        self.relu2 = nn.ReLU()
        self.conv2 = nn.Conv2d(BOTTLENECK, GROWTH, 3, padding=1, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Return the new maps (B, GROWTH, H, W)."""
        x = self.conv1(self.relu1(self.norm1(x)))
        return self.dropout(self.conv2(self.relu2(self.norm2(x))))


class DenseBlock(nn.Sequential):
    """Layers that each add their maps to what the next one sees."""

    def __init__(self, inputs: int, layers: int, dropout: float) -> None:
        super().__init__()
        for index in range(layers):
            self.add_module(f"denselayer{index + 1}", DenseLayer(inputs + index * GROWTH, dropout))

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, inputs + layers GROWTH, H, W)."""
        for layer in self:
            x = torch.cat([x, layer(x)], 1)
        return x


class Transition(nn.Sequential):
    """Between blocks: half the maps, half the side."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(inputs)
        self.relu = nn.ReLU()
        self.conv = nn.Conv2d(inputs, inputs // 2, 1, bias=False)
        self.pool = nn.AvgPool2d(2)


class DenseNet(nn.Module):
    """Stem, four dense blocks with transitions between them (`features`), mean, one linear layer (`classifier`)."""

    def __init__(self, blocks: Sequence[int], channels: int, outputs: int, *, small: bool, dropout: float) -> None:
        super().__init__()
        maps = 2 * GROWTH
        size, stride = (3, 1) if small else (7, 2)
        self.features = nn.Sequential()
        self.features.add_module("conv0", nn.Conv2d(channels, maps, size, stride, size // 2, bias=False))
        self.features.add_module("norm0", nn.BatchNorm2d(maps))
        self.features.add_module("relu0", nn.ReLU())
        self.features.add_module("pool0", nn.Identity() if small else nn.MaxPool2d(3, 2, 1))
        for index, layers in enumerate(blocks, 1):
            self.features.add_module(f"denseblock{index}", DenseBlock(maps, layers, dropout))
            maps += layers * GROWTH
            if index < len(blocks):
                self.features.add_module(f"transition{index}", Transition(maps))
                maps //= 2
        self.features.add_module("norm5", nn.BatchNorm2d(maps))
        self.relu = nn.ReLU()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(maps, outputs)
        nn.init.zeros_(self.classifier.bias)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)

    def steps(self) -> list[Callable[[Tensor], Tensor]]:
        """Return the way from a picture to the last maps."""
        return [*self.features, self.relu]

    def maps(self, x: Tensor) -> list[Tensor]:
        """Return the last map of each resolution, the finest first."""
        return last_of_each(self.steps(), x)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (B, outputs)."""
        for step in self.steps():
            x = step(x)
        return self.classifier(self.avgpool(x).flatten(1))


def densenet(blocks: Sequence[int], schema: Schema, *, stem: str = "auto", dropout: float = 0.0) -> DenseNet:
    """Build a DenseNet for the pictures of a schema; `blocks` are the layers of each block."""
    small = small_stem(schema, stem)
    check_side("densenet", schema, 8 if small else 29)
    return DenseNet(blocks, schema.shape[0], schema.outputs, small=small, dropout=share("dropout", dropout))


VARIANTS = {
    "densenet121": (6, 12, 24, 16),
    "densenet169": (6, 12, 32, 32),
    "densenet201": (6, 12, 48, 32),
}
NETWORKS = {
    name: Network(
        name,
        f"DenseNet-{name[8:]}: {sum(blocks)} layers that each see all before them in their block",
        "image",
        partial(densenet, blocks),
        STEM | {"dropout": "the share of values that each layer loses while training"},
        "Huang et al. 2017, Densely connected convolutional networks (1608.06993)",
        head="classifier",
        top=("avgpool", "classifier"),
    )
    for name, blocks in VARIANTS.items()
}
