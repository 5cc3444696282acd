"""A network for one object: it looks where the object is, and tells from there what it is and how far its edges are."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..schema import Schema
from . import backbone as eyes
from .boxes import points
from .enlarge import pad_to_multiple
from .network import Network, whole

START = 0.25  # times 0.69 is the distance of the edges, in widths and heights, before anything is learnt


class Localiser(nn.Module):
    """A backbone, its maps added up from the coarsest to the finest, and a softmax over the cells: where to look.

    The features there give the scores of the labels. Each cell also says where the box would be; these boxes are
    averaged with the same weights, so that the answer lies between the cells (a soft-argmax, as in Nibali et al. 2018,
    Numerical Coordinate Regression with Convolutional Neural Networks, 1801.07372). For a target without a box it gives
    the scores alone, from where it looks.
    """

    def __init__(self, backbone: nn.Module, schema: Schema, pyramid: int, finest: int) -> None:
        super().__init__()
        self.backbone = backbone
        found = eyes.shapes(backbone, schema)
        self.first, strides = eyes.usable(found, schema, finest)
        self.strides = tuple(strides[self.first :])
        self.lateral = nn.ModuleList(
            nn.Sequential(nn.Conv2d(channels, pyramid, 1, bias=False), nn.BatchNorm2d(pyramid))
            for channels, _, _ in found[self.first :]
        )
        self.tower = nn.Sequential(
            nn.Conv2d(pyramid, pyramid, 3, padding=1, bias=False), nn.BatchNorm2d(pyramid), nn.ReLU()
        )
        self.where = nn.Conv2d(pyramid, 1, 1)
        boxed = schema.located is not None
        self.box = nn.Conv2d(pyramid, 4, 1) if boxed else None
        self.output = nn.Linear(pyramid, schema.outputs - 4 if boxed else schema.outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, labels + 4) for pictures (B, C, H, W): the scores, and x1, y1, x2, y2 in widths and heights."""
        maps = eyes.maps(self.backbone, pad_to_multiple(x, self.strides[-1]))[self.first :]
        finest = self.tower(self.together(maps))  # (B, P, h, w)
        look = self.where(finest).float().flatten(2).softmax(2)  # (B, 1, h * w)
        with torch.autocast(x.device.type, enabled=False):
            seen = look @ finest.float().flatten(2).transpose(1, 2)  # (B, 1, P)
            scores: Tensor = self.output(seen.squeeze(1))
            return scores if self.box is None else torch.cat([scores, self.located(finest.float(), look, x)], 1)

    def located(self, finest: Tensor, look: Tensor, x: Tensor) -> Tensor:
        """Return the box (B, 4) in widths and heights: the mean of those that the cells see, weighted by `look`."""
        assert self.box is not None
        edges = self.box(finest).flatten(2).transpose(1, 2)  # (B, h * w, 4)
        distances = START * F.softplus(edges)
        size = x.new_tensor([x.shape[3], x.shape[2]])
        places = points(finest.shape[2], finest.shape[3], self.strides[0]).to(x.device) / size  # (h * w, 2)
        return (look @ torch.cat([places - distances[..., :2], places + distances[..., 2:]], 2)).squeeze(1)

    def together(self, maps: list[Tensor]) -> Tensor:
        """Return the sum (B, P, h, w) of the maps, each as large as the finest (feature pyramids, 1612.03144)."""
        flat = [lateral(m) for lateral, m in zip(self.lateral, maps, strict=True)]
        total: Tensor = flat.pop()
        while flat:
            finer = flat.pop()
            total = finer + F.interpolate(total, size=finer.shape[2:], mode="nearest")
        return total


def localiser(
    schema: Schema, *, backbone: str = "convnet", width: int = 32, pyramid: int = 64, finest: int = 8
) -> Localiser:
    """Build the network on a backbone by name. Raises UsageError for options that do not fit."""
    return Localiser(eyes.named(backbone, schema, width), schema, whole("pyramid", pyramid), whole("finest", finest))


NETWORKS = {
    "localiser": Network(
        "localiser",
        "finds the one object of a picture: its label and its box",
        "image",
        localiser,
        {
            "backbone": "the network whose maps are used: convnet, resnet18 or another of the zoo",
            "width": "the maps of the backbone's first stage, where it has such a choice; 0: its own",
            "pyramid": "the maps of each resolution of the feature pyramid",
            "finest": "pixels for a cell of the map that is looked at",
        },
        "after Nibali et al. 2018, Numerical Coordinate Regression (1801.07372)",
    )
}
