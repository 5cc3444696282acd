"""AlexNet: five convolutions and three wide linear layers, which won ImageNet in 2012.

Krizhevsky et al. 2012, ImageNet classification with deep convolutional neural networks; in the form for one device of
Krizhevsky 2014, One weird trick for parallelizing convolutional neural networks (1404.5997), as torchvision has it,
with its state-dict names. The last maps are averaged to 6 x 6, so any larger picture works.

The small stem is a 5 x 5 convolution of stride 1 for the 11 x 11 of stride 4, and the last maps keep their size where
it is below 6 x 6, so the first linear layer is smaller.
"""

from torch import Tensor, nn

from ..schema import Schema
from .network import Network, share
from .sizes import STEM, check_side, last_of_each, small_stem

GRID = 6  # the side of the maps that the linear layers see


class AlexNet(nn.Module):
    """Convolutions and poolings (`features`), a mean over a grid, and three linear layers (`classifier`)."""

    def __init__(self, channels: int, outputs: int, grid: tuple[int, int], *, small: bool, dropout: float) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(channels, 64, 5, padding=2) if small else nn.Conv2d(channels, 64, 11, 4, 2),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(grid)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(256 * grid[0] * grid[1], 4096),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Linear(4096, outputs),
        )

    def maps(self, x: Tensor) -> list[Tensor]:
        """Return the last map of each resolution, the finest first."""
        return last_of_each(self.features, x)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (B, outputs)."""
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def alexnet(schema: Schema, *, stem: str = "auto", dropout: float = 0.5) -> AlexNet:
    """Build AlexNet for the pictures of a schema."""
    small = small_stem(schema, stem)
    check_side("alexnet", schema, 15 if small else 63)
    channels, height, width = schema.shape
    grid = (min(pooled(height), GRID), min(pooled(width), GRID)) if small else (GRID, GRID)
    return AlexNet(channels, schema.outputs, grid, small=small, dropout=share("dropout", dropout))


def pooled(side: int) -> int:
    """Return the side of a map after the three poolings."""
    for _ in range(3):
        side = (side - 3) // 2 + 1
    return side


NETWORKS = {
    "alexnet": Network(
        "alexnet",
        "AlexNet: five convolutions and three wide linear layers",
        "image",
        alexnet,
        STEM | {"dropout": "the share of units silenced before both hidden linear layers while training"},
        "Krizhevsky et al. 2012, ImageNet classification with deep convolutional neural networks (form of 1404.5997)",
        head="classifier.6",
        top=("avgpool", "classifier"),
    )
}
