"""The robustness card: a curve for each way in which pictures get harder, with a picture at every severity."""

from typing import Annotated

import numpy as np
from pydantic import BaseModel, Field, FiniteFloat

from ..charts import Axis, Line, fixed, line_chart, number
from .html import Html, figure, figures, joined, paragraph, safe, section, table, tag
from .scores import interval
from .stored import Count, Score, Stored, parse

STRIP = "display:flex;flex-wrap:wrap;gap:.5rem;margin:.4rem 0"
THUMB = "width:3.6rem;height:3.6rem;object-fit:contain;image-rendering:pixelated;border-radius:4px;display:block"
WRONG = "outline:2px solid var(--orange)"


class Picture(BaseModel):
    """A picture, what it shows and what the network says of it."""

    picture: str = Field(pattern=r"^iVBORw0KGgo[A-Za-z0-9+/]*={0,2}$")
    true: str
    predicted: str


class Drop(BaseModel):
    """The accuracy lost against the clean pictures."""

    value: FiniteFloat | None
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    p: FiniteFloat | None = None


class Level(BaseModel):
    """One severity of a change, or one fifth of the pictures."""

    severity: Count
    setting: str
    accuracy: Score
    drop: Drop | None = None
    shown: Picture | None = None


class Probe(BaseModel):
    """One way in which pictures are hard."""

    name: str
    what: str
    levels: Annotated[list[Level], Field(min_length=1)]
    half: FiniteFloat | None = None
    sentence: str
    advice: str


class Card(BaseModel):
    """robustness.json."""

    n: Count
    clean: Score
    chance: FiniteFloat
    weakest: str
    probes: list[Probe]


def robustness_section(run: Stored) -> Html:
    """Draw the robustness card; empty where there is none."""
    if not (run.path / "robustness.json").exists():
        return Html("")
    card: Card = parse(run.path / "robustness.json", Card)
    lead = paragraph(
        "A network that is right on clean test pictures may fail on the pictures of tomorrow. Here ",
        tag("b", f"{number(card.n)} test pictures"),
        " get harder step by step, in the ways in which pictures differ in life; nothing is learnt anew. The curve is "
        "the accuracy, the thin lines its 95 % interval. A curve that stays flat is good; one that falls early shows "
        "what to photograph more of. Under each picture stand the severity and the network's answer; framed in orange "
        "it is wrong. The changes are made by formulas and only stand for the real thing.",
        kind="quiet",
    )
    found = paragraph(
        f"Unchanged, the accuracy is {fixed(card.clean.value)} ({interval(card.clean)}); always saying the most "
        f"frequent label would give {fixed(card.chance)}. The change that costs the most is ",
        tag("b", card.weakest),
        ".",
    )
    return section("robustness", "Robustness", lead, found, figures(*(probe(p, card) for p in card.probes)))


def probe(made: Probe, card: Card) -> Html:
    """Draw one curve with its pictures, its numbers and what to do."""
    levels = made.levels
    x = np.array([level.severity for level in levels], dtype=float)
    value, low, high = (
        np.array([getattr(level.accuracy, part) for level in levels], dtype=float) for part in ("value", "low", "high")
    )
    lines = [Line("", x, low, faint=True), Line("", x, high, faint=True), Line("", x, value, dots=True)]
    fifths = all(level.drop is None for level in levels)
    across = Axis("fifth of the pictures, from typical to odd" if fifths else "severity", whole=True)
    mark = None if made.half is None else ("half is lost", made.half)
    ends = Axis("accuracy", 0, 1)
    spoken = ", ".join(f"{level.setting}: {fixed(level.accuracy.value)}" for level in levels)
    chart = line_chart(lines, f"Accuracy by {made.name}", across, ends, spoken, mark)
    head = ["severity", "what it is", "accuracy", "95 % interval", "lost", "95 % interval", "n"]
    rows = [
        [
            level.severity,
            level.setting,
            fixed(level.accuracy.value),
            interval(level.accuracy),
            fixed(level.drop.value) if level.drop else "–",
            f"{fixed(level.drop.low)} to {fixed(level.drop.high)}" if level.drop else "–",
            level.accuracy.n,
        ]
        for level in levels
    ]
    strip = tag("div", joined(thumb(level) for level in levels if level.shown), style=STRIP)
    title = tag("h3", made.name.capitalize() + (" (the weakest)" if made.name == card.weakest else ""))
    words = joined([paragraph(made.what, kind="quiet"), paragraph(made.sentence)])
    advice = paragraph(tag("b", "What to do: "), made.advice)
    return tag("div", title, words, figure(chart + strip, "", table(head, rows)), advice)


def thumb(level: Level) -> Html:
    """Show the picture at one severity; framed where the network is wrong about it."""
    assert level.shown is not None
    wrong = level.shown.predicted != level.shown.true
    said = f"{level.setting}: {level.shown.true}, and the network says {level.shown.predicted}"
    look = f"{THUMB};{WRONG}" if wrong else THUMB
    source = f"data:image/png;base64,{level.shown.picture}"
    image = Html(f'<img src="{source}" alt="{safe(said)}" title="{safe(said)}" style="{look}" loading="lazy">')
    label = tag("small", f"{level.severity}: {level.shown.predicted}", style="display:block;max-width:3.6rem")
    return tag("span", image, label)
