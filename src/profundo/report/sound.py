"""Sounds and music that a network made, beside real ones: spectrograms, and piano rolls as drawings."""

from pydantic import BaseModel, Field

from ..svg import BLUE, number, rule, svg, text
from .html import Html, figure, joined, paragraph, safe, section, tag
from .stored import Stored, parse

TALL, STEP, SIDE = 5, 6, 46  # pixels of a pitch and of a step, and those left of the roll
WIDEST = 900  # pixels of a roll
SMALL = "max-width:100%;height:auto;display:block"
SHAPE = r"^iVBORw0KGgo[A-Za-z0-9+/]*={0,2}$"


class Shown(BaseModel):
    """One sound that was made: what it is to be, and its spectrogram."""

    known: str
    picture: str = Field(pattern=SHAPE)


class Voice(BaseModel):
    """speech.json."""

    units: int
    sentence: str
    shown: list[Shown]


class Piece(BaseModel):
    """One piece: [pitch, first step, step after the last] of each note."""

    name: str
    notes: list[tuple[int, int, int]]


class Composed(BaseModel):
    """music.json: the names of the pitches from the lowest, and pieces."""

    channels: list[str]
    steps: int
    pieces: list[Piece]


def voice_section(run: Stored) -> Html:
    """Show the spectrograms of sounds that the network made; empty where it makes none."""
    if not (run.path / "speech.json").exists():
        return Html("")
    found: Voice = parse(run.path / "speech.json", Voice)
    lead = paragraph(
        f"{found.sentence} Each sound is a sequence of {found.units:,} units, drawn one after the other. Time goes to "
        "the right, pitch upward; bright is loud.",
    )
    shown = joined(
        tag("figure", picture(one), tag("figcaption", one.known), style="display:inline-block;margin:.3em")
        for one in found.shown
    )
    return section("voice", "Sounds that it made", lead, shown)


def picture(one: Shown) -> Html:
    """Embed a spectrogram."""
    return Html(
        f'<img src="data:image/png;base64,{one.picture}" alt="{safe(one.known)}" style="{SMALL}" loading="lazy">'
    )


def music_section(run: Stored) -> Html:
    """Show a real piece beside those that the network composed; empty where it composes none."""
    if not (run.path / "music.json").exists():
        return Html("")
    found: Composed = parse(run.path / "music.json", Composed)
    lead = paragraph(
        "A line is a note: as long as it sounds, and as high as it is. To hear one: ",
        tag("code", f"profundo generate {run.path.name} --out song.mid"),
        kind="quiet",
    )
    rolls = joined(figure(roll(piece, found), piece.name, wide=True) for piece in found.pieces)
    return section("music", "Music that it made", lead, rolls)


def roll(piece: Piece, found: Composed) -> str:
    """Draw a piano roll; every C is named."""
    step = min(STEP, WIDEST / max(found.steps, 1))
    height, width = len(found.channels) * TALL, SIDE + found.steps * step
    parts = []
    for place, name in enumerate(found.channels):
        if name.rstrip("-0123456789") == "C":
            low = height - place * TALL
            parts += [rule(SIDE, low, width, low), text(SIDE - 6, low + 2, name, "end", muted=True)]
    for pitch, begin, end in piece.notes:
        x, y = SIDE + begin * step, height - (pitch + 1) * TALL
        size = f'width="{max((end - begin) * step - 1, 1):.1f}" height="{TALL - 1}"'
        parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" {size} rx="1" fill="{BLUE}"/>')
    told = f"{number(len(piece.notes))} notes in {number(found.steps)} steps"
    return svg(width, height + 8, piece.name, told, "".join(parts))
