"""Sheets of drawings: as SVG, and as PNG."""

import io
import math
from collections.abc import Sequence

import numpy as np

from .data.strokes import drawn, fitted, lines_of
from .svg import escape

SIDE = 110  # pixels of a drawing
LINE = 16  # pixels of the line of text below it
ACROSS = 8  # drawings in a row


def path(moves: np.ndarray, side: float = SIDE) -> str:
    """Return the path data of SVG for a drawing, in the middle of a square."""
    parts = []
    for line in fitted(lines_of(moves), side):
        first, *others = (f"{x:.1f} {y:.1f}" for x, y in line)
        parts.append(f"M{first}L{' '.join(others or [first])}")  # a dot is a line to itself, with round ends
    return "".join(parts)


def sheet(drawings: Sequence[np.ndarray], labels: Sequence[str]) -> str:
    """Return an SVG of drawings given by their moves (n, 3), with their labels below them where there are any."""
    across = min(ACROSS, len(drawings))
    tall = SIDE + (LINE if any(labels) else 0)
    width, height = across * SIDE, -(-len(drawings) // across) * tall
    parts = []
    for number, (moves, label) in enumerate(zip(drawings, labels, strict=True)):
        x, y = number % across * SIDE, number // across * tall
        parts.append(f'<path transform="translate({x} {y})" d="{path(moves)}"/>' if len(moves) else "")
        if label:
            words = f'<text x="{x + SIDE / 2}" y="{y + SIDE + LINE - 5}">{escape(short(label))}</text>'
            parts.append(words)
    style = 'fill="none" stroke="black" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
    letters = "<style>text{font:10px sans-serif;text-anchor:middle;fill:#444;stroke:none}</style>"
    page = f'<rect width="{width}" height="{height}" fill="white" stroke="none"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"{letters}{page}<g {style}>{''.join(parts)}</g></svg>\n"
    )


def short(label: str) -> str:
    """Shorten a label to what fits below a drawing: its end tells the most."""
    return label if len(label) <= 20 else "…" + label[-19:]


def page(drawings: Sequence[np.ndarray]) -> bytes:
    """Return a PNG of drawings given by their moves (n, 3), black on white."""
    from PIL import Image

    across = min(ACROSS, math.ceil(math.sqrt(len(drawings))))
    image = Image.new("L", (across * SIDE, -(-len(drawings) // across) * SIDE), 255)
    for number, moves in enumerate(drawings):
        if len(moves):
            picture = Image.fromarray(255 - drawn(moves, SIDE, width=0.03))
            image.paste(picture, (number % across * SIDE, number // across * SIDE))
    file = io.BytesIO()
    image.save(file, format="PNG")
    return file.getvalue()
