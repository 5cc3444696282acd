"""The region proposal network: at every place of every map, is there an object, and where exactly?

Ren et al. 2015, Faster R-CNN (1506.01497), on a feature pyramid (Lin et al. 2017, 1612.03144): one small head for all
the maps, one size of anchors on each. Half of what it gets to see are objects, as far as there are enough of them.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .boxes import anchors, area, clip, decode, encode
from .matching import BACKGROUND, match, matched, truth_iou
from .nms import best

SAMPLED = 128  # anchors of a picture that are learnt from
POSITIVE = 0.5  # the share of them that may be objects
LOW, HIGH = 0.3, 0.5  # IoU below which an anchor shows no object, and from which it shows one
OVERLAP = 0.7  # IoU from which two proposals are one
SHAPES = {1: (1.0,), 3: (0.5, 1.0, 2.0)}  # ratios of height and width, by their number
SMALLEST = 1.0  # square pixels of a proposal
BETA = 1 / 9  # where the loss of a box turns from a square into a line
NEVER = -1e4  # a logit


class RegionProposals(nn.Module):
    """Objectness and corrections of anchors, for maps of `width` channels; `scale` is an anchor's side in cells."""

    def __init__(self, width: int, strides: Sequence[float], scale: float, shapes: int) -> None:
        super().__init__()
        self.ratios = SHAPES[shapes]
        self.strides, self.sizes = tuple(strides), tuple((scale * stride,) for stride in strides)
        self.conv = nn.Conv2d(width, width, 3, padding=1)
        self.objectness = nn.Conv2d(width, shapes, 1)
        self.deltas = nn.Conv2d(width, 4 * shapes, 1)
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif name == "conv.weight":
                nn.init.kaiming_normal_(parameter, nonlinearity="relu")
            else:
                nn.init.normal_(parameter, std=0.01)

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return for the n anchors of the maps the logits (B, n) and the corrections (B, n, 4), float32."""
        logits, deltas = [], []
        for map_ in maps:
            x = F.relu(self.conv(map_))
            logits.append(self.objectness(x).permute(0, 2, 3, 1).flatten(1))
            deltas.append(self.deltas(x).permute(0, 2, 3, 1).flatten(1).unflatten(1, (-1, 4)))
        return torch.cat(logits, 1).float(), torch.cat(deltas, 1).float()

    def peaks(self, maps: Sequence[Tensor], logits: Tensor) -> Tensor:
        """Return the logits (B, n) with NEVER for anchors that have a likelier one of their shape in the next cells.

        Of the many anchors that see one object, few go on to suppression, which compares every pair: so there is room
        for the objects of a crowded picture. (Points that are peaks: Zhou et al. 2019, 1904.07850.)
        """
        found, begin = [], 0
        for map_ in maps:
            height, width = map_.shape[2:]
            end = begin + height * width * len(self.ratios)
            own = logits[:, begin:end].reshape(len(logits), height, width, -1).permute(0, 3, 1, 2)
            highest = F.max_pool2d(own, 3, 1, 1)
            found.append(own.masked_fill(own < highest, NEVER).permute(0, 2, 3, 1).flatten(1))
            begin = end
        return torch.cat(found, 1)

    def anchors(self, maps: Sequence[Tensor]) -> Tensor:
        """Return the anchors (n, 4) of maps (B, C, H_i, W_i), in the order of `forward`."""
        shapes = [(m.shape[2], m.shape[3]) for m in maps]
        return anchors(shapes, self.strides, self.sizes, self.ratios).to(maps[0].device)


def decoded(logits: Tensor, deltas: Tensor, anchors: Tensor, size: tuple[int, int], most: int) -> tuple[Tensor, Tensor]:
    """Return the `most` likeliest boxes (B, k, 4) within a picture of `size` height, width, and their logits (B, k)."""
    logits, places = logits.detach().topk(min(most, logits.shape[1]), 1)
    deltas = deltas.detach().gather(1, places.unsqueeze(-1).expand(-1, -1, 4))
    boxes = clip(decode(deltas, anchors[places]), *size)
    return boxes, logits.masked_fill(area(boxes) < SMALLEST, NEVER)


def proposed(boxes: Tensor, logits: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """Suppress what is proposed twice: at most `most` boxes (B, k, 4), and their probabilities (B, k), 0 for no box."""
    codes = torch.zeros_like(logits, dtype=torch.int64)
    boxes, scores, _, _ = best(boxes, logits.sigmoid(), codes, threshold=OVERLAP, most=most)
    return boxes, scores


def proposal_losses(logits: Tensor, deltas: Tensor, anchors: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Return the terms "objectness" and "proposals" for the truth y (B, most, 5 or more), means over the pictures.

    The objects of each picture come first in y.
    """
    # picture by picture: there are many anchors, and one picture may have many more objects than the others
    own = [match(truth_iou(anchors, rows[rows[:, 4] >= 0][None]), LOW, HIGH, rescue=True) for rows in y]
    found = torch.cat(own)  # (B, n)
    positive = drawn(found >= 0, round(SAMPLED * POSITIVE))
    negative = drawn(found == BACKGROUND, SAMPLED - positive.sum(1, keepdim=True))
    counted = positive | negative
    share = counted.sum(1).clamp(min=1)  # (B,)
    entropy = F.binary_cross_entropy_with_logits(logits, positive.float(), reduction="none")
    picture, place = positive.nonzero(as_tuple=True)
    truth = matched(y[..., :4], found)[picture, place]
    error = F.smooth_l1_loss(deltas[picture, place], encode(truth, anchors[place]), beta=BETA, reduction="none").sum(1)
    return {
        "objectness": ((entropy * counted).sum(1) / share).mean(),
        "proposals": (error / share[picture]).sum() / len(y),
    }


def drawn(allowed: Tensor, most: int | Tensor) -> Tensor:
    """Choose at random `most` (a number or (B, 1), at most SAMPLED) of what is allowed in each row (B, n): (B, n) bool.

    The global generator draws, which the loop seeds at every step, as for dropout.
    """
    key = torch.rand(allowed.shape, device=allowed.device).masked_fill(~allowed, -1)
    highest = F.pad(key.topk(min(SAMPLED, key.shape[1]), 1).values, (1, 0), value=2.0)
    last = torch.as_tensor(most, device=key.device).expand(len(key), 1).clamp(max=highest.shape[1] - 1)
    return allowed & (key >= highest.gather(1, last))
