"""Taste: how predicted ratings lie to the true ones, and what some people would be recommended."""

from pydantic import BaseModel

from ..charts import Axis, Dot, dot_and_whisker, fixed, number
from .html import Html, figure, figures, paragraph, section, table
from .stored import Stored, parse


class Listed(BaseModel):
    """What one person would be recommended."""

    who: str
    rated: int
    things: list[tuple[str, float]]


class Taste(BaseModel):
    """taste.json."""

    names: tuple[str, str, str]
    people: int
    things: int
    ratings: int
    predicted: list[tuple[float, float, float, float, int]]
    lists: list[Listed]


def taste_section(run: Stored) -> Html:
    """Show predictions beside truth, and lists; empty where the run has learnt no ratings."""
    if not (run.path / "taste.json").exists():
        return Html("")
    found: Taste = parse(run.path / "taste.json", Taste)
    who, what, rating = found.names
    share = found.ratings / max(1, found.people * found.things)
    lead = paragraph(
        f"Learnt from {found.ratings:,} ratings of {found.things:,} of {what} by {found.people:,} of {who}: "
        f"{share:.2%} of all pairs are known.",
        kind="quiet",
    )
    dots = [Dot(f"{rating} {number(y)} (n {n:,})", mean, low, high) for y, mean, low, high, n in found.predicted]
    desc = "The mean prediction for each true rating; the line holds four fifths of the predictions."
    chart = dot_and_whisker(dots, "Predicted ratings", Axis(f"predicted {rating}"), desc)
    rows = [[number(y), fixed(mean), f"{fixed(low)} to {fixed(high)}", n] for y, mean, low, high, n in found.predicted]
    twin = table([f"true {rating}", "mean prediction", "four fifths", "n"], rows)
    shown = figure(chart, f"What was predicted for each true {rating} of the test part", twin)
    lists = [
        [one.who, one.rated, ", ".join(f"{name} ({fixed(value)})" for name, value in one.things[:5])]
        for one in found.lists
    ]
    words = paragraph(f"What some {who}s would like best of what they have not rated, with the predicted {rating}:")
    head = [who, "has rated", f"best {what}s"]
    return section("taste", "Taste", lead, figures(shown), words, table(head, lists) if lists else Html(""))
