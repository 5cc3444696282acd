"""Clips by convolutions over time and space at once.

Tran et al. 2015, C3D (1412.0767): kernels of 3 x 3 x 3, and the first pooling over space alone. With `factorised` each
is a convolution over space and then one over time, with a ReLU between (Tran et al. 2018, 1711.11248).
"""

from torch import Tensor, nn

from ..schema import Schema
from .network import Network, flag, share, whole

STAGES = 3


class Conv3d(nn.Module):
    """(B, frames, channels, H, W) to (B, outputs)."""

    def __init__(self, channels: int, width: int, dropout: float, factorised: bool, outputs: int) -> None:
        super().__init__()
        self.stages = nn.Sequential()
        for number in range(STAGES):
            maps = width * 2**number
            self.stages.append(stage(channels, maps, factorised=factorised, over_time=number > 0))
            channels = maps
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(channels, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs): the largest value of each map anywhere in the clip decides."""
        maps = self.stages(x.transpose(1, 2))  # (B, maps, frames / 4, H / 8, W / 8)
        scores: Tensor = self.output(self.dropout(maps.amax((2, 3, 4))))
        return scores


def stage(inputs: int, outputs: int, *, factorised: bool, over_time: bool) -> nn.Sequential:
    """Return convolution, pooling, normalisation and ReLU; pooling halves the frames too where it is `over_time`."""
    pool = nn.MaxPool3d((2 if over_time else 1, 2, 2), ceil_mode=True)  # so that what is 1 stays 1
    if not factorised:
        layers: list[nn.Module] = [nn.Conv3d(inputs, outputs, 3, 1, 1, bias=False)]
    else:
        layers = [
            nn.Conv3d(inputs, outputs, (1, 3, 3), 1, (0, 1, 1), bias=False),
            nn.BatchNorm3d(outputs),
            nn.ReLU(),
            nn.Conv3d(outputs, outputs, (3, 1, 1), 1, (1, 0, 0), bias=False),
        ]
    return nn.Sequential(*layers, pool, nn.BatchNorm3d(outputs), nn.ReLU())


def conv3d(schema: Schema, *, width: int = 16, factorised: bool = False, dropout: float = 0.0) -> Conv3d:
    """Build the network for clips of a schema."""
    maps, drop = whole("width", width), share("dropout", dropout)
    return Conv3d(schema.shape[1], maps, drop, flag("factorised", factorised), schema.outputs)


NETWORKS = {
    "conv3d": Network(
        "conv3d",
        "convolutions over time and space at once",
        "video",
        conv3d,
        {
            "width": "the maps of the first stage; each of the three has twice as many",
            "factorised": "whether a convolution over space and one over time stand for each",
            "dropout": "the share of features silenced before the last layer while training",
        },
        "Tran et al. 2015, Learning Spatiotemporal Features with 3D Convolutional Networks (1412.0767)",
        head="output",
    )
}
