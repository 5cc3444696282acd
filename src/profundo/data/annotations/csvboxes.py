"""Boxes in a table: a row an object, with the picture's file, four numbers, and a label."""

import csv
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import DataError
from ..decode import SUFFIXES
from ..pictures import printable
from ..splits import NAMES
from ..values import MISSING
from .faults import ENTRY, NOT_A_NUMBER, UNKNOWN_CLASS, Faults
from .index import Index
from .table import Table

if TYPE_CHECKING:
    import pandas as pd

WORD = "row"
LOOKED_AT = 20  # lines, for files of pictures
FILES = ("file", "filename", "file_name", "image", "image_path", "path", "img", "picture", "image_id", "img_path")
LABELS = ("label", "class", "class_name", "category", "name", "labels")
CORNERS = (("x1", "y1", "x2", "y2"), ("xmin", "ymin", "xmax", "ymax"), ("x_min", "y_min", "x_max", "y_max"))
SIZED = (("x", "y", "width", "height"), ("x", "y", "w", "h"), ("bbox_x", "bbox_y", "bbox_width", "bbox_height"))


def layout(names: list[str]) -> tuple[str, tuple[str, ...], bool] | None:
    """Return (the column of files, those of the box, whether it is x, y, width, height), None where they are not there.

    `width` and `height` beside xmin, ymin, xmax, ymax are the picture's size, as object detection tables have them.
    """
    lower = {n.strip().lower(): n for n in names}
    file = next((lower[n] for n in FILES if n in lower), None)
    for columns in (*CORNERS, *SIZED):
        if file is not None and all(c in lower for c in columns):
            return file, tuple(lower[c] for c in columns), columns in SIZED
    return None


def is_boxes(file: Path) -> bool:
    """Say by its first lines whether a delimited text holds boxes in files of pictures."""
    try:
        with file.open("rb") as opened:
            lines = [opened.readline(10_000).decode("utf-8-sig") for _ in range(LOOKED_AT)]
    except (OSError, UnicodeDecodeError):
        return False
    delimiter = next((d for d in "\t;" if d in lines[0]), ",")
    rows = list(csv.reader(filter(None, lines), delimiter=delimiter))
    found = layout(rows[0]) if rows else None
    if found is None:
        return False
    place = rows[0].index(found[0])
    return any(PurePosixPath(row[place]).suffix.lower() in SUFFIXES for row in rows[1:] if len(row) > place)


def read_csv(file: Path, index: Index, split: str, table: Table, faults: Faults) -> None:
    """Add the pictures and objects of a table of boxes, in pixels from the upper left corner, counted from 0.

    A row without a box and a label is a picture without objects. A column `split` says the official split. Without a
    column of labels there is one class, "object". Raises DataError where the columns are not there.
    """
    from ..tables import read_table

    frame = read_table(file).frame
    found = layout([str(c) for c in frame.columns])
    if found is None:
        columns = printable(", ".join(map(str, frame.columns))[:200])
        raise DataError(f"{file} has no boxes: file, x1, y1, x2, y2 and label are wanted; it has {columns}.")
    name, sides, sized = found
    lower = {str(c).strip().lower(): str(c) for c in frame.columns}
    label = next((lower[c] for c in LABELS if c in lower and lower[c] not in (name, *sides)), None)
    splits = texts(frame, lower.get("split"))
    known = not sized and {"height", "width"} <= lower.keys()
    sizes = [numbers(frame, lower[c]) for c in ("height", "width")] if known else None
    boxes = np.stack([numbers(frame, side) for side in sides], 1)
    empty: np.ndarray = np.logical_and.reduce([missing(frame, side) for side in sides])
    if sized:
        boxes[:, 2:] += boxes[:, :2]
    labels, files = texts(frame, label), texts(frame, name)
    for code in sorted({v for v in labels if v}):
        table.code(code)
    places: dict[str, int | None] = {}
    for row in range(len(frame)):
        number = int(frame.index[row]) + 1
        where = f"{file.name}, {WORD} {number}"
        if files[row] not in places:
            picture = index.find(files[row], where, faults) if files[row] else None
            if not files[row]:
                faults.add(ENTRY, where, "it names no picture")
            size = None if sizes is None or not np.isfinite([s[row] for s in sizes]).all() else sizes
            claimed = None if size is None or size[0][row] < 1 else (int(size[0][row]), int(size[1][row]))
            part = NAMES.get(splits[row].lower(), split)
            places[files[row]] = None if picture is None else table.add_picture(picture, part, claimed, where, faults)
        place = places[files[row]]
        if place is None or (empty[row] and not labels[row]):
            continue
        if label is not None and not labels[row]:
            faults.add(UNKNOWN_CLASS, where, "it has no label")
        elif np.isfinite(boxes[row]).all():
            x1, y1, x2, y2 = boxes[row].tolist()
            table.add(place, table.code(labels[row] or "object"), (x1, y1, x2, y2), (file.name, number))
        else:
            shown = printable(", ".join(str(frame[side].iloc[row]) for side in sides))
            faults.add(NOT_A_NUMBER, where, f"the box {shown} is not four numbers")


def texts(frame: "pd.DataFrame", name: str | None) -> list[str]:
    """Return a column as text, "" where it is missing or not there."""
    if name is None:
        return [""] * len(frame)
    return ["" if missing_value(v) else as_text(v) for v in frame[name]]


def as_text(value: Any) -> str:
    """Return a value as it was written: 3, not 3.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def missing_value(value: Any) -> bool:
    """Say whether a cell holds nothing."""
    return value is None or (isinstance(value, float) and value != value) or str(value).strip() in MISSING


def missing(frame: "pd.DataFrame", name: str) -> np.ndarray:
    """Say of each row whether the column holds nothing."""
    return np.array([missing_value(v) for v in frame[name]], bool)


def numbers(frame: "pd.DataFrame", name: str) -> np.ndarray:
    """Return a column as float64, NaN where it is no number."""
    import pandas as pd

    return pd.to_numeric(frame[name], errors="coerce").to_numpy(np.float64)
