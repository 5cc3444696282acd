"""What is inside a network as a page that needs nothing else: example, answer, each layer drawn and in numbers."""

import base64
import io
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from ..report.answers import percent
from ..report.html import Html, fold, joined, paragraph, safe, section, table, tag
from ..report.page import POLICY
from .layers import Layer
from .look import Inside
from .sheet import coloured, drawn, tiles
from .unit import Unit

if TYPE_CHECKING:
    from PIL import Image

SHOWN = 10  # labels with their probabilities
LOOK = "max-width:100%;height:auto;image-rendering:pixelated;display:block;margin-bottom:.75rem"


def page(seen: Inside) -> str:
    """Write the page."""
    style = resources.files("profundo.report").joinpath("report.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="generator" content="profundo">'
        f"{tag('title', f'Inside {seen.run}')}<style>{style}</style></head>"
        f"<body>{tag('main', tag('h1', f'Inside {seen.run}'), body(seen))}</body></html>\n"
    )


def body(seen: Inside) -> Html:
    """Build what the page holds: also what a notebook shows."""
    return joined(
        [
            section("example", "The example", example_part(seen)),
            section("answer", "The answer", answer_part(seen)),
            unit_part(seen.unit) if seen.unit is not None else Html(""),
            section("layers", "Layer by layer", layers_part(seen)),
        ]
    )


def example_part(seen: Inside) -> Html:
    """Show the example."""
    told = seen.example
    where = f"{told['name']}, row {told['row']}" if told["row"] is not None else told["name"]
    parts = [paragraph(where + (f", of the {told['split']} part" if told["split"] else ""))]
    if told["picture"]:
        parts.append(embedded(f"data:image/png;base64,{told['picture']}", "the example as the network gets it", 160))
    if told["text"]:
        parts.append(tag("blockquote", told["text"]))
    if told["values"]:
        parts.append(table(["column", "value"], list(told["values"].items())))
    return joined(parts)


def answer_part(seen: Inside) -> Html:
    """Show what the network says, and what is true."""
    answer, true = seen.answer, seen.example["true"]
    if answer["predicted"] is None:
        return paragraph(f"The task {seen.task} has no single answer to show here.", kind="quiet")
    said = paragraph("It says ", tag("b", answer["predicted"]), "." if true is None else f"; the truth is {true}.")
    if not answer["probabilities"]:
        return said
    ranked = sorted(answer["probabilities"].items(), key=lambda pair: -pair[1])[:SHOWN]
    return joined([said, table(["label", "probability"], [[name, percent(share)] for name, share in ranked])])


def layers_part(seen: Inside) -> Html:
    """Draw the main layers, and list all of them."""
    head = ["layer", "type", "shape", "parameters", "mean", "spread", "zeros", "silent units", "dead units"]
    rows = []
    for layer in seen.layers:
        told = layer.to_dict()
        shape = " x ".join(map(str, told["shape"]))
        dead = "–" if layer.dead is None else f"{layer.dead} of {layer.units}"
        figures = (told["mean"], told["std"], percent(told["zero"]), f"{told['silent']} of {layer.units}", dead)
        rows.append([layer.name, layer.type, shape, layer.parameters, *figures])
    lead = paragraph(
        "Orange is below zero, blue above; each layer is stretched to its own largest value. A silent unit is 0 "
        "everywhere in this example, a dead one the same for every example that was looked at.",
        kind="quiet",
    )
    drawings = [layer_figure(layer) for layer in seen.layers if layer.main]
    return joined([lead, *drawings, fold("All layers in numbers", table(head, rows))])


def layer_figure(layer: Layer) -> Html:
    """Draw a layer."""
    shape = " x ".join(map(str, layer.values.shape))
    caption = f"{layer.name} ({layer.type}): {shape}"
    return tag("figure", tag("figcaption", caption), embedded(png(drawn(layer)), f"what {layer.name} gives"))


def unit_part(unit: Unit) -> Html:
    """Show a unit: its kernel, and the examples that it answers to the most."""
    parts = []
    if unit.kernel is not None:
        own = unit.kernel[:64]
        sheet = tiles(coloured(own, float(np.abs(unit.kernel).max())))
        parts.append(tag("figure", tag("figcaption", "Its weights"), embedded(png(sheet), "its weights")))
    crops = [] if unit.pictures is None else [crop(p, told) for p, told in zip(unit.pictures, unit.top, strict=True)]
    cards = []
    for number, told in enumerate(unit.top):
        words = f"row {told['row']}: {told['value']:.4g}"
        shown = embedded(png(crops[number]), words) if crops else marked(told)
        true = Html("") if told["true"] is None else tag("b", told["true"])
        cards.append(tag("figure", shown, tag("figcaption", true, tag("small", words)), class_="card"))
    lead = f"The {len(unit.top)} of {unit.of:,} test examples that it answers to the most, the strongest first."
    parts += [paragraph(lead, kind="quiet"), tag("div", joined(cards), class_="cards")]
    return section("unit", f"Unit {unit.number} of {unit.layer}", joined(parts))


def crop(pixels: np.ndarray, told: dict[str, object]) -> "Image.Image":
    """Return what a unit sees of a picture (C, H, W), enlarged."""
    from PIL import Image

    box = told.get("box")
    if isinstance(box, list):
        pixels = pixels[:, box[0] : box[1], box[2] : box[3]]
    array = np.moveaxis(np.repeat(pixels, 3, 0) if len(pixels) == 1 else pixels[:3], 0, -1)
    times = max(1, 96 // max(array.shape[:2]))
    return Image.fromarray(np.ascontiguousarray(array.repeat(times, 0).repeat(times, 1)))


def marked(told: dict[str, object]) -> Html:
    """Show an example that is no picture: its text with the piece that was answered to, or its values."""
    text, span = str(told.get("text") or ""), told.get("span")
    if text and isinstance(span, list):
        begin, end = span
        return paragraph(text[:begin], tag("mark", text[begin:end]), text[end:])
    if text:
        return paragraph(text)
    values = told.get("values")
    return table(["column", "value"], list(values.items())) if isinstance(values, dict) else Html("")


def embedded(source: str, said: str, wide: int = 0) -> Html:
    """Show a picture that is in the page itself."""
    size = f' width="{wide}"' if wide else ""
    return Html(f'<img src="{safe(source)}" alt="{safe(said)}" style="{LOOK}"{size} loading="lazy">')


def png(image: "Image.Image") -> str:
    """Return a picture as an address that holds it."""
    file = io.BytesIO()
    image.save(file, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
