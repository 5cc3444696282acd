"""What is wrong with the data: each finding with its evidence and what to type."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field, FiniteFloat

from ..charts import Axis, Line, line_chart, number
from .html import Html, figure, fold, joined, paragraph, section, table, tag
from .stored import Stored, parse

SHOWN = 30  # rows named at once
PAIRS = 15
WORDS = {
    "serious": "Serious: the scores cannot be trusted before it is dealt with.",
    "warning": "Warning: look at it.",
    "minor": "Minor: good to know.",
}


class Shown(BaseModel):
    """A picture of a row: a PNG in base64."""

    row: int
    picture: str = Field(pattern=r"^iVBORw0KGgo[A-Za-z0-9+/]*={0,2}$")
    caption: str = ""


class Plot(BaseModel):
    """A small line chart."""

    x: list[FiniteFloat] = []
    y: list[FiniteFloat | None] = []
    x_name: str = ""
    y_name: str = ""


class Found(BaseModel):
    """One finding of findings.json; see `profundo.findings.Finding`."""

    name: str
    severity: str
    text: str
    flag: str = ""
    place: str = ""
    rows: list[int] = []
    pairs: list[tuple[int, int]] = []
    pictures: list[Shown] = []
    plot: Plot = Plot()
    facts: dict[str, Any] = {}


class Findings(BaseModel):
    """findings.json."""

    findings: list[Found] = []


def findings_section(run: Stored) -> Html:
    """Show what the data doctor found; nothing where it was not asked, one sentence where it found nothing."""
    path = run.path / "findings.json"
    if not path.exists():
        return Html("")
    found = parse(path, Findings).findings
    title = "What is wrong with the data"
    if not found:
        return section("findings", title, paragraph("The data doctor looked before the training and found nothing."))
    counts = [f"{n} {word}" for word in WORDS if (n := sum(f.severity == word for f in found))]
    lead = paragraph(
        f"The data doctor looked before the training and found {', '.join(counts)}. Each has what to add to the "
        "command to deal with it; look at the rows first. Rows count from 0, as in answers and predictions.",
        kind="quiet",
    )
    return section("findings", title, lead, joined(block(f) for f in found))


def block(found: Found) -> Html:
    """Show one finding: how bad, the sentence, the place, the option, and what to look at."""
    place = joined([": ", tag("code", found.place)]) if found.place else ""
    head = tag("h3", found.name[:1].upper() + found.name[1:], place)
    severity = tag("b", WORDS.get(found.severity, found.severity))
    advice = paragraph("To deal with it: ", tag("code", found.flag)) if found.flag else ""
    kind = "finding warning" if found.severity in ("serious", "warning") else "finding"
    body = [
        paragraph(severity, " ", found.text),
        advice,
        pictures(found.pictures),
        plot(found),
        examples(found),
        evidence(found),
    ]
    return tag("article", head, joined(body), class_=kind)


def pictures(shown: Sequence[Shown]) -> Html:
    """Show thumbnails; those of a pair follow each other."""
    cards = joined(
        tag(
            "figure",
            Html(f'<img alt="row {s.row}" src="data:image/png;base64,{s.picture}">'),
            tag("figcaption", s.caption or f"row {s.row}"),
            class_="card",
        )
        for s in shown
    )
    return tag("div", cards, class_="cards") if cards else Html("")


def plot(found: Found) -> Html:
    """Draw the finding's chart, where it has one."""
    p = found.plot
    if len(p.x) < 2 or len(p.x) != len(p.y):
        return Html("")
    y = [float("nan") if v is None else v for v in p.y]
    chart = line_chart([Line(p.y_name, p.x, y)], found.name, Axis(p.x_name), Axis(p.y_name))
    rows = [[number(a), number(b)] for a, b in zip(p.x[:SHOWN], p.y[:SHOWN], strict=True)]
    return figure(chart, f"{p.y_name} by {p.x_name}".strip(), table([p.x_name or "x", p.y_name or "y"], rows))


def examples(found: Found) -> Html:
    """Show the rows that the facts describe one by one, such as each suspect's label and the one it looks like."""
    given = found.facts.get("examples")
    rows = [r for r in given if isinstance(r, dict)][:SHOWN] if isinstance(given, list) and not found.pictures else []
    head = [str(name) for name in rows[0]] if rows else []
    return table(head, [[str(r.get(name, "")) for name in head] for r in rows]) if rows else Html("")


def evidence(found: Found) -> Html:
    """Name the rows, folded away where they are many; in pairs where they belong together."""
    if found.pairs:
        text = ", ".join(f"{a} and {b}" for a, b in found.pairs[:PAIRS])
        return named("Rows that belong together: ", text, len(found.pairs) - PAIRS)
    text = ", ".join(str(row) for row in found.rows[:SHOWN])
    return named("Rows: ", text, len(found.rows) - SHOWN) if found.rows else Html("")


def named(what: str, text: str, more: int) -> Html:
    """Write rows, and how many more findings.json has."""
    rest = f"; {more:,} more in findings.json" if more > 0 else ""
    line = paragraph(f"{what}{text}{rest}.", kind="quiet")
    return fold("The rows", line) if more > 0 else line
