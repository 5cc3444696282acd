"""The ensemble: what its members are, how much each counts, and whether it is better than the best of them alone."""

from pydantic import BaseModel, FiniteFloat

from ..charts import Axis, Dot, dot_and_whisker, fixed, number
from .html import Html, figure, fold, paragraph, section, table, tag
from .scores import interval, lower_is_better, spoken
from .stored import Score, Stored, parse

VOTE = (
    "Each model answers for itself; the answers (probabilities, or numbers) are averaged with the weights below. The "
    "weights come from the validation part: the model that lowers the error of the average most is taken, again and "
    "again, and its weight is how often it was taken (Caruana et al. 2004)."
)
STACK = (
    "A small model takes the answers of the others for its input (stacking, Wolpert 1992). It was fitted on the "
    "validation part, which none of the others learnt from; its weights are below, and can be negative."
)


class Member(BaseModel):
    """One model of the ensemble: its weight, and its main score on the validation and on the test part."""

    name: str
    weight: FiniteFloat
    validation: FiniteFloat | None = None
    score: Score


class Choice(BaseModel):
    """The mean squared errors of a vote and of a stack, by which one was chosen."""

    vote: FiniteFloat | None = None
    stack: FiniteFloat | None = None
    difference: FiniteFloat | None = None
    error: FiniteFloat | None = None
    n: int = 0


class Ensemble(BaseModel):
    """ensemble.json."""

    method: str
    main: str
    scores: dict[str, Score]
    members: list[Member]
    cross_validation: Choice = Choice()
    sentence: str


def ensemble_section(run: Stored) -> Html:
    """Show the members with their weights and scores, and the ensemble beside them; empty where the run has none."""
    path = run.path / "ensemble.json"
    if not path.exists():
        return Html("")
    found: Ensemble = parse(path, Ensemble)
    name = spoken(found.main)
    own = found.scores.get(found.main, Score(value=None))
    better = -1 if lower_is_better(run, found.main) else 1
    members = sorted(found.members, key=lambda m: -better * (m.score.value or 0.0))
    rows = [[tag("b", "ensemble"), "", "", tag("b", fixed(own.value)), interval(own)]]
    rows += [[m.name, share(m.weight), fixed(m.validation), fixed(m.score.value), interval(m.score)] for m in members]
    head = ["model", "weight", f"{name}, validation", f"{name}, test", "95 % interval"]
    dots = [Dot("ensemble", own.value or 0.0, own.low, own.high, main=True)]
    dots += [Dot(m.name, m.score.value, m.score.low, m.score.high) for m in members if m.score.value is not None]
    said = "; ".join(f"{d.label} {number(d.value)}" for d in dots)
    chart = dot_and_whisker(dots, f"{name} of the ensemble and of its members", Axis(f"{name} with its interval"), said)
    every = [[spoken(k), fixed(s.value), interval(s), s.n] for k, s in found.scores.items()]
    return section(
        "ensemble",
        "Ensemble",
        tag("div", paragraph(found.sentence), class_="verdict", role="note"),
        paragraph(VOTE if found.method == "vote" else STACK, kind="quiet"),
        figure(chart, "", wide=True),
        table(head, rows),
        paragraph(chosen(found), kind="quiet"),
        fold("Every score of the ensemble", table(["score", "value", "95 % interval", "n"], every)),
    )


def share(weight: float) -> str:
    """Write a weight."""
    return f"{weight:.2f}"


def chosen(found: Ensemble) -> str:
    """Say how the way to put the answers together was chosen."""
    c = found.cross_validation
    if c.vote is None or c.stack is None or c.difference is None or c.error is None:
        return f"With {c.n:,} validation examples there was nothing to choose: it is a vote."
    return (
        f"A vote or a stack? In a cross-validation within the {c.n:,} validation examples the vote's squared error was "
        f"{c.vote:.4f}, the stack's {c.stack:.4f}: a difference of {c.difference:+.4f}, with a standard error of "
        f"{c.error:.4f}. A stack is taken where the difference is more than twice that; here it is a {found.method}."
    )
