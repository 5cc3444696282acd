"""A small convolutional network of today, the default for images: quick on a processor, from 8 x 8 pixels up.

The shape of the speed-run networks for MNIST and CIFAR-10 (Jordan 2024, 94 % on CIFAR-10 in 3.29 seconds, 2404.00498):
convolution, pooling, normalisation, activation, twice the maps at each stage, one global maximum, one linear layer.
"""

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from ..schema import Schema
from .layers import ACTIVATIONS, NORMALISATIONS_2D, GlobalMaxPool2d
from .network import Network, choice, flag, share, whole

MIRRORED = "whether the answer is the mean of that to the picture and to its mirror image (training sees one)"
LARGE = 96  # pixels from which the first convolution takes steps of 2
SMALLEST = 3  # pixels that a map keeps at least
STAGES = 3  # at least
WIDEST = 8  # times the maps of the first stage


class Mirrored(nn.Sequential):
    """Layers in sequence that answer for a picture with the mean over it and its mirror image; training is plain."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs)."""
        return self.scores(x) if self.training else (self.scores(x) + self.scores(x.flip(3))) / 2

    def scores(self, x: Tensor) -> Tensor:
        """Return the answer to the pictures as they are."""
        for layer in self:
            x = layer(x)
        return x


def convnet(
    schema: Schema,
    *,
    width: int = 16,
    depth: int | Sequence[int] = 2,
    activation: str = "relu",
    normalisation: str = "batch",
    dropout: float = 0.0,
    mirror: bool = False,
) -> nn.Sequential:
    """Build stages of width, 2 width, 4 width, ... maps, each half the size of the last, but of at least 3 pixels.

    The first convolution is of 5 x 5, the others of 3 x 3. `depth` is how many each stage has after the first, which
    has one; or a list, with a number for each stage, the last of which counts for those that follow. In channels-last
    memory it is about twice as fast.
    """
    activate = ACTIVATIONS[choice("activation", activation, ACTIVATIONS)]
    normalise = NORMALISATIONS_2D[choice("normalisation", normalisation, NORMALISATIONS_2D)]
    maps, depths, drop = whole("width", width), every_depth(depth), share("dropout", dropout)
    channels, height, columns = schema.shape
    stride = 2 if min(height, columns) >= LARGE else 1
    pools = poolings(-(-min(height, columns) // stride))
    biased = normalisation != "batch"  # which has a bias of its own
    network = Mirrored() if flag("mirror", mirror) else nn.Sequential()
    for index in range(max(STAGES, pools)):
        outputs = maps * min(2**index, WIDEST)
        stage = nn.Sequential()
        for number in range(1, depths[min(index, len(depths) - 1)] + 1):
            size, step = (5, stride) if (index, number) == (0, 1) else (3, 1)
            convolution = nn.Conv2d(channels, outputs, size, step, size // 2, bias=biased)
            add_block(stage, number, convolution, normalise, activate, pool=number == 1 and index < pools)
            channels = outputs
        network.add_module(f"stage{index + 1}", stage)
    network.add_module("pool", GlobalMaxPool2d())
    if drop:
        network.add_module("dropout", nn.Dropout(drop))
    network.add_module("output", nn.Linear(channels, schema.outputs))
    return network


def every_depth(depth: int | Sequence[int]) -> list[int]:
    """Return the convolutions of each stage; the last number counts for those that follow. Raises UsageError."""
    if isinstance(depth, list | tuple) and depth:
        return [whole("depth", number) for number in depth]
    return [1, whole("depth", depth)]


def poolings(side: int) -> int:
    """Return how many times a map can be halved and keep at least `SMALLEST` pixels."""
    count = 0
    while side // 2 >= SMALLEST:
        side, count = side // 2, count + 1
    return count


def add_block(
    stage: nn.Sequential,
    number: int,
    convolution: nn.Conv2d,
    normalise: Callable[[int], nn.Module] | None,
    activate: Callable[[], nn.Module],
    pool: bool,
) -> None:
    """Add convolution, pooling, normalisation and activation, whichever of them there are, to a stage.

    Pooling comes first, so that what follows has a quarter of the pixels.
    """
    stage.add_module(f"conv{number}", convolution)
    if pool:
        stage.add_module(f"pool{number}", nn.MaxPool2d(2))
    if normalise is not None:
        stage.add_module(f"norm{number}", normalise(convolution.out_channels))
    stage.add_module(f"activation{number}", activate())


NETWORKS = {
    "convnet": Network(
        "convnet",
        "a small convolutional network of today, the default for images",
        "image",
        convnet,
        {
            "width": "the maps of the first stage; each stage has twice as many, up to 8 times",
            "depth": "the convolutions of each stage after the first; or a list, of every stage, such as [2,2,2]",
            "activation": "one of " + ", ".join(ACTIVATIONS),
            "normalisation": "none, batch or layer",
            "dropout": "the share of features silenced before the last layer while training",
            "mirror": MIRRORED,
        },
        "after Jordan 2024, 94% on CIFAR-10 in 3.29 seconds on a single GPU (2404.00498)",
    )
}
