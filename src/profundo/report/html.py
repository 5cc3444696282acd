"""HTML that cannot be broken by what it shows: every value is escaped, unless it already is `Html`."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from ..charts import number
from ..svg import escape


class Html(str):
    """Text that is HTML already. Only the functions of this room make it."""


def safe(value: Any) -> Html:
    """Return the HTML of a value: numbers for a reader, text escaped, `Html` as it is."""
    if isinstance(value, Html):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        return Html(escape(str(value)))
    return Html(number(value))


def tag(name: str, *content: Any, **attributes: str) -> Html:
    """Build an element; `class_` stands for class."""
    inside = "".join(f' {k.rstrip("_").replace("_", "-")}="{escape(v)}"' for k, v in attributes.items() if v)
    return Html(f"<{name}{inside}>{''.join(safe(c) for c in content)}</{name}>")


def joined(parts: Iterable[Any]) -> Html:
    """Put pieces one after the other."""
    return Html("".join(safe(part) for part in parts))


def section(name: str, title: str, *content: Html) -> Html:
    """Build a section of the page; empty where it has no content."""
    body = joined(content)
    return tag("section", tag("h2", title), body, id=name) if body else Html("")


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], kind: str = "") -> Html:
    """Build a table that scrolls on its own on a narrow screen; numbers stand at the right."""
    cells = [[safe(cell) for cell in row] for row in rows]
    number_like = [all(is_number(row[i]) for row in cells) and bool(cells) for i in range(len(head))]
    looks = ["n" if n else "" for n in number_like]
    top = joined(tag("th", name, scope="col", class_=look) for name, look in zip(head, looks, strict=True))
    body = joined(
        tag("tr", joined(tag("td", cell, class_=look) for cell, look in zip(row, looks, strict=True))) for row in cells
    )
    inside = tag("table", tag("thead", tag("tr", top)), tag("tbody", body), class_=kind)
    return tag("div", inside, class_="scroll")


def is_number(cell: str) -> bool:
    """Say whether a cell reads as a number, an interval or nothing."""
    return re.fullmatch(r"[-–+0-9.,e%\[\] ]*( to [-–+0-9.,e]+)?", cell) is not None


def figure(chart: str, caption: str, twin: Html | None = None, wide: bool = False) -> Html:
    """Show a chart with its caption, and under it the same in numbers, folded."""
    numbers = fold("In numbers", twin) if twin else Html("")
    drawing = tag("div", Html(chart), class_="scroll")
    return tag("figure", tag("figcaption", caption), drawing, numbers, class_="wide" if wide else "")


def figures(*found: Html) -> Html:
    """Set figures side by side where there is room."""
    return tag("div", joined(found), class_="figures") if any(found) else Html("")


def fold(summary: str, content: Html, opened: bool = False) -> Html:
    """Fold content away behind a line."""
    return Html(f"<details{' open' if opened else ''}>{tag('summary', summary)}{content}</details>")


def paragraph(*content: Any, kind: str = "") -> Html:
    """Build a paragraph."""
    return tag("p", *content, class_=kind)


def code(text: str) -> Html:
    """Show text as it is typed."""
    return tag("pre", tag("code", text), tabindex="0")
