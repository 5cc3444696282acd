"""Rows that a person wants left out, by their numbers."""

import re
from pathlib import Path

import numpy as np

from ..errors import DataError
from ..files import read_json

MOST = 10_000_000  # bytes of a file of row numbers


def rows_without(text: str, rows: int) -> np.ndarray:
    """Return which of `rows` rows are kept (bool) when those of "3,17,99", or of a text file of row numbers, are not.

    A run's findings.json may stand for the file: its rows with label errors.

    Raises DataError for a file that does not exist, for what is not a row number and for a row that is not there.
    """
    kept = np.ones(rows, dtype=bool)
    if not text:
        return kept
    where, words = "--without", text
    if re.fullmatch(r"[\d,;\s]+", text) is None:
        path = Path(text)
        if not path.is_file():
            raise DataError(f"--without {text}: neither row numbers such as 3,17,99 nor a file that exists.")
        if path.stat().st_size > MOST:
            raise DataError(f"{path} is too large for a file of row numbers, one a line.")
        where, words = str(path), path.read_text(encoding="utf-8", errors="replace")
        if path.suffix == ".json":
            words = " ".join(map(str, suspects(path)))
    for line, found in enumerate(words.splitlines() or [words], 1):
        for word in re.split(r"[,;\s]+", found.split("#")[0].strip()):
            if not word:
                continue
            if not word.isdecimal() or int(word) >= rows:
                most = f"a row number from 0 to {rows - 1:,}"
                raise DataError(f"in {where}, line {line}: {word[:40]!r} is not {most}.")
            kept[int(word)] = False
    return kept


def suspects(path: Path) -> list[int]:
    """Return the rows that a findings.json names for their labels. Raises DataError where it is damaged."""
    try:
        found = read_json(path)["findings"]
        return [int(row) for f in found if f["name"] == "label errors" for row in f["rows"]]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is not a findings.json of profundo ({type(error).__name__}: {error}).") from error
