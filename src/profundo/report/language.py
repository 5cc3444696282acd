"""A language model in the report: what it writes, what surprised it, and cells that follow something in the text."""

from pydantic import BaseModel, Field

from .html import Html, fold, joined, paragraph, section, tag
from .stored import Stored, parse

TEXT = "white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.7"
MOST = 6.0  # nats at which a colour is at its strongest
FOLDED = 3  # cells that are shown without a click


class Shown(BaseModel):
    """Tokens in their order, with a value each."""

    tokens: list[str]
    values: list[float]


class Sample(BaseModel):
    """A text that the network wrote."""

    temperature: float
    text: str


class Cell(BaseModel):
    """A cell that follows a mark of the text: its correlation on the test part, and its activation over a passage."""

    mark: str
    layer: int
    unit: int
    r: float
    sentence: str
    text: Shown


class Language(BaseModel):
    """language.json."""

    unit: str
    vocabulary: int
    samples: list[Sample]
    surprise: Shown
    cells: list[Cell] = Field(default_factory=list)


def language_section(run: Stored) -> Html:
    """Show what a language model writes and reads; empty where the run is none."""
    if not (run.path / "language.json").exists():
        return Html("")
    found: Language = parse(run.path / "language.json", Language)
    return section("language", "The language", samples(found), surprise(found), cells(found))


def samples(found: Language) -> Html:
    """Show texts that the network wrote, from the safest to the boldest."""
    lead = paragraph(
        "What the network writes when nobody interferes. Temperature divides its scores: under 1 it keeps to what is "
        "likely, over 1 it is bold.",
        kind="quiet",
    )
    texts = joined(
        fold(
            f"temperature {sample.temperature:g}", tag("pre", sample.text, style=TEXT), opened=sample.temperature == 0.8
        )
        for sample in found.samples
    )
    return joined([tag("h3", "What it writes"), lead, texts])


def surprise(found: Language) -> Html:
    """Show the first tokens of the test part, the stronger coloured the more they surprised."""
    lead = paragraph(
        "The first of the test part. The stronger the colour, the less the network had expected what stands there; "
        f"the strongest is {MOST:g} nats, a probability of 1 in {round(2.718281828**MOST)}.",
        kind="quiet",
    )
    return joined([tag("h3", "What surprised it"), lead, coloured(found.surprise, MOST)])


def cells(found: Language) -> Html:
    """Show cells that follow something that can be read off the text."""
    if not found.cells:
        return Html("")
    lead = paragraph(
        "Each cell was chosen on the validation part, as the one of all whose activation goes best with the mark; "
        "its correlation is of the test part. Blue is an activation near 1, orange near -1.",
        kind="quiet",
    )
    shown = joined(
        fold(cell.sentence, coloured(cell.text, 1.0), opened=i < FOLDED) for i, cell in enumerate(found.cells)
    )
    return joined([tag("h3", "Cells that follow something"), lead, shown])


def coloured(text: Shown, most: float) -> Html:
    """Write tokens on a ground whose strength is their value, from 0 to `most`; orange below 0."""
    spans = joined(
        tag("span", token, style=f"background:{ground(value / most)}", title=f"{value:+.2f}")
        for token, value in zip(text.tokens, text.values, strict=True)
    )
    return tag("pre", spans, style=TEXT)


def ground(value: float) -> str:
    """Return the colour of a value from -1 to 1; nothing at 0."""
    name = "blue" if value > 0 else "orange"
    return f"color-mix(in srgb,var(--{name}) {0.8 * min(1.0, abs(value)):.0%},transparent)"
