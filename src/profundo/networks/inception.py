"""Inception: several convolutions of different sizes side by side, their maps put together.

GoogLeNet (Inception v1): Szegedy et al. 2015, Going deeper with convolutions (1409.4842), as torchvision has it: with
batch normalisation, and with 3 x 3 convolutions where the paper has 5 x 5. Inception v3: Szegedy et al. 2016,
Rethinking the Inception architecture for computer vision (1512.00567). State-dict names are torchvision's, without the
auxiliary classifiers of training, which batch normalisation makes unnecessary.

The small stem has a first convolution of stride 1 (3 x 3), without the first pooling. The last maps are averaged, so
any larger picture works.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass

import torch
from torch import Tensor, nn

from ..schema import Schema
from .inception_blocks import BLOCKS
from .layers import ConvNorm
from .network import Network, share
from .sizes import STEM, check_side, last_of_each, small_stem


@dataclass(frozen=True)
class Widths:
    """The maps of the branches of a module of GoogLeNet: 1 x 1, the two 3 x 3 with what comes before, the pooled."""

    one: int
    before_three: int
    three: int
    before_five: int
    five: int
    pooled: int

    @property
    def outputs(self) -> int:
        """The maps that the module gives."""
        return self.one + self.three + self.five + self.pooled


GOOGLENET = {
    "inception3a": Widths(64, 96, 128, 16, 32, 32),
    "inception3b": Widths(128, 128, 192, 32, 96, 64),
    "inception4a": Widths(192, 96, 208, 16, 48, 64),
    "inception4b": Widths(160, 112, 224, 24, 64, 64),
    "inception4c": Widths(128, 128, 256, 24, 64, 64),
    "inception4d": Widths(112, 144, 288, 32, 64, 64),
    "inception4e": Widths(256, 160, 320, 32, 128, 128),
    "inception5a": Widths(256, 160, 320, 32, 128, 128),
    "inception5b": Widths(384, 192, 384, 48, 128, 128),
}


class Inception(nn.Module):
    """A module of GoogLeNet: four branches."""

    def __init__(self, inputs: int, widths: Widths) -> None:
        super().__init__()
        one, before_three, three, before_five, five, pooled = astuple(widths)
        self.branch1 = ConvNorm(inputs, one, 1)
        self.branch2 = nn.Sequential(ConvNorm(inputs, before_three, 1), ConvNorm(before_three, three, 3, padding=1))
        self.branch3 = nn.Sequential(ConvNorm(inputs, before_five, 1), ConvNorm(before_five, five, 3, padding=1))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), ConvNorm(inputs, pooled, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs of the widths, H, W)."""
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class InceptionNet(nn.Module):
    """Modules one after another under their names, then a mean, dropout, and one linear layer `fc`."""

    def __init__(self, modules: dict[str, nn.Module], features: int, outputs: int, dropout: float) -> None:
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)
        self.path = tuple(modules)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(features, outputs)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def steps(self) -> list[Callable[[Tensor], Tensor]]:
        """Return the way from a picture to the last maps."""
        return [self.get_submodule(name) for name in self.path]

    def maps(self, x: Tensor) -> list[Tensor]:
        """Return the last map of each resolution, the finest first."""
        return last_of_each(self.steps(), x)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (B, outputs)."""
        for step in self.steps():
            x = step(x)
        return self.fc(self.dropout(self.avgpool(x).flatten(1)))


def googlenet(schema: Schema, *, stem: str = "auto", dropout: float = 0.2) -> InceptionNet:
    """Build GoogLeNet for the pictures of a schema."""
    small = small_stem(schema, stem)
    check_side("googlenet", schema, 4 if small else 15)
    channels = schema.shape[0]
    modules: dict[str, nn.Module] = {
        "conv1": ConvNorm(channels, 64, 3, padding=1) if small else ConvNorm(channels, 64, 7, 2, 3),
        "maxpool1": nn.Identity() if small else nn.MaxPool2d(3, 2, ceil_mode=True),
        "conv2": ConvNorm(64, 64, 1),
        "conv3": ConvNorm(64, 192, 3, padding=1),
        "maxpool2": nn.MaxPool2d(3, 2, ceil_mode=True),
    }
    maps = 192
    for name, widths in GOOGLENET.items():
        if name in ("inception4a", "inception5a"):
            kernel = 3 if name == "inception4a" else 2
            modules["maxpool3" if kernel == 3 else "maxpool4"] = nn.MaxPool2d(kernel, 2, ceil_mode=True)
        modules[name] = Inception(maps, widths)
        maps = widths.outputs
    return InceptionNet(modules, maps, schema.outputs, share("dropout", dropout))


def inception_v3(schema: Schema, *, stem: str = "auto", dropout: float = 0.5) -> InceptionNet:
    """Build Inception v3 for the pictures of a schema; below 75 pixels the stem is small."""
    small = small_stem(schema, stem, 75)
    check_side("inception_v3", schema, 21 if small else 75)
    modules: dict[str, nn.Module] = {
        "Conv2d_1a_3x3": ConvNorm(schema.shape[0], 32, 3, 1 if small else 2),
        "Conv2d_2a_3x3": ConvNorm(32, 32, 3),
        "Conv2d_2b_3x3": ConvNorm(32, 64, 3, padding=1),
        "maxpool1": nn.Identity() if small else nn.MaxPool2d(3, 2),
        "Conv2d_3b_1x1": ConvNorm(64, 80, 1),
        "Conv2d_4a_3x3": ConvNorm(80, 192, 3),
        "maxpool2": nn.MaxPool2d(3, 2),
        **{name: make() for name, make in BLOCKS.items()},
    }
    return InceptionNet(modules, 2048, schema.outputs, share("dropout", dropout))


OPTIONS = STEM | {"dropout": "the share of features silenced before the last layer while training"}
NETWORKS = {
    "googlenet": Network(
        "googlenet",
        "GoogLeNet (Inception v1): nine modules of four branches",
        "image",
        googlenet,
        OPTIONS,
        "Szegedy et al. 2015, Going deeper with convolutions (1409.4842)",
        head="fc",
        top=("avgpool", "dropout", "fc"),
    ),
    "inception_v3": Network(
        "inception_v3",
        "Inception v3: eleven modules, with convolutions of 1 x 7 and 7 x 1",
        "image",
        inception_v3,
        OPTIONS,
        "Szegedy et al. 2016, Rethinking the Inception architecture for computer vision (1512.00567)",
        head="fc",
        top=("avgpool", "dropout", "fc"),
    ),
}
