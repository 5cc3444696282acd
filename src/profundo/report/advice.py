"""The box at the top of the page: is deep learning the tool here, and why."""

from pydantic import BaseModel

from .html import Html, joined, paragraph, tag
from .stored import Stored, parse

ANSWERS = {
    "network": "Yes: the network earns its place",
    "simpler model": "Not shown: a simpler model does",
    "either": "Either will do",
}


class Advice(BaseModel):
    """What the adviser said after the training."""

    recommend: str
    model: str | None = None
    sentence: str
    reasons: list[str] = []


class Advised(BaseModel):
    """scores.json, as far as it is read here."""

    advice: Advice | None = None


def advice_section(run: Stored) -> Html:
    """Show the advice and its reasons in one box; empty where the run has none."""
    found: Advised = parse(run.path / "scores.json", Advised)
    advice = found.advice
    if advice is None:
        return Html("")
    answer = ANSWERS.get(advice.recommend, advice.recommend) if advice.model else "Not known"
    reasons = tag("ul", joined(tag("li", reason) for reason in advice.reasons)) if advice.reasons else Html("")
    return tag(
        "div",
        paragraph(tag("b", f"Is deep learning the tool here? {answer}.")),
        paragraph(advice.sentence),
        reasons,
        class_="verdict advice",
        role="note",
    )
