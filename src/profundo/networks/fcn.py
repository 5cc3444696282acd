"""Fully convolutional networks: the scores of every pixel, from the maps of any network for classification.

Long, Shelhamer and Darrell 2015 (arXiv 1411.4038). The coarsest map is scored by a 1 x 1 convolution and enlarged:
FCN-32s. FCN-16s adds the scores of the next finer map before the last enlargement, FCN-8s those of one more. The names
say by how much the scores are enlarged at the end with backbones that halve a picture five times; for small pictures
ours halve it less often.
"""

import math
from functools import partial
from itertools import pairwise

from torch import Tensor, nn

from ..errors import UsageError
from ..schema import Schema
from . import backbone as eyes
from .enlarge import BilinearConvTranspose2d, pad_to_multiple, resize
from .network import Network, share


class FCN(nn.Module):
    """Scores (B, labels, H, W) for pictures (B, C, H, W) of any height and width.

    `shapes` are those of the backbone's maps that are used, the finest first. Enlarging between maps is learnt and
    starts bilinear, the last enlargement is fixed (as in the paper). The scores of the finer maps start at 0.
    """

    def __init__(
        self, backbone: nn.Module, shapes: list[tuple[int, int, int]], labels: int, multiple: int, dropout: float
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.multiple = multiple
        self.dropout = nn.Dropout2d(dropout)
        self.scores = nn.ModuleList(nn.Conv2d(shape[0], labels, 1) for shape in shapes)
        factors = [max(2, round(fine[1] / coarse[1])) for fine, coarse in pairwise(shapes)]
        self.enlarge = nn.ModuleList(BilinearConvTranspose2d(labels, factor) for factor in factors)
        for layer in self.scores[:-1]:
            for parameter in layer.parameters():
                nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of every pixel."""
        padded = pad_to_multiple(x, self.multiple)
        maps = eyes.maps(self.backbone, padded)[-len(self.scores) :]
        scores = self.scores[-1](self.dropout(maps[-1]))
        for place in reversed(range(len(self.enlarge))):
            finer = self.scores[place](maps[place])
            scores = self.enlarge[place](scores)
            if scores.shape != finer.shape:  # a backbone whose convolutions cut the border
                scores = resize(scores, (finer.shape[2], finer.shape[3]))
            scores = scores + finer
        return resize(scores, (padded.shape[2], padded.shape[3]), (x.shape[2], x.shape[3]))


def fcn(maps: int, schema: Schema, *, backbone: str = "convnet", width: int = 0, dropout: float = 0.0) -> FCN:
    """Build a network that scores every pixel from the last `maps` resolutions of a backbone."""
    made = eyes.named(backbone, schema, width)
    shapes = eyes.shapes(made, schema)
    if len(shapes) < maps:
        raise UsageError(
            f"for pictures of {schema.shape[1]} x {schema.shape[2]}, {backbone} has maps of {len(shapes)} resolutions "
            f"and {maps} are needed. Take {NAMES[len(shapes)]}, or another backbone."
        )
    multiple = 2 ** round(math.log2(schema.shape[1] / shapes[-1][1]))
    return FCN(made, shapes[-maps:], schema.outputs, multiple, share("dropout", dropout))


NAMES = {1: "fcn32s", 2: "fcn16s", 3: "fcn8s"}
WORDS = {1: "the coarsest maps", 2: "the two coarsest maps", 3: "the three coarsest maps"}
NETWORKS = {
    name: Network(
        name,
        f"a label for every pixel, from {WORDS[maps]} of a network for classification",
        "image",
        partial(fcn, maps),
        {
            "backbone": "the network whose maps are scored, by name",
            "width": "the maps of the first stage of a backbone that has this option; 0: its own",
            "dropout": "the share of the coarsest maps silenced while training",
        },
        "Long, Shelhamer and Darrell 2015, Fully convolutional networks for semantic segmentation (1411.4038)",
        gives="masks",
    )
    for maps, name in NAMES.items()
}
