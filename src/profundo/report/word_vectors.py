"""Word vectors in the report: neighbours of frequent words, and the words in the plane."""

from pydantic import BaseModel, Field

from ..svg import BLUE, Scale, escape, svg
from .html import Html, figure, paragraph, section, table
from .stored import Stored, parse

WIDTH, HEIGHT, MARGIN = 860.0, 560.0, 40.0
TALL, LETTER = 12.0, 6.2  # pixels of a word's line and of a letter


class Near(BaseModel):
    """A word and the words nearest to it, with the cosine of each."""

    word: str
    near: list[tuple[str, float]]


class Picture(BaseModel):
    """Words and their points in the plane of the two largest principal components."""

    words: list[str]
    points: list[tuple[float, float]]


class Analogies(BaseModel):
    """How many questions a : b = c : ? were answered right."""

    right: int
    asked: int


class WordVectors(BaseModel):
    """word_vectors.json."""

    words: int
    near: list[Near] = Field(default_factory=list)
    picture: Picture
    analogies: Analogies | None = None


def word_vectors_section(run: Stored) -> Html:
    """Show what the vectors say of the words; empty where the run has none."""
    if not (run.path / "word_vectors.json").exists():
        return Html("")
    found: WordVectors = parse(run.path / "word_vectors.json", WordVectors)
    lead = paragraph(
        f"{found.words:,} words have a vector. Words that stand among the same words are near each other; nearness is "
        "the cosine of the angle between two vectors, 1 for the same direction.",
        kind="quiet",
    )
    rows = [[near.word, ", ".join(f"{word} {cosine:.2f}" for word, cosine in near.near)] for near in found.near]
    return section(
        "vectors",
        "Words",
        lead,
        analogies(found.analogies),
        picture(found.picture),
        table(["frequent word", "nearest words"], rows),
    )


def analogies(found: Analogies | None) -> Html:
    """Say how many analogies were right."""
    if found is None:
        return Html("")
    return paragraph(
        f"Of {found.asked:,} questions such as man : king = woman : ?, {found.right:,} were answered right "
        f"({found.right / max(found.asked, 1):.1%}): the nearest word to king - man + woman is the one that was meant. "
        "A question with a word that has no vector counts as wrong."
    )


def picture(found: Picture) -> Html:
    """Draw the words in the plane; a word that would lie on another is a point, and its name stands in the tooltip."""
    if not found.points:
        return Html("")
    xs, ys = zip(*found.points, strict=True)
    across = Scale(min(xs), max(xs) + 1e-9, MARGIN, WIDTH - 2 * MARGIN)
    down = Scale(min(ys), max(ys) + 1e-9, HEIGHT - MARGIN, MARGIN)
    taken: list[tuple[float, float, float]] = []
    body = ""
    for word, (x, y) in zip(found.words, found.points, strict=True):
        px, py = float(across(x)), float(down(y))
        body += f'<circle cx="{px:.1f}" cy="{py:.1f}" r="2.5" fill="{BLUE}"><title>{escape(word)}</title></circle>'
        wide = LETTER * len(word)
        if all(abs(py - other_y) >= TALL or px + wide < left or px > right for left, right, other_y in taken):
            taken.append((px, px + wide + 6, py))
            body += f'<text x="{px + 5:.1f}" y="{py + 4:.1f}" font-size="11">{escape(word)}</text>'
    caption = (
        f"{len(found.words)} frequent words on the plane of the two largest principal components: a shadow of "
        "many dimensions, in which near words may look far and far words near."
    )
    drawing = svg(WIDTH, HEIGHT, "Words in the plane", caption, body)
    return figure(drawing, caption, wide=True)
