"""What the studio's page asks about the inside of a network, answered with arrays."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from ..schema import Strokes
from .example import text_column
from .kernels import kernels_of, stretched
from .layers import Layer
from .look import Inside, look_inside
from .opened import Opened, opened
from .unit import find_layer

MAPS, SIDE = 32, 32  # maps of a layer in the overview, and pixels of a map's side at most
CHOSEN_MAPS, CHOSEN_SIDE = 256, 64  # the same of the layer that is looked at
UNITS, STEPS = 512, 600  # units of a vector or a step, and steps
KERNELS = 256
GIVEN = ("row", "source", "text", "drawing", "layer", "unit")
Planes = dict[str, np.ndarray]


def look(question: Mapping[str, Any]) -> tuple[dict[str, Any], Planes]:
    """Answer {"run", "row"|"source"|"text"|"drawing", "layer", "unit", "dead"}.

    The header is that of `Inside.to_dict` without values, with `largest` of each layer and `can`: what else the run can
    be asked. The planes: "layer<i>" uint8 for each layer, where 127.5 is 0 and 0 or 255 its largest value of either
    sign: (maps, h, w), (T, units) or (units,); "memory<i>" the same of an LSTM's memory; "values" float32 of the layer
    that was asked about; "kernels" uint8 (units, channels, h, w) of the layer that its units come from, where they are
    seen as pictures; "unit", "kernel" float32 and "top" uint8 (n, channels, H, W) of the unit.
    """
    run = opened(question["run"])
    asked = {name: question.get(name) for name in GIVEN}
    seen = look_inside(run, asked, dead=bool(question.get("dead", True)))
    header = seen.to_dict()
    planes: Planes = {}
    for place, (layer, told) in enumerate(zip(seen.layers, header["layers"], strict=True)):
        told.pop("values", None)
        told["largest"] = largest(layer.values)
        planes[f"layer{place}"] = overview(layer)
        if layer.memory is not None:
            told["largest_memory"] = largest(layer.memory)
            planes[f"memory{place}"] = signed(layer.memory[:STEPS, :UNITS])
    if asked["layer"] is not None:
        planes |= of_layer(run, find_layer(seen.layers, asked["layer"]))
    if header["unit"] is not None:
        header["unit"].pop("kernel")
        planes |= of_unit(seen)
    return {**header, "can": able(run)}, planes


def able(run: Opened) -> dict[str, bool]:
    """Say what may be looked at beside rows: a drawing, a text, a picture."""
    schema = run.trained.schema
    draws = isinstance(schema.shaped, Strokes) or (schema.image is not None and run.ink is not None)
    return {"draw": draws, "text": text_column(schema) is not None, "picture": schema.image is not None}


def of_layer(run: Opened, layer: Layer) -> Planes:
    """Return all that one layer gives, and its kernels where they are pictures of one or three channels."""
    values = layer.values
    if layer.form == "maps":
        values = smaller(values[:CHOSEN_MAPS], CHOSEN_SIDE)
    elif layer.form == "steps":
        values = values[:STEPS, :UNITS]
    planes = {"values": np.ascontiguousarray(values, np.float32)}
    kernels = kernels_of(run.trained.network, layer.weights, run.trained.schema) if layer.weights else None
    if kernels is not None and kernels.shape[1] in (1, 3) and min(kernels.shape[2:]) > 1:
        planes["kernels"] = stretched(kernels[:KERNELS])
    return planes


def of_unit(seen: Inside) -> Planes:
    """Return the arrays of a unit."""
    unit = seen.unit
    assert unit is not None
    layer = find_layer(seen.layers, unit.layer)
    planes = {"unit": np.ascontiguousarray(np.atleast_1d(layer.unit(unit.number)), np.float32)}
    if layer.memory is not None:
        planes["unit_memory"] = np.ascontiguousarray(layer.memory[:, unit.number], np.float32)
    if unit.kernel is not None:
        planes["kernel"] = np.ascontiguousarray(unit.kernel[:MAPS], np.float32)
    if unit.pictures is not None:
        planes["top"] = np.ascontiguousarray(unit.pictures)
    return planes


def overview(layer: Layer) -> np.ndarray:
    """Return what a layer gives as bytes, at most so many maps, units and steps."""
    match layer.form:
        case "maps":
            return signed(smaller(layer.values[:MAPS], SIDE), largest(layer.values))
        case "steps":
            return signed(layer.values[:STEPS, :UNITS])
    return signed(layer.values[:UNITS])


def smaller(maps: np.ndarray, side: int) -> np.ndarray:
    """Return maps (n, H, W) with at most `side` pixels a side, each the mean of those it stands for."""
    size = tuple(min(side, pixels) for pixels in maps.shape[1:])
    if size == maps.shape[1:]:
        return maps
    return F.adaptive_avg_pool2d(torch.from_numpy(np.ascontiguousarray(maps)), size).numpy()


def largest(values: np.ndarray) -> float:
    """Return the largest number of either sign."""
    return float(np.abs(values).max(initial=0.0))


def signed(values: np.ndarray, most: float | None = None) -> np.ndarray:
    """Return numbers as bytes: 0 is 127.5, the largest of either sign 0 or 255."""
    top = max(largest(values) if most is None else most, 1e-12)
    return np.ascontiguousarray(np.rint(127.5 + 127.5 * np.clip(values / top, -1, 1)).astype(np.uint8))
