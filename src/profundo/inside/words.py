"""What is inside a network, in lines for a terminal."""

from collections.abc import Sequence

from ..report.answers import percent
from ..svg import number, shorten
from ..terminal import table
from .look import Inside
from .unit import Unit

SHOWN = 5  # labels with their probabilities
FAINT = 0.001  # probabilities below it are not listed
TEXT = 60  # characters of a text


def lines(seen: Inside) -> list[str]:
    """Write the example, the answer, a table of the layers, and the unit."""
    return [*example_lines(seen), "", *layer_lines(seen), *([] if seen.unit is None else ["", *unit_lines(seen.unit)])]


def example_lines(seen: Inside) -> list[str]:
    """Write what is looked at and what the network says of it."""
    told, answer = seen.example, seen.answer
    where = told["name"] if told["row"] is None else f"{told['name']}, row {told['row']}"
    part = f" ({told['split']})" if told["split"] else ""
    true = "" if told["true"] is None else f", truly {rounded(told['true'], seen.task)}"
    found = [f"{where}{part}{true}"]
    if told["text"]:
        found.append(shorten(" ".join(told["text"].split()), TEXT))
    if answer["predicted"] is not None:
        ranked = sorted((answer["probabilities"] or {}).items(), key=lambda pair: -pair[1])[:SHOWN]
        shares = ", ".join(f"{name} {percent(share)}" for name, share in ranked if share >= FAINT)
        said = answer["predicted"]
        found.append(
            f"answer: {number(said) if isinstance(said, float) else said}" + (f" ({shares})" if shares else "")
        )
    return found


def rounded(true: object, task: str) -> object:
    """Return a true answer as a person reads it."""
    return number(float(true)) if task == "regression" and isinstance(true, str) else true


def layer_lines(seen: Inside) -> list[str]:
    """Write the table of the layers."""
    rows: list[Sequence[str]] = [["layer", "type", "shape", "mean", "spread", "zeros", "silent", "dead"]]
    for layer in seen.layers:
        told = layer.to_dict()
        dead = "" if layer.dead is None else f"{layer.dead} of {layer.units}"
        shape = " x ".join(map(str, told["shape"]))
        figures = [number(told["mean"]), number(told["std"]), percent(told["zero"])]
        rows.append([layer.name, layer.type, shape, *figures, f"{told['silent']} of {layer.units}", dead])
    return table(rows, right="mean,spread,zeros,silent,dead")


def unit_lines(unit: Unit) -> list[str]:
    """Write the examples that a unit answers to the most."""
    rows: list[Sequence[str]] = [["row", "value", "true", "where"]]
    for told in unit.top:
        where = ", ".join(map(str, told["place"]))
        if told.get("box"):
            top, bottom, left, right = told["box"]
            where = f"pixels {top} to {bottom - 1} down, {left} to {right - 1} across"
        elif told.get("text"):
            begin, end = told.get("span") or (0, 0)
            text = told["text"]
            near = f"{text[max(0, begin - 24) : begin]}[{text[begin:end]}]{text[end : end + 24]}"
            where = " ".join(near.split())
        rows.append([str(told["row"]), number(told["value"]), str(told["true"] or ""), where])
    lead = f"{unit.layer}, unit {unit.number}: the {len(unit.top)} of {unit.of:,} test examples it answers to the most"
    return [lead, *table(rows, right="row,value")]
