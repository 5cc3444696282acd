"""VGG: nothing but 3 x 3 convolutions, poolings and three linear layers.

Simonyan and Zisserman 2015, Very deep convolutional networks for large-scale image recognition (1409.1556), with
torchvision's state-dict names; normalisation="batch" gives torchvision's vgg..._bn. The last maps are averaged to
7 x 7, so any larger picture works.

With stem="small" (below 64 pixels) a pooling is left out where it would make a map of no pixels, and the last maps keep
their size where it is below 7 x 7, so the first linear layer is smaller.
"""

from functools import partial

from torch import Tensor, nn

from ..schema import Schema
from .network import Network, choice, share
from .sizes import STEM, check_side, last_of_each, small_stem

GRID = 7  # the side of the maps that the linear layers see
MAPS = (64, 128, 256, 512, 512)
NORMALISATIONS = ("none", "batch")


class VGG(nn.Module):
    """Convolutions and poolings (`features`), a mean over a grid, and three linear layers (`classifier`)."""

    def __init__(self, features: nn.Sequential, grid: tuple[int, int], outputs: int, dropout: float) -> None:
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d(grid)
        self.classifier = nn.Sequential(
            nn.Linear(MAPS[-1] * grid[0] * grid[1], 4096),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(4096, outputs),
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
                nn.init.constant_(layer.get_parameter("bias"), 0)
            elif isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, 0, 0.01)
                nn.init.zeros_(layer.bias)

    def maps(self, x: Tensor) -> list[Tensor]:
        """Return the last map of each resolution, the finest first."""
        return last_of_each(self.features, x)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (B, outputs)."""
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def vgg(
    convolutions: tuple[int, ...],
    schema: Schema,
    *,
    stem: str = "auto",
    normalisation: str = "none",
    dropout: float = 0.5,
) -> VGG:
    """Build a VGG for the pictures of a schema; `convolutions` are those of each of the five stages."""
    small = small_stem(schema, stem)
    check_side("vgg", schema, 2 if small else 32)
    batch = choice("normalisation", normalisation, NORMALISATIONS) == "batch"
    inputs, height, width = schema.shape
    features = nn.Sequential()
    for maps, count in zip(MAPS, convolutions, strict=True):
        for _ in range(count):
            features.append(nn.Conv2d(inputs, maps, 3, padding=1))
            if batch:
                features.append(nn.BatchNorm2d(maps))
            features.append(nn.ReLU())
            inputs = maps
        if min(height, width) < 2:
            features.append(nn.Identity())
            continue
        features.append(nn.MaxPool2d(2))
        height, width = height // 2, width // 2
    grid = (min(height, GRID), min(width, GRID)) if small else (GRID, GRID)
    return VGG(features, grid, schema.outputs, share("dropout", dropout))


VARIANTS = {
    "vgg11": (1, 1, 2, 2, 2),
    "vgg13": (2, 2, 2, 2, 2),
    "vgg16": (2, 2, 3, 3, 3),
    "vgg19": (2, 2, 4, 4, 4),
}
OPTIONS = STEM | {
    "normalisation": "none as published, or batch, with which it learns far quicker",
    "dropout": "the share of units silenced after both hidden linear layers while training",
}
NETWORKS = {
    name: Network(
        name,
        f"VGG-{name[3:]}: {sum(convolutions)} convolutions of 3 x 3 and three wide linear layers",
        "image",
        partial(vgg, convolutions),
        OPTIONS,
        "Simonyan and Zisserman 2015, Very deep convolutional networks for large-scale image recognition (1409.1556)",
        head="classifier.6",
        top=("avgpool", "classifier"),
    )
    for name, convolutions in VARIANTS.items()
}
