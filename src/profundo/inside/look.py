"""Look inside the network of a run: what every layer makes of one example, and what one unit looks for."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import DataError, UsageError
from ..files import atomic_write, finite
from ..run import Run
from .answer import answered
from .example import describe, find
from .layers import Layer, look, with_dead
from .opened import Opened, opened
from .unit import Unit, find_layer, look_at_unit

FORMS = (".html", ".png")


@dataclass(frozen=True, eq=False)
class Inside:
    """What was seen inside a network.

    `example` describes the example (name, row, split, true, picture as a PNG in base64, values, text, tokens); `answer`
    holds `predicted` and `probabilities` by label, calibrated as `predict` gives them. `layers` are in the order in
    which the example meets them; `unit` is the one that was asked about.
    """

    run: str
    network: str
    task: str
    example: Mapping[str, Any]
    answer: Mapping[str, Any]
    layers: list[Layer] = field(repr=False)
    unit: Unit | None = field(default=None, repr=False)
    asked: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def layer(self, name: str) -> Layer:
        """Return the layer of a name. Raises UsageError with the nearest names."""
        return find_layer(self.layers, name)

    def to_dict(self, *, values: bool = True) -> dict[str, Any]:
        """Return all of it as plain JSON; with `values`, those of the layer that was asked about."""
        named = {name: getattr(self, name) for name in ("run", "network", "task", "example", "answer")}
        layers = [layer.to_dict() for layer in self.layers]
        if values and self.asked.get("layer"):
            chosen = self.layer(self.asked["layer"])
            layers[self.layers.index(chosen)]["values"] = chosen.values.tolist()
        unit = None if self.unit is None else self.unit.to_dict()
        return finite({**named, "layers": layers, "unit": unit, **said(self.run, self.asked)})

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write a page (.html), or a sheet of what the main layers give, or the layer that was asked about (.png).

        Raises UsageError for another ending.
        """
        from .page import page
        from .sheet import sheet

        where, layer = Path(path), self.asked.get("layer")
        if where.suffix not in FORMS:
            raise UsageError(f"what is inside cannot be written as {where.name!r}. Use a name with .html or .png.")
        chosen = [self.layer(layer)] if layer else [each for each in self.layers if each.main]
        atomic_write(where, page(self) if where.suffix == ".html" else sheet(chosen))

    def _repr_html_(self) -> str:
        from .page import body

        return str(body(self))


def inside(
    run: Run | str | os.PathLike[str],
    row: int | None = None,
    *,
    source: Any = None,
    text: str | None = None,
    drawing: str | None = None,
    layer: str | None = None,
    unit: int | None = None,
) -> Inside:
    """Return what every layer of a run's network makes of one example.

    The example is a `row` of the run's data (by its number in the source; the first of the test part where none is
    named), a row of another `source` (a picture file, a table, a folder), a `text`, or a `drawing`: lines of points
    such as "10,10 20,30; 40,5 40,50", y growing downwards, which is given the size, the place and the pen of the
    training pictures. With `layer` and `unit`, also the unit's kernel and the nine examples of the test part (of at
    most 2,000) that it answers to the most, with the part of each picture that it sees (Zeiler and Fergus 2014,
    1311.2901).

    Raises UsageError for what there is not, with the nearest names, DataError where the example does not fit.
    """
    asked = {"row": row, "source": source, "text": text, "drawing": drawing, "layer": layer, "unit": unit}
    return look_inside(opened(run), asked, dead=True)


def look_inside(found: Opened, asked: Mapping[str, Any], *, dead: bool) -> Inside:
    """Do what `inside` does; without `dead`, no other examples are asked which units are dead."""
    if asked["unit"] is not None and asked["layer"] is None:
        raise UsageError("a unit is of a layer. Name it: --layer NAME; the names are in the table that inside shows.")
    if found.trained.plan.task == "word_vectors":
        raise UsageError(
            "word vectors are one table, without layers. See the neighbours of a word: "
            f"profundo generate {found.run.folder} --prompt WORD"
        )
    example = find(found, asked["row"], asked["source"], asked["text"], asked["drawing"])
    layers = look(found.trained.network, example.data.gather(example.alone.positions("test")).x)
    if not layers:
        raise DataError(f"the network {found.trained.plan.network} has no layer that can be looked into.")
    if dead:
        layers = with_dead(layers, found.dead)
    chosen = None if asked["layer"] is None else find_layer(layers, asked["layer"])
    return Inside(
        run=str(found.run.folder),
        network=found.trained.plan.network,
        task=found.trained.plan.task,
        example=describe(example),
        answer=answered(found, example),
        layers=layers,
        unit=look_at_unit(found, chosen, asked["unit"]) if chosen is not None and asked["unit"] is not None else None,
        asked=asked,
    )


def said(run: str, asked: Mapping[str, Any]) -> dict[str, str]:
    """Return the command and the Python that look at the same example again."""
    given = {name: value for name, value in asked.items() if value is not None}
    source = given.pop("source", None)
    words = ["profundo", "inside", run, *([] if source is None else [str(source)])]
    for name, value in given.items():
        words += [f"--{name}", str(value)]
    row = [repr(given.pop("row"))] if "row" in given else []
    options = ([] if source is None else [f"source={str(source)!r}"]) + [f"{n}={v!r}" for n, v in given.items()]
    call = ", ".join([repr(run), *row, *options])
    return {"command": shlex.join(words), "python": f"import profundo\n\nseen = profundo.inside({call})"}
