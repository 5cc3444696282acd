"""A column of a table that names files beside it: pictures, sounds, clips."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .raw import Note, Raw

if TYPE_CHECKING:
    import pandas as pd

ENOUGH = 0.95  # of the values that are looked at


def names_files(series: "pd.Series", endings: Collection[str]) -> bool:
    """Say whether a column holds names of files with these endings, such as ".png"; a few hundred are looked at."""
    if series.dtype.kind in "biufc" or not len(series):
        return False
    few = [v.strip().lower() if isinstance(v, str) else "" for v in series.iloc[:: max(1, len(series) // 200)]]
    return float(np.mean([v.endswith(tuple(endings)) and v not in endings for v in few])) >= ENOUGH


def named_files(
    raw: Raw, base: Path, endings: Collection[str], what: str, *, column: str = "", flag: str = ""
) -> tuple[Raw, str, Sequence[str]]:
    """Find the first column that names files, or take the one given; returns it with the paths, relative to `base`.

    The name is "" where there is none, or where none of its first files exists: then the data get a warning.
    """
    if raw.media is not None or raw.pictures is not None:
        return raw, "", []
    given = column in raw.frame.columns
    names = [column] if given else [str(c) for c in raw.frame.columns if names_files(raw.frame[c], endings)]
    if not names:
        return raw, "", []
    paths = [v.strip() if isinstance(v, str) else "" for v in raw.frame[names[0]]]
    if not given and not any((base / p).exists() for p in paths[:100] if p):
        text = f"{names[0]} looks like {what} files, but none of the first 100 is in {base.resolve()}"
        warning = Note("warning", text, flag and f"--kind {names[0]}={flag}", True)
        return replace(raw, notes=[*raw.notes, warning]), "", []
    return raw, names[0], paths
