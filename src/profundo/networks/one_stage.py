"""A one-stage detector without anchors: every cell of a few maps says what stands there and how far its edges are.

FCOS (Tian et al. 2019, 1904.01355) with the task-aligned assignment of TOOD (Feng et al. 2021, 2108.07755): which cells
learn an object is decided by how well they already find it, so there is no size to choose for a map, and the score of a
cell learns to say how good its box is. The layers of the head are the same for every map, their normalisations are not
(RTMDet, Lyu et al. 2022, 2212.07784). It trains quickly from scratch on a processor.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..schema import Schema
from . import backbone as eyes
from .assignment import assigned
from .boxes import clip, giou, points
from .enlarge import pad_to_multiple
from .fpn import FeaturePyramid
from .matching import compact
from .network import Network, share, whole
from .nms import best

PRIOR = 0.01  # the score of every cell before anything is learnt (RetinaNet, Lin et al. 2017, 1708.02002)
EDGE = 1.5  # cells from the middle of a box to its edges before anything is learnt
FARTHEST = 6.0  # e^6 times that is the farthest edge
CANDIDATES = 4  # cells for each object told, before those of one object become one


class OneStage(nn.Module):
    """A backbone, a feature pyramid, and a head that gives scores (labels) and four distances for every cell.

    `forward` gives boxes (B, k, 4) in pixels, scores (B, k) and codes (B, k), k = `most_found`; `losses` what it learns
    from. Maps of `finest` pixels a cell and coarser are used.
    """

    def __init__(
        self,
        backbone: nn.Module,
        schema: Schema,
        *,
        pyramid: int,
        depth: int,
        finest: int,
        most_found: int,
        overlap: float,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        found = eyes.shapes(backbone, schema)
        self.first, strides = eyes.usable(found, schema, finest)
        self.strides = tuple(strides[self.first :])
        self.fpn = FeaturePyramid([channels for channels, _, _ in found[self.first :]], pyramid)
        self.head = Head(pyramid, depth, len(schema.labels), len(self.strides))
        self.most_found, self.overlap = most_found, overlap

    def cells(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return logits (B, n, labels), boxes (B, n, 4), places (n, 2) and strides (n,) of the cells of all the maps.

        x is (B, C, H, W); boxes and places are in pixels.
        """
        pyramid = self.fpn(eyes.maps(self.backbone, pad_to_multiple(x, self.strides[-1]))[self.first :])
        logits, edges = self.head(pyramid)
        with torch.autocast(x.device.type, enabled=False):
            scales = [(m.shape[2], m.shape[3], s) for m, s in zip(pyramid, self.strides, strict=True)]
            places = torch.cat([points(h, w, s) for h, w, s in scales]).to(x.device)
            strides = torch.cat([torch.full((h * w,), float(s)) for h, w, s in scales]).to(x.device)
            distances = edges.float().clamp(max=FARTHEST).exp() * (EDGE * strides[:, None])  # (B, n, 4)
            boxes = torch.cat([places - distances[..., :2], places + distances[..., 2:]], -1)
        return logits.float(), boxes, places, strides

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Find objects in pictures (B, C, H, W); the best come first, what fills up has score 0."""
        logits, boxes, _, _ = self.cells(x)
        with torch.autocast(x.device.type, enabled=False):
            labels = logits.shape[2]
            chosen = min(CANDIDATES * self.most_found, logits.shape[1] * labels)
            scores, places = logits.sigmoid().flatten(1).topk(chosen, 1)
            cells, codes = places // labels, places % labels
            boxes = clip(boxes.gather(1, cells.unsqueeze(-1).expand(-1, -1, 4)), x.shape[2], x.shape[3])
            return best(boxes, scores, codes, threshold=self.overlap, most=self.most_found)[:3]

    def losses(self, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Return the means over the pictures of the "score" and the "box" term, for the truth y (B, most, 5 or more).

        A score learns how good its box is, by the quality focal loss (Li et al. 2020, 2006.04388); a box learns by its
        generalised IoU. Each picture's sums are divided by how much there is to be found in it.
        """
        y = compact(y) if (y[..., 4] >= 0).any() else y[:, :1]
        logits, boxes, places, strides = self.cells(x)
        with torch.autocast(x.device.type, enabled=False):
            truth, quality = assigned(logits.detach(), boxes.detach(), places, strides, y)
            wanted = torch.zeros_like(logits)
            codes = y[..., 4].long().clamp(min=0).gather(1, truth)
            wanted.scatter_(2, codes.unsqueeze(-1), quality.unsqueeze(-1))
            amount = quality.sum(1).clamp(min=1)  # (B,)
            uneven = (logits.sigmoid() - wanted).abs().square()
            score = (uneven * F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")).sum((1, 2)) / amount
            targets = y[..., :4].gather(1, truth.unsqueeze(-1).expand(-1, -1, 4))
            box = ((1 - giou(boxes, targets)) * quality).sum(1) / amount
        return {"score": score.mean(), "box": 2 * box.mean()}


class Head(nn.Module):
    """`depth` convolutions for the scores and as many for the boxes, the same on all of `levels` maps."""

    def __init__(self, width: int, depth: int, labels: int, levels: int) -> None:
        super().__init__()
        self.score_tower, self.box_tower = Tower(width, depth, levels), Tower(width, depth, levels)
        self.score = nn.Conv2d(width, labels, 3, padding=1)
        self.box = nn.Conv2d(width, 4, 3, padding=1)
        self.scale = nn.Parameter(torch.ones(levels))
        for layer, start in ((self.score, -math.log(1 / PRIOR - 1)), (self.box, 0.0)):
            nn.init.normal_(layer.weight, std=0.01)
            with torch.no_grad():
                layer.bias.fill_(start)  # type: ignore[union-attr]

    def forward(self, pyramid: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return logits (B, n, labels) and the logarithms of the distances (B, n, 4) for the cells of all the maps."""
        logits = [self.score(self.score_tower(one, level)) for level, one in enumerate(pyramid)]
        edges = [self.box(self.box_tower(one, level)) * self.scale[level] for level, one in enumerate(pyramid)]
        return in_rows(logits), in_rows(edges)


class Tower(nn.Module):
    """3 x 3 convolutions shared by the maps, each with a batch normalisation for every map."""

    def __init__(self, width: int, depth: int, levels: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(depth))
        self.norms = nn.ModuleList(nn.ModuleList(nn.BatchNorm2d(width) for _ in range(levels)) for _ in range(depth))

    def forward(self, x: Tensor, level: int) -> Tensor:
        """Return (B, width, H, W) for the map (B, width, H, W) of a level."""
        for conv, norms in zip(self.convs, self.norms, strict=True):
            x = F.relu(norms[level](conv(x)))  # type: ignore[index]
        return x


def in_rows(maps: Sequence[Tensor]) -> Tensor:
    """Lay the cells of maps (B, C, H, W) behind each other, (B, n, C)."""
    return torch.cat([m.flatten(2).transpose(1, 2) for m in maps], 1)


def one_stage(  # noqa: PLR0913
    schema: Schema,
    *,
    backbone: str = "convnet",
    width: int = 32,
    pyramid: int = 64,
    depth: int = 2,
    finest: int = 8,
    most_found: int = 100,
    overlap: float = 0.6,
) -> OneStage:
    """Build the detector on a backbone by name. Raises UsageError for options that do not fit."""
    sizes = {"pyramid": pyramid, "depth": depth, "finest": finest, "most_found": most_found}
    whole_ones = {name: whole(name, value) for name, value in sizes.items()}
    return OneStage(eyes.named(backbone, schema, width), schema, **whole_ones, overlap=share("overlap", overlap))


NETWORKS = {
    "one_stage": Network(
        "one_stage",
        "finds objects in one look, without anchors: the quick detector for a laptop",
        "image",
        one_stage,
        {
            "backbone": "the network whose maps are used: convnet, resnet18 or another of the zoo",
            "width": "the maps of the backbone's first stage, where it has such a choice; 0: its own",
            "pyramid": "the maps of each resolution of the feature pyramid",
            "depth": "convolutions for the scores, and as many for the boxes",
            "finest": "pixels for a cell of the finest map that is used",
            "most_found": "objects of a picture that are told, at most",
            "overlap": "the IoU above which of two boxes of a label only the better one stays",
        },
        "after FCOS, Tian et al. 2019 (1904.01355), and TOOD, Feng et al. 2021 (2108.07755)",
        gives="boxes",
    )
}
