"""What makes pictures hard, as changes of a whole batch that grow with a severity from 0 (none) to 5.

After the idea of Hendrycks and Dietterich (2019). Pictures are (B, C, H, W) float32 within 0..1. Random numbers are
drawn once for each picture, and severity 3 is a stronger form of severity 2, not another draw: a square grows where it
is, a turn goes on in its direction. What comes from beyond an edge repeats the edge.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

SEVERITIES = (0, 1, 2, 3, 4, 5)
TILT, TURN = 12, 4  # degrees a severity: about the upright axis, and in the plane of the picture
DISTANCE = 3.0  # from the eye to the picture, in halves of its shorter side
ZOOM = (1.0, 1.2, 1.45, 1.75, 2.1, 2.5)
WARP, KNOTS = 0.015, 6  # root mean square displacement a severity, as a share of the side; knots of its field
HIDDEN = 0.08  # share of the picture that is covered, a severity
LIGHT = 0.15  # share of the contrast that is lost, a severity
PIECES, PIECE = 3, 0.25  # pieces pasted a severity, and their side as a share of the picture's
CENTRE = 0.6  # a picture without a plain background keeps the ellipse of this share of its sides free of pieces
PLAIN, ALIKE = (
    0.1,
    0.15,
)  # spread of the edge below which a background is plain, and distance from it that belongs to it


@dataclass(frozen=True)
class Nuisance:
    """A change `apply(x, severity, drawn, others)` that needs `draws` random numbers within 0..1 for each picture.

    `others` are pictures as x, one beside each. `setting` says in words what a severity is.
    """

    name: str
    what: str
    draws: int
    apply: Callable[[Tensor, int, Tensor, Tensor], Tensor]
    setting: Callable[[int], str]

    def draw(self, count: int, seed: int) -> Tensor:
        """Return the random numbers (count, draws), a pure function of the seed and the name."""
        generator = np.random.default_rng([seed, *map(ord, self.name)])
        return torch.from_numpy(generator.random((count, self.draws), np.float32))


def viewpoint(x: Tensor, severity: int, drawn: Tensor, others: Tensor) -> Tensor:
    """Look at the pictures from the left or the right, in perspective, and turn them a little in their plane."""
    tilt, turn = (signed(drawn[:, i, None, None]) * math.radians(d * severity) for i, d in enumerate((TILT, TURN)))
    across, down = centred(x)
    across, down = across * turn.cos() - down * turn.sin(), across * turn.sin() + down * turn.cos()
    depth = (tilt.cos() - across * tilt.sin() / DISTANCE).clamp_min(0.05)  # where the ray meets the tilted picture
    return sample(x, across / depth, down * tilt.cos() / depth)


def scale(x: Tensor, severity: int, drawn: Tensor, others: Tensor) -> Tensor:
    """Bring half of the pictures nearer and move the others away."""
    factor = ZOOM[severity] ** signed(drawn[:, 0, None, None])
    across, down = centred(x)
    return sample(x, across * factor, down * factor)


def deformation(x: Tensor, severity: int, drawn: Tensor, others: Tensor) -> Tensor:
    """Bend the pictures by a smooth random field, the elastic distortion of Simard et al. (2003)."""
    field = drawn.view(len(x), 2, KNOTS, KNOTS) - 0.5
    field = F.interpolate(field, size=x.shape[2:], mode="bicubic", align_corners=True)
    field = field / field.square().mean((1, 2, 3), keepdim=True).sqrt().clamp_min(1e-6)
    across, down = centred(x)
    move = field * (2 * WARP * severity)  # the shorter side runs from -1 to 1
    return sample(x, across + move[:, 0], down + move[:, 1])


def occlusion(x: Tensor, severity: int, drawn: Tensor, others: Tensor) -> Tensor:
    """Cover a square with grey (cutout, DeVries and Taylor 2017)."""
    share = math.sqrt(HIDDEN * severity)
    stretches = []
    for side, place in zip(x.shape[2:], drawn.unbind(1), strict=True):
        first = (place * side * (1 - share))[:, None]  # so that a larger square holds every smaller one
        middles = torch.arange(side, device=x.device) + 0.5
        stretches.append((middles > first) & (middles < first + side * share))
    covered = stretches[0][:, None, :, None] & stretches[1][:, None, None, :]
    return torch.where(covered, 0.5, x)


def illumination(x: Tensor, severity: int, drawn: Tensor, others: Tensor) -> Tensor:
    """Darken half of the pictures and wash out the others: less contrast, another brightness and gamma."""
    lost = LIGHT * severity
    dark = x.pow(1 + lost) * (1 - lost)
    bright = 1 - (1 - x).pow(1 + lost) * (1 - lost)
    return torch.where(drawn[:, :1, None, None] < 0.5, dark, bright)


def clutter(x: Tensor, severity: int, drawn: Tensor, others: Tensor) -> Tensor:
    """Paste pieces of other pictures where these are background; on a plain one, only what stands out from it."""
    colour, plain = edge_colour(x)
    free, cluttered = background(x), x
    for place in drawn.view(len(x), -1, 4)[:, : PIECES * severity].unbind(1):
        rows, inside_rows = moved(x.shape[2], place[:, 0], place[:, 1])
        columns, inside_columns = moved(x.shape[3], place[:, 2], place[:, 3])
        piece = others.gather(2, rows[:, None, :, None].expand(-1, x.shape[1], -1, x.shape[3]))
        piece = piece.gather(3, columns[:, None, None, :].expand_as(x))
        pasted = inside_rows[:, None, :, None] & inside_columns[:, None, None, :] & free
        pasted = pasted & ~(plain & alike(piece, colour))
        cluttered = torch.where(pasted, piece, cluttered)
    return cluttered


def moved(side: int, to: Tensor, source: Tensor) -> tuple[Tensor, Tensor]:
    """Return along one side from which index (B, side) a pasted piece comes, and where it lies (B, side) bool."""
    length = max(1, round(PIECE * side))
    first, begin = ((place * (side - length + 1)).long()[:, None] for place in (to, source))
    index = torch.arange(side, device=to.device)
    inside = (index >= first) & (index < first + length)
    return (index - first + begin).clamp(0, side - 1), inside


def background(x: Tensor) -> Tensor:
    """Return where a picture is background, (B, 1, H, W) bool: what is like its edge, where the edge is plain.

    Of other pictures, such as photographs, it is what lies outside the central ellipse.
    """
    colour, plain = edge_colour(x)
    across, down = (torch.linspace(-1, 1, side, device=x.device) for side in (x.shape[3], x.shape[2]))
    outside = across.square() + down.square()[:, None] > CENTRE**2
    return torch.where(plain, alike(x, colour), outside)


def edge_colour(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean colour of the edge of each picture, (B, C, 1, 1), and whether it is plain, (B, 1, 1, 1)."""
    edge = torch.cat([x[:, :, 0], x[:, :, -1], x[:, :, :, 0], x[:, :, :, -1]], 2)  # (B, C, numbers)
    return edge.mean(2)[:, :, None, None], (edge.std(2).amax(1) < PLAIN)[:, None, None, None]


def alike(x: Tensor, colour: Tensor) -> Tensor:
    """Return where a picture has nearly this colour, (B, 1, H, W)."""
    return ((x - colour).abs() < ALIKE).all(1, keepdim=True)


def signed(drawn: Tensor) -> Tensor:
    """Return -1 or 1 for each random number."""
    return torch.where(drawn < 0.5, -1.0, 1.0)


def centred(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return how far across and down each pixel lies from the middle, (1, H, W), in halves of the shorter side."""
    height, width = x.shape[2:]
    short = min(height, width)
    across, down = (
        (2 * torch.arange(side, device=x.device) + 1 - side).to(x.dtype) / short for side in (width, height)
    )
    return across.expand(1, height, width), down[:, None].expand(1, height, width)


def sample(x: Tensor, across: Tensor, down: Tensor) -> Tensor:
    """Return pictures whose pixels come from these places of x, (B, H, W) each, as `centred` counts."""
    height, width = x.shape[2:]
    short = min(height, width)
    grid = torch.stack([across * (short / width), down * (short / height)], -1).expand(len(x), -1, -1, -1)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False).clamp(0, 1)


NUISANCES = (
    Nuisance(
        "viewpoint",
        "The picture is seen from the side, in perspective, and a little turned.",
        2,
        viewpoint,
        lambda s: f"{TILT * s}° to the side, turned {TURN * s}°",
    ),
    Nuisance(
        "scale",
        "Half of the pictures come nearer (and lose their edges), half move away.",
        1,
        scale,
        lambda s: f"{ZOOM[s]:g} times larger or smaller",
    ),
    Nuisance(
        "deformation",
        "The picture is bent like rubber, by a smooth random field.",
        2 * KNOTS * KNOTS,
        deformation,
        lambda s: f"moved by {WARP * s:.1%} of the side",
    ),
    Nuisance(
        "occlusion",
        "A grey square hides a part of the picture, anywhere.",
        2,
        occlusion,
        lambda s: f"{HIDDEN * s:.0%} hidden",
    ),
    Nuisance(
        "illumination",
        "Half of the pictures get darker, half are washed out; all lose contrast.",
        1,
        illumination,
        lambda s: f"{LIGHT * s:.0%} less contrast",
    ),
    Nuisance(
        "background clutter",
        "Pieces of other pictures are pasted into the background; the object stays.",
        5 * PIECES * 4,
        clutter,
        lambda s: f"{PIECES * s} pieces",
    ),
)
