"""Perceptual hashes of pictures: a few numbers that stay nearly the same when a picture is stored again.

As in the well-known 64-bit pHash (Zauner 2010) the numbers are the low frequencies of the grey picture, but they are
kept as they are: the signs alone are too coarse for small pictures of the same kind, such as digits. With them go the
directions in which they move when the picture is shifted, cut, sharpened or blurred (the tangents of Simard et al.
1993), so that such changes can be taken out before two pictures are compared. A mirrored picture only changes signs.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

COARSE = 6  # frequencies a side of the numbers that are searched, (6 x 6 - 1 + 2) of them
FINE = 10  # frequencies a side of the numbers that are compared, 10 x 10 - 1 of grey
COLOUR = 3  # frequencies a side of the two colour differences
SIDE = 32  # larger pictures are averaged down to this side or up to twice as much
FLAT = 2.0  # grey levels: a picture of a smaller standard deviation shows nothing
PIECE = 2_048  # pictures at a time


@dataclass(frozen=True)
class Hashes:
    """The hashes of n pictures: `coarse` (n, c) and `fine` (n, d) of length 1, `tangents` (n, d, 5) orthonormal.

    `odd_coarse` and `odd_fine` say which numbers change sign in the mirror; `flat` (n,) which pictures show nothing.
    """

    coarse: Tensor
    fine: Tensor
    tangents: Tensor
    odd_coarse: Tensor
    odd_fine: Tensor
    flat: Tensor

    def __len__(self) -> int:
        return len(self.fine)


def hashes(pixels: Tensor) -> Hashes:
    """Hash pictures, uint8 (n, channels, height, width); those of other sizes give comparable hashes."""
    centred = on_even_ground(pixels)
    parts = [one_piece(pixels[begin : begin + PIECE], centred) for begin in range(0, len(pixels), PIECE)]
    coarse, fine, tangents, flat = (torch.cat(column) for column in zip(*parts, strict=True))
    return Hashes(coarse, fine, tangents, odd(COARSE, 1), odd(FINE, COLOUR), flat)


def odd(frequencies: int, colours: int) -> Tensor:
    """Say which numbers of a hash are odd horizontal frequencies."""
    grey = (torch.arange(frequencies) % 2 == 1).expand(frequencies, -1).flatten()[1:]
    colour = (torch.arange(colours) % 2 == 1).expand(2, colours, -1).flatten()
    return torch.cat([grey, colour])


def one_piece(pixels: Tensor, centred: bool) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return (coarse, fine, tangents, flat) of a few pictures."""
    small = reduce(pixels.cpu())
    grey = small.mean(1)
    colours = torch.stack([small[:, 0] - grey, small[:, -1] - grey], 1)
    if centred:
        grey = centre(grey)
    plain, moves, size = grey_numbers(grey)
    fine = torch.cat([plain, cosines(colours, COLOUR).flatten(1) / size[:, None]], 1)
    moves = F.pad(moves, (0, fine.shape[1] - moves.shape[2]))
    tangents = torch.linalg.qr(moves.mT).Q
    low = (cosines(grey, COARSE) * weight(COARSE)).flatten(1)[:, 1:]
    low = torch.cat([low, cosines(colours, 1).flatten(1)], 1)
    return F.normalize(low, dim=1), fine, tangents, grey.flatten(1).std(1) < FLAT


def grey_numbers(grey: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return what is compared of grey pictures (n, h, w): numbers (n, d) of length 1, how they move, their size before.

    The moves (n, 5, d) are those of `changes`, at a right angle to the numbers: a change of contrast does not count.
    """
    maps = torch.stack([grey, *changes(grey)], 1)
    found = (cosines(maps, FINE) * weight(FINE)).flatten(-2)[..., 1:]
    size = found[:, 0].norm(dim=1).clamp_min(1e-3)
    numbers, moves = found[:, 0] / size[:, None], found[:, 1:] / size[:, None, None]
    moves = moves - (moves @ numbers[:, :, None]) * numbers[:, None]
    return numbers, moves, size


def weight(count: int) -> Tensor:
    """Return what makes the high frequencies, of which pictures hold less, as important as the low (count, count)."""
    return (1 + frequency(count) ** 2 + frequency(count)[:, None] ** 2).sqrt()


def frequency(count: int) -> Tensor:
    """Return 0, 1, 2 ... as numbers."""
    return torch.arange(count, dtype=torch.float32)


def reduce(pixels: Tensor) -> Tensor:
    """Average blocks of pixels until the shorter side is below twice `SIDE`; float32."""
    block = max(1, min(pixels.shape[-2:]) // SIDE)
    return F.avg_pool2d(pixels.float(), block) if block > 1 else pixels.float()


def cosines(maps: Tensor, count: int) -> Tensor:
    """Return the lowest frequencies (..., count, count) of maps (..., h, w): the discrete cosine transform (type II).

    Frequencies that a small map does not have are 0.
    """
    rows, columns = waves(maps.shape[-2], count), waves(maps.shape[-1], count)
    return rows @ maps @ columns.mT


def waves(size: int, count: int) -> Tensor:
    """Return the first cosines of a line (count, size), of length 1 each; those beyond its size are 0."""
    place = (torch.arange(size, dtype=torch.float32) + 0.5) * (torch.pi / size)
    found = torch.cos(frequency(count)[:, None] * place) * (2 / size) ** 0.5
    found[0] /= 2**0.5
    found[size:] = 0
    return found


def changes(grey: Tensor) -> list[Tensor]:
    """Return how grey pictures (n, h, w) change when they are shifted, stretched (both ways) and sharpened."""
    height, width = grey.shape[-2:]
    wide = F.pad(grey[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    right, left = wide[:, 1:-1, 2:], wide[:, 1:-1, :-2]
    below, above = wide[:, 2:, 1:-1], wide[:, :-2, 1:-1]
    across, down = (right - left) / 2, (below - above) / 2
    x = torch.linspace(-1, 1, width)
    y = torch.linspace(-1, 1, height)[:, None]
    return [across, down, across * x, down * y, right + left + below + above - 4 * grey]


def on_even_ground(pixels: Tensor) -> bool:
    """Say whether most pictures stand on a ground of one grey, as digits and drawings do: their edge is even."""
    few = pixels[:: max(1, len(pixels) // 500)].float().mean(1)
    edge = torch.cat([few[:, 0], few[:, -1], few[:, :, 0], few[:, :, -1]], 1)
    even = ((edge - edge.median(1, keepdim=True).values).abs() <= 8).float().mean(1)
    return bool((even >= 0.95).float().mean() >= 0.8)


def centre(grey: Tensor) -> Tensor:
    """Shift what stands on the ground into the middle, by its centre of mass; (n, h, w)."""
    count, height, width = grey.shape
    edge = torch.cat([grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1]], 1)
    drawn = grey - edge.median(1).values[:, None, None]
    mass = drawn.abs().sum((1, 2)).clamp_min(1e-3)
    x = (torch.arange(width) + 0.5) * (2 / width) - 1
    y = (torch.arange(height) + 0.5) * (2 / height) - 1
    move = torch.zeros(count, 2, 3)
    move[:, 0, 0] = move[:, 1, 1] = 1
    move[:, 0, 2] = (drawn.abs().sum(1) * x).sum(1) / mass
    move[:, 1, 2] = (drawn.abs().sum(2) * y).sum(1) / mass
    grid = F.affine_grid(move, [count, 1, height, width], align_corners=False)
    return F.grid_sample(drawn[:, None], grid, align_corners=False)[:, 0]


def distances(found: Hashes, rows: slice, others: Tensor, mirrored: Tensor) -> Tensor:
    """Return the tangent distances (n, k) of the pictures `rows` to k others each (n, k), `mirrored` or not.

    It is the smaller of the distances that remain when the difference may be explained by a change of either one.
    """
    sign = 1 - 2.0 * (mirrored[..., None] & found.odd_fine)
    difference = found.fine[others] * sign - found.fine[rows, None]
    by_one = difference @ found.tangents[rows]
    by_other = ((difference * sign)[..., None, :] @ found.tangents[others])[..., 0, :]
    explained = torch.maximum((by_one**2).sum(-1), (by_other**2).sum(-1))
    return ((difference**2).sum(-1) - explained).clamp_min(0).sqrt()


def bits(pixels: Tensor) -> np.ndarray:
    """Return the 64-bit pHash of each picture (n, 64) bool: which of 8 x 8 low frequencies exceed their median.

    It is here to be compared with (benchmarks/near_duplicates.py); the search does without it.
    """
    parts = []
    for begin in range(0, len(pixels), PIECE):
        low = cosines(reduce(pixels[begin : begin + PIECE]).mean(1), 8).flatten(1)
        parts.append(low > low[:, 1:].median(1, keepdim=True).values)
    return torch.cat(parts).numpy()
