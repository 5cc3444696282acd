"""COCO's JSON (Lin et al. 2014, arXiv 1405.0312): images, annotations and categories, each a list of objects."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import DataError, ResourceError
from ..memory import memory_limit
from ..pictures import printable
from .faults import BAD_MASK, DUPLICATE, ENTRY, NOT_A_NUMBER, UNKNOWN_CLASS, Faults
from .index import Index
from .table import Table

TIMES = 8  # as much memory as the text of a JSON file takes once it is read
WORD = "annotation"


def read_coco(file: Path, index: Index, split: str, table: Table, faults: Faults) -> None:
    """Add the pictures and objects of a COCO file to a table of pixels.

    A box is x, y, width, height from the upper left corner. Categories count in the order of their ids, and the same
    name is the same class in every file. Raises DataError where the file is no JSON, or no COCO.
    """
    value = read_json(file)
    if not isinstance(value, dict) or not isinstance(value.get("images"), list):
        raise DataError(
            f'{file} is not COCO: it must be {{"images": [...], "annotations": [...], "categories": [...]}}. '
            f"{hint(value)}"
        )
    classes = categories(file, value.get("categories"), table)
    pictures = add_pictures(file.name, value["images"], index, split, table, faults)
    objects = value.get("annotations", [])
    if not isinstance(objects, list):
        raise DataError(f"{file} is not COCO: its annotations are not a list.")
    seen: set[str] = set()
    for place, entry in enumerate(objects):
        if not isinstance(entry, dict):
            faults.add(ENTRY, f"{file.name}, annotations[{place}]", f"not an object but {type(entry).__name__}")
            continue
        add_object(file.name, place, entry, (classes, pictures, seen), table, faults)


def read_json(file: Path) -> Any:
    """Read JSON. Raises DataError with line and column, ResourceError where it would not fit in memory."""
    size = file.stat().st_size
    if TIMES * size > memory_limit():
        raise ResourceError(
            f"{file} is {size / 1e9:.2g} GB of JSON, too much for the memory that is allowed. "
            f"Allow more: PROFUNDO_MEMORY_GB={1.1 * TIMES * size / 1e9:.2g}; or cut it into parts."
        )
    try:
        return json.loads(file.read_bytes().decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise DataError(f"{file}, {place}: broken JSON ({error.msg}). Write it again, or restore it.") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file}: broken JSON ({error}). Write it again, or restore it.") from error
    except OSError as error:
        raise DataError(f"{file} cannot be read ({error.strerror or error}).") from error


def hint(value: Any) -> str:
    """Say what the file seems to be instead."""
    if isinstance(value, list) and value and isinstance(value[0], dict) and "image_id" in value[0]:
        return "It looks like a list of results; the pictures are missing."
    if isinstance(value, dict):
        return f"It has {', '.join(map(printable, list(value)[:5])) or 'nothing'}."
    return f"It is a {type(value).__name__}."


def categories(file: Path, found: Any, table: Table) -> dict[str, int]:
    """Return the code of each category id, as text. Raises DataError where they cannot be read."""
    if not isinstance(found, list) or not all(isinstance(c, dict) and {"id", "name"} <= c.keys() for c in found):
        raise DataError(f'{file} has no categories: a list such as [{{"id": 1, "name": "cat"}}] is wanted.')
    names: dict[str, str] = {}
    for entry in sorted(found, key=lambda c: (0, c["id"], "") if isinstance(c["id"], int) else (1, 0, str(c["id"]))):
        key, name = str(entry["id"]), str(entry["name"])
        if names.setdefault(key, name) != name:
            raise DataError(
                f"{file}: the category id {printable(key)} is {printable(names[key])!r} and {printable(name)!r}."
            )
    return {key: table.code(name) for key, name in names.items()}


def add_pictures(
    source: str, images: list[Any], index: Index, split: str, table: Table, faults: Faults
) -> dict[str, int | None]:
    """Add the pictures and return their places by id, as text; None for one that is left out."""
    places: dict[str, int | None] = {}
    for number, entry in enumerate(images):
        where = f"{source}, images[{number}]"
        if not isinstance(entry, dict) or "id" not in entry or not isinstance(entry.get("file_name"), str):
            faults.add(ENTRY, where, "it has no id or no file_name")
            continue
        key = str(entry["id"])
        if key in places:
            faults.add(DUPLICATE, where, f"the image id {printable(key)} stands twice")
            continue
        file = index.find(entry["file_name"], where, faults)
        places[key] = None if file is None else table.add_picture(file, split, claimed(entry), where, faults)
    return places


def claimed(entry: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return height and width as the file says, None where it does not."""
    try:
        height, width = int(entry["height"]), int(entry["width"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return (height, width) if height > 0 and width > 0 else None


def add_object(
    source: str,
    place: int,
    entry: Mapping[str, Any],
    known: tuple[dict[str, int], dict[str, int | None], set[str]],
    table: Table,
    faults: Faults,
) -> None:
    """Add one object. Those of a picture that is left out are passed over: the picture is the fault."""
    classes, pictures, seen = known
    number = str(entry["id"]) if "id" in entry else f"[{place}]"
    key, category = str(entry.get("image_id")), str(entry.get("category_id"))
    where = f"{source}, {WORD} {printable(number)}"
    if number in seen:
        faults.add(DUPLICATE, where, "the annotation id stands twice")
    elif key not in pictures:
        faults.add(ENTRY, where, f"there is no image with the id {printable(key)}")
    elif (picture := pictures[key]) is not None:
        if category not in classes:
            faults.add(UNKNOWN_CLASS, where, f"there is no category with the id {printable(category)}")
            return
        try:
            box = box_of(entry)
        except (TypeError, ValueError, OverflowError):
            shown = printable(repr(entry.get("bbox"))[:60])
            faults.add(NOT_A_NUMBER, where, f"the bbox {shown} is not four numbers")
            return
        shape = entry.get("segmentation") or None
        if shape is not None and not isinstance(shape, list | dict):
            faults.add(BAD_MASK, where, f"the segmentation is {type(shape).__name__}")
            return
        crowd = entry.get("iscrowd") in (1, True, "1")
        table.add(picture, classes[category], box, (source, printable(number)), crowd=crowd, shape=shape)
    seen.add(number)


def box_of(entry: Mapping[str, Any]) -> tuple[float, float, float, float]:
    """Return x1, y1, x2, y2: from the box, or around the polygons where there is none."""
    shape = entry.get("segmentation")
    if entry.get("bbox") is None and isinstance(shape, list) and shape:
        points = [float(v) for ring in shape for v in ring]
        return min(points[::2]), min(points[1::2]), max(points[::2]), max(points[1::2])
    x, y, width, height = (float(v) for v in entry["bbox"])
    return x, y, x + width, y + height
