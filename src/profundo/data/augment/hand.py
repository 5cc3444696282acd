"""Random changes of drawings, as another hand makes them: turned, stretched, slanted, shaky, with fewer points.

Stretching and leaving out points are what Ha and Eck 2017 (1704.03477) do.
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ...batch import Batch
from ...errors import UsageError, unknown
from ...schema import Schema, Strokes
from .policy import Policy
from .words import Change, strength

DRAWS, ENDED = 2, 4  # columns of a drawing
CHANGES = {
    "rotate": Change(10, 0, 180, "turned by up to so many degrees"),
    "stretch": Change(0.15, 0, 0.9, "up to this share wider or narrower, higher or lower"),
    "slant": Change(0.15, 0, 1, "slanted, by up to this share of the height"),
    "shake": Change(0.1, 0, 2, "every point moved by up to this share of a usual move"),
    "skip": Change(0.1, 0, 0.9, "this share of the points inside of lines left out"),
}
USUAL = "rotate:15+stretch:0.3+slant:0.3+shake:0.2+skip:0.2"  # with an answer, where nothing is asked for
GENTLE = "rotate:8+stretch:0.2+slant:0.15"  # for drawings to learn to draw: no corner is left out


@dataclass(frozen=True)
class Hand:
    """Changes drawings (B, points, 5): those of x, or where drawing is learnt those of y."""

    rotate: float
    stretch: float
    slant: float
    shake: float
    skip: float
    points: int
    learnt: bool

    @property
    def columns(self) -> int:
        """The angle, two stretches and the slant; where each point goes and whether it stays."""
        return 4 + 3 * self.points

    def apply(self, batch: Batch, drawn: Tensor) -> Batch:
        """Return the drawings of another hand."""
        drawings = batch.y if self.learnt else batch.x
        lasting = drawings[..., ENDED] < 0.5
        places = drawings[..., :2].cumsum(1) @ self.turns(2 * drawn[:, :4] - 1)
        each = drawn[:, 4:].reshape(-1, self.points, 3)[:, : drawings.shape[1]]
        places = places + self.shake * (2 * each[..., :2] - 1)
        inside = (drawings[..., DRAWS] > 0.5) & (before(drawings[..., DRAWS], 1.0) > 0.5)
        kept = lasting & ~(inside & (each[..., 2] < self.skip))
        order = torch.argsort((~kept).byte(), dim=1, stable=True)  # those that stay, in their order, then the others
        places = places.gather(1, order.unsqueeze(2).expand(-1, -1, 2))
        states = drawings[..., 2:].gather(1, order.unsqueeze(2).expand(-1, -1, 3))
        made = torch.cat([places - before(places, 0.0), states], 2)
        ended = made.new_tensor([0.0, 0, 0, 0, 1])
        made = torch.where((torch.arange(made.shape[1]) < kept.sum(1, keepdim=True)).unsqueeze(2), made, ended)
        return replace(batch, y=made) if self.learnt else replace(batch, x=made)

    def turns(self, much: Tensor) -> Tensor:
        """Return matrices (B, 2, 2) that turn, stretch and slant rows (x, y), from numbers (B, 4) within -1..1."""
        angle = much[:, 0] * math.radians(self.rotate)
        wide, high = ((1 + self.stretch) ** much[:, i] for i in (1, 2))
        cos, sin = angle.cos(), angle.sin()
        slant = much[:, 3] * self.slant
        rows = [wide * cos, wide * sin, high * (slant * cos - sin), high * (slant * sin + cos)]
        return torch.stack(rows, 1).reshape(-1, 2, 2)


def before(values: Tensor, first: float) -> Tensor:
    """Return the values (B, T, ...) one step later, the first one filled in."""
    return torch.cat([torch.full_like(values[:, :1], first), values[:, :-1]], 1)


def assembled(name: str, schema: Schema) -> Policy:
    """Build the policy of --augment for drawings. Raises UsageError for an unknown word, with the nearest."""
    found: dict[str, float] = {}
    for part in name.split("+"):
        word, colon, text = part.strip().partition(":")
        if word not in CHANGES:
            raise UsageError("of drawings, " + unknown("augmentation", word, ("auto", "none", *CHANGES)))
        if word in found:
            raise UsageError(f"--augment {name} names {word} twice. Name it once.")
        found[word] = strength(word, CHANGES[word], text if colon else None)
    learnt = not isinstance(schema.shaped, Strokes)
    kind = next(k for k in (*schema.inputs.values(), *schema.targets.values()) if isinstance(k, Strokes))
    much = {word: found.get(word, 0.0) for word in CHANGES}
    return Policy(name, (Hand(**much, points=kind.points, learnt=learnt),))
