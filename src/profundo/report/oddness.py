"""How odd the examples of the test part are, what about them is odd, and a series with its odd steps."""

from pydantic import BaseModel

from ..charts import Axis, Line, bar_chart, line_chart
from ..svg import BLUE, ORANGE
from .html import Html, figure, figures, paragraph, section, table
from .stored import Stored, parse


class Steps(BaseModel):
    """The steps of a series, thinned to the oddest of each stretch."""

    name: str
    times: list[str]
    values: list[float | None]
    oddness: list[float]
    truth: list[int] | None


class Oddness(BaseModel):
    """oddness.json."""

    false_alarms: float
    alarms: int
    n: int
    edges: list[float]
    counts: dict[str, list[int]]
    where: list[tuple[str, float]]
    line: Steps | None


def oddness_section(run: Stored) -> Html:
    """Draw the spread of the oddness with the threshold; empty where the run does not look for odd ones."""
    if not (run.path / "oddness.json").exists():
        return Html("")
    found: Oddness = parse(run.path / "oddness.json", Oddness)
    lead = paragraph(
        f"Oddness is counted in thresholds: over 1 is called odd. {found.alarms:,} of {found.n:,} test examples are "
        f"({found.alarms / max(found.n, 1):.2%}). The threshold is set on validation examples that nothing was learnt "
        f"from, so that {found.false_alarms:.2%} of them are over it.",
        kind="quiet",
    )
    shown = [spread_figure(found), *([where_figure(found)] if len(found.where) > 1 else [])]
    lines = [steps_figure(found.line)] if found.line is not None else []
    return section("oddness", "How odd", lead, figures(*shown), *lines)


def spread_figure(found: Oddness) -> Html:
    """Draw how many examples have which oddness, each sort in shares of its own."""
    middles = [(a * b) ** 0.5 for a, b in zip(found.edges[:-1], found.edges[1:], strict=True)]
    colours = {"usual": BLUE, "odd": ORANGE, "all": BLUE}
    lines = [
        Line(name, middles, [c / max(sum(counts), 1) for c in counts], colours.get(name, BLUE))
        for name, counts in found.counts.items()
    ]
    desc = "The share of examples by their oddness; the line marks the threshold."
    axes = Axis("oddness, in thresholds", log=True), Axis("share of examples", 0)
    chart = line_chart(lines, "Oddness of the test part", *axes, desc, ("threshold", 1.0))
    rows = [
        (f"{a:.3g} to {b:.3g}", *(counts[i] for counts in found.counts.values()))
        for i, (a, b) in enumerate(zip(found.edges[:-1], found.edges[1:], strict=True))
        if any(counts[i] for counts in found.counts.values())
    ]
    names = " and ".join(found.counts) if len(found.counts) > 1 else "all"
    return figure(chart, f"Oddness of {names} test examples", table(["oddness", *found.counts], rows))


def where_figure(found: Oddness) -> Html:
    """Draw in what the examples over the threshold are odd."""
    names, shares = [n for n, _ in found.where], [s for _, s in found.where]
    chart = bar_chart(names, shares, "Where odd examples are odd", "The mean share of the error of each part.")
    return figure(chart, "In what the examples over the threshold are odd: the mean share of their error")


def steps_figure(steps: Steps) -> Html:
    """Draw a series over its oddness."""
    x = list(range(len(steps.oddness)))
    ends = f" from {steps.times[0]} to {steps.times[-1]}" if steps.times else ""
    values = [float("nan") if v is None else v for v in steps.values]
    above = line_chart([Line("", x, values)], steps.name, Axis("step of the test part"), Axis(steps.name))
    lines = [Line("oddness", x, steps.oddness, ORANGE)]
    if steps.truth is not None:
        high = max(steps.oddness, default=1.0)
        lines.append(Line("labelled odd", x, [high if t == 1 else 0.0 for t in steps.truth], BLUE, faint=True))
    lines.append(Line("threshold", [0, max(len(x) - 1, 1)], [1.0, 1.0], BLUE))
    below = line_chart(lines, "Oddness of each step", Axis("step of the test part"), Axis("oddness, in thresholds", 0))
    caption = f"The series{ends}, and the oddness of each step; where it is drawn thinned, the oddest step is kept"
    return figures(figure(above, f"{steps.name}{ends}"), figure(below, caption))
