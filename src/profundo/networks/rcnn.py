"""The first two detectors of the R-CNN family, whose proposals come from the pixels (see proposals.py).

R-CNN (Girshick et al. 2014, Rich feature hierarchies, 1311.2524) cuts every proposal out of the picture, brings it to
one size and asks a classifier about it. Fast R-CNN (Girshick 2015, 1504.08083) looks at the picture once and cuts the
proposals out of the map: the same answers, with a small part of the work. The next step, proposals from the map too, is
faster_rcnn.py. Unlike the paper's, this R-CNN learns labels and boxes together, as Fast R-CNN does.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..schema import Image, Schema
from . import backbone as eyes
from .enlarge import pad_to_multiple
from .matching import compact
from .network import Network, choice, whole
from .proposals import PROPOSALS
from .roi_align import roi_align
from .roi_head import BoxHead, box_losses, detections, sampled
from .two_stage import GRID, OBJECTS

CROP = 32  # pixels of a proposal that has been cut out, each way
STRIDE = 8  # pixels for a cell of the map that Fast R-CNN reads
MAPS = 64  # of that map
Judge = Callable[[Tensor], tuple[Tensor, Tensor]]


class FromPixels(nn.Module):
    """A detector that judges proposals from `propose`, at most `proposals` of a picture, `sample` of them in training.

    `judge(x)` of a final class looks at pictures (B, C, H, W) and returns the function from boxes (B, n, 4) to scores
    (B, n, 1 + labels), the background first, and corrections (B, n, 4).
    """

    def __init__(self, propose: str, proposals: int, sample: int, most_found: int) -> None:
        super().__init__()
        self.propose = PROPOSALS[propose]
        self.proposals, self.sample, self.most_found = proposals, sample, most_found

    def judge(self, x: Tensor) -> Judge:
        """Look at pictures; each kind does it in its own way."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return boxes (B, k, 4) in pixels, scores (B, k), 0 for nothing, and codes (B, k); k is `most_found`."""
        found = self.stages(x)
        return found["boxes"], found["scores"], found["codes"]

    def stages(self, x: Tensor) -> dict[str, Tensor]:
        """Return what each stage makes of pictures x, to look at: boxes in pixels, scores 0 to 1, 0 an empty place.

        "proposals" (B, p, 4) with "proposal scores" (B, p), 1 or 0; "boxes" (B, k, 4), "scores" (B, k) and "codes"
        (B, k) the answer.
        """
        proposals, there = self.propose(x, self.proposals)
        scores, deltas = self.judge(x)(proposals)
        size = (x.shape[2], x.shape[3])
        boxes, certainty, codes = detections(proposals, there > 0, scores, deltas, size, self.most_found)
        return {
            "proposals": proposals,
            "proposal scores": there,
            "boxes": boxes,
            "scores": certainty,
            "codes": codes,
        }

    def losses(self, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Return the terms labels and boxes, for the truth y (B, most, 5)."""
        sample = sampled(*self.propose(x, self.proposals), compact(y), self.sample, OBJECTS)
        return box_losses(*self.judge(x)(sample.boxes), sample)


class RCNN(FromPixels):
    """Every proposal is cut out of the picture and goes through the whole backbone."""

    def __init__(self, backbone: nn.Module, schema: Schema, hidden: int, **options: Any) -> None:
        super().__init__(**options)
        self.backbone = backbone
        channels, height, width = eyes.shapes(backbone, cut_out(schema))[-1]
        self.head = BoxHead(channels * height * width, hidden, len(schema.labels))

    def judge(self, x: Tensor) -> Judge:
        """Look at pictures, when the boxes are known."""

        def judged(boxes: Tensor) -> tuple[Tensor, Tensor]:
            crops = roi_align([x], boxes, (1,), size=CROP).flatten(0, 1)  # (B * n, C, 32, 32)
            last = eyes.maps(self.backbone, crops)[-1]
            return self.head(last.view(*boxes.shape[:2], *last.shape[1:]))

        return judged


class FastRCNN(FromPixels):
    """The picture goes through the backbone once; every proposal is cut out of its map.

    The paper's map is the last one. In small pictures that has too few cells, so it is enlarged and joined with one of
    `STRIDE` pixels a cell, in `MAPS` maps.
    """

    def __init__(self, backbone: nn.Module, schema: Schema, hidden: int, **options: Any) -> None:
        super().__init__(**options)
        self.backbone = backbone
        shapes = eyes.shapes(backbone, schema)
        strides = [round(schema.shape[1] / height) for _, height, _ in shapes]
        self.place = max(i for i, stride in enumerate(strides) if stride <= STRIDE or i == 0)
        self.stride, self.multiple = strides[self.place], strides[-1]
        channels = shapes[self.place][0] + shapes[-1][0]
        self.join = nn.Conv2d(channels, MAPS, 1)
        self.head = BoxHead(MAPS * GRID**2, hidden, len(schema.labels))

    def judge(self, x: Tensor) -> Judge:
        """Look at pictures; the largest of 2 x 2 readings in each cell of a box's grid counts (RoI pooling)."""
        found = eyes.maps(self.backbone, pad_to_multiple(x, self.multiple))
        fine, last = found[self.place], found[-1]
        map_ = self.join(torch.cat([fine, F.interpolate(last, size=fine.shape[2:], mode="nearest")], 1))

        def judged(boxes: Tensor) -> tuple[Tensor, Tensor]:
            read = roi_align([map_], boxes, (self.stride,), size=2 * GRID, ratio=1).flatten(0, 1)
            return self.head(F.max_pool2d(read, 2).view(*boxes.shape[:2], -1, GRID, GRID))

        return judged


def cut_out(schema: Schema) -> Schema:
    """Return the schema of pictures that are proposals of the schema's, cut out."""
    kinds = {n: Image(k.channels, CROP, CROP) if isinstance(k, Image) else k for n, k in schema.inputs.items()}
    return Schema(kinds, schema.targets)


def rcnn(  # noqa: PLR0913
    schema: Schema,
    *,
    backbone: str = "convnet",
    width: int = 0,
    hidden: int = 256,
    propose: str = "sliding_windows",
    proposals: int = 300,
    sample: int = 32,
    most_found: int = 100,
) -> RCNN:
    """Build an R-CNN for pictures with boxes."""
    eyes_ = eyes.named(backbone, cut_out(schema), width)
    return RCNN(eyes_, schema, whole("hidden", hidden), **checked(propose, proposals, sample, most_found))


def fast_rcnn(  # noqa: PLR0913
    schema: Schema,
    *,
    backbone: str = "convnet",
    width: int = 0,
    hidden: int = 256,
    propose: str = "sliding_windows",
    proposals: int = 300,
    sample: int = 32,
    most_found: int = 100,
) -> FastRCNN:
    """Build a Fast R-CNN for pictures with boxes."""
    eyes_ = eyes.named(backbone, schema, width)
    return FastRCNN(eyes_, schema, whole("hidden", hidden), **checked(propose, proposals, sample, most_found))


def checked(propose: str, proposals: int, sample: int, most_found: int) -> dict[str, Any]:
    """Return the options that both share, or raise UsageError."""
    numbers = {"proposals": proposals, "sample": sample, "most_found": most_found}
    return {"propose": choice("propose", propose, PROPOSALS)} | {k: whole(k, v) for k, v in numbers.items()}


OPTIONS = {
    "backbone": "the network whose maps are used: convnet, resnet18 or another of the zoo",
    "width": "the maps of the backbone's first stage, where it has such a choice; 0: its own",
    "hidden": "the width of the two layers that judge a box",
    "propose": "sliding_windows, or selective_search, which is slow and cannot be exported",
    "proposals": "with selective_search: the regions of a picture that are judged",
    "sample": "the proposals of a picture that are learnt from",
    "most_found": "objects of a picture that are told, at most",
}
NETWORKS = {
    "rcnn": Network(
        "rcnn",
        "R-CNN: a classifier asked about every proposal, cut out of the picture",
        "image",
        rcnn,
        OPTIONS,
        "Girshick et al. 2014 (1311.2524)",
        gives="boxes",
    ),
    "fast_rcnn": Network(
        "fast_rcnn",
        "Fast R-CNN: looks at the picture once, and cuts the proposals out of its map",
        "image",
        fast_rcnn,
        OPTIONS,
        "Girshick 2015 (1504.08083)",
        gives="boxes",
    ),
}
