"""Texts in colours: which words, or letters of a gene, spoke for the answer and which against it."""

from typing import Annotated

import numpy as np
from pydantic import BaseModel, Field, FiniteFloat

from ..charts import Axis, Line, line_chart
from .html import Html, figure, joined, paragraph, section, table, tag
from .stored import Count, Stored, parse

FULL = 0.55  # the opacity of the strongest colour
TEXT = "line-height:1.9;white-space:pre-wrap;overflow-wrap:anywhere;margin:.3rem 0 1rem"
FOR, AGAINST = "var(--blue)", "var(--orange)"

Piece = tuple[str, FiniteFloat]


class Column(BaseModel):
    """One column of text of an example."""

    name: str
    pieces: list[Piece]


class Text(BaseModel):
    """One example of the test part; `for_` names the output that the weights are of."""

    id: int
    true: str
    predicted: str
    probability: FiniteFloat | None = None
    for_: Annotated[str, Field(alias="for")]
    columns: list[Column]


class Spoken(BaseModel):
    """The pieces that speak most for one output, with their mean weight and how often they were there."""

    output: str
    words: list[tuple[str, FiniteFloat, Count]]


class Words(BaseModel):
    """words.json."""

    outputs: list[str]
    texts: list[Text]
    words: list[Spoken]
    places: list[FiniteFloat]
    n: Count


def text_section(run: Stored) -> Html:
    """Show what each word added to the answers; empty where the inputs are no texts."""
    path = run.path / "words.json"
    if not path.exists():
        return Html("")
    found: Words = parse(path, Words)
    lead = paragraph(
        "Each piece of a text was hidden in turn (it reads as one that training never saw), and its colour is what the "
        "answer loses by that: blue spoke for it, orange against it, the stronger the more. Hiding one at a time does "
        "not show what only several together say (Li, Monroe and Jurafsky 2016).",
        kind="quiet",
    )
    shown = joined(coloured(text) for text in found.texts)
    return section("words", "Which words spoke", lead, shown, strongest(found), along(found))


def coloured(text: Text) -> Html:
    """Write one example in its colours."""
    sure = "" if text.probability is None else f" ({text.probability:.0%})"
    right = "right" if text.true == text.predicted else f"truly {text.true}"
    head = paragraph(tag("b", f"row {text.id}: {text.predicted}{sure}, {right}"))
    most = max((abs(w) for c in text.columns for _, w in c.pieces), default=0.0) or 1.0
    several = len(text.columns) > 1
    body = [
        tag(
            "div",
            tag("i", f"{c.name}: ") if several else "",
            joined(painted(p, w, most) for p, w in c.pieces),
            style=TEXT,
        )
        for c in text.columns
    ]
    return joined([head, *body])


def painted(piece: str, weight: float, most: float) -> Html:
    """Write one piece; its colour is as strong as its weight, which a pointer on it also tells."""
    share = abs(weight) / most
    if share < 0.05:
        return joined([piece])
    colour = FOR if weight > 0 else AGAINST
    look = f"background:color-mix(in srgb,{colour} {100 * FULL * share:.0f}%,transparent);border-radius:3px"
    return tag("span", piece, style=look, title=f"{weight:+.3g}")


def strongest(found: Words) -> Html:
    """List the pieces that speak most for each output over a sample of the test part."""
    rows = [[s.output, w, f"{weight:+.3g}", count] for s in found.words for w, weight, count in s.words[:8]]
    if not rows:
        return Html("")
    name = "label" if len(found.outputs) > 1 else "target"
    lead = paragraph(f"The pieces that spoke most, over {found.n:,} texts of the test part drawn by chance:")
    return joined([lead, table([name, "piece", "mean weight", "times"], rows)])


def along(found: Words) -> Html:
    """Draw where in the genes something stands that matters."""
    if len(found.places) < 2:
        return Html("")
    steps = np.arange(1, len(found.places) + 1)
    line = Line("weight", steps, found.places)
    top = max(found.places) or 1.0
    chart = line_chart([line], "Where a letter matters", Axis("place"), Axis("mean weight", 0, 1.05 * top))
    best = sorted(steps, key=lambda step: -found.places[step - 1])[:6]
    caption = f"How much the answer changes where a letter is hidden, most at the places {', '.join(map(str, best))}."
    return figure(chart, caption, wide=True)
