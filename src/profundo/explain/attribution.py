"""What an explanation says: a weight for every part of one example, and whether the weights add up."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .words import Pieces

CLOSE = 0.02  # of the size of all weights: an error below it is told as none


@dataclass(frozen=True)
class Column:
    """A column of a table: its value as it was written, its weight, and of a text the weight of every piece."""

    name: str
    value: str
    weight: float
    pieces: Pieces = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Attribution:
    """How much each part of one example moved the score of one answer, as `method` weighs it.

    `score` is what the network says of `answer` (see `unit`: log-odds, or the target's own units) and `start` what it
    says of the baseline; `total` is the sum of all weights. Of tables and texts `columns` holds the weights, in the
    order of the table; of pictures, sounds, clips and series `map` does, float32 (height, width): a sound's high
    pitches above, a series' channels in rows, the pictures of a clip side by side. `pixels` uint8 (channels, height,
    width) is what lies under the map, or `picture` a PNG in base64 that stands above it.
    """

    run: str
    source: str
    row: int
    method: str
    answer: str
    against: str
    unit: str
    baseline: str
    score: float
    start: float
    total: float
    complete: bool
    answered: str
    true: str
    probabilities: dict[str, float]
    columns: tuple[Column, ...] = ()
    map: np.ndarray | None = None
    pixels: np.ndarray | None = None
    picture: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def moved(self) -> float:
        """What the score moved from the baseline to the example."""
        return self.score - self.start

    @property
    def gap(self) -> float:
        """How far the weights are from adding up to what the score moved."""
        return self.total - self.moved

    @property
    def size(self) -> float:
        """The sum of the sizes of all weights."""
        if self.map is not None:
            return float(np.abs(self.map).sum())
        return sum(sum(abs(w) for _, w in c.pieces) if c.pieces else abs(c.weight) for c in self.columns)

    @property
    def sentence(self) -> str:
        """Say whether the weights add up."""
        went = f"from {self.start:.4g} at the baseline to {self.score:.4g} here ({self.unit})"
        if not self.complete:
            return f"The score went {went}. The weights of this method need not add up to that."
        off = abs(self.gap) / max(abs(self.moved), self.size, 1e-9)
        added = f"The weights add up to {self.total:.4g}: the score went {went}"
        return f"{added}." if off < CLOSE else f"{added}, {abs(self.gap):.3g} off. More --steps make it less."

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON; maps as lists of rows."""
        found: dict[str, Any] = {k: v for k, v in vars(self).items() if k not in ("columns", "map", "pixels", "notes")}
        found |= {"moved": self.moved, "gap": self.gap, "sentence": self.sentence, "notes": list(self.notes)}
        found["columns"] = [vars(c) for c in self.columns]
        found["map"] = None if self.map is None else np.round(self.map.astype(float), 6).tolist()
        return found

    def _repr_html_(self) -> str:
        from .page import body

        return str(body(self))
