"""LeNet-1, LeNet-4 and LeNet-5: the convolutional networks that read cheques.

LeCun et al. 1990, Handwritten digit recognition with a back-propagation network (LeNet-1); LeCun et al. 1995,
Comparison of learning algorithms for handwritten digit recognition (LeNet-4); LeCun et al. 1998, Gradient-based
learning applied to document recognition (LeNet-5).

With sparse=true, pool="subsample", activation="scaled_tanh" the layers are those of the papers, except that the output
of LeNet-5 is linear and trained, where the paper has fixed radial basis functions.
"""

from dataclasses import dataclass
from functools import partial

from torch import nn

from ..errors import UsageError
from ..schema import Schema
from .layers import ACTIVATIONS, LinkedConv2d, Subsample
from .network import Network, choice, flag


@dataclass(frozen=True)
class Variant:
    """A LeNet: the side of the picture it was made for, the maps of both convolutions, the hidden units after them.

    `links` names, for each map of the second convolution, the maps of the first that it sees.
    """

    side: int
    maps: tuple[int, int]
    hidden: tuple[int, ...]
    links: tuple[tuple[int, ...], ...] = ()


LENET1_LINKS = ((0,), (0, 1), (0, 1), (1,), (0, 1), (0, 1), (2,), (2, 3), (2, 3), (3,), (2, 3), (2, 3))
LENET5_LINKS = (  # table I of LeCun et al. 1998
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5)),
)

VARIANTS = {
    "lenet1": Variant(28, (4, 12), (), LENET1_LINKS),
    "lenet4": Variant(32, (4, 16), (120,)),
    "lenet5": Variant(32, (6, 16), (120, 84), LENET5_LINKS),
}


def lenet(
    variant: Variant, schema: Schema, *, activation: str = "tanh", pool: str = "average", sparse: bool = False
) -> nn.Sequential:
    """Build a LeNet: pictures smaller than the variant's are padded to it, larger ones widen the next linear layer.

    Layers are conv1, pool1, conv2, pool2, linear1, linear2, output, whichever exist.
    """
    pools = {"average": lambda maps: nn.AvgPool2d(2), "max": lambda maps: nn.MaxPool2d(2), "subsample": Subsample}
    pooling = pools[choice("pool", pool, pools)]
    activate = ACTIVATIONS[choice("activation", activation, ACTIVATIONS)]
    channels, rows, columns = schema.shape
    first, second = variant.maps
    down, across = (max(0, -(-(variant.side - side) // 2)) for side in (rows, columns))
    height, width = pooled(pooled(rows + 2 * down)), pooled(pooled(columns + 2 * across))
    linked = flag("sparse", sparse)
    if linked and not variant.links:
        raise UsageError("sparse=true is for lenet1 and lenet5: the paper prints no table of links for lenet4.")
    squash = [activate] if pool == "subsample" else []  # the papers squash after subsampling too
    layers: list[tuple[str, nn.Module]] = [
        ("conv1", nn.Conv2d(channels, first, 5, padding=(down, across))),
        ("activation1", activate()),
        ("pool1", pooling(first)),
        *(("squash1", make()) for make in squash),
        ("conv2", LinkedConv2d(first, variant.links, 5) if linked else nn.Conv2d(first, second, 5)),
        ("activation2", activate()),
        ("pool2", pooling(second)),
        *(("squash2", make()) for make in squash),
        ("flatten", nn.Flatten()),
    ]
    units = second * height * width
    for index, hidden in enumerate(variant.hidden, 1):
        layers += [(f"linear{index}", nn.Linear(units, hidden)), (f"activation{index + 2}", activate())]
        units = hidden
    network = nn.Sequential()
    for name, layer in [*layers, ("output", nn.Linear(units, schema.outputs))]:
        network.add_module(name, layer)
    return network


def pooled(side: int) -> int:
    """Return the side of a map after a 5 x 5 convolution and a 2 x 2 pooling."""
    return (side - 4) // 2


OPTIONS = {
    "activation": "one of " + ", ".join(ACTIVATIONS) + "; the papers have scaled_tanh",
    "pool": "average, max, or subsample: LeCun's average with a trained coefficient and bias for each map",
    "sparse": "each map of the second convolution sees some maps of the first, as in the paper (LeNet-1, LeNet-5)",
}
NETWORKS = {
    name: Network(name, summary, "image", partial(lenet, VARIANTS[name]), OPTIONS, paper)
    for name, summary, paper in (
        (
            "lenet1",
            "LeNet-1: two small convolutions, 2,578 parameters in the paper (sparse, subsample)",
            "LeCun et al. 1990, Handwritten digit recognition with a back-propagation network",
        ),
        (
            "lenet4",
            "LeNet-4: more maps and a hidden layer of 120",
            "LeCun et al. 1995, Comparison of learning algorithms for handwritten digit recognition",
        ),
        (
            "lenet5",
            "LeNet-5: hidden layers of 120 and 84, 61,706 parameters for grey pictures and ten labels",
            "LeCun et al. 1998, Gradient-based learning applied to document recognition",
        ),
    )
}
