"""ResNeXt: residual networks whose 3 x 3 convolutions work in groups, many narrow paths side by side.

Xie et al. 2017, Aggregated residual transformations for deep neural networks (1611.05431). 32x4d means 32 groups of 4
maps in the first stage. The blocks, the options and the treatment of small pictures are those of resnet.py, and the
state-dict names torchvision's.
"""

from functools import partial

from .network import Network
from .resnet import ZERO_INIT, Variant, resnet
from .sizes import STEM

VARIANTS = {
    "resnext50_32x4d": Variant((3, 4, 6, 3), bottleneck=True, groups=32, width=4),
    "resnext101_32x8d": Variant((3, 4, 23, 3), bottleneck=True, groups=32, width=8),
    "resnext101_64x4d": Variant((3, 4, 23, 3), bottleneck=True, groups=64, width=4),
}
NETWORKS = {
    name: Network(
        name,
        f"ResNeXt-{name[7:].split('_')[0]}: {variant.groups} groups of {variant.width} maps in each block",
        "image",
        partial(resnet, variant),
        STEM | ZERO_INIT,
        "Xie et al. 2017, Aggregated residual transformations for deep neural networks (1611.05431)",
        head="fc",
        top=("avgpool", "fc"),
    )
    for name, variant in VARIANTS.items()
}
