"""What every reader hands over: the rows of a source as they were found, before any statistic is learnt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..objects import Objects
from ..schema import Kind

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor

    from .dataplan import DataPlan
    from .pieces import Rolls


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

    def decode(self, rows: np.ndarray, channels: int, height: int, width: int, fit: str = "crop") -> np.ndarray:
        """Return (len(rows), channels, height, width) uint8; a memory-mapped cache where that is large."""
        ...


class Media(Protocol):
    """A column of sounds, clips, series or drawings, not decoded yet: what each becomes is known to the column."""

    @property
    def kind(self) -> str:
        """The name of the kind: "audio", "video", "series" or "strokes"."""
        ...

    def __len__(self) -> int: ...

    def label(self, row: int) -> str:
        """Name one of them for messages: its path, or where it stands."""
        ...

    def usable(self) -> tuple[np.ndarray, list[Note]]:
        """Return which can be read (n,) bool, with a warning that names some that cannot and says why."""
        ...

    def fit(self, plan: "DataPlan", rows: np.ndarray, train: np.ndarray) -> tuple[Kind, list[Note]]:
        """Learn the kind from the rows of the training part, `rows[train]`; sizes may be chosen from all of `rows`."""
        ...

    def encode(self, kind: Kind, rows: np.ndarray) -> "Tensor":
        """Return x of some rows as it is kept in memory, (len(rows), ...)."""
        ...


@dataclass(frozen=True, eq=False)
class Some:
    """Some of a column of sounds, clips, series or drawings: those at `chosen`."""

    media: Media
    chosen: np.ndarray

    @property
    def kind(self) -> str:
        """The name of the kind."""
        return self.media.kind

    def __len__(self) -> int:
        return len(self.chosen)

    def label(self, row: int) -> str:
        """Name one of them for messages."""
        return self.media.label(int(self.chosen[row]))

    def usable(self) -> tuple[np.ndarray, list[Note]]:
        """Return which of them can be read; the warning is about the whole column."""
        good, notes = self.media.usable()
        return good[self.chosen], notes

    def fit(self, plan: "DataPlan", rows: np.ndarray, train: np.ndarray) -> tuple[Kind, list[Note]]:
        """Learn the kind."""
        return self.media.fit(plan, self.chosen[rows], train)

    def encode(self, kind: Kind, rows: np.ndarray) -> "Tensor":
        """Return x of some rows."""
        return self.media.encode(kind, self.chosen[rows])


@dataclass(frozen=True, eq=False)
class Annotations:
    """Where things are in the pictures of a source; entry i of `objects` or of `maps` is row i of the frame.

    `kind` "boxes": `objects` holds the objects of each picture, in its own pixels (after EXIF rotation), their codes
    numbering `labels`; with `masks`, each object that is not a crowd has one. `kind` "mask": `maps` holds the picture
    of values of each row (None where it has none), and `codes` says what a value means: the code of a label, or 255
    for no label. With `colours`, a value is red * 65536 + green * 256 + blue. `column` is the name of the target.
    """

    kind: str
    labels: tuple[str, ...]
    objects: Sequence[Objects] = ()
    masks: bool = False
    maps: Sequence[Path | bytes | None] = ()
    codes: Mapping[int, int] = field(default_factory=dict)
    colours: bool = False
    column: str = "objects"
    summary: Mapping[str, Any] = field(default_factory=dict)  # counts of the whole source, as plain JSON

    def take(self, rows: np.ndarray) -> "Annotations":
        """Return those of some rows, given by their positions."""
        places: list[int] = rows.tolist()
        objects = [self.objects[i] for i in places] if self.objects else ()
        return replace(self, objects=objects, maps=[self.maps[i] for i in places] if self.maps else ())


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
    annotations: Annotations | None = None  # where things are in the pictures
    media: Media | None = None  # sounds, clips, series or drawings, one for each row
    media_column: str = ""
    music: "Rolls | None" = None  # pieces, one for each row
