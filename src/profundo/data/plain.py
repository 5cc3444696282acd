"""A file of plain text as it stands: a book, not a table that happens to end in .txt."""

from pathlib import Path

from ..errors import DataError
from .raw import Note, Raw

COLUMN = "text"
SUFFIXES = (".txt", ".text", ".md")
TASKS = ("language", "word_vectors")
LOOKED_AT = 200  # lines
SEPARATORS = ("\t", ";", ",", "|")


def read_plain(path: Path, task: str) -> Raw | None:
    """Read a file of text as one row, for a language model; None for another file, a table, or another task.

    It is UTF-8, or else Latin-1, and its lines end in a line feed afterwards.
    """
    if path.suffix.lower() not in SUFFIXES or not path.is_file() or (task and task not in TASKS):
        return None
    content = path.read_bytes()
    notes = []
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = content.decode("latin-1")
        notes = [
            Note("warning", f"byte {error.start:,} of {path.name} is no UTF-8; it is read as Latin-1", warning=True)
        ]
    if not task and path.suffix.lower() == ".txt" and is_tabular(text):
        return None
    if "\0" in text:
        raise DataError(f"{path.name} is no text: it holds a zero byte, at character {text.index(chr(0)):,}.")
    import pandas as pd

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return Raw(path.name, pd.DataFrame({COLUMN: [text]}, dtype=object), task=task or "language", notes=notes)


def is_tabular(text: str) -> bool:
    """Say whether every line has the same number of separators, at least one: then it is a table."""
    lines = [line for line in text[:100_000].splitlines()[:LOOKED_AT] if line.strip()]
    counts = [{line.count(separator) for line in lines} for separator in SEPARATORS]
    return len(lines) > 1 and any(len(found) == 1 and found != {0} for found in counts)
