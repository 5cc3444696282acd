"""SqueezeNet: the accuracy of AlexNet with a fiftieth of its parameters.

Iandola et al. 2016, SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and < 0.5 MB model size (1602.07360).
A fire module squeezes its input into few maps with 1 x 1 convolutions and expands them with 1 x 1 and 3 x 3 ones.
Version 1.1 pools earlier and needs 2.4 times less arithmetic. State-dict names are torchvision's.

The small stem is a 3 x 3 convolution of stride 1, without the first pooling. The scores are means over maps of a
1 x 1 convolution, so any larger picture works. The paper has a ReLU after that convolution; where the outputs are not
the scores of one label among several, they may have to be negative, and it is left out.
"""

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from ..schema import Category, Schema
from .network import Network, share
from .sizes import STEM, check_side, last_of_each, small_stem


@dataclass(frozen=True)
class Variant:
    """A SqueezeNet: the first convolution and the modules after it: "pool", or a fire module by its squeezed maps."""

    maps: int
    kernel: int
    modules: tuple[int | str, ...]


class Fire(nn.Module):
    """Squeeze with 1 x 1, expand with 1 x 1 and 3 x 3, four times the squeezed maps each."""

    def __init__(self, inputs: int, squeezed: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeezed, 1)
        self.squeeze_activation = nn.ReLU()
        self.expand1x1 = nn.Conv2d(squeezed, 4 * squeezed, 1)
        self.expand1x1_activation = nn.ReLU()
        self.expand3x3 = nn.Conv2d(squeezed, 4 * squeezed, 3, padding=1)
        self.expand3x3_activation = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, 8 squeezed, H, W)."""
        x = self.squeeze_activation(self.squeeze(x))
        narrow = self.expand1x1_activation(self.expand1x1(x))
        wide = self.expand3x3_activation(self.expand3x3(x))
        return torch.cat([narrow, wide], 1)


class SqueezeNet(nn.Module):
    """Fire modules and poolings (`features`), then dropout, a 1 x 1 convolution and a mean (`classifier`)."""

    def __init__(
        self, variant: Variant, channels: int, outputs: int, *, small: bool, dropout: float, signed: bool
    ) -> None:
        super().__init__()
        stem = nn.Conv2d(channels, variant.maps, 3, padding=1) if small else None
        self.features = nn.Sequential(stem or nn.Conv2d(channels, variant.maps, variant.kernel, 2), nn.ReLU())
        maps = variant.maps
        for module in variant.modules:
            if isinstance(module, int):
                self.features.append(Fire(maps, module))
                maps = 8 * module
            else:
                first = len(self.features) == 2
                self.features.append(nn.Identity() if small and first else nn.MaxPool2d(3, 2, ceil_mode=True))
        scores = nn.Conv2d(maps, outputs, 1)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout), scores, nn.Identity() if signed else nn.ReLU(), nn.AdaptiveAvgPool2d(1)
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_uniform_(layer.weight)
                nn.init.constant_(layer.get_parameter("bias"), 0)
        nn.init.normal_(scores.weight, std=0.01)

    def maps(self, x: Tensor) -> list[Tensor]:
        """Return the last map of each resolution, the finest first."""
        return last_of_each(self.features, x)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (B, outputs)."""
        return self.classifier(self.features(x)).flatten(1)


def squeezenet(variant: Variant, schema: Schema, *, stem: str = "auto", dropout: float = 0.5) -> SqueezeNet:
    """Build a SqueezeNet for the pictures of a schema."""
    small = small_stem(schema, stem)
    check_side("squeezenet", schema, 4 if small else LEAST[variant.kernel])
    signed = [type(kind) for kind in schema.targets.values()] != [Category]
    channels, outputs, drop = schema.shape[0], schema.outputs, share("dropout", dropout)
    return SqueezeNet(variant, channels, outputs, small=small, dropout=drop, signed=signed)


LEAST = {7: 21, 3: 17}  # pixels with the published stem, by the size of its kernel
VARIANTS = {
    "squeezenet1_0": Variant(96, 7, ("pool", 16, 16, 32, "pool", 32, 48, 48, 64, "pool", 64)),
    "squeezenet1_1": Variant(64, 3, ("pool", 16, 16, "pool", 32, 32, "pool", 48, 48, 64, 64)),
}
NETWORKS = {
    name: Network(
        name,
        f"SqueezeNet {name[10:].replace('_', '.')}: fire modules, {count} million parameters for 1,000 labels",
        "image",
        partial(squeezenet, VARIANTS[name]),
        STEM | {"dropout": "the share of maps silenced before the last convolution while training"},
        "Iandola et al. 2016, SqueezeNet: AlexNet-level accuracy with 50x fewer parameters (1602.07360)",
        head="classifier.1",
        top=("classifier",),
    )
    for name, count in (("squeezenet1_0", "1.25"), ("squeezenet1_1", "1.24"))
}
