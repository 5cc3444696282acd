"""One unit of a layer: its weights as a picture, and the examples that it answers to the most."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from ..data.dataset import Data
from ..data.tokens import spans
from ..errors import UsageError, unknown
from .activity import TOP_OF, Found, some, top
from .example import cells_of, shown, written_out
from .field import Field, fields
from .kernels import kernels_of
from .layers import Layer
from .opened import Opened


@dataclass(frozen=True, eq=False)
class Unit:
    """A unit of a layer.

    `kernel` (channels, h, w) are its weights where they are a picture; `top` describes the examples of the test part
    that it answers to the most, `of` how many were looked at; `pictures` (n, channels, H, W) uint8 are those examples
    where they are pictures. In `top`, `box` (top, bottom, left, right) is what the unit sees of a picture, in pixels.
    """

    layer: str
    number: int
    top: Sequence[dict[str, Any]] = ()
    of: int = 0
    kernel: np.ndarray | None = field(default=None, repr=False)
    pictures: np.ndarray | None = field(default=None, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return what was found as plain JSON; the kernel as nested lists."""
        kernel = None if self.kernel is None else self.kernel.tolist()
        return {"layer": self.layer, "unit": self.number, "of": self.of, "top": list(self.top), "kernel": kernel}


def find_layer(layers: Sequence[Layer], name: str) -> Layer:
    """Return the layer of a name. Raises UsageError with the nearest names."""
    for layer in layers:
        if layer.name == name:
            return layer
    raise UsageError(unknown("layer", name, [layer.name for layer in layers]))


def look_at_unit(run: Opened, layer: Layer, number: int) -> Unit:
    """Find the kernel of a unit and its top examples over the test part. Raises UsageError for a unit there is not."""
    if not 0 <= number < layer.units:
        raise UsageError(f"{layer.name} has the units 0 to {layer.units - 1}, and not {number}.")
    network, data = run.trained.network, run.data
    kernels = kernels_of(network, layer.weights, run.trained.schema) if layer.weights else None
    rows = some(data, "test", TOP_OF)
    found = top(network, data, rows, layer.name, number)
    example = data.gather(rows[:1]).x
    seen = fields(network, example, layer.name) if layer.form == "maps" and data.schema.image is not None else None
    places = [each.position for each in found]
    return Unit(
        layer.name,
        number,
        [told(data, each, seen) for each in found],
        len(rows),
        None if kernels is None else kernels[number],
        data.x[torch.tensor(places)].cpu().numpy() if data.schema.image is not None else None,
    )


def told(data: Data, found: Found, seen: tuple[Field, Field] | None) -> dict[str, Any]:
    """Describe one of the examples that a unit answers to the most."""
    row = int(data.ids[found.position])
    about: dict[str, Any] = {"row": row, "value": found.value, "place": list(found.place), "true": None}
    if seen is not None:
        about["box"] = [*seen[0].of(found.place[0]), *seen[1].of(found.place[1])]
    elif data.schema.shaped is not None:
        about["picture"] = shown(data, found.position)
    cells = cells_of(data, row)
    if data.schema.located is None:
        about["true"] = next((cells[name] for name in data.schema.targets if name in cells), None)
    texts = {c: cells[c] for c in data.schema.tokens if c in cells}
    if texts:
        pieces = [(c, span) for c, text in texts.items() for span in spans(data.schema.tokens[c], text)]
        about["text"] = "\n".join(texts.values())
        if len(texts) == 1 and len(found.place) == 1 and found.place[0] < len(pieces):
            about["span"] = list(pieces[found.place[0]][1])
    elif data.schema.tokens:
        about |= in_pieces(data, found)
    elif data.schema.shaped is None:
        about["values"] = {c: cells[c] for c in data.schema.inputs if c in cells}
    return about


def in_pieces(data: Data, found: Found) -> dict[str, Any]:
    """Return the text of an example that is no row of the source, and where in it the unit answers."""
    told = written_out(data, found.position, {})
    pieces: list[str] = told["tokens"]
    if len(found.place) != 1 or found.place[0] >= len(pieces):
        return {"text": told["text"]}
    begin = len("".join(pieces[: found.place[0]]))
    return {"text": told["text"], "span": [begin, begin + len(pieces[found.place[0]])]}
