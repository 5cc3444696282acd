"""What went in: the parts, the target, every column, what was left out and why."""

import shlex
from datetime import datetime, timedelta

from ..charts import Axis, bar_chart, histogram, number, shorten
from .html import Html, figure, figures, joined, paragraph, section, table, tag
from .stored import Column, Note, Stored

COLUMNS_SHOWN = 100
LABELS_SHOWN = 20


def data_section(run: Stored) -> Html:
    """Show the data: counts, targets, columns, notes."""
    data = run.data
    total = sum(data.counts.values())
    parts = [[name, count, f"{100 * count / max(total, 1):.1f} %"] for name, count in data.counts.items()]
    columns = f"{number(len(run.schema.inputs))} input column{'' if len(run.schema.inputs) == 1 else 's'}"
    over = "Missing values are counted over all parts, all else over the training part alone."
    lead = paragraph(tag("b", number(total)), f" examples, {columns}. {over}")
    split = table(["part", "examples", "share"], [*parts, ["all", total, "100.0 %"]]) if parts else Html("")
    charts = figures(split, *(target_figure(n, c) for n, c in data.columns.items() if c.role == "target"))
    fingerprint = paragraph("Fingerprint of the data: ", tag("code", data.fingerprint), kind="quiet")
    return section(
        "data",
        "Data",
        lead,
        notes(data.notes),
        charts,
        column_table(run),
        left_out(run),
        fingerprint if data.fingerprint else Html(""),
    )


def target_figure(name: str, column: Column) -> Html:
    """Draw how the target is distributed."""
    caption = f"Target: {name}, in the training part"
    if column.top:
        shown = column.top[:LABELS_SHOWN]
        labels = [label_text(label) for label, _ in shown]
        chart = bar_chart(labels, [count for _, count in shown], caption, f"{len(shown)} labels with their counts")
        more = (column.distinct or 0) - len(shown)
        caption += f" (the {len(shown)} most frequent labels; {number(more)} more)" if more > 0 else ""
        return figure(chart, caption, table(["label", "count"], zip(labels, (c for _, c in shown), strict=True)))
    if column.histogram:
        h = column.histogram
        desc = f"from {number(h.edges[0])} to {number(h.edges[-1])}"
        rows = [[number(a), number(b), c] for a, b, c in zip(h.edges[:-1], h.edges[1:], h.counts, strict=True)]
        chart = histogram(h.edges, h.counts, caption, Axis(name), desc)
        return figure(chart, caption, table(["from", "to", "count"], rows))
    return Html("")


def column_table(run: Stored) -> Html:
    """Show every column that is used: its kind, what is missing, and how it is distributed."""
    used = [(n, c) for n, c in run.data.columns.items() if c.role != "left out"]
    rows = [
        [tag("b", n), c.kind, c.role, c.missing, c.distinct, summary(c), drawing(n, c)] for n, c in used[:COLUMNS_SHOWN]
    ]
    more = len(used) - len(rows)
    note = paragraph(f"{number(more)} more columns are in data.json.", kind="quiet") if more > 0 else Html("")
    head = ["column", "kind", "role", "missing", "distinct", "values", ""]
    return joined([tag("h3", "Columns"), table(head, rows, "columns"), note]) if rows else Html("")


def summary(column: Column) -> str:
    """Say in a few words which values a column has."""
    if column.top:
        words = ", ".join(f"{shorten(label_text(label), 18)} ({number(count)})" for label, count in column.top[:4])
        return words + (", …" if len(column.top) > 4 or (column.distinct or 0) > len(column.top) else "")
    if column.min is None or column.max is None:
        return column.reason or ""
    write = day if column.kind == "date" else plain
    middle = f", median {write(column.median)}" if column.median is not None else ""
    return f"{write(column.min)} to {write(column.max)}{middle}"


def drawing(name: str, column: Column) -> Html:
    """Draw a column's histogram, small."""
    if not column.histogram:
        return Html("")
    return Html(histogram(column.histogram.edges, column.histogram.counts, f"Histogram of {name}", small=True))


def left_out(run: Stored) -> Html:
    """Show which columns were left out, why, and what to type to keep them."""
    rows = [
        [tag("b", name), c.reason, tag("code", c.flag or f"--keep {shlex.quote(name)}")]
        for name, c in run.data.columns.items()
        if c.role == "left out"
    ]
    if not rows:
        return Html("")
    shown = rows[:COLUMNS_SHOWN]
    more = f" (the first {len(shown)} of {len(rows)})" if len(rows) > len(shown) else ""
    return joined([tag("h3", f"Left out{more}"), table(["column", "why", "to keep it"], shown)])


def notes(found: list[Note]) -> Html:
    """List what was noticed, the warnings first and marked in words."""
    items = [
        tag(
            "li",
            tag("b", "Warning: ") if note.warning else "",
            note.text,
            joined([Html(" "), tag("code", note.flag)]) if note.flag else "",
            class_="warning" if note.warning else "",
        )
        for note in sorted(found, key=lambda note: not note.warning)
    ]
    return tag("ul", joined(items), class_="notes") if items else Html("")


def day(seconds: object) -> str:
    """Write seconds since 1970 as a date."""
    if not isinstance(seconds, int | float) or not abs(seconds) < 6e10:  # the years 69 to 3871
        return plain(seconds)
    return f"{datetime(1970, 1, 1) + timedelta(seconds=seconds):%Y-%m-%d}"


def plain(value: object) -> str:
    """Write a minimum, a maximum or a median."""
    return number(value) if isinstance(value, int | float) else str(value)


def label_text(label: object) -> str:
    """Write a label; the empty one means missing."""
    return str(label) if label not in ("", None) else "(missing)"
