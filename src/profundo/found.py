"""What was found in new pictures, as a person takes it further: a table, COCO, VOC or YOLO files, pictures, maps."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .answers import Answers
from .data.annotations.writers import write_coco, write_voc, write_yolo
from .data.dataset import Data
from .errors import UsageError, unknown
from .files import atomic_write
from .pasting import paste
from .places import drawn, found_rows, map_png
from .schema import Boxes, Mask

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["row", "label", "score", "x1", "y1", "x2", "y2"]
WRITERS: dict[str, Callable[..., None]] = {"coco": write_coco, "voc": write_voc, "yolo": write_yolo}


def found_table(data: Data, answers: Answers) -> "pd.DataFrame":
    """Return a row for each found object, or for each map the share of each label; `file` where pictures are files."""
    import pandas as pd

    columns = COLUMNS if isinstance(data.schema.located, Boxes) else None
    frame = pd.DataFrame(found_rows(answers.ids, answers.prediction, data.schema), columns=columns)
    if data.frame is not None and "file" in data.frame.columns:
        frame.insert(1, "file", data.frame.loc[frame["row"], "file"].to_numpy())
    return frame


def only_sure(answers: Answers, least: float) -> Answers:
    """Leave out the found objects that score under `least`. Raises UsageError where it is no share."""
    if not 0 <= least <= 1:
        raise UsageError(f"--sure is {least:g}; it must be within 0 and 1.")
    values = answers.prediction.values
    if values.dtype != object:
        return answers
    kept = np.empty(len(values), object)
    for i, found in enumerate(values):
        kept[i] = found if found.scores is None else found.keep(found.scores >= least)
    return replace(answers, prediction=replace(answers.prediction, values=kept))


def write_found(data: Data, answers: Answers, out: Path, form: str) -> None:
    """Write found objects as "coco" (one file), "voc" or "yolo" (a file for each picture, `out` is the folder).

    Raises UsageError for another form, and for maps, which have none of these.
    """
    if form not in WRITERS:
        raise UsageError("for --form, " + unknown("form", form, WRITERS))
    if isinstance(data.schema.located, Mask):
        raise UsageError(f"--form {form} is for found objects; this run answers with maps. Type: --pictures {out}")
    objects = [paste(found) for found in answers.prediction.values]
    WRITERS[form](out, names(data), objects, data.schema.labels)


def write_pictures(folder: str | os.PathLike[str], data: Data, answers: Answers) -> None:
    """Write each picture with what was found drawn on it, and each map as a PNG whose values are codes of labels."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    for i, name in enumerate(names(data)):
        stem = "-".join((*Path(name).parts[:-1], Path(name).stem)).replace("..", "-").lstrip("/-")
        atomic_write(place / f"{stem}.png", drawn(data, i, answers.prediction.values[i]))
        if isinstance(data.schema.located, Mask):
            atomic_write(place / f"{stem}.mask.png", map_png(data, i, answers.prediction.values[i]))


def names(data: Data) -> list[str]:
    """Name each picture by its file, else by its row."""
    if data.frame is not None and "file" in data.frame.columns:
        return [str(name) for name in data.frame["file"]]
    return [str(row) for row in data.ids.tolist()]
