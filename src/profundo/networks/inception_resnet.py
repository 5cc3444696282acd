"""Inception-ResNet v2: the branches of Inception learn what to add to their input.

Szegedy et al. 2017, Inception-v4, Inception-ResNet and the impact of residual connections on learning (1602.07261),
with timm's state-dict names and without the auxiliary classifier of training. The small stem (below 75 pixels) has a
first convolution of stride 1, without the first pooling. The last maps are averaged, so any larger picture works.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..schema import Schema
from .layers import ConvNorm
from .network import Network, share
from .sizes import STEM, check_side, last_of_each, small_stem

Step = tuple[int, int | tuple[int, int]]  # maps and kernel


def path(inputs: int, *steps: Step, last_stride: int = 1) -> nn.Sequential:
    """Return convolutions that keep the side; with a `last_stride` the last one, without padding, does not."""
    branch = nn.Sequential()
    for index, (maps, kernel) in enumerate(steps):
        rows, columns = (kernel, kernel) if isinstance(kernel, int) else kernel
        strided = last_stride > 1 and index == len(steps) - 1
        padding = (0, 0) if strided else (rows // 2, columns // 2)
        branch.append(ConvNorm(inputs, maps, kernel, last_stride if strided else 1, padding))
        inputs = maps
    return branch


class Branches(nn.Module):
    """Branches side by side under the names `branch0`, `branch1`, ...; their maps are put together."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.count = len(branches)
        for index, branch in enumerate(branches):
            self.add_module(f"branch{index}", branch)

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps of all branches (B, their sum, H', W')."""
        return torch.cat([self.get_submodule(f"branch{index}")(x) for index in range(self.count)], 1)


class ResidualBranches(Branches):
    """Branches, a 1 x 1 convolution back to as many maps as came in, scaled and added to the input."""

    def __init__(self, inputs: int, inner: int, scale: float, *branches: nn.Module, activated: bool = True) -> None:
        super().__init__(*branches)
        self.scale = scale
        self.conv2d = nn.Conv2d(inner, inputs, 1)
        self.relu = nn.ReLU() if activated else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        return self.relu(self.conv2d(super().forward(x)) * self.scale + x)


def block35() -> ResidualBranches:
    """Return a module for the finest maps (35 x 35 at the published size)."""
    branches = (
        ConvNorm(320, 32, 1),
        path(320, (32, 1), (32, 3)),
        path(320, (32, 1), (48, 3), (64, 3)),
    )
    return ResidualBranches(320, 128, 0.17, *branches)


def block17() -> ResidualBranches:
    """Return a module for the maps between (17 x 17 at the published size)."""
    branches = ConvNorm(1088, 192, 1), path(1088, (128, 1), (160, (1, 7)), (192, (7, 1)))
    return ResidualBranches(1088, 384, 0.10, *branches)


def block8(scale: float = 0.20, *, activated: bool = True) -> ResidualBranches:
    """Return a module for the coarsest maps (8 x 8 at the published size)."""
    branches = ConvNorm(2080, 192, 1), path(2080, (192, 1), (224, (1, 3)), (256, (3, 1)))
    return ResidualBranches(2080, 448, scale, *branches, activated=activated)


class InceptionResNet(nn.Module):
    """Stem, three rows of residual modules with two reductions between them, mean, one linear layer (`classif`)."""

    def __init__(self, channels: int, outputs: int, *, small: bool, dropout: float) -> None:
        super().__init__()
        self.conv2d_1a = ConvNorm(channels, 32, 3, 1 if small else 2)
        self.conv2d_2a = ConvNorm(32, 32, 3)
        self.conv2d_2b = ConvNorm(32, 64, 3, padding=1)
        self.maxpool_3a = nn.Identity() if small else nn.MaxPool2d(3, 2)
        self.conv2d_3b = ConvNorm(64, 80, 1)
        self.conv2d_4a = ConvNorm(80, 192, 3)
        self.maxpool_5a = nn.MaxPool2d(3, 2)
        self.mixed_5b = Branches(
            ConvNorm(192, 96, 1),
            path(192, (48, 1), (64, 5)),
            path(192, (64, 1), (96, 3), (96, 3)),
            nn.Sequential(nn.AvgPool2d(3, 1, 1, count_include_pad=False), ConvNorm(192, 64, 1)),
        )
        self.repeat = nn.Sequential(*(block35() for _ in range(10)))
        self.mixed_6a = Branches(
            ConvNorm(320, 384, 3, 2),
            path(320, (256, 1), (256, 3), (384, 3), last_stride=2),
            nn.MaxPool2d(3, 2),
        )
        self.repeat_1 = nn.Sequential(*(block17() for _ in range(20)))
        self.mixed_7a = Branches(
            path(1088, (256, 1), (384, 3), last_stride=2),
            path(1088, (256, 1), (288, 3), last_stride=2),
            path(1088, (256, 1), (288, 3), (320, 3), last_stride=2),
            nn.MaxPool2d(3, 2),
        )
        self.repeat_2 = nn.Sequential(*(block8() for _ in range(9)))
        self.block8 = block8(1.0, activated=False)
        self.conv2d_7b = ConvNorm(2080, 1536, 1)
        self.path = tuple(name for name, _ in self.named_children())
        self.global_pool = nn.AdaptiveAvgPool2d(1)
        self.head_drop = nn.Dropout(dropout)
        self.classif = nn.Linear(1536, outputs)
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
        return self.classif(self.head_drop(self.global_pool(x).flatten(1)))


def inception_resnet_v2(schema: Schema, *, stem: str = "auto", dropout: float = 0.2) -> InceptionResNet:
    """Build Inception-ResNet v2 for the pictures of a schema."""
    small = small_stem(schema, stem, 75)
    check_side("inception_resnet_v2", schema, 21 if small else 75)
    return InceptionResNet(schema.shape[0], schema.outputs, small=small, dropout=share("dropout", dropout))


NETWORKS = {
    "inception_resnet_v2": Network(
        "inception_resnet_v2",
        "Inception-ResNet v2: forty modules of branches with residual connections",
        "image",
        inception_resnet_v2,
        STEM | {"dropout": "the share of features silenced before the last layer while training"},
        "Szegedy et al. 2017, Inception-v4, Inception-ResNet and the impact of residual connections (1602.07261)",
        head="classif",
        top=("global_pool", "head_drop", "classif"),
    )
}
