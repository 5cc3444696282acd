"""Written texts: some of the test part, and what the network looked at while it wrote each piece."""

from typing import Any

from pydantic import BaseModel, Field

from ..charts import Dot, dot_and_whisker
from ..svg import BLUE, INK, LETTER, Axis, escape, shorten, svg, text
from .html import Html, figure, figures, fold, joined, paragraph, safe, section, table, tag
from .stored import Stored, parse

PNG = r"^iVBORw0KGgo[A-Za-z0-9+/]*={0,2}$"
CELL = 18  # pixels of a weight
TILE = "margin:2px;display:inline-block;text-align:center;font-size:.8em;max-width:130px;vertical-align:top"


class Example(BaseModel):
    """A text of the test part: `weights` for what was read, or `seen`, a picture for each piece written."""

    id: int
    source: dict[str, str] = Field(default_factory=dict)
    true: str
    written: str
    pieces: list[str]
    read: list[str] = Field(default_factory=list)
    weights: list[list[float]] = Field(default_factory=list)
    picture: str | None = Field(default=None, pattern=PNG)
    seen: list[str] = Field(default_factory=list)


class Length(BaseModel):
    """The main score of the texts of some lengths."""

    words: str
    unit: str
    value: float | None
    low: float | None
    high: float | None
    n: int


class Writing(BaseModel):
    """writing.json."""

    task: str
    measure: str
    examples: list[Example]
    lengths: list[Length]


def writing_section(run: Stored) -> Html:
    """Show texts drawn by chance with their attention, and the score by length; empty where the run writes none."""
    if not (run.path / "writing.json").exists():
        return Html("")
    found: Writing = parse(run.path / "writing.json", Writing)
    what = "part of the picture" if found.task == "captioning" else "pieces that were read"
    lead = paragraph(
        f"{len(found.examples)} texts of the test part, drawn by chance alone. Under each, what the network looked at "
        f"while it wrote each piece: the stronger the colour of the {what}, the more it weighed. Where a network looks "
        "is a hint at what it used, not a proof.",
        kind="quiet",
    )
    return section(
        "writing",
        "What was written",
        lead,
        lengths(found),
        joined(show(e, not i) for i, e in enumerate(found.examples)),
    )


def lengths(found: Writing) -> Html:
    """Show the score of short and of long texts."""
    if len(found.lengths) < 2:
        return Html("")
    rows = [Dot(f"{p.words} {p.unit}", p.value or 0.0, p.low, p.high) for p in found.lengths]
    numbers = table(
        [found.lengths[0].unit, found.measure, "95 % from", "to", "n"],
        [[p.words, p.value, p.low, p.high, p.n] for p in found.lengths],
    )
    title = f"{found.measure} by the length of the right text"
    return figures(figure(dot_and_whisker(rows, title, Axis(found.measure)), title, numbers))


def show(example: Example, opened: bool) -> Html:
    """Show one text."""
    rows = [*example.source.items(), ("right", example.true), ("written", tag("b", example.written))]
    same = "right to the letter" if example.true == example.written else ""
    words = table([f"row {example.id}", same], rows)
    drawn = pictures(example) if example.seen else Html(attention(example)) if example.weights else Html("")
    return joined([words, fold("What each piece looked at", tag("div", drawn, class_="scroll"), opened)])


def pictures(example: Example) -> Html:
    """Show the picture, then what of it was looked at for each piece."""
    tiles = [tile(example.picture, "the picture")] if example.picture else []
    return joined([*tiles, *(tile(seen, piece) for seen, piece in zip(example.seen, example.pieces, strict=False))])


def tile(png: str, words: str) -> Html:
    """Show one small picture with words under it."""
    image = Html(f'<img src="data:image/png;base64,{png}" alt="{safe(words)}" style="width:120px" loading="lazy">')
    return tag("span", image, tag("br"), words, style=TILE)


def attention(example: Example) -> str:
    """Draw the weights: a row for each piece written, a column for each piece read."""
    left = 14 + LETTER * max((len(shorten(p, 16)) for p in example.pieces), default=1)
    top = 16 + 0.75 * LETTER * max((len(shorten(p, 16)) for p in example.read), default=1)
    body: list[Any] = []
    for j, piece in enumerate(example.read):
        x = left + CELL * (j + 0.7)
        body.append(text(x, top - 6, shorten(piece, 16), extra=f' transform="rotate(-50 {x:.1f} {top - 6:.1f})"'))
    for i, (piece, weights) in enumerate(zip(example.pieces, example.weights, strict=False)):
        y = top + CELL * i
        body.append(text(left - 6, y + CELL * 0.72, shorten(piece, 16), "end"))
        for j, weight in enumerate(weights):
            place = f'x="{left + CELL * j:.1f}" y="{y:.1f}" width="{CELL - 1}" height="{CELL - 1}"'
            told = escape(f"{piece} looks at {example.read[j]}: {weight:.2f}")
            colour, shade = (BLUE, min(1.0, weight)) if weight >= 0.01 else (INK, 0.04)
            body.append(f'<rect {place} fill="{colour}" fill-opacity="{shade:.2f}"><title>{told}</title></rect>')
    width = left + CELL * len(example.read) + 50
    title = f"What was looked at while {example.written!r} was written"
    return svg(width, top + CELL * len(example.pieces) + 6, title, "rows: written; columns: read", "".join(body))
