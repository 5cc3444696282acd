"""What was drawn: real drawings of the test part beside new ones of the same labels."""

import numpy as np
from pydantic import BaseModel

from ..sketches import SIDE, path, short
from .html import Html, joined, paragraph, safe, section, tag
from .stored import Stored, parse

PEN = 'fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"'
BOX = "display:inline-block;width:7.2em;margin:.2em;text-align:center;vertical-align:top"
TEXT = "font-size:.62em;opacity:.7;overflow:hidden;white-space:nowrap"


class Sketch(BaseModel):
    """One drawing: its moves (dx, dy, pen lifted)."""

    label: str = ""
    moves: list[tuple[float, float, float]]


class Sketches(BaseModel):
    """drawings.json."""

    temperature: float
    real: list[Sketch]
    new: list[Sketch]


def drawing_section(run: Stored) -> Html:
    """Show real and new drawings; empty where the run does not draw."""
    where = run.path / "drawings.json"
    if not where.exists():
        return Html("")
    found: Sketches = parse(where, Sketches)
    labelled = any(sketch.label for sketch in found.real)
    lead = paragraph(
        f"Above, {len(found.real)} drawings of the test part, drawn by chance alone; below, new ones by the network"
        f"{', of the same labels in the same order' if labelled else ''}, at a temperature of {found.temperature:g}. "
        "To make more: profundo generate RUN --out drawing.svg",
        kind="quiet",
    )
    parts = [tag("h3", title) + sheet(some) for title, some in (("Real", found.real), ("New", found.new))]
    return section("drawings", "Drawings", lead, joined(Html(p) for p in parts))


def sheet(sketches: list[Sketch]) -> Html:
    """Show drawings one beside the other."""
    return tag("div", joined(show(sketch) for sketch in sketches))


def show(sketch: Sketch) -> Html:
    """Show one drawing with its label."""
    moves = np.array(sketch.moves, dtype=np.float64).reshape(-1, 3)
    data = path(moves) if len(moves) else ""
    words = safe(sketch.label or "a drawing")
    drawn = Html(f'<svg viewBox="0 0 {SIDE} {SIDE}" role="img" aria-label="{words}"><path d="{data}" {PEN}/></svg>')
    name = tag("div", short(sketch.label), style=TEXT) if sketch.label else Html("")
    return tag("div", drawn, name, style=BOX)
