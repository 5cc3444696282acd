"""Pictures that are nearly the same: far closer to each other than pictures of these data usually are."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .hashes import Hashes, distances, hashes

K = 8  # neighbours: fewer copies of one picture than this are found
SPARE = 2  # neighbours looked at beyond that
FALSE = 0.2  # pairs found wrongly that are put up with, in the whole data set
FARTHEST = 0.4  # of the distance to the K-th neighbour: no copy beyond
HEIGHT, WIDTH = 256, 256  # rows and groups of a block of the search
GROUP = 8  # pictures of which the most like one stands for all in the first search
MEASURED = 65_536  # pairs at a time


def near_pictures(pixels: Tensor) -> np.ndarray:
    """Return pairs (m, 2) of pictures that are nearly the same, the closest first; none of them equal pixel for pixel.

    `pixels` is uint8 (n, channels, height, width), without pictures that occur twice. Found are pictures that were
    stored or resized again, brightened, blurred, mirrored, shifted or cut a little. See `limit` for how close is near.
    """
    if len(pixels) < 2 * K:
        return np.empty((0, 2), np.int64)
    found = hashes(pixels)
    rows = torch.nonzero(~found.flat)[:, 0]
    if len(rows) < 2 * K:
        return np.empty((0, 2), np.int64)
    kept = pick(found, rows)
    near, mirrored = nearest(kept, K + SPARE)
    distance = measure(kept, near, mirrored)
    order = distance.argsort(dim=1, stable=True)
    near, distance = near.gather(1, order), distance.gather(1, order)
    usual = distance[:, K - 1].clamp_min(1e-6)
    most = limit((distance[:, :K] / usual[:, None]).numpy())
    both = torch.minimum(usual[:, None], usual[near])
    left, place = torch.nonzero(distance < most * both, as_tuple=True)
    pairs = torch.stack([left, near[left, place]], 1).sort(1).values
    closeness = (distance / both)[left, place].numpy()
    unique, first = np.unique(pairs.numpy(), axis=0, return_index=True)
    return rows.numpy()[unique[np.argsort(closeness[first], kind="stable")]]


def pick(found: Hashes, rows: Tensor) -> Hashes:
    """Return the hashes of some pictures."""
    if len(rows) == len(found):
        return found
    named = (found.coarse, found.fine, found.tangents)
    return Hashes(*(t[rows] for t in named), found.odd_coarse, found.odd_fine, found.flat[rows])


def limit(ratios: np.ndarray) -> float:
    """Return the ratio of distances, to a neighbour and to the K-th, below which a neighbour is a copy.

    `ratios` (n, K) ascending. Where points lie as if at random in a space of m dimensions, ratio ** m is uniform for
    each of the K - 1 nearer neighbours (Facco et al. 2017). m is estimated from the lower quartile of the nearest; then
    so few pairs fall below the limit by chance that `FALSE` are expected. What is a copy on its face is left out first.
    """
    count, k = ratios.shape
    natural = np.where(ratios < 0.1, 1.0, ratios).min(1)
    quartile = float(np.quantile(natural, 0.25))
    if quartile >= 1:
        return 0.0
    share = 1 - 0.75 ** (1 / (k - 1))  # quartile ** m
    dimensions = math.log(share) / math.log(quartile)
    return min(FARTHEST, (FALSE / (count * (k - 1))) ** (1 / dimensions))


def measure(found: Hashes, near: Tensor, mirrored: Tensor) -> Tensor:
    """Return the tangent distances (n, k) to the neighbours."""
    rows = torch.arange(len(near)).repeat_interleave(near.shape[1])
    others, flips = near.flatten(), mirrored.flatten()
    parts = [
        distances(found, rows[i : i + MEASURED], found, others[i : i + MEASURED], flips[i : i + MEASURED])
        for i in range(0, len(rows), MEASURED)
    ]
    return torch.cat(parts).view(near.shape)


def nearest(found: Hashes, count: int) -> tuple[Tensor, Tensor]:
    """Return the nearest other pictures (n, count) by the coarse hashes, and which of them are so in the mirror.

    The best of every `GROUP` columns stands for them; then the best groups are looked at closely. The products of even
    and odd frequencies are taken apart: their sum is the likeness, their difference that in the mirror.
    """
    total = len(found)
    groups = -(-total // GROUP)
    padded = F.pad(found.coarse, (0, 0, 0, groups * GROUP - total)).view(GROUP, groups, -1)
    even, odd = padded[..., ~found.odd_coarse], padded[..., found.odd_coarse]
    inside = torch.arange(GROUP) * groups
    near, mirrored = [], []
    for begin in range(0, total, HEIGHT):
        rows = torch.arange(begin, min(begin + HEIGHT, total))
        mine = even.flatten(0, 1)[rows], odd.flatten(0, 1)[rows]
        best = torch.cat([group_best(*mine, even[:, g : g + WIDTH], odd[:, g : g + WIDTH]) for g in range(0, groups, WIDTH)], 1)
        chosen = best.topk(min(count + 1, groups), dim=1).indices
        others = (chosen[:, :, None] + inside).flatten(1)
        plain = (even.flatten(0, 1)[others] @ mine[0][:, :, None])[..., 0]
        turned = (odd.flatten(0, 1)[others] @ mine[1][:, :, None])[..., 0]
        likeness = plain + turned.abs()
        likeness[(others == rows[:, None]) | (others >= total)] = -torch.inf
        top = likeness.topk(count, dim=1).indices
        near.append(others.gather(1, top))
        mirrored.append(turned.gather(1, top) < 0)
    return torch.cat(near), torch.cat(mirrored)


def group_best(even: Tensor, odd: Tensor, others_even: Tensor, others_odd: Tensor) -> Tensor:
    """Return the likeness (rows, groups) of each row to the most like picture of each group, in the mirror or not."""
    likeness = even @ others_even.flatten(0, 1).mT
    likeness += (odd @ others_odd.flatten(0, 1).mT).abs_()
    return likeness.view(len(even), GROUP, -1).amax(1)
