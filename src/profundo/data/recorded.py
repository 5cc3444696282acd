"""Reading a folder of tables: each file is one series, its folder says the label."""

from pathlib import Path

import numpy as np

from ..errors import DataError
from .folder import ends, inner, listed, look
from .kinds import listed as named
from .pictures import printable
from .raw import Note, Raw
from .series import Pieces, channel_names
from .tables import read_table
from .values import numbers

TABLES = frozenset({".csv", ".tsv"})
LAYOUT = "A folder of series has a folder for each label, and in it a CSV file for each series (walk/1.csv, run/2.csv)"


def holds_series(folder: Path) -> bool:
    """Say whether the folders in a folder hold CSV files and nothing else; few files are looked at."""
    waiting, found = [folder], 0
    while waiting and found < 200:
        folders, files = listed(waiting.pop())
        if any(not ends(f, TABLES) for f in files):
            return False
        waiting += folders[:20]
        found += len(files)
    return found > 0


def read_series(path: Path) -> Raw:
    """Read a folder of CSV files; columns `file`, and `label` where the files stand in folders.

    The columns of numbers that all files have are the channels; one that is named like a time and rises is left out.
    Raises DataError, with the file, where one has no such column.
    """
    import pandas as pd

    found = look(inner(path, TABLES), TABLES)
    files = sorted(range(len(found.files)), key=lambda i: str(found.files[i]))
    raws = [read_table(found.files[i], rows=None, seed=0) for i in files]
    frames = [raw.frame for raw in raws]
    channels, time = channel_names(frames)
    if not channels:
        raise DataError(f"the files of {path} have no column of numbers in common. {LAYOUT}.")
    names = [printable(str(found.files[i].relative_to(path))) for i in files]
    pieces = [np.stack([numbers(f[name])[0] for name in channels], 1) for f in frames]
    frame = pd.DataFrame({"file": names})
    classes = any(found.classes)
    if classes:
        frame["label"] = [found.classes[i] for i in files]
    splits = np.array([found.splits[i] for i in files])
    text = f"{len(files):,} series of {named(channels)}" + (f", in the order of {time}" if time else "")
    return Raw(
        name=printable(path.resolve().name),
        frame=frame,
        media=Pieces(pieces, channels, lambda row: names[row]),
        media_column="series",
        split=splits if len(set(splits.tolist())) > 1 else None,
        target=("label",) if classes else (),
        task="classification" if classes else "",
        notes=[Note("data", text)],
    )
