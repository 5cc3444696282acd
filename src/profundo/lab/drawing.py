"""Pictures of a plane as SVG: heights as shades, points of two classes, paths and lines across."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..charts import plot
from ..svg import BLUE, INK, ORANGE, Axis, Scale, escape, shorten, svg, text

WIDTH, HEIGHT = 440, 270
COARSE = 45  # shaded squares along each axis, at most
COLOURS = (BLUE, ORANGE, "#1f8a5b", "#a8458c", "#6a62c4", "#66717d")
DASHES = ("", "6 3", "2 3")


@dataclass(frozen=True)
class Path:
    """A way over the plane: points (n, 2), and its name."""

    name: str
    points: np.ndarray


@dataclass(frozen=True)
class Plane:
    """What a plane shows. `heights` (rows of y, columns of x) over the axes; `points` (n, 2) with `codes` 0 or 1.

    `lines` are (a, b, c) of a x + b y + c = 0. With `signed`, heights of 0.5 are neutral, lower blue, higher orange.
    """

    x_axis: np.ndarray
    y_axis: np.ndarray
    names: tuple[str, str] = ("x", "y")
    heights: np.ndarray | None = None
    signed: bool = False
    points: np.ndarray | None = None
    codes: np.ndarray | None = None
    paths: Sequence[Path] = ()
    lines: Sequence[tuple[float, float, float]] = ()


def plane_chart(plane: Plane, title: str, desc: str = "") -> str:
    """Draw a plane as SVG, the paths named in a legend below."""
    ends = [np.array([axis[0], axis[-1]], dtype=float) for axis in (plane.x_axis, plane.y_axis)]
    x, y = (Axis(name, float(e[0]), float(e[1])) for name, e in zip(plane.names, ends, strict=True))
    frame = plot(x, y, ends[0], ends[1])
    inside = [shades(plane, frame.x, frame.y), *(line(frame.x, frame.y, *abc) for abc in plane.lines)]
    if plane.points is not None:
        inside.append(spots(frame.x, frame.y, plane.points, plane.codes))
    inside += [way(frame.x, frame.y, path.points, k) for k, path in enumerate(plane.paths)]
    box = f'width="{frame.x.end - frame.x.begin:.1f}" height="{frame.y.begin - frame.y.end:.1f}"'
    clip = f'<svg x="{frame.x.begin:.1f}" y="{frame.y.end:.1f}" {box} overflow="hidden">'
    shifted = f'<g transform="translate({-frame.x.begin:.1f} {-frame.y.end:.1f})">{"".join(inside)}</g>'
    key = legend([p.name for p in plane.paths])
    rows = -(-len(plane.paths) // 4)
    return svg(WIDTH, HEIGHT + 18 * rows, title, desc, f"{frame.axes}{clip}{shifted}</svg>{key}")


def shades(plane: Plane, across: Scale, up: Scale) -> str:
    """Draw the heights as squares: by rank, so that every step down is seen, or by sign."""
    if plane.heights is None:
        return ""
    stride = -(-max(plane.heights.shape) // COARSE)
    heights = plane.heights[::stride, ::stride]
    xs, ys = edges(across(plane.x_axis[::stride])), edges(up(plane.y_axis[::stride]))
    ranks = heights.ravel().argsort().argsort().reshape(heights.shape) / heights.size
    parts = []
    for i, j in np.ndindex(heights.shape):
        value = (0.5 - heights[i, j]) * 2 if plane.signed else 1 - ranks[i, j]
        colour = INK if not plane.signed else ORANGE if value < 0 else BLUE
        shade = abs(value) * (0.55 if plane.signed else 0.3)
        if shade > 0.01:
            size = f'width="{xs[j + 1] - xs[j]:.1f}" height="{ys[i] - ys[i + 1]:.1f}"'
            where = f'x="{xs[j]:.1f}" y="{ys[i + 1]:.1f}" {size}'
            parts.append(f'<rect {where} fill="{colour}" fill-opacity="{shade:.2f}"/>')
    return f'<g shape-rendering="crispEdges">{"".join(parts)}</g>'


def edges(centres: np.ndarray) -> np.ndarray:
    """Return the edges (n + 1,) of squares around centres (n,), in tenths of a pixel, so that they leave no gap."""
    half = (centres[1] - centres[0]) / 2
    return np.round(np.append(centres - half, centres[-1] + half), 1)


def spots(across: Scale, up: Scale, points: np.ndarray, codes: np.ndarray | None) -> str:
    """Draw points: blue discs for the first class, orange rings for the second."""
    parts = []
    for (x, y), code in zip(points, np.zeros(len(points)) if codes is None else codes, strict=True):
        at = f'cx="{float(across(x)):.1f}" cy="{float(up(y)):.1f}" r="3.5"'
        look = f'fill="none" stroke="{ORANGE}" stroke-width="2"' if code else f'fill="{BLUE}"'
        parts.append(f"<circle {at} {look}/>")
    return "".join(parts)


def way(across: Scale, up: Scale, points: np.ndarray, number: int) -> str:
    """Draw a path with a dot at its end."""
    xs, ys = across(points[:, 0]), up(points[:, 1])
    steps = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
    colour, dash = look(number)
    end = f'<circle cx="{xs[-1]:.1f}" cy="{ys[-1]:.1f}" r="3.5" fill="{colour}"/>'
    return f'<polyline points="{steps}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}/>{end}'


def look(number: int) -> tuple[str, str]:
    """Return colour and dashes of a path."""
    dash = DASHES[number // len(COLOURS) % len(DASHES)]
    return COLOURS[number % len(COLOURS)], f' stroke-dasharray="{dash}"' if dash else ""


def line(across: Scale, up: Scale, a: float, b: float, c: float) -> str:
    """Draw the line a x + b y + c = 0 across the plane; nothing where a and b are 0."""
    if not a and not b:
        return ""
    if abs(b) > abs(a):
        xs = np.array([across.low, across.high])
        ys = -(a * xs + c) / b
    else:
        ys = np.array([up.low, up.high])
        xs = -(b * ys + c) / a
    (x1, x2), (y1, y2) = across(xs), up(ys)
    where = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {where} stroke="{INK}" stroke-width="2"/>'


def legend(names: Sequence[str]) -> str:
    """Name the paths, four in a row."""
    parts = []
    for k, name in enumerate(names):
        x, y = 10 + 108 * (k % 4), HEIGHT + 12 + 18 * (k // 4)
        colour, dash = look(k)
        parts.append(
            f'<line x1="{x}" x2="{x + 20}" y1="{y - 4}" y2="{y - 4}" stroke="{colour}" stroke-width="2"{dash}/>'
        )
        parts.append(text(x + 26, y, shorten(escape(name), 12)))
    return "".join(parts)
