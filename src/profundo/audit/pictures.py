"""Pictures: near copies, and odd ones: blank, grey among coloured, or not readable."""

from collections.abc import Callable
from typing import Any

import numpy as np
from torch import Tensor

from ..data.copies import find_copies
from ..data.copies.hashes import FLAT, PIECE
from ..data.dataset import Data
from ..findings import Finding, Severity
from .near import picture, tell
from .parts import counted, ids, listed_rows, part_of

NAMES = ("file", "path", "filename", "image", "name")  # columns that name a picture
SHOWN = 8  # pictures and names that are shown
MANY = 0.01  # of the pictures being blank, from which it is a warning
NEARLY = 2.0  # levels by which the channels of a grey picture may differ, after JPEG
UNREADABLE = "cannot be read"  # the words of data/images.py


def look(data: Data) -> list[Finding]:
    """Find near copies and odd pictures. Exact copies are the matter of rows.py."""
    if data.schema.image is None or not len(data.x):
        return []
    copies = find_copies(data.x, held=np.flatnonzero(part_of(data) > 0), seed=data.seed)
    return [*tell(data, copies), *blank(data), *grey(data), *unreadable(data)]


def blank(data: Data) -> list[Finding]:
    """Find pictures that show nothing: nearly one colour."""
    found = np.flatnonzero(each(data.x, lambda x: x.flatten(2).std(2).amax(1) < FLAT))
    if not len(found):
        return []
    text = f"{counted(len(found), 'picture is', 'pictures are')} blank, of one colour: {named(data, found)}."
    severity: Severity = "warning" if len(found) >= MANY * len(data.x) else "minor"
    flag = f"--without {listed_rows(ids(data, found))}"
    return [Finding("blank pictures", severity, text, flag, rows=ids(data, found), pictures=shown(data, found))]


def grey(data: Data) -> list[Finding]:
    """Find the few grey pictures among coloured ones, or the few coloured among grey ones that were kept in colour."""
    if data.x.shape[1] != 3:
        return []
    is_grey = each(data.x, lambda x: (x.amax(1) - x.amin(1)).flatten(1).mean(1) < NEARLY)
    count = int(is_grey.sum())
    if not 0 < count < len(is_grey):
        return []
    few, many = ("grey", "coloured") if 2 * count <= len(is_grey) else ("coloured", "grey")
    found = np.flatnonzero(is_grey if few == "grey" else ~is_grey)
    text = f"{counted(len(found), 'picture is', 'pictures are')} {few} among {many} ones: {named(data, found)}."
    return [Finding("odd colours", "minor", text, rows=ids(data, found), pictures=shown(data, found))]


def unreadable(data: Data) -> list[Finding]:
    """Repeat what the reader noted of broken files."""
    notes = [n for n in data.notes if n.warning and UNREADABLE in n.text]
    return [Finding("broken files", "warning", n.text, n.flag) for n in notes]


def each(pixels: Tensor, judge: Callable[[Tensor], Tensor]) -> np.ndarray:
    """Judge the pictures a few at a time; the judge gets float32 (n, channels, height, width)."""
    parts = [judge(pixels[i : i + PIECE].float()).cpu().numpy() for i in range(0, len(pixels), PIECE)]
    return np.concatenate(parts)


def named(data: Data, found: np.ndarray, most: int = 3) -> str:
    """Name the first few pictures: by their file where a column has it, else by the row."""
    frame = data.frame
    column = next((c for c in NAMES if frame is not None and c in frame.columns), None)
    rows = data.ids.cpu().numpy()
    texts = [f"row {rows[i]}" if frame is None or column is None else str(frame[column].iloc[i]) for i in found[:most]]
    return ", ".join(texts) + (f" and {len(found) - most:,} more" if len(found) > most else "")


def shown(data: Data, found: np.ndarray) -> tuple[dict[str, Any], ...]:
    """Show the first few."""
    return tuple(picture(data, int(i)) for i in found[:SHOWN])
