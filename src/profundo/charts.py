"""Charts as SVG text: data in, a string out. For the report, for Jupyter (`_repr_html_`) and for the studio alike.

Every chart has a `title` and a `desc` that a screen reader speaks. Text and axes take the colour of the text around
them, so that a chart is at home on a light and on a dark page; blue and orange can be told apart by colour-blind eyes,
and a page may set its own with the CSS variables --blue and --orange.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .svg import (
    BLUE,
    INK,
    LETTER,
    ORANGE,
    Axis,
    Scale,
    escape,
    finite_pairs,
    fixed,
    join,
    label_width,
    limits,
    number,
    rule,
    shorten,
    svg,
    text,
    ticks,
)

__all__ = [
    "BLUE",
    "ORANGE",
    "Axis",
    "Dot",
    "Line",
    "bar_chart",
    "dot_and_whisker",
    "fixed",
    "heat_map",
    "histogram",
    "line_chart",
    "number",
    "scatter",
    "shorten",
    "whisker",
]

WIDTH, HEIGHT = 440, 270


@dataclass(frozen=True)
class Line:
    """A line of a chart: points (n,), (n,); values that are not finite are gaps. A faint line is context, unnamed."""

    name: str
    x: ArrayLike
    y: ArrayLike
    colour: str = BLUE
    faint: bool = False
    dots: bool = False


@dataclass(frozen=True)
class Dot:
    """A row of `dot_and_whisker`: a value with its interval. `main` marks the row that the others are compared with."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    main: bool = False


@dataclass(frozen=True)
class Frame:
    """The plotting area: its two scales, and the SVG of its axes."""

    x: Scale
    y: Scale
    axes: str


def line_chart(
    lines: Sequence[Line], title: str, x: Axis, y: Axis, desc: str = "", mark: tuple[str, float] | None = None
) -> str:
    """Draw lines over one pair of axes, each named at its right end. `mark` is a named vertical line at an x."""
    named = [line for line in lines if line.name and not line.faint and len(lines) > 1]
    right = min(max((len(shorten(line.name)) * LETTER * 1.2 for line in named), default=0) + 14, 170)
    frame = plot(x, y, join(line.x for line in lines), join(line.y for line in lines), right)
    body = [frame.axes, "" if mark is None else marker(frame, *mark)]
    body += [draw_line(frame, line) for line in sorted(lines, key=lambda line: not line.faint)]
    return svg(WIDTH, HEIGHT, title, desc, "".join(body) + end_names(frame, named))


def scatter(xs: ArrayLike, ys: ArrayLike, title: str, x: Axis, y: Axis, desc: str = "", diagonal: bool = False) -> str:
    """Draw points (n,), (n,). With `diagonal`, both axes are alike and a thin line shows where x = y."""
    a, b = np.asarray(xs, dtype=float), np.asarray(ys, dtype=float)
    frame = plot(x, y, join([a, b]) if diagonal else a, join([a, b]) if diagonal else b)
    line = guide(frame, frame.x.low, frame.x.high) if diagonal else ""
    spots = "".join(
        f'<circle cx="{p:.1f}" cy="{q:.1f}" r="2.5"/>' for p, q in finite_pairs(frame.x(a), frame.y(b)).tolist()
    )
    return svg(WIDTH, HEIGHT, title, desc, f'{frame.axes}{line}<g fill="{BLUE}" fill-opacity=".45">{spots}</g>')


def histogram(
    edges: ArrayLike, counts: ArrayLike, title: str, x: Axis | None = None, desc: str = "", small: bool = False
) -> str:
    """Draw counts (n,) between edges (n + 1,). A `small` one has no axes and fits into a table."""
    e, c = np.asarray(edges, dtype=float), np.asarray(counts, dtype=float)
    if small:
        across, up = Scale(e[0], max(e[-1], e[0] + 1e-12), 0, 120), Scale(0, max(c.max(initial=0), 1), 26, 2)
        return svg(120, 28, title, desc, columns(across(e), up(c), 26) + rule(0, 26.5, 120, 26.5))
    axis = x or Axis()
    frame = plot(Axis(axis.label, float(e[0]), float(e[-1])), Axis("count", 0), e, c)
    return svg(WIDTH, HEIGHT, title, desc, frame.axes + columns(frame.x(e), frame.y(c), frame.y.begin))


def bar_chart(labels: Sequence[str], values: Sequence[float], title: str, desc: str = "") -> str:
    """Draw a horizontal bar for each label, with its value at the end."""
    left, height = label_width(labels), 24 * len(labels) + 4
    across = Scale(0, max([*values, 1e-12]), left, WIDTH - 60)
    body = []
    for i, (label, value) in enumerate(zip(labels, values, strict=True)):
        y, end = 24 * i + 2, float(across(value))
        body.append(text(left - 8, y + 15, label, "end"))
        body.append(f'<rect x="{left:.1f}" y="{y}" width="{max(end - left, 0):.1f}" height="20" fill="{BLUE}"/>')
        body.append(text(end + 6, y + 15, number(value), muted=True))
    return svg(WIDTH, height, title, desc, "".join(body))


def dot_and_whisker(rows: Sequence[Dot], title: str, axis: Axis, desc: str = "") -> str:
    """Draw a dot with its interval for each row; a band behind all shows the interval of the `main` row."""
    width, left = WIDTH + 120, label_width([row.label for row in rows])
    bottom = 26 * len(rows) + 8
    ends = [v for row in rows for v in (row.value, row.low, row.high) if v is not None]
    low, high = limits(axis, np.array(ends, dtype=float))
    across = Scale(low, high, left + 8, width - 70)
    body = [x_ticks(across, bottom, axis, 4)]
    for i, row in enumerate(rows):
        y, colour = 26 * i + 17, BLUE if row.main else INK
        span = across([row.value if v is None else v for v in (row.low, row.high)])
        if row.main:
            size = f'width="{max(span[1] - span[0], 1):.1f}" height="{bottom - 4}"'
            body.insert(0, f'<rect x="{span[0]:.1f}" y="4" {size} fill="{BLUE}" fill-opacity=".12"/>')
        body.append(text(left - 8, y + 4, row.label, "end", bold=row.main))
        body.append(rule(span[0], y, span[1], y, colour, 2))
        body.append(f'<circle cx="{float(across(row.value)):.1f}" cy="{y}" r="4.5" fill="{colour}"/>')
        body.append(text(width, y + 4, fixed(row.value), "end", bold=row.main))
    return svg(width, bottom + 40, title, desc, "".join(body))


def whisker(dot: Dot, low: float, high: float) -> str:
    """Draw one dot with its interval on a line from `low` to `high`, small enough for a table."""
    left, right = (len(number(v)) * 6.4 + 6 for v in (low, high))
    across = Scale(low, high, left, 160 - right)
    span = across([dot.value if v is None else v for v in (dot.low, dot.high)])
    parts = [
        f'<g font-size="10">{text(left - 6, 12, number(low), "end", muted=True)}',
        f"{text(166 - right, 12, number(high), muted=True)}</g>",
        rule(left, 9, 160 - right, 9),
        rule(span[0], 9, span[1], 9, BLUE, 3),
        f'<circle cx="{float(across(dot.value)):.1f}" cy="9" r="4" fill="{BLUE}"/>',
    ]
    spoken = f"{fixed(dot.value)}, 95 % interval {fixed(dot.low)} to {fixed(dot.high)}"
    return svg(160, 18, f"{dot.label}: {spoken}", f"drawn from {number(low)} to {number(high)}", "".join(parts))


def heat_map(
    counts: ArrayLike, rows: Sequence[str], columns: Sequence[str], title: str, desc: str = "", axes: str = ""
) -> str:
    """Draw counts (rows, columns), each cell shaded by its share of the row: blue on the diagonal, else orange.

    `axes` says in a few words what the rows and the columns are.
    """
    c = np.asarray(counts, dtype=float)
    share = c / np.maximum(c.sum(axis=1, keepdims=True), 1)
    side = 34 if len(columns) > 6 else 52
    left = label_width(rows)
    top = 30 + min(max((len(shorten(name, 14)) for name in columns), default=1) * LETTER * 0.72, 80)
    body = [text(0, 12, axes, muted=True)]
    for j, name in enumerate(columns):
        x, y = left + side * (j + 0.5), top - 6
        turn = f' transform="rotate(-45 {x:.1f} {y:.1f})"' if len(name) * LETTER > side else ""
        body.append(text(x, y, shorten(name, 14), "start" if turn else "middle", extra=turn))
    for i, j in itertools.product(range(len(rows)), range(len(columns))):
        x, y = left + side * j, top + side * i
        if j == 0:
            body.append(text(left - 8, y + side / 2 + 4, rows[i], "end"))
        body.append(cell(x, y, side, float(share[i, j]), BLUE if i == j else ORANGE))
        if c[i, j]:
            white = ' fill="var(--on-colour,#fff)"' if share[i, j] > 0.5 else ""
            body.append(text(x + side / 2, y + side / 2 + 4, number(c[i, j]), "middle", extra=white))
    return svg(left + side * len(columns) + 60, top + side * len(rows) + 4, title, desc, "".join(body))


def cell(x: float, y: float, side: float, share: float, colour: str) -> str:
    """Draw a cell of a heat map; the square root makes a few mistakes visible beside many right answers."""
    box = f'x="{x + 1:.1f}" y="{y + 1:.1f}" width="{side - 2}" height="{side - 2}" rx="2"'
    shade = 0.08 + 0.92 * math.sqrt(share) if share > 0 else 0.0
    back = f'<rect {box} fill="{INK}" fill-opacity=".05"/>'
    return back if share == 0 else f'{back}<rect {box} fill="{colour}" fill-opacity="{shade:.2f}"/>'


def plot(x: Axis, y: Axis, xs: np.ndarray, ys: np.ndarray, right: float = 14) -> Frame:
    """Lay out the axes around the data: ticks at round numbers, thin grid lines, the y label above its axis."""
    low, high = limits(y, ys)
    across_low, across_high = limits(x, xs, pad=0)
    up = Scale(low, high, HEIGHT - 44, 30, y.log)
    marks = ticks(low, high, y, 5)
    left = max((len(number(v)) for v in marks), default=1) * LETTER + 10
    across = Scale(across_low, across_high, left, WIDTH - right, x.log)
    body = [text(0, 14, y.label, muted=True), x_ticks(across, HEIGHT - 44, x)]
    for value in marks:
        at = float(up(value))
        body.append(rule(left, at, WIDTH - right, at))
        body.append(text(left - 8, at + 4, number(value), "end", muted=True))
    return Frame(across, up, "".join(body))


def x_ticks(scale: Scale, bottom: float, axis: Axis, top: float | None = None) -> str:
    """Draw the ticks, their numbers and the label below a plot; with `top`, grid lines up to there."""
    body = [rule(scale.begin, bottom, scale.end, bottom, opacity=0.5)]
    for value in ticks(scale.low, scale.high, axis, 6):
        at = float(scale(value))
        body.append(rule(at, bottom + 4 if top is None else top, at, bottom))
        body.append(text(at, bottom + 18, number(value), "middle", muted=True))
    return "".join(body) + text((scale.begin + scale.end) / 2, bottom + 36, axis.label, "middle", muted=True)


def draw_line(frame: Frame, line: Line) -> str:
    """Draw one line, broken where a value is not finite; a single point is a dot."""
    px, py = np.atleast_1d(frame.x(line.x)), np.atleast_1d(frame.y(line.y))
    good = np.isfinite(px) & np.isfinite(py)
    pieces, pen = [], "M"
    for x, y, ok in zip(px.tolist(), py.tolist(), good.tolist(), strict=True):
        pieces.append(f"{pen}{x:.1f} {y:.1f}" if ok else "")
        pen = "L" if ok else "M"
    look = f'stroke="{INK}" stroke-opacity=".3"' if line.faint else f'stroke="{line.colour}" stroke-width="2"'
    spoken = f"<title>{escape(line.name)}</title>" if line.name else ""
    path = f'<path d="{"".join(pieces)}" fill="none" stroke-linejoin="round" {look}>{spoken}</path>'
    if not (line.dots or good.sum() == 1):
        return path
    spots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in finite_pairs(px, py).tolist())
    return f'{path}<g fill="{line.colour}">{spots}</g>'


def end_names(frame: Frame, lines: Sequence[Line]) -> str:
    """Write each line's name beside its last point, pushed apart where they would touch."""
    found = []
    for line in lines:
        points = finite_pairs(np.atleast_1d(frame.x(line.x)), np.atleast_1d(frame.y(line.y)))
        if len(points):
            found.append((float(points[-1, 1]), float(points[-1, 0]), line))
    body, last = [], -math.inf
    for y, x, line in sorted(found, key=lambda f: f[0]):
        last = max(y, last + 15)
        body.append(text(x + 8, last + 4, shorten(line.name), extra=f' fill="{line.colour}" font-weight="600"'))
    return "".join(body)


def marker(frame: Frame, name: str, x: float) -> str:
    """Draw a named vertical line at x."""
    at = float(frame.x(x))
    anchor = "end" if at > (frame.x.begin + frame.x.end) / 2 else "start"
    label = text(at + (-6 if anchor == "end" else 6), 42, name, anchor, extra=f' fill="{ORANGE}" font-weight="600"')
    return rule(at, frame.y.begin, at, frame.y.end, ORANGE, 1.5) + label


def guide(frame: Frame, low: float, high: float) -> str:
    """Draw the line where x = y."""
    return rule(float(frame.x(low)), float(frame.y(low)), float(frame.x(high)), float(frame.y(high)), ORANGE, 1.5)


def columns(edges: np.ndarray, tops: np.ndarray, bottom: float) -> str:
    """Draw the columns of a histogram, from pixel edges and pixel tops."""
    body = []
    for left, right, top in zip(edges[:-1].tolist(), edges[1:].tolist(), tops.tolist(), strict=True):
        if bottom > top:
            width = max(right - left - 1, 0.5)
            body.append(f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{bottom - top:.1f}"/>')
    return f'<g fill="{BLUE}">{"".join(body)}</g>'
