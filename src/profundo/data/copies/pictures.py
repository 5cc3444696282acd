"""Pictures that are nearly the same: far closer to each other than pictures of these data usually are."""

import math
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .hashes import FINE, Hashes, centre, distances, hashes, on_even_ground, reduce
from .register import registered

K = 8  # neighbours: the copies of one picture must be fewer than this to be found
SPARE = 2  # neighbours looked at beyond that
FALSE = 0.2  # pairs, in the whole data set, that may fall below the limit by chance
LEAST, MOST = 0.15, 0.35  # of the distance to the K-th neighbour: the limit is never below and above
OBVIOUS = 0.1  # of that distance: these are copies, and not counted as a sample of chance
WORTH = 0.6  # of that distance: up to it two pictures are laid over each other
LAID = 8_000  # pairs that are laid over each other, at most
HEIGHT, WIDTH = 256, 256  # rows and groups of a block of the search
GROUP = 8  # pictures of which the most like one stands for all in the first search
GREY = FINE**2 - 1  # numbers of a fine hash that are of the grey picture
NONE = np.empty((0, 2), np.int64)


def near_pictures(pixels: Tensor) -> np.ndarray:
    """Return pairs (m, 2) of pictures that are nearly the same, the closest first, each pair ascending.

    `pixels` is uint8 (n, channels, height, width), best without pictures that are equal in every pixel. Found are
    pictures that were stored or resized again, made brighter, blurred, mirrored, or shifted or cut by a few pixels;
    `limit` says how close is near. Pictures of one grey are never near.
    """
    found = hashes(pixels)
    rows = torch.nonzero(~found.flat)[:, 0]
    if len(rows) < 2 * K:
        return NONE
    found = pick(found, rows)
    near, mirrored = nearest(found, K + SPARE)
    distance = measure(found, near, mirrored)
    order = distance.argsort(dim=1, stable=True)
    near, mirrored, distance = (t.gather(1, order)[:, :K] for t in (near, mirrored, distance))
    usual = distance[:, -1].clamp_min(1e-6)
    most = limit((distance / usual[:, None]).numpy())
    ratio = distance / torch.minimum(usual[:, None], usual[near])
    left, place = torch.nonzero(ratio < WORTH, as_tuple=True)
    right, flips, ratio = near[left, place], mirrored[left, place], ratio[left, place]
    doubtful = torch.nonzero(ratio >= most)[:, 0]
    doubtful = doubtful[ratio[doubtful].argsort(stable=True)][:LAID]
    if len(doubtful):
        sides = left[doubtful], right[doubtful]
        scale = torch.minimum(usual[sides[0]], usual[sides[1]])
        ratio[doubtful] = lay(pixels, found, rows, sides, flips[doubtful]) / scale
    kept = ratio < most
    return closest(rows[torch.stack([left, right], 1)[kept]].numpy(), ratio[kept].numpy())


def closest(pairs: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """Return each pair (m, 2) once and ascending, the one of the smallest ratio first."""
    pairs = np.sort(pairs, axis=1)[np.argsort(ratio, kind="stable")]
    _, first = np.unique(pairs, axis=0, return_index=True)
    return pairs[np.sort(first)]


def pick(found: Hashes, rows: Tensor) -> Hashes:
    """Return the hashes of some pictures."""
    if len(rows) == len(found):
        return found
    kept = {name: getattr(found, name)[rows] for name in ("coarse", "fine", "tangents", "flat")}
    return replace(found, **kept)


def limit(ratios: np.ndarray) -> float:
    """Return the ratio of two distances, to a neighbour and to the K-th, below which the neighbour is a copy.

    `ratios` (n, K) ascend, the last is 1. Where points lie as if at random in m dimensions, ratio ** m is uniform for
    each of the K - 1 nearer neighbours (the idea of Facco et al. 2017). m follows from the lower quartile of the
    nearest, without those that are copies on their face; at the limit, `FALSE` pairs are expected by chance.
    """
    count, k = ratios.shape
    natural = np.where(ratios < OBVIOUS, 1.0, ratios).min(1)
    quartile = min(float(np.quantile(natural, 0.25)), 0.99)
    uniform = 1 - 0.75 ** (1 / (k - 1))  # the lower quartile of the least of k - 1
    dimensions = math.log(uniform) / math.log(quartile)
    return min(MOST, max(LEAST, (FALSE / (count * (k - 1))) ** (1 / dimensions)))


def lay(pixels: Tensor, found: Hashes, rows: Tensor, sides: tuple[Tensor, Tensor], mirrored: Tensor) -> Tensor:
    """Return the distance (n,) of the pictures on two sides, the left laid over the right, which may be mirrored."""
    centred, parts = on_even_ground(pixels), []
    for begin in range(0, len(mirrored), 2_048):
        part = slice(begin, begin + 2_048)
        a, b = (reduce(pixels[rows[side[part]]].cpu()).mean(1) for side in sides)
        b = torch.where(mirrored[part, None, None], b.flip(-1), b)
        a, b = (centre(a), centre(b)) if centred else (a, b)
        sign = 1 - 2.0 * (mirrored[part, None] & found.odd_fine)
        colour = (found.fine[sides[1][part]] * sign - found.fine[sides[0][part]])[:, GREY:]
        parts.append((registered(a, b) ** 2 + (colour**2).sum(1)).sqrt())
    return torch.cat(parts)


def measure(found: Hashes, near: Tensor, mirrored: Tensor) -> Tensor:
    """Return the tangent distances (n, k) to neighbours (n, k)."""
    parts = [slice(begin, begin + HEIGHT) for begin in range(0, len(near), HEIGHT)]
    return torch.cat([distances(found, part, near[part], mirrored[part]) for part in parts])


def nearest(found: Hashes, count: int) -> tuple[Tensor, Tensor]:
    """Return the `count` nearest other pictures (n, count) by the coarse hashes, and which are nearer in the mirror.

    The best of every `GROUP` pictures stands for them; then all of the best groups are looked at. The products of even
    and of odd frequencies are taken apart: their sum is the likeness, their difference that to the mirror image.
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
        blocks = [slice(g, g + WIDTH) for g in range(0, groups, WIDTH)]
        best = torch.cat([likest(*mine, even[:, block], odd[:, block]) for block in blocks], 1)
        chosen = best.topk(min(count + 1, groups), dim=1).indices
        others = (chosen[:, :, None] + inside).flatten(1)
        plain = (even.flatten(0, 1)[others] @ mine[0][:, :, None])[..., 0]
        turned = (odd.flatten(0, 1)[others] @ mine[1][:, :, None])[..., 0]
        likeness = plain + turned.abs()
        likeness[(others == rows[:, None]) | (others >= total)] = -torch.inf
        top = likeness.topk(min(count, total - 1), dim=1).indices
        near.append(others.gather(1, top))
        mirrored.append(turned.gather(1, top) < 0)
    return torch.cat(near), torch.cat(mirrored)


def likest(even: Tensor, odd: Tensor, others_even: Tensor, others_odd: Tensor) -> Tensor:
    """Return the likeness (rows, groups) of each row to the most like picture of each group, in the mirror or not."""
    likeness = even @ others_even.flatten(0, 1).mT
    likeness += (odd @ others_odd.flatten(0, 1).mT).abs_()
    return likeness.view(len(even), GROUP, -1).amax(1)
