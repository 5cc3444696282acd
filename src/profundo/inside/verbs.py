"""What the studio's page asks about the inside of a network, answered with arrays."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from pydantic import BaseModel
from torch.nn import functional as F

from ..schema import Strokes
from ..typed import options_of
from .example import text_column
from .layers import Layer
from .look import look_inside
from .opened import Opened, opened
from .unit import Unit, find_layer

MAPS, SIDE = 32, 32  # maps of a layer in the overview, and pixels of a map's side at most
NUMBERS, CHOSEN_SIDE = 500_000, 64  # of all maps of the layer that is looked at, and pixels of a side
UNITS, STEPS = 512, 600  # units of a vector or a step, and steps
KERNELS = 64  # maps of the kernel of a unit
ASKED = ("row", "source", "text", "drawing", "layer", "unit")
Planes = dict[str, np.ndarray]


class Question(BaseModel, strict=True):
    """What may be asked: the options of `inside`, and whether other examples are asked which units are dead."""

    run: str
    row: int | None = None
    source: str | None = None
    text: str | None = None
    drawing: str | None = None
    layer: str | None = None
    unit: int | None = None
    dead: bool = True


def look(question: Mapping[str, Any]) -> tuple[dict[str, Any], Planes]:
    """Answer {"run", "row"|"source"|"text"|"drawing", "layer", "unit", "dead"}.

    The header is that of `Inside.to_dict` without values, with `can`: what else the run can be asked, `strongest` of
    each layer, and `reads` of the unit: how many maps there are in its kernel. The planes: "layer<i>" uint8 for each
    layer, where 127.5 is 0 and 0 or 255 one of its strongest values: (maps, h, w), (T, units) or (units,); of the layer
    that was asked about "values" and, of an LSTM, "memory" float32; of the unit "kernel" float32 (channels, h, w) and
    "top" uint8 (n, channels, H, W).
    """
    given = options_of(Question, question)
    run = opened(given["run"])
    asked = {name: given.get(name) for name in ASKED}
    seen = look_inside(run, asked, dead=given["dead"])
    header = seen.to_dict(values=False)
    planes: Planes = {}
    for place, (layer, told) in enumerate(zip(seen.layers, header["layers"], strict=True)):
        told["strongest"] = strongest(layer.values)
        planes[f"layer{place}"] = overview(layer)
    if asked["layer"] is not None:
        planes |= of_layer(find_layer(seen.layers, asked["layer"]))
    if header["unit"] is not None:
        kernel = header["unit"].pop("kernel")
        header["unit"]["reads"] = len(kernel or ())
        assert seen.unit is not None
        planes |= of_unit(seen.unit)
    return {**header, "can": able(run)}, planes


def able(run: Opened) -> dict[str, bool]:
    """Say what may be looked at beside rows: a drawing, a text, a picture."""
    schema = run.trained.schema
    draws = isinstance(schema.shaped, Strokes) or (schema.image is not None and run.ink is not None)
    return {"draw": draws, "text": text_column(schema) is not None, "picture": schema.image is not None}


def of_layer(layer: Layer) -> Planes:
    """Return all that one layer gives."""
    values = layer.values
    if layer.form == "maps":
        few = smaller(values[:1], CHOSEN_SIDE)
        values = smaller(values[: max(MAPS, NUMBERS // few.size)], CHOSEN_SIDE)
    elif layer.form == "steps":
        values = values[:STEPS, :UNITS]
    planes = {"values": np.ascontiguousarray(values, np.float32)}
    if layer.memory is not None:
        planes["memory"] = np.ascontiguousarray(layer.memory[:STEPS, :UNITS], np.float32)
    return planes


def of_unit(unit: Unit) -> Planes:
    """Return the arrays of a unit."""
    planes = {}
    if unit.kernel is not None:
        planes["kernel"] = np.ascontiguousarray(unit.kernel[:KERNELS], np.float32)
    if unit.pictures is not None:
        planes["top"] = np.ascontiguousarray(unit.pictures)
    return planes


def overview(layer: Layer) -> np.ndarray:
    """Return what a layer gives as bytes, at most so many maps, units and steps."""
    match layer.form:
        case "maps":
            return signed(smaller(layer.values[:MAPS], SIDE), strongest(layer.values))
        case "steps":
            return signed(layer.values[:STEPS, :UNITS], strongest(layer.values))
    return signed(layer.values[:UNITS], strongest(layer.values))


def smaller(maps: np.ndarray, side: int) -> np.ndarray:
    """Return maps (n, H, W) with at most `side` pixels a side, each the mean of those it stands for."""
    size = tuple(min(side, pixels) for pixels in maps.shape[1:])
    if size == maps.shape[1:]:
        return maps
    return F.adaptive_avg_pool2d(torch.from_numpy(np.ascontiguousarray(maps)), size).numpy()


def strongest(values: np.ndarray) -> float:
    """Return the size, of either sign, that all values but one in a hundred have at most."""
    return float(np.quantile(np.abs(values), 0.99)) or float(np.abs(values).max())


def signed(values: np.ndarray, most: float) -> np.ndarray:
    """Return numbers as bytes: 0 is 127.5, `most` of either sign 0 or 255."""
    return np.ascontiguousarray(np.rint(127.5 + 127.5 * np.clip(values / max(most, 1e-12), -1, 1)).astype(np.uint8))
