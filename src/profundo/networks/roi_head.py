"""The second stage of the R-CNN family: what is in each proposed box, and where exactly is its border?

Girshick 2015, Fast R-CNN (1504.08083). Label 0 is the background, label c + 1 the code c. One correction of the box
serves all labels, as in R-FCN (Dai et al. 2016, 1605.06409): fewer weights, and every object teaches them.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .boxes import area, clip, decode, encode
from .matching import match, matched, truth_iou
from .nms import best

WEIGHTS = (10.0, 10.0, 5.0, 5.0)  # of the four numbers of a box, so that each is of the order of 1
HIGH = 0.5  # IoU from which a proposal shows an object
OVERLAP = 0.5  # IoU from which two boxes of a label are one object
LEAST = 0.05  # the probability of an object that is worth telling
BETA = 1 / 9  # where the loss of a box turns from a square into a line


class BoxHead(nn.Module):
    """Two wide layers on the features of a box, then a score for the background and each label, and a correction."""

    def __init__(self, inputs: int, width: int, labels: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(inputs, width)
        self.fc2 = nn.Linear(width, width)
        self.scores = nn.Linear(width, labels + 1)
        self.deltas = nn.Linear(width, 4)
        for layer in (self.fc1, self.fc2):
            nn.init.kaiming_uniform_(layer.weight, a=1)
            nn.init.zeros_(layer.bias)
        for layer, spread in ((self.scores, 0.01), (self.deltas, 0.001)):
            nn.init.normal_(layer.weight, std=spread)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Turn the features (B, n, C, size, size) of boxes into scores (B, n, 1 + labels) and corrections (B, n, 4)."""
        x = F.relu(self.fc2(F.relu(self.fc1(x.flatten(2)))))
        return self.scores(x).float(), self.deltas(x).float()


@dataclass(frozen=True)
class Sample:
    """Boxes (B, n, 4) to learn from, their labels (B, n), 0 the background and -1 for a place that is empty.

    `truth` (B, n, 5 or more) is the row of y for each box with an object. Boxes with an object come first.
    """

    boxes: Tensor
    labels: Tensor
    truth: Tensor


def sampled(boxes: Tensor, scores: Tensor, y: Tensor, count: int, share: float) -> Sample:
    """Draw `count` of the proposals (B, k, 4) of each picture, at most the share of them with an object.

    The true boxes are proposals too, so that there is something to learn from the first step on. Proposals of score 0
    are empty. The global generator draws, which the loop seeds at every step, as for dropout.
    """
    boxes = torch.cat([boxes, y[..., :4].to(boxes.dtype)], 1)
    real = torch.cat([scores > 0, y[..., 4] >= 0], 1)
    found = match(truth_iou(boxes, y), HIGH, HIGH)
    chance = torch.rand(found.shape, device=found.device)
    objects = (chance + 2).masked_fill(~(real & (found >= 0)), -1)
    limit = objects.topk(min(max(1, round(count * share)), objects.shape[1]), 1).values[:, -1:]
    objects = objects.masked_fill(objects < limit, -1)
    key = torch.maximum(objects, (chance + 1).masked_fill(~(real & (found < 0)), -1))
    best_, places = key.topk(min(count, key.shape[1]), 1)
    found = found.gather(1, places)
    truth = matched(y, found)
    labels = torch.where(found >= 0, truth[..., 4].long() + 1, 0).masked_fill(best_ < 0, -1)
    return Sample(boxes.gather(1, places.unsqueeze(-1).expand(-1, -1, 4)), labels, truth)


def box_losses(scores: Tensor, deltas: Tensor, sample: Sample) -> dict[str, Tensor]:
    """Return the terms "labels" and "boxes" of what `BoxHead` gives for a sample, means over the pictures."""
    count = (sample.labels >= 0).sum(1).clamp(min=1)  # (B,)
    entropy = F.cross_entropy(scores.transpose(1, 2), sample.labels, ignore_index=-1, reduction="none")
    objects = sample.labels > 0
    wanted = encode(sample.truth[..., :4][objects], sample.boxes[objects], WEIGHTS)
    error = F.smooth_l1_loss(deltas[objects], wanted, beta=BETA, reduction="none").sum(1)
    return {
        "labels": (entropy.sum(1) / count).mean(),
        "boxes": (error / count[objects.nonzero()[:, 0]]).sum() / len(scores),
    }


def detections(
    boxes: Tensor, real: Tensor, scores: Tensor, deltas: Tensor, size: tuple[int, int], most: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the objects in proposals (B, n, 4): boxes (B, most, 4), scores (B, most), codes (B, most), best first.

    `real` (B, n) says which proposals are there, `size` is the picture's height and width. What fills up has score 0.
    """
    corrected = clip(decode(deltas, boxes, WEIGHTS), *size)
    chance = scores.softmax(2)[..., 1:] * (real & (area(corrected) > 0)).unsqueeze(2)  # (B, n, labels)
    labels = chance.shape[2]
    chance = (chance * (chance >= LEAST)).flatten(1)
    chance, places = chance.topk(min(3 * most, chance.shape[1]), 1)
    owner = (places // labels).unsqueeze(-1).expand(-1, -1, 4)
    found, chance, codes, _ = best(corrected.gather(1, owner), chance, places % labels, threshold=OVERLAP, most=most)
    short = most - found.shape[1]
    return F.pad(found, (0, 0, 0, short)), F.pad(chance, (0, short)), F.pad(codes, (0, short))
