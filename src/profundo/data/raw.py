"""What every reader hands over: the rows of a source as they were found, before any statistic is learnt."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Note:
    """Something that was inferred or left out, printed before training. `flag` is what to type to change it."""

    subject: str  # one of: data columns kinds task split left-out images warning
    text: str
    flag: str = ""
    warning: bool = False


@dataclass(frozen=True)
class Survey:
    """What the headers of a column of pictures say: sizes and modes, and which cannot be read (row, name, reason)."""

    sizes: Sequence[tuple[int, int]]  # (height, width) of each readable picture, after EXIF rotation
    modes: dict[str, int]
    grey: bool  # every picture has one channel
    bad: Sequence[tuple[int, str, str]] = ()


class Pictures(Protocol):
    """A column of pictures, not decoded yet."""

    def __len__(self) -> int: ...

    def label(self, row: int) -> str:
        """Name the picture for messages: its path, or `file.parquet row 12`."""
        ...

    def survey(self) -> Survey:
        """Look at every header, without decoding the pixels."""
        ...

    def decode(self, rows: np.ndarray, channels: int, height: int, width: int) -> np.ndarray:
        """Return (len(rows), channels, height, width) uint8; a memory-mapped cache where that is large."""
        ...


@dataclass
class Raw:
    """The rows of a source. `frame` has one row for each example, index 0..n-1: the ids of every later answer."""

    name: str
    frame: "pd.DataFrame"
    pictures: Pictures | None = None
    picture_column: str = "image"
    split: np.ndarray | None = None  # official split: "train", "validation" or "test" for each row
    target: tuple[str, ...] = ()  # known for folders, built-in sets and arrays
    task: str = ""  # known for some built-in sets
    notes: list[Note] = field(default_factory=list)
