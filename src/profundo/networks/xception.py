"""Xception: an Inception taken to its end, depthwise separable convolutions with residual connections.

Chollet 2017, Xception: deep learning with depthwise separable convolutions (1610.02357), with the state-dict names of
timm's legacy_xception. The small stem takes no stride in its first convolution nor in the first block. The last maps
are averaged, so any larger picture works.
"""

import math
from collections.abc import Callable

from torch import Tensor, nn

from ..schema import Schema
from .network import Network, share
from .sizes import STEM, check_side, last_of_each, small_stem


class SeparableConv2d(nn.Module):
    """A 3 x 3 convolution of each map, and a 1 x 1 convolution over the maps."""

    def __init__(self, inputs: int, maps: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
        self.pointwise = nn.Conv2d(inputs, maps, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, maps, H, W)."""
        return self.pointwise(self.conv1(x))


class Block(nn.Module):
    """Two or three separable convolutions, perhaps a pooling, and a shortcut; `maps` are those of each convolution."""

    def __init__(self, inputs: int, maps: tuple[int, ...], stride: int = 1, *, relu_first: bool = True) -> None:
        super().__init__()
        changes = stride > 1 or maps[-1] != inputs
        self.skip = nn.Conv2d(inputs, maps[-1], 1, stride, bias=False) if changes else None
        self.skipbn = nn.BatchNorm2d(maps[-1]) if changes else None
        self.rep = nn.Sequential()
        before = inputs
        for index, after in enumerate(maps):
            if index or relu_first:
                self.rep.append(nn.ReLU())
            self.rep.append(SeparableConv2d(before, after)).append(nn.BatchNorm2d(after))
            before = after
        if stride > 1:
            self.rep.append(nn.MaxPool2d(3, stride, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, maps[-1], H / stride, W / stride)."""
        shortcut = x if self.skip is None or self.skipbn is None else self.skipbn(self.skip(x))
        return self.rep(x) + shortcut


class Xception(nn.Module):
    """Entry flow (two convolutions, blocks 1 to 3), middle flow (blocks 4 to 11), exit flow, mean, one linear layer."""

    def __init__(self, channels: int, outputs: int, *, small: bool, dropout: float) -> None:
        super().__init__()
        first = 1 if small else 2
        self.conv1 = nn.Conv2d(channels, 32, 3, first, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.act1 = nn.ReLU()
        self.conv2 = nn.Conv2d(32, 64, 3, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        self.act2 = nn.ReLU()
        self.block1 = Block(64, (128, 128), first, relu_first=False)
        self.block2 = Block(128, (256, 256), 2)
        self.block3 = Block(256, (728, 728), 2)
        for index in range(4, 12):
            self.add_module(f"block{index}", Block(728, (728, 728, 728)))
        self.block12 = Block(728, (728, 1024), 2)
        self.conv3 = SeparableConv2d(1024, 1536)
        self.bn3 = nn.BatchNorm2d(1536)
        self.act3 = nn.ReLU()
        self.conv4 = SeparableConv2d(1536, 2048)
        self.bn4 = nn.BatchNorm2d(2048)
        self.act4 = nn.ReLU()
        self.global_pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(2048, outputs)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                fan_out = layer.kernel_size[0] ** 2 * layer.out_channels // layer.groups
                nn.init.normal_(layer.weight, std=math.sqrt(2 / fan_out))

    def steps(self) -> list[Callable[[Tensor], Tensor]]:
        """Return the way from a picture to the last maps."""
        blocks = [self.get_submodule(f"block{index}") for index in range(1, 13)]
        return [self.entry, *blocks, self.exit]

    def entry(self, x: Tensor) -> Tensor:
        """Return the maps after the two plain convolutions."""
        x = self.act1(self.bn1(self.conv1(x)))
        return self.act2(self.bn2(self.conv2(x)))

    def exit(self, x: Tensor) -> Tensor:
        """Return the maps after the last two separable convolutions."""
        x = self.act3(self.bn3(self.conv3(x)))
        return self.act4(self.bn4(self.conv4(x)))

    def maps(self, x: Tensor) -> list[Tensor]:
        """Return the last map of each resolution, the finest first."""
        return last_of_each(self.steps(), x)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (B, outputs)."""
        for step in self.steps():
            x = step(x)
        return self.fc(self.dropout(self.global_pool(x).flatten(1)))


def xception(schema: Schema, *, stem: str = "auto", dropout: float = 0.5) -> Xception:
    """Build Xception for the pictures of a schema."""
    small = small_stem(schema, stem)
    check_side("xception", schema, 5 if small else 7)
    return Xception(schema.shape[0], schema.outputs, small=small, dropout=share("dropout", dropout))


NETWORKS = {
    "xception": Network(
        "xception",
        "Xception: 36 separable convolutions with residual connections",
        "image",
        xception,
        STEM | {"dropout": "the share of features silenced before the last layer while training"},
        "Chollet 2017, Xception: deep learning with depthwise separable convolutions (1610.02357)",
        head="fc",
        top=("global_pool", "dropout", "fc"),
    )
}
