"""A feature pyramid: maps at several resolutions that all know both what and where.

Lin et al. 2017, Feature Pyramid Networks for Object Detection (1612.03144): coarse maps know what is there, fine ones
where; from the top down, each map is added to the next finer one, so that every resolution knows both.
"""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from .layers import NORMALISATIONS_2D


class FeaturePyramid(nn.Module):
    """Maps of `width` channels at each resolution of a backbone's maps, the finest first.

    Each lateral convolution is followed by a normalisation: trained from scratch, a detector needs one (He et al. 2018,
    Rethinking ImageNet Pre-training, 1811.08883).
    """

    def __init__(self, channels: Sequence[int], width: int, normalisation: str = "batch") -> None:
        super().__init__()
        normalise = NORMALISATIONS_2D[normalisation] or (lambda _: nn.Identity())
        self.lateral = nn.ModuleList(nn.Sequential(nn.Conv2d(c, width, 1), normalise(width)) for c in channels)
        self.output = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in channels)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d) and layer.bias is not None:
                nn.init.kaiming_uniform_(layer.weight, a=1)
                nn.init.zeros_(layer.bias)

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Turn maps (B, C_i, H_i, W_i), the finest first, into maps (B, width, H_i, W_i)."""
        inner = [lateral(m) for lateral, m in zip(self.lateral, maps, strict=True)]
        for i in range(len(inner) - 1, 0, -1):
            inner[i - 1] = inner[i - 1] + F.interpolate(inner[i], size=inner[i - 1].shape[2:], mode="nearest")
        return [output(m) for output, m in zip(self.output, inner, strict=True)]
