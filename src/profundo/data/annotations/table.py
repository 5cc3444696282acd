"""What the readers of boxes hand over, side by side in lists, and the one check that makes objects of it."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...objects import Objects, Rle, nothing
from ..pictures import printable
from . import rle
from .faults import DUPLICATE, NO_AREA, NOT_A_NUMBER, OUTSIDE, PICTURE_SIZE, Faults

PIXEL, SHARE = 1.0, 0.01  # a box may reach out so many pixels, or so much of the side, and is cut
Sizes = Mapping[Path, tuple[int, int]]


def label_name(value: Any) -> str:
    """Return the name of a class, in one form of Unicode and without what cannot be encoded."""
    return printable(unicodedata.normalize("NFC", str(value).strip()))


@dataclass(eq=False)
class Table:
    """Pictures, and objects in them. A box is x1, y1, x2, y2 in pixels, or with `relative` in shares of the sides.

    Of an object, `numbers` and `sources` say where it stands: `{source}, {word} {number}`. `shapes` are masks as the
    file has them: polygons, a run-length code, or None.
    """

    word: str
    relative: bool = False
    labels: dict[str, int] = field(default_factory=dict)
    pictures: list[Path] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    claimed: list[tuple[int, int] | None] = field(default_factory=list)  # height and width, as the annotations say
    described: list[str] = field(default_factory=list)  # where each picture stands in the annotations
    places: dict[Path, int] = field(default_factory=dict)
    picture: list[int] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    crowd: list[bool] = field(default_factory=list)
    shapes: list[Any] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    numbers: list[int | str] = field(default_factory=list)
    broken: set[int] = field(default_factory=set)  # pictures whose annotations could not be read

    def code(self, name: Any) -> int:
        """Return the code of a class, a new one for a new name."""
        return self.labels.setdefault(label_name(name), len(self.labels))

    def add_picture(
        self, file: Path, split: str, claimed: tuple[int, int] | None, where: str, faults: Faults
    ) -> int | None:
        """Add a picture and return its place; a fault and None where it was added before."""
        if file in self.places:
            first = self.described[self.places[file]]
            faults.add(DUPLICATE, where, f"the picture {printable(file.name)} stands in {first} too")
            return None
        self.places[file] = len(self.pictures)
        self.pictures.append(file)
        self.splits.append(split)
        self.claimed.append(claimed)
        self.described.append(where)
        return len(self.pictures) - 1

    def add(
        self,
        picture: int,
        code: int,
        box: tuple[float, float, float, float],
        where: tuple[str, int | str],
        *,
        crowd: bool = False,
        shape: Any = None,
    ) -> None:
        """Add an object."""
        self.picture.append(picture)
        self.codes.append(code)
        self.boxes.append(box)
        self.crowd.append(crowd)
        self.shapes.append(shape)
        self.sources.append(where[0])
        self.numbers.append(where[1])

    def where(self, row: int) -> str:
        """Name the file and the entry of an object."""
        picture = printable(self.pictures[self.picture[row]].name)
        return f"{self.sources[row]}, {self.word} {self.numbers[row]} ({picture})"


@dataclass(frozen=True, eq=False)
class Checked:
    """The objects of each picture of a table that can be used, None for one that cannot; `cut` boxes were cut a bit."""

    objects: list[Objects | None]
    masks: bool
    unmasked: int
    cut: int


def check(table: Table, sizes: Sizes, faults: Faults) -> Checked:
    """Check every object against its picture. `sizes` are (height, width); a picture without one has no objects."""
    shapes = [sizes.get(file) for file in table.pictures]
    usable = [size is not None and i not in table.broken for i, size in enumerate(shapes)]
    for i, (size, claimed) in enumerate(zip(shapes, table.claimed, strict=True)):
        if usable[i] and claimed is not None and claimed != size:
            usable[i] = False
            faults.add(PICTURE_SIZE, table.described[i], size_words(table.pictures[i], size, claimed))
    sides = np.array([size or (1, 1) for size in shapes], np.float64).reshape(-1, 2)
    picture = np.array(table.picture, np.int64)
    limit = sides[picture][:, [1, 0, 1, 0]]  # width, height, width, height
    boxes = np.array(table.boxes, np.float64).reshape(-1, 4) * (limit if table.relative else 1)
    kept = np.array(usable, bool)[picture]
    boxes, cut = cut_boxes(table, boxes, limit, kept, faults)
    has = np.array([s is not None for s in table.shapes], bool)
    masks: list[Rle | None] = [None] * len(picture)
    if has.any() and has[kept].all():
        for row in np.flatnonzero(kept).tolist():
            height, width = (int(v) for v in sides[table.picture[row]])
            masks[row] = rle.mask(table.shapes[row], height, width, partial(table.where, row), faults)
            kept[row] = masks[row] is not None
    masked = bool(kept.any()) and all(masks[row] is not None for row in np.flatnonzero(kept))
    objects = grouped(table, boxes, kept, masks if masked else None, sides.astype(np.int64))
    result = [found if good else None for found, good in zip(objects, usable, strict=True)]
    return Checked(result, masked, int((~has[kept]).sum()) if has.any() else 0, cut)


def cut_boxes(
    table: Table, boxes: np.ndarray, limit: np.ndarray, kept: np.ndarray, faults: Faults
) -> tuple[np.ndarray, int]:
    """Return the boxes cut to their pictures, and how many of them reached out a little; clear `kept` of the others."""
    strange = ~(np.abs(boxes) < 1e15).all(1)  # not a number, or as good as infinite
    numbers = np.where(strange[:, None], 0, boxes)
    over = np.maximum(-numbers, numbers - limit)
    inside = np.clip(numbers, 0, limit)
    sides = numbers[:, 2:] - numbers[:, :2]
    empty = sides.min(1, initial=np.inf) <= 1e-6
    gone = (inside[:, 2:] - inside[:, :2]).min(1, initial=np.inf) <= 1e-6
    far = (over > np.maximum(PIXEL, SHARE * limit) + 1e-6).any(1) | (gone & ~empty)
    for row in np.flatnonzero(kept & (strange | empty | far)).tolist():
        kept[row] = False
        x1, y1, x2, y2 = (f"{v:.6g}" for v in boxes[row])
        wide, high = (f"{v:.6g}" for v in sides[row])
        if strange[row]:
            faults.add(NOT_A_NUMBER, table.where(row), f"the box {x1}, {y1}, {x2}, {y2} is not four numbers")
        elif empty[row]:
            faults.add(NO_AREA, table.where(row), f"the box {x1}, {y1}, {x2}, {y2} is {wide} wide and {high} high")
        else:
            size = f"{limit[row, 0]:.0f} wide and {limit[row, 1]:.0f} high"
            faults.add(OUTSIDE, table.where(row), f"the box {x1}, {y1}, {x2}, {y2} leaves its picture, {size}")
    return inside, int((kept & (over > 1e-6).any(1)).sum())


def grouped(
    table: Table, boxes: np.ndarray, kept: np.ndarray, masks: list[Rle | None] | None, sides: np.ndarray
) -> list[Objects]:
    """Gather the objects that are kept, picture by picture, in the order of the file."""
    rows = np.flatnonzero(kept)
    picture = np.array(table.picture, np.int64)[rows]
    rows = rows[np.argsort(picture, kind="stable")]
    bounds = np.searchsorted(np.sort(picture), np.arange(len(table.pictures) + 1)).tolist()
    codes, crowd = np.array(table.codes, np.int64)[rows], np.array(table.crowd, bool)[rows]
    boxes = boxes[rows]
    places = rows.tolist()
    result = []
    for i, (height, width) in enumerate(sides.tolist()):
        a, b = bounds[i], bounds[i + 1]
        if a == b:
            result.append(nothing(height, width))
            continue
        own = None if masks is None else [m for row in places[a:b] if (m := masks[row]) is not None]
        many = crowd[a:b] if crowd[a:b].any() else None
        result.append(Objects(height, width, boxes[a:b], codes[a:b], masks=own, crowd=many))
    return result


def size_words(file: Path, size: tuple[int, int] | None, claimed: tuple[int, int]) -> str:
    """Say that a picture has another size than its annotations say."""
    height, width = size or (0, 0)
    turned = ", because its EXIF turns it" if (width, height) == claimed else ""
    return (
        f"the annotations are for {claimed[1]} x {claimed[0]} pixels, and {printable(file.name)} has "
        f"{width} x {height}{turned}"
    )
