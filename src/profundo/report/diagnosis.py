"""How the training went, by the training doctor: what it found, and the gradients and activations it looked at."""

import json
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, FiniteFloat

from ..charts import BLUE, ORANGE, Axis, Line, line_chart, number
from ..errors import DataError
from .html import Html, code, figure, figures, paragraph, section, table, tag
from .stored import Count, Stored, checked, parse, read_text

NAMED = 4  # lines of a chart that are named; the others are faint
ROWS = 40  # of a table


class Plot(BaseModel):
    """A small line chart: points, and what the axes are."""

    x: list[FiniteFloat] = []
    y: list[FiniteFloat] = []
    x_name: str = ""
    y_name: str = ""


class Found(BaseModel):
    """A finding."""

    name: str
    severity: Literal["serious", "warning", "minor"]
    text: str
    flag: str = ""
    place: str = ""
    plot: Plot = Plot()


class Diagnosis(BaseModel):
    """diagnosis.json."""

    findings: list[Found] = []


class Layer(BaseModel):
    """A layer at a look."""

    name: str
    activation: str = ""
    std: FiniteFloat | None = None
    active_std: FiniteFloat | None = None
    gradient: FiniteFloat | None = None
    dead: FiniteFloat | None = None
    at_edges: FiniteFloat | None = None


class Look(BaseModel):
    """A line of vitals.jsonl."""

    epoch: Count
    examples: Count = 0
    layers: list[Layer] = []


def diagnosis_section(run: Stored) -> Html:
    """Show what the doctor found, each with its evidence, and what it looked at. Empty where it did not look."""
    path = run.path / "diagnosis.json"
    if not path.exists():
        return Html("")
    diagnosis: Diagnosis = parse(path, Diagnosis)
    looks = read_looks(run)
    cards = [card(found) for found in diagnosis.findings]
    healthy = paragraph("The doctor found nothing: the signals, gradients and losses are those of a healthy training.")
    examples = f", on {number(looks[0].examples)} training examples each time" if looks else ""
    lead = paragraph(
        f"The training doctor looked at the network {len(looks)} times{examples}. What it finds comes with a cause "
        "first and its symptoms after it.",
        kind="quiet",
    )
    drawn = figures(gradient_figure(looks), signal_figure(looks), silent_figure(looks))
    return section("diagnosis", "How the training went, by the doctor", lead, *(cards or [healthy]), drawn)


def card(found: Found) -> Html:
    """Show a finding: the sentence, what to type, and the plot."""
    text = found.text[:1].upper() + found.text[1:]
    words = [tag("h3", f"{found.name} ({found.severity})"), paragraph(text)]
    if found.flag:
        words += [paragraph("Train again with:", kind="quiet"), code(found.flag)]
    return tag("div", *words, figures(evidence(found)), class_=f"finding {found.severity}")


def evidence(found: Found) -> Html:
    """Draw the plot of a finding; nothing where it has fewer than two points."""
    plot = found.plot
    if len(plot.x) < 2 or len(plot.x) != len(plot.y):
        return Html("")
    title = f"Evidence: {plot.y_name}"
    ends = (0.0, 1.0) if plot.y_name.startswith("share") else (None, None)
    axes = Axis(plot.x_name, whole=True), Axis(plot.y_name, *ends)
    chart = line_chart([Line(plot.y_name, plot.x, plot.y, dots=len(plot.x) < 30)], title, *axes)
    points = list(zip(plot.x, plot.y, strict=True))
    return figure(chart, f"{title}.", table([plot.x_name, plot.y_name], evenly(points)))


def read_looks(run: Stored) -> list[Look]:
    """Read vitals.jsonl; the last of several looks at an epoch counts."""
    path = run.path / "vitals.jsonl"
    found: dict[int, Look] = {}
    for row, line in enumerate(read_text(path).splitlines(), 1):
        try:
            value = json.loads(line)
        except ValueError as error:
            raise DataError(f"{path} is damaged in line {row} ({error}).") from error
        look: Look = checked(value, Look, f"{path} line {row}")
        found[look.epoch] = look
    return [found[epoch] for epoch in sorted(found)]


def gradient_figure(looks: Sequence[Look]) -> Html:
    """Draw the size of the gradient of each layer's weights over the epochs, on a logarithmic scale."""
    return over_epochs(
        looks, "gradient", "Size of the gradient of each layer's weights", "norm, logarithmic scale",
        "If the first layers' gradients are a thousand times smaller than the last one's, they hardly learn.",
    )  # fmt: skip


def over_epochs(looks: Sequence[Look], name: str, title: str, unit: str, words: str) -> Html:
    """Draw a figure of each layer over the epochs; the first and the last layers are named."""
    layers = [layer.name for layer in looks[0].layers] if looks else []
    values = {n: np.array([value(look, n, name) for look in looks], dtype=float) for n in layers}
    values = {n: np.where(v > 0, v, np.nan) for n, v in values.items()}
    shown = [n for n in layers if np.isfinite(values[n]).any()]
    if len(looks) < 2 or not shown:
        return Html("")
    named = {*shown[: NAMED // 2], *shown[-NAMED // 2 :]}
    colours = np.where(np.arange(len(shown)) < len(shown) / 2, BLUE, ORANGE)
    epochs = [look.epoch for look in looks]
    lines = [
        Line(n, epochs, values[n], str(c), faint=n not in named, dots=True) for n, c in zip(shown, colours, strict=True)
    ]
    chart = line_chart(lines, title, Axis("epoch", whole=True), Axis(unit, log=True))
    rows = [[e, *(finite(values[n][i]) for n in shown)] for i, e in enumerate(epochs)]
    return figure(chart, f"{title}. {words}", table(["epoch", *shown], rows))


def signal_figure(looks: Sequence[Look]) -> Html:
    """Draw the standard deviation of what each layer gives on, before training and at the end."""
    if not looks or len(looks[0].layers) < 2:
        return Html("")
    first, last = (np.array([spread(layer) for layer in look.layers], dtype=float) for look in (looks[0], looks[-1]))
    if len(first) != len(last) or not np.isfinite(first).any():
        return Html("")
    first, last = (np.where(v > 0, v, np.nan) for v in (first, last))
    places = list(range(1, len(first) + 1))
    title = "Size of the signal by layer"
    lines = [Line("before", places, first, BLUE, dots=True), Line("at the end", places, last, ORANGE, dots=True)]
    axes = Axis("layer", whole=True), Axis("standard deviation, logarithmic scale", log=True)
    chart = line_chart(lines, title, *axes)
    words = f"{title}: what its activation gives on. It should neither die out nor grow from layer to layer."
    rows = [
        [layer.name, layer.activation or "none", finite(a), finite(b)]
        for layer, a, b in zip(looks[0].layers, first, last, strict=True)
    ]
    return figure(chart, words, table(["layer", "activation", "before", "at the end"], rows[:ROWS]))


def silent_figure(looks: Sequence[Look]) -> Html:
    """Draw the share of dead units, or of values at an edge, by layer; nothing where there can be none."""
    for name, title, words in (
        ("dead", "Share of dead units by layer", "A dead unit is zero for every example and cannot learn."),
        ("at_edges", "Share of saturated values by layer", "At an edge of sigmoid or tanh hardly any gradient passes."),
    ):
        if not looks or len(looks[0].layers) != len(looks[-1].layers):
            return Html("")
        pairs = [
            (place, a.name, getattr(a, name), getattr(b, name))
            for place, (a, b) in enumerate(zip(looks[0].layers, looks[-1].layers, strict=True), 1)
            if getattr(a, name) is not None and getattr(b, name) is not None
        ]
        if not pairs:
            continue
        places = [p[0] for p in pairs]
        lines = [
            Line("before", places, [p[2] for p in pairs], BLUE, dots=True),
            Line("at the end", places, [p[3] for p in pairs], ORANGE, dots=True),
        ]
        chart = line_chart(lines, title, Axis("layer", whole=True), Axis("share", low=0, high=1))
        rows = [list(p[1:]) for p in pairs]
        return figure(chart, f"{title}. {words}", table(["layer", "before", "at the end"], rows[:ROWS]))
    return Html("")


def value(look: Look, layer: str, name: str) -> float:
    """Return a figure of a layer at a look, NaN where there is none."""
    found = next((getattr(each, name) for each in look.layers if each.name == layer), None)
    return np.nan if found is None else float(found)


def spread(layer: Layer) -> float:
    """Return the standard deviation of what a layer gives on, NaN where it is not known."""
    found = layer.std if layer.active_std is None else layer.active_std
    return np.nan if found is None else found


def finite(number: Any) -> float | None:
    """Return a number for a table, None for NaN."""
    return float(number) if np.isfinite(number) else None


def evenly(rows: list[Any]) -> list[Any]:
    """Keep at most `ROWS` rows at even distances."""
    if len(rows) <= ROWS:
        return rows
    return [rows[i] for i in np.linspace(0, len(rows) - 1, ROWS).round().astype(int)]
