"""What two-stage detectors share: a backbone, a feature pyramid, proposals, and a head that judges each of them."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UsageError
from ..schema import Schema
from . import backbone as eyes
from .enlarge import pad_to_multiple
from .fpn import FeaturePyramid
from .matching import compact
from .network import positive, whole
from .roi_align import levels, roi_align
from .roi_head import BoxHead, Sample, box_losses, detections, sampled
from .rpn import SHAPES, RegionProposals, decoded, proposal_losses, proposed

GRID = 7  # cells of a box's features, each way
CANDIDATES = 3  # boxes for each proposal that is wanted, before those of one object become one
CHOICE = 2  # proposals, at most, for each that is learnt from
OBJECTS = 0.25  # the share of the sample that may be objects


class TwoStage(nn.Module):
    """The parts of Faster R-CNN (Ren et al. 2015, 1506.01497) on a feature pyramid (Lin et al. 2017, 1612.03144).

    `backbone` gives maps at several resolutions; those of `finest` pixels a cell and coarser are used. `proposals`
    boxes of a picture go to the head, `sample` of them while training; `most_found` objects are told. Pictures are
    made `enlarge` times as large first, so that small objects have more cells.
    """

    def __init__(  # noqa: PLR0913
        self,
        backbone: nn.Module,
        schema: Schema,
        *,
        pyramid: int,
        hidden: int,
        finest: int,
        anchor: float,
        shapes: int,
        proposals: int,
        sample: int,
        most_found: int,
        enlarge: int,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        found = eyes.shapes(backbone, schema)
        self.first, strides = eyes.usable(found, schema, finest)
        self.enlarge, self.multiple = enlarge, strides[-1]
        self.strides = tuple(stride / enlarge for stride in strides[self.first :])
        channels = [shape[0] for shape in found[self.first :]]
        self.fpn = FeaturePyramid(channels, pyramid)
        self.rpn = RegionProposals(pyramid, self.strides, anchor, shapes)
        self.head = BoxHead(pyramid * GRID**2, hidden, len(schema.labels))
        self.proposals, self.sample, self.most_found = proposals, sample, most_found

    def features(self, x: Tensor) -> list[Tensor]:
        """Return the pyramid's maps (B, C, H_i, W_i) of pictures (B, C, H, W), the finest first."""
        if self.enlarge > 1:
            x = F.interpolate(x, scale_factor=self.enlarge, mode="bilinear")
        maps = eyes.maps(self.backbone, pad_to_multiple(x, self.multiple))
        pyramid: list[Tensor] = self.fpn(maps[self.first :])
        return pyramid

    def read(self, pyramid: list[Tensor], boxes: Tensor, size: int) -> Tensor:
        """Return the features (B, n, C, size, size) of boxes (B, n, 4), each from the map of its scale."""
        level = levels(boxes, len(pyramid), size=GRID * self.strides[0])
        return roi_align(pyramid, boxes, self.strides, size=size, level=level)

    def stages(self, x: Tensor) -> dict[str, Tensor]:
        """Return what each stage makes of pictures x, to look at: boxes in pixels, scores 0 to 1, 0 an empty place.

        "candidates" (B, n, 4) with "candidate scores" (B, n) are the likeliest anchors, corrected; "proposals"
        (B, p, 4) with "proposal scores" (B, p) those that no better one overlaps; "boxes" (B, k, 4), "scores" (B, k)
        and "codes" (B, k) the answer.
        """
        return self.staged(self.features(x), (x.shape[2], x.shape[3]))

    def staged(self, pyramid: list[Tensor], size: tuple[int, int]) -> dict[str, Tensor]:
        """Return what `stages` does, from the maps of pictures of `size` height, width."""
        objectness, shifts = self.rpn(pyramid)
        anchors = self.rpn.anchors(pyramid)
        peaks = self.rpn.peaks(pyramid, objectness)
        candidates, logits = decoded(peaks, shifts, anchors, size, CANDIDATES * self.proposals)
        proposals, chance = proposed(candidates, logits, self.proposals)
        scores, deltas = self.head(self.read(pyramid, proposals, GRID))
        boxes, certainty, codes = detections(proposals, chance > 0, scores, deltas, size, self.most_found)
        return {
            "candidates": candidates,
            "candidate scores": logits.sigmoid(),
            "proposals": proposals,
            "proposal scores": chance,
            "boxes": boxes,
            "scores": certainty,
            "codes": codes,
        }

    def learn(self, pyramid: list[Tensor], size: tuple[int, int], y: Tensor) -> tuple[dict[str, Tensor], Sample]:
        """Return the four terms of the loss for the truth y (B, most, 5 or more), and the sample they come from."""
        y = compact(y)
        anchors = self.rpn.anchors(pyramid)
        logits, deltas = self.rpn(pyramid)
        terms = proposal_losses(logits, deltas, anchors, y)
        count = min(self.proposals, CHOICE * self.sample)
        candidates = decoded(self.rpn.peaks(pyramid, logits), deltas, anchors, size, CANDIDATES * count)
        sample = sampled(*proposed(*candidates, count), y, self.sample, OBJECTS)
        scores, corrections = self.head(self.read(pyramid, sample.boxes, GRID))
        return terms | box_losses(scores, corrections, sample), sample


OPTIONS = {
    "backbone": "the network whose maps are used: convnet, resnet18 or another of the zoo",
    "width": "the maps of the backbone's first stage, where it has such a choice; 0: its own",
    "pyramid": "the maps of each resolution of the feature pyramid",
    "hidden": "the width of the two layers that judge a box",
    "finest": "pixels for a cell of the finest map that is used",
    "anchor": "the side of an anchor, in cells of its map",
    "shapes": "1: anchors are square; 3: there are flat and tall ones too",
    "proposals": "boxes of a picture that the second stage judges",
    "sample": "of these, the boxes that it learns from",
    "most_found": "objects of a picture that are told, at most",
    "enlarge": "how many times as large a picture is made first, for small objects",
}


def two_stage(kind: type[Any], schema: Schema, *, backbone: str, width: int, **options: Any) -> Any:
    """Build a detector of a kind on a backbone by name. Raises UsageError for options that do not fit."""
    for name, value in options.items():
        (positive if name == "anchor" else whole)(name, value)
    if options["shapes"] not in SHAPES:
        raise UsageError(f"shapes must be 1 or 3, not {options['shapes']}.")
    return kind(eyes.named(backbone, schema, width), schema, **options)
