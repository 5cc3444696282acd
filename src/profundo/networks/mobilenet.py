"""MobileNet v1: depthwise separable convolutions, a network for telephones.

Howard et al. 2017, MobileNets: efficient convolutional neural networks for mobile vision applications (1704.04861).
A 3 x 3 convolution of each map alone, then a 1 x 1 convolution over the maps: about a ninth of the arithmetic.
State-dict names are those of timm's mobilenetv1_100, and the activation is ReLU6, as there and in Keras.

The small stem takes no stride in its first convolution nor in the first block that has one. The last maps are averaged;
any size from 8 pixels up works.
"""

import math
from collections.abc import Callable

from torch import Tensor, nn

from ..schema import Schema
from .network import Network, positive, share
from .sizes import STEM, check_side, last_of_each, small_stem

STEM_MAPS = 32
STAGES = ((64,), (128, 128), (256, 256), (512,) * 6, (1024, 1024))  # maps of each block; stages but the first halve


class NormReLU6(nn.BatchNorm2d):
    """Batch normalisation, then min(max(0, x), 6): one module, for the sake of the names in checkpoints."""

    def __init__(self, maps: int) -> None:
        super().__init__(maps)
        self.act = nn.ReLU6()

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        return self.act(super().forward(x))


class Separable(nn.Module):
    """A 3 x 3 convolution of each map, and a 1 x 1 convolution over the maps."""

    def __init__(self, inputs: int, maps: int, stride: int) -> None:
        super().__init__()
        self.conv_dw = nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False)
        self.bn1 = NormReLU6(inputs)
        self.conv_pw = nn.Conv2d(inputs, maps, 1, bias=False)
        self.bn2 = NormReLU6(maps)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, maps, H / stride, W / stride)."""
        x = self.bn1(self.conv_dw(x))
        return self.bn2(self.conv_pw(x))


class MobileNet(nn.Module):
    """Stem, stages of separable convolutions (`blocks`), mean, one linear layer (`classifier`)."""

    def __init__(self, width: float, channels: int, outputs: int, *, small: bool, dropout: float) -> None:
        super().__init__()
        inputs = max(1, int(STEM_MAPS * width))
        self.conv_stem = nn.Conv2d(channels, inputs, 3, 1 if small else 2, 1, bias=False)
        self.bn1 = NormReLU6(inputs)
        self.blocks = nn.Sequential()
        for index, stage in enumerate(STAGES):
            blocks = nn.Sequential()
            for number, full in enumerate(stage):
                maps = max(1, int(full * width))
                halves = number == 0 and index > (1 if small else 0)
                blocks.append(Separable(inputs, maps, 2 if halves else 1))
                inputs = maps
            self.blocks.append(blocks)
        self.global_pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(inputs, outputs)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                fan_out = layer.kernel_size[0] ** 2 * layer.out_channels // layer.groups
                nn.init.normal_(layer.weight, std=math.sqrt(2 / fan_out))

    def stem(self, x: Tensor) -> Tensor:
        """Return the first maps."""
        return self.bn1(self.conv_stem(x))

    def steps(self) -> list[Callable[[Tensor], Tensor]]:
        """Return the way from a picture to the last maps."""
        return [self.stem, *self.blocks]

    def maps(self, x: Tensor) -> list[Tensor]:
        """Return the last map of each resolution, the finest first."""
        return last_of_each(self.steps(), x)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (B, outputs)."""
        for step in self.steps():
            x = step(x)
        return self.classifier(self.dropout(self.global_pool(x).flatten(1)))


def mobilenet(schema: Schema, *, stem: str = "auto", width: float = 1.0, dropout: float = 0.001) -> MobileNet:
    """Build MobileNet v1 for the pictures of a schema."""
    small = small_stem(schema, stem)
    check_side("mobilenet_v1", schema, 8)
    times, drop = positive("width", width), share("dropout", dropout)
    return MobileNet(times, schema.shape[0], schema.outputs, small=small, dropout=drop)


NETWORKS = {
    "mobilenet_v1": Network(
        "mobilenet_v1",
        "MobileNet v1: 13 depthwise separable convolutions, made for telephones",
        "image",
        mobilenet,
        STEM
        | {
            "width": "times the maps of every layer; the paper has 1, 0.75, 0.5 and 0.25",
            "dropout": "the share of features silenced before the last layer while training",
        },
        "Howard et al. 2017, MobileNets: efficient convolutional neural networks for mobile vision (1704.04861)",
        head="classifier",
        top=("global_pool", "dropout", "classifier"),
    )
}
