"""The official parts of a data set: lists of names in text files, or a table with a column `split`."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from ..pictures import printable
from ..raw import Note
from ..splits import NAMES, official_split
from ..tables import read_table
from .yolo import named_lines

FOLDERS = ("splits", "ImageSets/Main", "ImageSets/Segmentation", "ImageSets", ".")
TABLES = ("index.csv", "splits.csv", "split.csv", "metadata.csv")
ORDER = ("train", "validation", "test")


def official(roots: Sequence[Path], files: Sequence[Path], masks: bool = False) -> tuple[list[str], list[Note]]:
    """Return the part of each picture as a data set says, "" for none; all "" where it says nothing.

    Looks for splits/train.txt and the like, VOC's ImageSets/Main, and index.csv. A picture in two lists belongs to the
    one that judges: test before validation before train. VOC has other lists for its `masks`.
    """
    folders = sorted(FOLDERS, key=lambda f: f != "ImageSets/Segmentation") if masks else FOLDERS
    for root in roots:
        for folder in folders:
            lists = {NAMES[f.stem.lower()]: f for f in texts(root / folder) if f.stem.lower() in NAMES}
            if "train" in lists and len(lists) > 1 and (found := listed_parts(lists, files)) is not None:
                return found
        for table in TABLES:
            if (root / table).is_file() and (column := table_parts(root / table, files)) is not None:
                return column, []
    return [""] * len(files), []


def texts(folder: Path) -> list[Path]:
    """Return the text files in a folder, none where there is no such folder."""
    return sorted(folder.glob("*.txt")) if folder.is_dir() else []


def listed_parts(lists: dict[str, Path], files: Sequence[Path]) -> tuple[list[str], list[Note]] | None:
    """Return the part of each picture by lists of names; None where they name less than half of the pictures."""
    part: dict[str, str] = {}
    twice = 0
    for name in sorted(lists, key=ORDER.index):
        for line in named_lines(lists[name]):
            if fields := line.split():
                stem = PurePosixPath(fields[0].replace("\\", "/")).name
                twice += part.get(stem, name) != name
                part[stem] = name
    found = [part.get(file.name) or part.get(file.stem) or "" for file in files]
    if sum(map(bool, found)) < len(files) / 2:
        return None
    folder = printable(lists["train"].parent.name)
    text = f"{twice:,} pictures stand in two lists of {folder}/; test has them before validation, before train"
    return found, [Note("warning", text, warning=True)] if twice else []


def table_parts(file: Path, files: Sequence[Path]) -> list[str] | None:
    """Return the part of each picture by a table with a column `split` and one of names; None where it has neither."""
    frame = read_table(file).frame
    splits = [c for c in frame.columns if str(c).lower() in ("split", "part", "subset", "set")]
    parts = official_split(frame[splits[0]]) if splits else None
    if parts is None:
        return None
    names = {file.stem for file in files} | {file.name for file in files}
    columns = [frame[c].astype(str) for c in frame.columns if c not in splits]
    keys = max(columns, key=lambda c: int(np.isin(c.str.split("/").str[-1], list(names)).sum()), default=None)
    if keys is None:
        return None
    part = dict(zip(keys.str.split("/").str[-1], parts.tolist(), strict=True))
    found = [part.get(file.stem) or part.get(file.name) or "" for file in files]
    return found if sum(map(bool, found)) >= len(files) / 2 else None
