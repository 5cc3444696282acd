"""YOLO's text: a file a picture, a line an object: class, then a box or a polygon in shares of the picture's sides."""

import re
from pathlib import Path

from ...errors import DataError
from ..pictures import printable
from .faults import BROKEN, ENTRY, NOT_A_NUMBER, UNKNOWN_CLASS, Faults
from .index import Index
from .table import Table

LARGEST = 16 << 20  # bytes of a text file
WORD = "line"
TABLES = ("data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
LISTS = ("classes.txt", "obj.names", "labels.txt", "predefined_classes.txt")
OTHERS = (*LISTS, "train.txt", "val.txt", "valid.txt", "test.txt", "readme.txt")  # texts that hold no boxes
NAMES = re.compile(r"^names\s*:(.*)$")
ENTRY_OF_MAP = re.compile(r"^\s+(\d+)\s*:\s*(.+)$")
ENTRY_OF_LIST = re.compile(r"^\s*-\s+(.+)$")


def read_yolo(
    files: list[Path], index: Index, split: str, names: list[str] | None, table: Table, faults: Faults
) -> None:
    """Add the pictures and objects of text files to a table of shares; a picture without a file has no objects.

    A line is `class x y width height` with the middle of the box, perhaps a score, which is passed over, or
    `class x1 y1 x2 y2 x3 y3 ...`, a polygon. Without `names`, classes are called by their numbers.
    """
    for name in names or []:
        table.code(name)
    for file in files:
        source = f"{file.parent.name}/{printable(file.name)}"
        picture = index.stemmed(file.stem, source, faults)
        place = None if picture is None else table.add_picture(picture, split, None, source, faults)
        if place is None:
            continue
        try:
            filled = [(number, line.split()) for number, line in enumerate(read_lines(file), 1) if line.strip()]
        except DataError as error:
            faults.add(BROKEN, source, str(error))
            table.broken.add(place)
            continue
        for number, fields in filled:
            add_object((source, number), fields, place, names, table, faults)
    for picture in (p for p in index.files if p not in table.places):
        table.add_picture(picture, split, None, printable(picture.name), faults)


def read_lines(file: Path) -> list[str]:
    """Return the lines of a text file. Raises DataError where it is none."""
    try:
        if file.stat().st_size > LARGEST:
            raise DataError(f"it has {file.stat().st_size:,} bytes; the limit is {LARGEST:,}")
        return file.read_bytes().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"it is not text ({error.reason} at byte {error.start:,})") from error
    except OSError as error:
        raise DataError(f"it cannot be read ({error.strerror or error})") from error


def named_lines(file: Path) -> list[str]:
    """Return the lines of a text file that stands for the whole set. Raises DataError with its name."""
    try:
        return read_lines(file)
    except DataError as error:
        raise DataError(f"{file}: {error}.") from error


def add_object(
    where: tuple[str, int], fields: list[str], place: int, names: list[str] | None, table: Table, faults: Faults
) -> None:
    """Add the object of one line."""
    text = f"{where[0]}, {WORD} {where[1]}"
    if len(fields) < 5 or (len(fields) > 6 and len(fields) % 2 == 0):
        faults.add(ENTRY, text, f"{len(fields)} fields; a box has 5, a polygon 7, 9, 11, ...")
        return
    try:
        values = [float(v) for v in fields[1:]]
        number = float(fields[0])
    except ValueError:
        faults.add(NOT_A_NUMBER, text, f"{printable(' '.join(fields)[:60])!r} is not numbers")
        return
    if not number.is_integer() or number < 0 or (names is not None and number >= len(names)):
        known = f"; there are {len(names)} names" if names is not None else ""
        faults.add(UNKNOWN_CLASS, text, f"there is no class {printable(fields[0])}{known}")
        return
    code = table.code(int(number) if names is None else names[int(number)])
    if len(values) in (4, 5):
        x, y, width, height = values[:4]
        table.add(place, code, (x - width / 2, y - height / 2, x + width / 2, y + height / 2), where)
        return
    xs, ys = values[::2], values[1::2]
    table.add(place, code, (min(xs), min(ys), max(xs), max(ys)), where, shape=[values])


def read_names(folders: list[Path]) -> list[str] | None:
    """Return the names of the classes from data.yaml (its `names:`), classes.txt or obj.names; None where none is.

    Of YAML only that one key is read, in its three usual forms. Raises DataError where it is written otherwise.
    """
    for folder in folders:
        for name in TABLES:
            if (folder / name).is_file():
                return names_of_yaml(folder / name)
        for name in LISTS:
            if (folder / name).is_file():
                return [line.strip() for line in named_lines(folder / name) if line.strip()]
    return None


def names_of_yaml(file: Path) -> list[str]:
    """Return what stands under `names:`: [a, b], or `- a` a line, or `0: a` a line."""
    lines = [line for line in named_lines(file) if line.strip() and not line.lstrip().startswith("#")]
    start = next((i for i, line in enumerate(lines) if NAMES.match(line)), None)
    if start is None:
        raise DataError(f"{file} has no names. Write them: names: [cat, dog]")
    text = unquoted(lines[start].split(":", 1)[1])
    if text.startswith(("[", "{")):
        joined, more = text, iter(lines[start + 1 :])
        while not joined.endswith(("]", "}")) and (line := next(more, None)) is not None:
            joined += " " + unquoted(line)
        parts = [p.strip() for p in re.split(r",(?=(?:[^'\"]*['\"][^'\"]*['\"])*[^'\"]*$)", joined[1:-1]) if p.strip()]
        return numbered(file, [p.split(":", 1) for p in parts]) if text.startswith("{") else [quoted(p) for p in parts]
    listed: list[str] = []
    mapped: list[list[str]] = []
    for line in lines[start + 1 :]:
        if entry := ENTRY_OF_MAP.match(line):
            mapped.append([entry[1], unquoted(entry[2])])
        elif entry := ENTRY_OF_LIST.match(line):
            listed.append(quoted(unquoted(entry[1])))
        else:
            break
    if not listed and not mapped:
        raise DataError(f"{file}: its names are written in a way that is not understood. Write: names: [cat, dog]")
    return listed or numbered(file, mapped)


def numbered(file: Path, pairs: list[list[str]]) -> list[str]:
    """Return names in the order of their numbers. Raises DataError where the numbers are not 0, 1, 2, ..."""
    found = {p[0].strip(): quoted(p[1].strip()) for p in pairs if len(p) == 2}
    names = [found.get(str(i)) for i in range(len(pairs))]
    if any(n is None for n in names):
        raise DataError(f"{file}: its names are not numbered 0, 1, 2, ... Write: names: [cat, dog]")
    return [n for n in names if n is not None]


def unquoted(text: str) -> str:
    """Cut the comment off a line of YAML."""
    return re.split(r"\s#", text, maxsplit=1)[0].strip()


def quoted(text: str) -> str:
    """Take the quotes off a name."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text
