"""What the values of a mask mean: tables of labels, with or without colours, in the forms that are about."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import DataError
from ..pictures import printable
from .coco import read_json
from .table import label_name
from .yolo import named_lines

FILES = (
    *("classes.json", "labels.json", "label_names.json", "classes.txt", "labels.txt", "class_names.txt"),
    *("label_colors.txt", "label_colours.txt", "labelmap.txt", "codes.txt", "class_dict.csv", "classes.csv"),
)
IGNORED = frozenset(
    {"void", "unlabelled", "unlabeled", "ignore", "ignored", "ignore_label", "unknown", "__ignore__", "_ignore_"}
)
HEXADECIMAL = re.compile(r"#([0-9a-fA-F]{6})")
COLOUR_FIRST = re.compile(r"^\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)[\s,]+(\S.*?)\s*$")
COLOUR_LAST = re.compile(r"^\s*(\S.*?)\s*[:,\s]\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*(?::.*)?$")
NUMBER_FIRST = re.compile(r"^\s*(\d+)\s*[:,\s]\s*(\S.*?)\s*$")


@dataclass(frozen=True)
class Labels:
    """The name of each value; with `colours`, a value is red * 65536 + green * 256 + blue. `source` is the file."""

    names: dict[int, str]
    colours: bool
    source: str


def find_labels(folders: Sequence[Path]) -> Labels | None:
    """Read the first table of labels in some folders; None where there is none."""
    file = next((folder / name for folder in folders for name in FILES if (folder / name).is_file()), None)
    return None if file is None else read_labels(file)


def read_labels(file: Path) -> Labels:
    """Read a table of labels. Raises DataError where it is not understood.

    JSON: a list of names (their places are the values), {"0": "sky"}, {"sky": 0}, {"sky": [128, 128, 128]}, or a list
    of {"id" or "value", "name", "color"}. Text: a name a line, `0 sky`, `128 128 128 sky` or `sky:128,128,128`. CSV:
    columns name, r, g, b, or name, value.
    """
    if file.suffix.lower() == ".json":
        pairs = pairs_of_json(read_json(file))
    elif file.suffix.lower() == ".csv":
        pairs = pairs_of_csv(file)
    else:
        lines = [line for line in named_lines(file) if line.strip() and not line.startswith("#")]
        pairs = pairs_of_lines(lines)
    colours = any(isinstance(value, list) for value, _ in pairs)
    names = {number(file, value, colours): label_name(name) for value, name in pairs}
    if not names:
        raise DataError(f'{file} names no label. Write a list of names: ["sky", "road"]')
    return Labels(names, colours, file.name)


def number(file: Path, value: Any, colours: bool) -> int:
    """Return a value or a colour as one number. Raises DataError where it is neither."""
    try:
        if isinstance(value, list):
            red, green, blue = (int(v) for v in value[:3])
            found = red << 16 | green << 8 | blue
            good = max(red, green, blue) < 256 and min(red, green, blue) >= 0
        else:
            found, good = int(value), not colours and 0 <= int(value) < 1 << 31
    except (ValueError, TypeError, OverflowError):
        good = False
    if not good:
        raise DataError(f"{file}: {printable(str(value))!r} is no value of a mask and no colour such as [128, 64, 0].")
    return found


def pairs_of_json(value: Any) -> list[tuple[Any, str]]:
    """Return (value or colour, name) of a table in JSON."""
    if isinstance(value, dict) and len(value) == 1 and isinstance(next(iter(value.values())), list | dict):
        inner = next(iter(value.values()))
        value = inner if not is_colour(inner) else value
    if isinstance(value, list):
        return [pair_of_entry(i, entry) for i, entry in enumerate(value)]
    if isinstance(value, dict):
        return [
            (int(k), str(v)) if str(k).isdecimal() and isinstance(v, str) else (colour(v), str(k))
            for k, v in value.items()
        ]
    return []


def pair_of_entry(place: int, entry: Any) -> tuple[Any, str]:
    """Return (value or colour, name) of an entry of a list: a name, or an object with one."""
    if not isinstance(entry, dict):
        return place, str(entry)
    name = next((str(entry[k]) for k in ("name", "label", "title", "class") if k in entry), str(place))
    found = next((entry[k] for k in ("color", "colour", "rgb") if entry.get(k) is not None), None)
    if found is not None and "value" not in entry:
        return colour(found), name
    return next((entry[k] for k in ("value", "id", "index", "trainId") if k in entry), place), name


def is_colour(value: Any) -> bool:
    """Say whether a value is three numbers."""
    return isinstance(value, list) and len(value) in (3, 4) and all(isinstance(v, int) for v in value)


def colour(value: Any) -> Any:
    """Return a colour written as "#ff8000" as three numbers; anything else as it is."""
    if isinstance(value, str) and (found := HEXADECIMAL.fullmatch(value)):
        return list(bytes.fromhex(found[1]))
    return value


def pairs_of_csv(file: Path) -> list[tuple[Any, str]]:
    """Return (value or colour, name) of the rows of a CSV file."""
    rows = list(csv.DictReader(named_lines(file)))
    lower = [{str(k).strip().lower(): str(v).strip() for k, v in row.items()} for row in rows]
    result: list[tuple[Any, str]] = []
    for place, row in enumerate(lower):
        name = next((row[k] for k in ("name", "class", "label", "class_name") if k in row), str(place))
        if {"r", "g", "b"} <= row.keys():
            result.append(([row["r"], row["g"], row["b"]], name))
        else:
            result.append((next((row[k] for k in ("value", "id", "index", "code") if k in row), place), name))
    return result


def pairs_of_lines(lines: list[str]) -> list[tuple[Any, str]]:
    """Return (value or colour, name) of the lines of a text, all of them of one form."""
    first = [COLOUR_FIRST.match(line) for line in lines]
    if lines and all(first):
        return [([m[1], m[2], m[3]], m[4]) for m in first if m]
    last = [COLOUR_LAST.match(line) for line in lines]
    if lines and all(last):
        return [([m[2], m[3], m[4]], m[1]) for m in last if m]
    numbers = [NUMBER_FIRST.match(line) for line in lines]
    if lines and all(numbers):
        return [(int(m[1]), m[2]) for m in numbers if m]
    offset = -1 if lines and lines[0].strip().lower() in ("__ignore__", "_ignore_") else 0  # as labelme writes it
    return [(i + offset if i + offset >= 0 else 255, line.strip()) for i, line in enumerate(lines)]
