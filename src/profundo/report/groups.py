"""The bias card: scores of every group with their intervals, the gaps between them, and what swaps change."""

from typing import Annotated

from pydantic import BaseModel, Field, FiniteFloat

from ..charts import Axis, Dot, dot_and_whisker, fixed, number
from .html import Html, figure, figures, fold, joined, paragraph, section, table, tag
from .scores import interval
from .stored import Count, Score, Stored, parse

LEVEL = 0.05
DRAWN = (
    *("positive rate", "true positive rate", "false positive rate", "accuracy"),
    *("macro recall", "rate", "recall", "mean error", "mean absolute error", "r2"),
)  # the measures with a chart, the first of them that a card has
CHARTS = 4
MEANING = {
    "accuracy": "the share of right answers",
    "positive rate": "how many get the answer {positive}",
    "true positive rate": "of those who truly are {positive}, how many get that answer (sensitivity, recall)",
    "false positive rate": "of those who truly are not {positive}, how many get that answer all the same",
    "precision": "of those who get the answer {positive}, how many truly are",
    "base rate": "how many truly are {positive}: of the data, not of the network",
    "mean probability": "the mean probability of {positive} that the network gives",
    "calibration": "the mean probability minus the base rate: above 0 the network promises too much",
    "macro recall": "the mean over the labels of the share that is found",
    "rate": "how many get the label",
    "recall": "of those who truly have the label, how many get it",
    "mean error": "the mean of prediction minus truth: above 0 the network says too much",
    "mean absolute error": "the mean distance of the prediction from the truth",
    "r2": "the share of the group's variance that is explained",
}
FAIRNESS = {
    "demographic parity difference": "the largest positive rate minus the smallest; 0 where all get the answer alike",
    "disparate impact ratio": "the smallest positive rate divided by the largest; below 0.8, US guidelines look closer",
    "equal opportunity difference": "the largest true positive rate minus the smallest (Hardt et al. 2016)",
    "equalised odds difference": "the larger of the gaps of the true and of the false positive rate",
}


class Value(BaseModel):
    """A difference or a ratio with its interval and p."""

    value: FiniteFloat | None
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    p: FiniteFloat | None = None
    n: Count = 0


class Row(BaseModel):
    """A gap from one group to another."""

    measure: str
    target: str = ""
    high: str
    low: str
    gap: Value
    p_corrected: FiniteFloat | None = None


class Fairness(Value):
    """A measure with the name that the field gives it."""

    name: str
    target: str = ""
    high_group: str
    low_group: str


class Group(BaseModel):
    """A group with its scores."""

    name: str
    n: Count
    scores: dict[str, Score]


class Groups(BaseModel):
    """The groups that a column makes, or several together."""

    name: str
    columns: list[str]
    groups: Annotated[list[Group], Field(min_length=1)]
    gaps: list[Row] = []
    against_rest: list[Row] = []
    fairness: list[Fairness] = []


class Output(Value):
    """How far a swap moves a probability or a number, and what chance would explain."""

    name: str
    chance: FiniteFloat


class Swap(BaseModel):
    """One direction of a swap."""

    column: str
    before: str = Field(alias="from")
    after: str = Field(alias="to")
    n: Count
    changed: Score | None = None
    outputs: Annotated[list[Output], Field(min_length=1)]
    flagged: bool


class Card(BaseModel):
    """groups.json."""

    n: Count
    columns: list[str]
    inputs: list[str] = []
    positive: str | None = None
    groupings: list[Groups]
    warnings: list[str] = []
    swaps: list[Swap] = []


def groups_section(run: Stored) -> Html:
    """Draw the bias card; empty where there is none."""
    if not (run.path / "groups.json").exists():
        return Html("")
    card: Card = parse(run.path / "groups.json", Card)
    lead = paragraph(
        f"Does the network treat groups of people alike? Each group of the {number(card.n)} test rows is scored on its "
        "own. A gap is no proof of injustice, and no gap no proof of justice: groups may truly differ (compare the "
        "base rates), and the labels may themselves be unjust. The measures cannot all be equal at once where base "
        "rates differ (Chouldechova 2017), so say which of them matters for those concerned, and why.",
        kind="quiet",
    )
    warned = tag("ul", joined(tag("li", tag("b", "Few people: "), w, class_="warning") for w in card.warnings))
    body = [grouping(g, card) for g in card.groupings]
    return section("groups", "Groups of people", lead, warned if card.warnings else Html(""), *body, swaps(card))


def grouping(made: Groups, card: Card) -> Html:
    """Show one grouping: a chart for each of the main measures, the gaps, and all numbers folded."""
    names = list(dict.fromkeys(name for group in made.groups for name in group.scores))
    drawn = sorted((n for n in names if plain(n) in DRAWN), key=lambda n: DRAWN.index(plain(n)))
    drawn = drawn[: CHARTS if len(made.columns) < 2 else CHARTS // 2]
    return joined(
        [
            tag("h3", f"By {made.name}"),
            figures(*(chart(made, name, card) for name in drawn)),
            gap_table(made.gaps, "The largest gap between two groups"),
            fairness_table(made),
            fold("Each group against all the others", gap_table(made.against_rest, ""))
            if made.against_rest
            else Html(""),
            fold("Every measure of every group", numbers(made, names)),
        ]
    )


def chart(made: Groups, name: str, card: Card) -> Html:
    """Draw one measure, a dot with its interval for each group."""
    found = [(g, s) for g in made.groups if (s := g.scores.get(name)) is not None and s.value is not None]
    dots = [Dot(g.name, s.value or 0.0, s.low, s.high) for g, s in found]
    spoken = "; ".join(f"{d.label} {fixed(d.value)}" for d in dots)
    drawing = dot_and_whisker(dots, f"{name} by {made.name}", Axis(f"{name} with its 95 % interval"), spoken)
    rows = [[g.name, fixed(s.value), interval(s), s.n] for g, s in found]
    caption = f"{name.capitalize()}: {meaning(name, card)}."
    return figure(drawing, caption, table([made.name, name, "95 % interval", "n"], rows))


def gap_table(rows: list[Row], title: str) -> Html:
    """Show gaps; those of single labels only where they are beyond chance."""
    shown = [r for r in rows if not r.target or (r.p_corrected is not None and r.p_corrected < LEVEL)]
    if not shown:
        return paragraph("No gap between groups of enough people to tell.", kind="quiet") if title else Html("")
    cells = [
        [
            f"{r.target}: {r.measure}" if r.target else r.measure,
            r.high,
            r.low,
            fixed(r.gap.value),
            ends(r.gap),
            probability(r.p_corrected),
            "beyond chance" if r.p_corrected is not None and r.p_corrected < LEVEL else "chance could explain it",
        ]
        for r in shown
    ]
    head = ["measure", "group", "beside", "difference", "95 % interval", "p", ""]
    note = (
        "p is corrected for the number of gaps that were looked at (Holm); the interval for having picked "
        "the widest pair of groups."
    )
    lead = paragraph(tag("b", title), f". {note}", kind="quiet") if title else Html("")
    return joined([lead, table(head, cells)])


def fairness_table(made: Groups) -> Html:
    """Show the measures that the field has names for; of several labels, the widest of each."""
    widest: dict[str, Fairness] = {}
    for row in made.fairness:
        best = widest.get(row.name)
        if best is None or (row.value is not None and further(row) > further(best)):
            widest[row.name] = row
    rows = [
        [
            f"{r.name} ({r.target})" if r.target else r.name,
            fixed(r.value),
            ends(r),
            f"{r.high_group} and {r.low_group}",
            tag("span", FAIRNESS.get(r.name, ""), class_="definition"),
        ]
        for r in widest.values()
    ]
    return table(["fairness measure", "value", "95 % interval", "groups", "what it means"], rows) if rows else Html("")


def further(row: Fairness) -> float:
    """Return how far a measure is from the same for all: 0 of a difference, 1 of a ratio."""
    value = 0.0 if row.value is None else row.value
    return 1 - value if "ratio" in row.name else value


def numbers(made: Groups, names: list[str]) -> Html:
    """Show every measure of every group, with its interval and its n."""
    rows = [
        [g.name, g.n, name, fixed(s.value), interval(s), s.n]
        for g in made.groups
        for name in names
        if (s := g.scores.get(name)) is not None
    ]
    return table([made.name, "rows", "measure", "value", "95 % interval", "n"], rows)


def swaps(card: Card) -> Html:
    """Show what changes when one thing of the same people is changed."""
    if not card.swaps:
        return Html("")
    lead = paragraph(
        "The same test rows, with one thing changed and asked again: whatever moves, the network goes by that thing. "
        "As many training rows as there are leave room for chance; a swap counts where the mean change, with its "
        "interval, lies beyond what chance explains. Other columns may still tell the group (a first name, a job), "
        "and of texts only English words for men and women are exchanged.",
        kind="quiet",
    )
    head = ["swap", "rows", "answers changed", "moves most", "by", "95 % interval", "chance", ""]
    return joined([tag("h3", "Counterfactual swaps"), lead, table(head, (swap_row(s) for s in card.swaps))])


def swap_row(made: Swap) -> list[object]:
    """Return the cells of one swap."""
    most = max(made.outputs, key=lambda o: abs(o.value or 0.0))
    changed = "–" if made.changed is None else f"{share(made.changed.value)} ({share(made.changed.low)} to "
    return [
        f"{made.column}: {made.before} → {made.after}",
        made.n,
        changed if made.changed is None else f"{changed}{share(made.changed.high)})",
        most.name,
        fixed(most.value),
        ends(most),
        fixed(most.chance),
        tag("b", "the network goes by it") if made.flagged else "nothing is shown",
    ]


def share(value: float | None) -> str:
    """Write a proportion as a percentage."""
    return "–" if value is None else f"{100 * value:.1f} %"


def ends(value: Value) -> str:
    """Write an interval."""
    return f"{fixed(value.low)} to {fixed(value.high)}" if value.low is not None and value.high is not None else "–"


def probability(p: float | None) -> str:
    """Write a p-value."""
    return "–" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"


def plain(name: str) -> str:
    """Return the measure's name without the target before it."""
    return name.rsplit(": ", 1)[-1]


def meaning(name: str, card: Card) -> str:
    """Say what a measure is."""
    positive = repr(card.positive) if card.positive is not None else "yes"
    return MEANING.get(plain(name), "").replace("{positive}", positive)
