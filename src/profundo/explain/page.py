"""An explanation as a page of its own: bars for columns, colours for words, a map laid over a picture."""

import base64
import io
from importlib import resources

import numpy as np

from ..charts import shorten
from ..report.answers import percent
from ..report.html import Html, figure, figures, joined, paragraph, safe, section, table, tag
from ..report.page import POLICY
from ..report.text import TEXT, painted
from ..svg import BLUE, ORANGE, Scale, rule, svg, text
from .attribution import Attribution, Column

BARS = 30  # columns that are drawn
WIDTH, ROW, VALUES, NAMES = 720, 26, 170, 260
SIDE = 320  # pixels that a picture is enlarged to
FOR, AGAINST = (8, 119, 189), (245, 147, 34)
WIDE = "max-width:100%;height:auto;display:block"


def page(found: Attribution) -> str:
    """Write the page."""
    style = resources.files("profundo.report").joinpath("report.css").read_text(encoding="utf-8")
    title = f"row {found.row}: why {found.answer}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="generator" content="profundo">'
        f"{tag('title', f'{title} · profundo')}<style>{style}</style></head>"
        f"<body>{tag('main', tag('h1', title), body(found))}</body></html>\n"
    )


def body(found: Attribution) -> Html:
    """Write what the page says."""
    true = f", truly {found.true}" if found.true and found.true != found.answered else ""
    sure = found.probabilities.get(found.answered)
    head = f"The network answers {found.answered}{'' if sure is None else f' ({percent(sure)})'}{true}."
    against = f" rather than {found.against}" if found.against else ""
    lead = (
        f"Blue spoke for {found.answer}{against}, orange against it, the stronger the more, as {words(found.method)} "
        f"weighs it against the baseline {found.baseline!r}."
    )
    shown = maps(found) if found.map is not None else joined([bars(found), *map(coloured, texts(found))])
    notes = joined(paragraph(note, kind="quiet") for note in found.notes)
    return joined([paragraph(head, kind="lead"), paragraph(lead), section("why", "Why", shown), told(found), notes])


def told(found: Attribution) -> Html:
    """Say whether the weights add up."""
    return paragraph(found.sentence, kind="quiet")


def words(method: str) -> str:
    """Write the name of a method in words."""
    return method.replace("_", " ")


def texts(found: Attribution) -> list[Column]:
    """Return the columns that are texts."""
    return [column for column in found.columns if column.pieces]


def coloured(column: Column) -> Html:
    """Write a text in its colours."""
    most = max((abs(weight) for _, weight in column.pieces), default=0.0) or 1.0
    pieces = joined(painted(piece, weight, most) for piece, weight in column.pieces)
    return tag("div", tag("i", f"{column.name}: "), pieces, style=TEXT)


def bars(found: Attribution) -> Html:
    """Draw a bar for each column, the strongest first; nothing where a single text is all there is."""
    ordered = sorted(found.columns, key=lambda c: -abs(c.weight))
    if len(ordered) < 2:
        return Html("")
    drawn = ordered[:BARS]
    most = max(abs(c.weight) for c in drawn) or 1.0
    scale = Scale(-most, most, NAMES + 60, WIDTH - 60)
    zero = float(scale(0))
    parts = [rule(zero, 0, zero, ROW * len(drawn), opacity=0.4)]
    for place, column in enumerate(drawn):
        middle, end = ROW * (place + 0.5), float(scale(column.weight))
        left, width = min(zero, end), abs(end - zero)
        fill = BLUE if column.weight > 0 else ORANGE
        parts.append(
            f'<rect x="{left:.1f}" y="{middle - 8:.1f}" width="{width:.1f}" height="16" rx="2" fill="{fill}"/>'
        )
        parts.append(text(0, middle + 4, column.name))
        if not column.pieces:
            parts.append(text(VALUES, middle + 4, shorten(column.value or "(missing)", 16), muted=True))
        beyond = end + 4 if column.weight >= 0 else end - 4
        parts.append(text(beyond, middle + 4, f"{column.weight:+.3g}", anchor="start" if column.weight >= 0 else "end"))
    title = f"What spoke for {found.answer} and what against it"
    strongest = ", ".join(f"{c.name} {c.weight:+.3g}" for c in drawn[:3])
    chart = svg(WIDTH, ROW * len(drawn), title, f"The strongest: {strongest}.", "".join(parts))
    twin = table(["column", "value", "weight"], [[c.name, c.value, c.weight] for c in ordered])
    more = f"; {len(ordered) - BARS} columns that weigh less are in the table" if len(ordered) > BARS else ""
    return figure(chart, f"The weight of each column ({found.unit}){more}.", twin, wide=True)


def maps(found: Attribution) -> Html:
    """Show a picture and, beside it, the map laid over it."""
    assert found.map is not None
    under = None if found.pixels is None else grey(found.pixels, found.map.shape)
    drawn = picture_of(overlaid(found.map, under))
    label = f"the map of what spoke for {found.answer}: strongest {place_of(found.map)}"
    own = found.picture or (None if found.pixels is None else picture_of(seen(found.pixels)))
    shown = [image(own, f"row {found.row}")] if own else []
    return figures(*shown, image(drawn, label))


def image(data: str, words: str) -> Html:
    """Show a PNG in base64 with its words."""
    shown = Html(f'<img src="data:image/png;base64,{data}" alt="{safe(words)}" style="{WIDE}">')
    return tag("figure", shown, tag("figcaption", words))


def place_of(weights: np.ndarray) -> str:
    """Say in words where a map is strongest."""
    total = np.abs(weights)
    if not total.sum():
        return "nowhere"
    rows, columns = (np.arange(n) for n in weights.shape)
    down = float((total.sum(1) @ rows) / total.sum() / max(1, len(rows) - 1))
    right = float((total.sum(0) @ columns) / total.sum() / max(1, len(columns) - 1))
    vertical = "above" if down < 0.4 else "below" if down > 0.6 else "in the middle"
    horizontal = "at the left" if right < 0.4 else "at the right" if right > 0.6 else ""
    return f"{vertical} {horizontal}".strip()


def grey(pixels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return a picture (C, H, W) as its lightness, 0 to 1, in the shape of the map."""
    light = pixels.astype(np.float32).mean(0) / 255
    return light if light.shape == tuple(shape) else np.zeros(shape, np.float32) + 0.5


def overlaid(weights: np.ndarray, under: np.ndarray | None) -> np.ndarray:
    """Return (3, H, W) uint8: blue for, orange against, on a pale picture."""
    top = float(np.quantile(np.abs(weights), 0.995)) or float(np.abs(weights).max()) or 1.0
    size = np.clip(np.abs(weights) / top, 0, 1)[None]
    paper = np.full((3, *weights.shape), 245.0) if under is None else np.repeat(200 + 55 * under[None], 3, 0)
    ink = np.where(weights[None] > 0, np.array(FOR)[:, None, None], np.array(AGAINST)[:, None, None])
    return ((1 - size) * paper + size * ink).round().astype(np.uint8)


def seen(pixels: np.ndarray) -> np.ndarray:
    """Return a picture as (3, H, W)."""
    return np.repeat(pixels, 3, 0) if len(pixels) == 1 else pixels[:3]


def picture_of(pixels: np.ndarray) -> str:
    """Return pixels (3, H, W) as a PNG in base64, a small one enlarged."""
    from PIL import Image

    made = Image.fromarray(np.ascontiguousarray(np.moveaxis(pixels, 0, -1)))
    times = max(1, round(SIDE / max(made.size)))
    made = made.resize((made.width * times, made.height * times), Image.Resampling.NEAREST)
    file = io.BytesIO()
    made.save(file, format="PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()
