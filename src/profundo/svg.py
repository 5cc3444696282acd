"""The words that charts are written in: scales, ticks, lines and text of SVG, and numbers for a reader."""

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

BLUE = "var(--blue,#0072b2)"
ORANGE = "var(--orange,#d55e00)"
INK = "currentColor"
LETTER = 7.0  # pixels that one character of the 12-pixel font takes, about


@dataclass(frozen=True)
class Axis:
    """An axis: what it shows, and its ends where the data should not decide. `whole`: ticks at whole numbers."""

    label: str = ""
    low: float | None = None
    high: float | None = None
    log: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Scale:
    """From data to pixels: `low` lies at pixel `begin`, `high` at pixel `end`."""

    low: float
    high: float
    begin: float
    end: float
    log: bool = False

    def __call__(self, value: ArrayLike) -> np.ndarray:
        """Return the pixel of each value; NaN where a logarithmic scale has none."""
        low, high, v = self.low, self.high, np.asarray(value, dtype=float)
        if self.log:
            low, high = math.log10(low), math.log10(high)
            v = np.log10(np.where(v > 0, v, np.nan))
        return self.begin + (v - low) / (high - low) * (self.end - self.begin)


def number(value: float | None) -> str:
    """Write a number for a reader: four significant digits, thousands separated, "–" where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == round(value) and abs(value) < 1e9:
        return f"{int(value):,}"
    if abs(value) >= 1e6 or abs(value) < 1e-3:
        mantissa, _, exponent = f"{value:.3g}".partition("e")
        return f"{mantissa}e{int(exponent)}" if exponent else mantissa
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def fixed(value: float | None) -> str:
    """Write a score: three decimals where that says something, so that columns align."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.3f}" if 0.001 <= abs(value) < 10 or value == 0 else number(value)


def shorten(text: str, length: int = 24) -> str:
    """Cut a text to `length` characters, with an ellipsis where something was cut."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def limits(axis: Axis, values: np.ndarray, pad: float = 0.05) -> tuple[float, float]:
    """Return the ends of an axis: those it asks for, else those of the data with a little room."""
    v = values[np.isfinite(values) & ((values > 0) | (not axis.log))]
    low, high = (float(v.min()), float(v.max())) if len(v) else (0.1, 1.0)
    if axis.log:
        room = (high / low) ** pad
        low, high = max(axis.low or low / room, 1e-300), min(axis.high or high * room, 1e300)
        return (low, high) if high > low else (low / 2, low * 2)
    room = (high - low) * pad
    low = low - room if axis.low is None else axis.low
    high = high + room if axis.high is None else axis.high
    if not high > low:
        half = abs(low) / 2 or 0.5
        low, high = (low if axis.low is not None else low - half), low + half
    return low, high


def ticks(low: float, high: float, axis: Axis, count: int) -> list[float]:
    """Return about `count` round numbers from `low` to `high`: steps of 1, 2 or 5, or powers of ten."""
    if axis.log:
        first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
        if last - first >= 1:
            return [10.0**k for k in range(first, last + 1, 1 + (last - first) // count)]
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.999)
    step = max(step, 1.0) if axis.whole else step
    return [k * step for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def rule(x1: float, y1: float, x2: float, y2: float, colour: str = INK, width: float = 1, opacity: float = 0.0) -> str:
    """Draw a straight line; faint in the colour of the text, full in a colour of its own."""
    faint = opacity or (0.15 if colour == INK and width == 1 else 1)
    where = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {where} stroke="{colour}" stroke-width="{width}" stroke-opacity="{faint}"/>'


def text(
    x: float, y: float, words: str, anchor: str = "start", *, muted: bool = False, bold: bool = False, extra: str = ""
) -> str:
    """Write words at a point; long ones are shortened, with the whole as a tooltip."""
    if not words:
        return ""
    look = (' fill-opacity=".65"' if muted else "") + (' font-weight="600"' if bold else "") + extra
    shown = escape(shorten(words, 60 if muted else 24))
    whole = f"<title>{escape(words)}</title>" if len(words) > 24 and not muted else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{look}>{shown}{whole}</text>'


def svg(width: float, height: float, title: str, desc: str, body: str) -> str:
    """Wrap a drawing: its size, its font, and the words that a screen reader speaks."""
    spoken = escape(f"{title}. {desc}" if desc else title)
    return (
        f'<svg class="chart" role="img" aria-label="{spoken}" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" style="max-width:100%;height:auto" fill="currentColor" '
        f'font-family="system-ui,sans-serif" font-size="12"><title>{escape(title)}</title>'
        f"<desc>{escape(desc)}</desc>{body}</svg>"
    )


def escape(words: str) -> str:
    """Make a text safe between tags and inside quotes."""
    return html.escape(words, quote=True)


def join(arrays: Iterable[ArrayLike]) -> np.ndarray:
    """Put arrays of numbers end to end."""
    return np.concatenate([np.zeros(0), *(np.atleast_1d(np.asarray(a, dtype=float)) for a in arrays)])


def finite_pairs(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the points (n, 2) whose both coordinates are finite."""
    pairs = np.stack([x, y], axis=1)
    return pairs[np.isfinite(pairs).all(axis=1)]


def label_width(labels: Sequence[str]) -> float:
    """Return the pixels to leave on the left for the labels."""
    return max((len(shorten(label)) for label in labels), default=0) * LETTER + 12
