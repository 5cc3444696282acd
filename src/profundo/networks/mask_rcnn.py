"""Mask R-CNN: Faster R-CNN, and beside its head a small fully convolutional network that draws what is in the box.

He et al. 2017, Mask R-CNN (1703.06870): features read without rounding (RoIAlign) on a grid of 14 x 14, a mask of
28 x 28 for each label, of which the box's label chooses one, and a yes-or-no loss for each of its cells.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..objects import SIDE
from ..schema import Schema
from .network import Network, whole
from .roi_head import Sample
from .two_stage import OBJECTS, OPTIONS, TwoStage, two_stage

GRID = SIDE // 2  # cells of a box's features for its mask, each way


class MaskHead(nn.Module):
    """Convolutions of `width` maps, twice as many cells at the end, and a logit for each cell and label."""

    def __init__(self, inputs: int, width: int, depth: int, labels: int) -> None:
        super().__init__()
        self.convs = nn.Sequential()
        for i in range(depth):
            self.convs.append(nn.Conv2d(width if i else inputs, width, 3, padding=1))
            self.convs.append(nn.ReLU())
        self.enlarge = nn.Conv2d(width, 4 * width, 1)  # with the shuffle, a transposed convolution, but quicker
        self.logits = nn.Conv2d(width, labels, 1)
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            else:
                nn.init.kaiming_normal_(parameter, mode="fan_out", nonlinearity="relu")
        nn.init.normal_(self.logits.weight, std=0.01)

    def forward(self, x: Tensor, codes: Tensor) -> Tensor:
        """Turn features (n, C, 14, 14) and codes (n,) into the logits (n, 28, 28) of the masks, float32."""
        x = self.logits(F.relu(F.pixel_shuffle(self.enlarge(self.convs(x)), 2)))  # (n, labels, 28, 28)
        chosen = codes.view(-1, 1, 1, 1).expand(-1, 1, SIDE, SIDE)
        return x.gather(1, chosen).squeeze(1).float()


class MaskRCNN(TwoStage):
    """Boxes, scores, codes and masks of the objects in pictures (B, C, H, W) of any size."""

    def __init__(self, backbone: nn.Module, schema: Schema, *, masks: int, pyramid: int, **options: int) -> None:
        super().__init__(backbone, schema, pyramid=pyramid, **options)
        self.mask_head = MaskHead(pyramid, pyramid, masks, len(schema.labels))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return boxes (B, k, 4) in pixels, scores (B, k), codes (B, k) and crops (B, k, 28, 28); k is `most_found`.

        A score of 0 is nothing. A crop is how likely each cell of a grid inside the box belongs to the object.
        """
        pyramid = self.features(x)
        found = self.staged(pyramid, (x.shape[2], x.shape[3]))
        boxes, scores, codes = found["boxes"], found["scores"], found["codes"]
        # nothing to draw in empty places, which come last; an exported network draws everywhere
        most = boxes.shape[1] if torch.compiler.is_compiling() else int((scores > 0).sum(1).max())
        logits = self.draw(pyramid, boxes[:, :most], codes[:, :most])
        return boxes, scores, codes, F.pad(logits.sigmoid(), (0, 0, 0, 0, 0, boxes.shape[1] - most))

    def draw(self, pyramid: list[Tensor], boxes: Tensor, codes: Tensor) -> Tensor:
        """Return the logits (B, n, 28, 28) of the masks inside boxes (B, n, 4), for labels of codes (B, n)."""
        logits: Tensor = self.mask_head(self.read(pyramid, boxes, GRID).flatten(0, 1), codes.flatten())
        return logits.view(*codes.shape, SIDE, SIDE)

    def losses(self, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Return the terms objectness, proposals, labels, boxes and masks, for the truth y (B, most, 5 + 784)."""
        pyramid = self.features(x)
        terms, sample = self.learn(pyramid, (x.shape[2], x.shape[3]), y)
        most = max(1, round(self.sample * OBJECTS))  # the objects come first
        sample = Sample(sample.boxes[:, :most], sample.labels[:, :most], sample.truth[:, :most])
        logits = self.draw(pyramid, sample.boxes, (sample.labels - 1).clamp(min=0))
        return terms | {"masks": mask_loss(logits, sample)}


def mask_loss(logits: Tensor, sample: Sample) -> Tensor:
    """Return the mean over the pictures of the mean yes-or-no loss of the cells of their objects, (B, n, 28, 28)."""
    own = sample.labels > 0  # (B, n)
    with torch.no_grad():
        wanted = cut_masks(sample.truth[..., 5:].view(*own.shape, SIDE, SIDE), sample.truth[..., :4], sample.boxes)
    entropy = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none").mean((2, 3))
    return (entropy.masked_fill(~own, 0).sum(1) / own.sum(1).clamp(min=1)).mean()


def cut_masks(masks: Tensor, owners: Tensor, boxes: Tensor) -> Tensor:
    """Return masks (B, n, 28, 28) inside their own boxes `owners` (B, n, 4) as 0 and 1 inside other `boxes` (B, n, 4).

    Where a box reaches beyond the owner's, there is no object.
    """
    side = masks.shape[2]
    steps = (torch.arange(side, device=boxes.device) + 0.5) / side
    corner, size = owners[..., None, :2], (owners[..., None, 2:] - owners[..., None, :2]).clamp(min=1e-3)
    place = boxes[..., None, :2] + (boxes[..., None, 2:] - boxes[..., None, :2]) * steps[:, None]  # (B, n, side, 2)
    x, y = ((place - corner) / size * 2 - 1).unbind(-1)  # (B, n, side), -1 to 1 inside the owner
    grid = torch.stack([x.unsqueeze(2).expand(-1, -1, side, -1), y.unsqueeze(3).expand(-1, -1, -1, side)], -1)
    read = F.grid_sample(masks.flatten(0, 1).unsqueeze(1), grid.flatten(0, 1), align_corners=False)
    return (read.view(masks.shape) > 0.5).float()


def mask_rcnn(  # noqa: PLR0913
    schema: Schema,
    *,
    backbone: str = "convnet",
    width: int = 0,
    pyramid: int = 48,
    hidden: int = 256,
    finest: int = 4,
    anchor: float = 4.0,
    shapes: int = 3,
    proposals: int = 100,
    sample: int = 32,
    most_found: int = 100,
    enlarge: int = 1,
    masks: int = 3,
) -> MaskRCNN:
    """Build a Mask R-CNN for pictures with boxes and masks."""
    made: MaskRCNN = two_stage(
        MaskRCNN,
        schema,
        backbone=backbone,
        width=width,
        pyramid=pyramid,
        hidden=hidden,
        masks=whole("masks", masks),
        finest=finest,
        anchor=anchor,
        shapes=shapes,
        proposals=proposals,
        sample=sample,
        most_found=most_found,
        enlarge=enlarge,
    )
    return made


NETWORKS = {
    "mask_rcnn": Network(
        "mask_rcnn",
        "Mask R-CNN: finds objects, and draws the outline of each",
        "image",
        mask_rcnn,
        OPTIONS | {"masks": "the convolutions of the part that draws"},
        "He et al. 2017 (1703.06870)",
        gives="boxes",
    )
}
