"""U-Net: a path down to coarse maps, a path up again, and at each size the fine maps of the way down beside them.

Ronneberger, Fischer and Brox 2015 (arXiv 1505.04597), with padded convolutions, so that the scores have the size of
the picture, and batch normalisation. The paper's has width 64, depth 4 and stride 1.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UsageError
from ..schema import Schema
from .enlarge import pad_to_multiple, resize
from .network import Network, share, whole

LARGE = 96  # pixels from which the first convolution takes steps of 2
STRIDES = (0, 1, 2, 4)


class Double(nn.Sequential):
    """Two 3 x 3 convolutions, each with batch normalisation and ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        for number, channels in enumerate((inputs, outputs), 1):
            self.add_module(f"conv{number}", nn.Conv2d(channels, outputs, 3, padding=1, bias=False))
            self.add_module(f"norm{number}", nn.BatchNorm2d(outputs))
            self.add_module(f"activation{number}", nn.ReLU(inplace=True))


class UNet(nn.Module):
    """Scores (B, labels, H, W) for pictures (B, C, H, W) of any height and width.

    With a stride, the first convolution makes the picture that many times smaller, and the scores are enlarged
    bilinearly at the end.
    """

    def __init__(self, channels: int, labels: int, width: int, depth: int, stride: int, dropout: float) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(depth + 1)]
        self.stride, self.multiple = stride, stride * 2**depth
        self.stem = nn.Conv2d(channels, width, stride + 2, stride, 1) if stride > 1 else nn.Identity()
        inputs = [width if stride > 1 else channels, *widths[:-1]]
        self.down = nn.ModuleList(Double(a, b) for a, b in zip(inputs, widths, strict=True))
        self.enlarge = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, 2) for w in widths[:-1])
        self.up = nn.ModuleList(Double(2 * w, w) for w in widths[:-1])
        self.dropout = nn.Dropout2d(dropout)
        self.output = nn.Conv2d(width, labels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of every pixel."""
        padded = pad_to_multiple(x, self.multiple)
        maps = [self.down[0](self.stem(padded))]
        for down in self.down[1:]:
            maps.append(down(F.max_pool2d(maps[-1], 2)))
        y = self.dropout(maps.pop())
        for enlarge, up in zip(reversed(self.enlarge), reversed(self.up), strict=True):
            y = up(torch.cat([maps.pop(), enlarge(y)], 1))
        scores = self.output(y)
        if self.stride == 1:
            return scores[:, :, : x.shape[2], : x.shape[3]]
        return resize(scores, (padded.shape[2], padded.shape[3]), (x.shape[2], x.shape[3]))


def unet(schema: Schema, *, width: int = 16, depth: int = 4, stride: int = 0, dropout: float = 0.0) -> UNet:
    """Build a U-Net whose maps are `width`, 2 `width`, ... wide, of `depth` halvings."""
    if stride not in STRIDES or isinstance(stride, bool):
        raise UsageError(f"stride must be one of {', '.join(map(str, STRIDES))}, not {stride!r}.")
    channels, height, columns = schema.shape
    step = stride or (2 if min(height, columns) >= LARGE else 1)
    return UNet(channels, schema.outputs, whole("width", width), whole("depth", depth), step, share("dropout", dropout))


NETWORKS = {
    "unet": Network(
        "unet",
        "a label for every pixel: down to coarse maps and up again beside the fine ones",
        "image",
        unet,
        {
            "width": "the maps of the first level; each level has twice as many (the paper: 64)",
            "depth": "how many times the maps are halved",
            "stride": "the step of the first convolution: 1, 2 or 4; 0 is 2 for pictures from 96 pixels up, else 1",
            "dropout": "the share of the coarsest maps silenced while training",
        },
        "Ronneberger, Fischer and Brox 2015, U-Net: convolutional networks for biomedical segmentation (1505.04597)",
        gives="masks",
    )
}
