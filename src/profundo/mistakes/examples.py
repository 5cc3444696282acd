"""Examples of a run's test part as a person can look at them."""

import math
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from ..data.dataset import Data
from ..data.shown import picture, png
from ..errors import DataError, ProfundoError
from ..explain.opened import opened
from ..explain.shown import written
from ..schema import Image

LARGEST = 128  # pixels of the longer side of a thumbnail
LONGEST = 400  # letters of a value


def look(run: Any, rows: list[int], true: list[Any]) -> tuple[list[dict[str, Any]], str]:
    """Return for each row of the source {values, picture}, and why they cannot be shown ("" where they can).

    `values` are the columns as they were written; `picture` a PNG in base64, None where the input is no picture, sound,
    clip or series. `true` are the answers that the run stored: rows that hold another one by now are not shown.
    """
    try:
        own = opened(run)
        places = [own.place(row) for row in rows]
        check_same(own.data, places, true)
    except ProfundoError as error:
        return [{"values": {}, "picture": None} for _ in rows], str(error)
    return [{"values": values(own.data, place), "picture": thumbnail(own.data, place)} for place in places], ""


def check_same(data: Data, places: list[int], true: list[Any]) -> None:
    """Raise DataError where the rows have other answers than those that the run was scored with."""
    from ..evaluate import true_values

    found = true_values(data.schema, data.y[torch.tensor(places, dtype=torch.int64)].cpu().numpy())
    if len(places) and not np.allclose(found.reshape(len(places), -1), np.reshape(true, (len(places), -1)), rtol=1e-4):
        raise DataError(f"{data.name} has other answers in these rows than when the run was scored: it has changed.")


def values(data: Data, place: int) -> dict[str, str]:
    """Return the input columns of a row as they were written, long texts cut."""
    if data.frame is None:
        return {}
    row = data.frame.iloc[place]
    inputs = [name for name in data.schema.inputs if name in data.frame.columns]
    names = inputs if data.schema.shaped is None else [c for c in data.frame.columns if c not in data.schema.targets]
    return {str(name): cut(written(row[name])) for name in names if plain(row[name])}


def plain(value: Any) -> bool:
    """Say whether a value can be written in a line."""
    return value is None or isinstance(value, str | bool | int | float | np.generic) or hasattr(value, "isoformat")


def cut(text: str) -> str:
    """Cut a long text."""
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def thumbnail(data: Data, place: int) -> str | None:
    """Return an example as a PNG in base64, a large picture made smaller; None where it is a row of a table."""
    if not isinstance(data.schema.shaped, Image):
        return picture(data, place)
    pixels = data.x[place]
    times = max(pixels.shape[1:]) / LARGEST
    if times > 1:
        size = [max(1, math.floor(side / times)) for side in pixels.shape[1:]]
        pixels = F.interpolate(pixels[None].float(), size, mode="area")[0].round().to(torch.uint8)
    return png(pixels)
