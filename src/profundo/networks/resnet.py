"""Residual networks: blocks that learn what to add to their input.

He et al. 2016, Deep residual learning for image recognition (1512.03385). The bottlenecks halve in their 3 x 3
convolution, as torchvision's do (version 1.5), not in the first 1 x 1. The networks for CIFAR-10 are those of section
4.2, with shortcuts that have no parameters (option A). State-dict names are torchvision's.

Pictures of fewer than 64 pixels get a 3 x 3 convolution of stride 1 and no pooling in front (stem="small"), which is
what the CIFAR networks always have. Any size from 8 pixels up works: the last maps are averaged.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from ..schema import Schema
from .network import Network, flag
from .sizes import STEM, check_side, last_of_each, small_stem

LEAST = 8  # pixels


@dataclass(frozen=True)
class Variant:
    """A residual network: the blocks of each stage and the maps of the first; every later stage has twice as many.

    A bottleneck has `groups` groups of `width` maps (for 64 maps in the first stage) in its 3 x 3 convolution, and
    gives 4 times the maps. `cifar` is the small stem and shortcuts without parameters.
    """

    blocks: tuple[int, ...]
    maps: int = 64
    bottleneck: bool = False
    groups: int = 1
    width: int = 64
    cifar: bool = False


class Shortened(nn.Module):
    """The shortcut without parameters: every second pixel, and maps of zeros around the ones there are."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.front, self.stride = (outputs - inputs) // 2, stride
        self.back = outputs - inputs - self.front

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs, H / stride, W / stride)."""
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.front, self.back))


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions and a shortcut."""

    def __init__(self, inputs: int, maps: int, stride: int, shortcut: nn.Module | None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, maps, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(maps)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(maps, maps, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(maps)
        self.downsample = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, maps, H / stride, W / stride)."""
        added = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(added + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """1 x 1 down, 3 x 3 (in groups), 1 x 1 up to 4 times the maps, and a shortcut."""

    def __init__(
        self, inputs: int, maps: int, stride: int, shortcut: nn.Module | None, groups: int = 1, width: int = 64
    ) -> None:
        super().__init__()
        inner = maps * width // 64 * groups
        self.conv1 = nn.Conv2d(inputs, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, 4 * maps, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * maps)
        self.relu = nn.ReLU()
        self.downsample = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, 4 maps, H / stride, W / stride)."""
        added = self.relu(self.bn1(self.conv1(x)))
        added = self.relu(self.bn2(self.conv2(added)))
        added = self.bn3(self.conv3(added))
        return self.relu(added + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """A residual network for pictures (B, C, H, W): stem, stages `layer1`, `layer2`, ..., mean, one linear layer."""

    def __init__(self, variant: Variant, channels: int, outputs: int, *, small: bool, zero_init: bool) -> None:
        super().__init__()
        maps = variant.maps
        size, stride = (3, 1) if small else (7, 2)
        self.conv1 = nn.Conv2d(channels, maps, size, stride, size // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(maps)
        self.relu = nn.ReLU()
        self.maxpool = nn.Identity() if small else nn.MaxPool2d(3, 2, 1)
        inputs = maps
        for index, blocks in enumerate(variant.blocks):
            stage, inputs = residual_stage(variant, inputs, maps * 2**index, blocks, 2 if index else 1)
            self.add_module(f"layer{index + 1}", stage)
        self.stages = len(variant.blocks)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(inputs, outputs)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif zero_init and isinstance(module, BasicBlock | Bottleneck):
                last = module.bn3 if isinstance(module, Bottleneck) else module.bn2
                nn.init.zeros_(last.weight)

    def stem(self, x: Tensor) -> Tensor:
        """Return the first maps, before pooling."""
        return self.relu(self.bn1(self.conv1(x)))

    def first(self, x: Tensor) -> Tensor:
        """Return the maps of the first stage from those of the stem."""
        return self.get_submodule("layer1")(self.maxpool(x))

    def steps(self) -> Sequence[Callable[[Tensor], Tensor]]:
        """Return the way from a picture to the last maps."""
        layers = [self.get_submodule(f"layer{index + 1}") for index in range(1, self.stages)]
        return [self.stem, self.first, *layers]

    def maps(self, x: Tensor) -> list[Tensor]:
        """Return the last map of each resolution, the finest first: of the stem (where it is finer) and each stage."""
        return last_of_each(self.steps(), x)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (B, outputs)."""
        for step in self.steps():
            x = step(x)
        return self.fc(self.avgpool(x).flatten(1))


def residual_stage(variant: Variant, inputs: int, maps: int, blocks: int, stride: int) -> tuple[nn.Sequential, int]:
    """Return a stage whose first block has the stride, and how many maps it gives."""
    outputs = 4 * maps if variant.bottleneck else maps
    stage = nn.Sequential()
    for _ in range(blocks):
        shortcut: nn.Module | None = None
        if stride != 1 or inputs != outputs:
            shortcut = (
                Shortened(inputs, outputs, stride)
                if variant.cifar
                else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
            )
        stage.append(
            Bottleneck(inputs, maps, stride, shortcut, variant.groups, variant.width)
            if variant.bottleneck
            else BasicBlock(inputs, maps, stride, shortcut)
        )
        inputs, stride = outputs, 1
    return stage, outputs


def resnet(variant: Variant, schema: Schema, *, stem: str = "auto", zero_init: bool = False) -> ResNet:
    """Build a residual network for the pictures of a schema."""
    check_side("a residual network", schema, LEAST)
    small = small_stem(schema, stem)
    return ResNet(variant, schema.shape[0], schema.outputs, small=small, zero_init=flag("zero_init", zero_init))


def cifar_resnet(variant: Variant, schema: Schema, *, zero_init: bool = False) -> ResNet:
    """Build a residual network of section 4.2, made for pictures of 32 x 32 pixels."""
    check_side("a residual network", schema, LEAST)
    return ResNet(variant, schema.shape[0], schema.outputs, small=True, zero_init=flag("zero_init", zero_init))


VARIANTS = {
    "resnet18": Variant((2, 2, 2, 2)),
    "resnet34": Variant((3, 4, 6, 3)),
    "resnet50": Variant((3, 4, 6, 3), bottleneck=True),
    "resnet101": Variant((3, 4, 23, 3), bottleneck=True),
    "resnet152": Variant((3, 8, 36, 3), bottleneck=True),
}
CIFAR = {f"resnet{6 * blocks + 2}": Variant((blocks,) * 3, maps=16, cifar=True) for blocks in (3, 5, 7, 9, 18)}
ZERO_INIT = {"zero_init": "every block starts as its shortcut: the scale of its last normalisation is 0"}
PAPER = "He et al. 2016, Deep residual learning for image recognition (1512.03385)"
NETWORKS = {
    name: Network(
        name,
        f"ResNet-{name[6:]}: {sum(variant.blocks)} residual blocks",
        "image",
        partial(resnet, variant),
        STEM | ZERO_INIT,
        PAPER,
        head="fc",
        top=("avgpool", "fc"),
    )
    for name, variant in VARIANTS.items()
} | {
    name: Network(
        name,
        f"ResNet-{name[6:]} for CIFAR-10: {sum(variant.blocks)} small residual blocks",
        "image",
        partial(cifar_resnet, variant),
        ZERO_INIT,
        PAPER,
        head="fc",
        top=("avgpool", "fc"),
    )
    for name, variant in CIFAR.items()
}
