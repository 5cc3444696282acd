"""Masks of classes: a picture beside each photo, whose values or colours are labels."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...errors import DataError
from ...objects import IGNORED
from ..pictures import printable, spread
from ..raw import Annotations
from .faults import BAD_MASK, MASK_SIZE, VALUE, Faults
from .labeltable import IGNORED as IGNORED_NAMES
from .labeltable import Labels
from .table import Sizes
from .values import are_colours, read_values

MOST = 254  # labels: 255 is a pixel without one
FEW_COLOURS = 32  # in masks without a table of labels


@dataclass(frozen=True, eq=False)
class Seen:
    """What one mask holds: its size, and how often each value stands in it; or why it cannot be read."""

    size: tuple[int, int] = (0, 0)
    values: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    wrong: str = ""


@dataclass(frozen=True, eq=False)
class Masks:
    """The masks of some pictures, None for one that cannot be used; `pixels` counts those of each label."""

    annotations: Annotations
    good: np.ndarray
    pixels: np.ndarray


def read_masks(
    pictures: Sequence[Path], masks: Sequence[Path], sizes: Sizes, labels: Labels | None, faults: Faults
) -> Masks:
    """Look at every mask once: its size, its values. Faults are masks of another size and values without a class.

    Without a table of labels the values that occur are the labels, and 255 is none; masks of two values of which one is
    255 are background and object. Raises DataError where masks are in colour, many of them, without a table.
    """
    colours = labels.colours if labels else are_colours(masks)
    seen = spread(lambda a, b: [look(masks[i], colours) for i in range(a, b)], len(masks), 16)
    found = sorted({int(v) for s in seen for v in s.values})
    if labels is not None:
        names, codes = named(labels)
    else:
        names, codes = unnamed(found, colours, name_of(masks[0].parent) if masks else "the masks")
    good = np.ones(len(masks), bool)
    pixels = np.zeros(256, np.int64)
    for i, (picture, mask, view) in enumerate(zip(pictures, masks, seen, strict=True)):
        good[i] = fits(picture, mask, view, sizes.get(picture), codes, faults)
        if good[i]:
            np.add.at(pixels, [codes[v] for v in view.values.tolist()], view.counts)
    kept = [mask if good[i] else None for i, mask in enumerate(masks)]
    result = Annotations("mask", names, maps=kept, codes=codes, colours=colours, column="mask")
    return Masks(result, good, pixels)


def look(mask: Path, colours: bool) -> Seen:
    """Count the values of one mask."""
    try:
        values = read_values(mask, name_of(mask), colours)
    except DataError as error:
        return Seen(wrong=str(error))
    if values.size and values.min() >= 0 and values.max() < 65536:
        counts = np.bincount(values.ravel())
        return Seen(values.shape, np.flatnonzero(counts), counts[counts > 0])
    return Seen(values.shape, *np.unique(values, return_counts=True))


def fits(
    picture: Path, mask: Path, view: Seen, size: tuple[int, int] | None, codes: dict[int, int], faults: Faults
) -> bool:
    """Say whether a mask can be used with its picture; a fault where it cannot."""
    where = name_of(mask)
    if size is None:  # the picture is a fault already
        return False
    if view.wrong:
        faults.add(BAD_MASK, where, view.wrong)
        return False
    if view.size != size:
        mask_size, picture_size = (f"{w} x {h}" for h, w in (view.size, size))
        faults.add(MASK_SIZE, where, f"it has {mask_size} pixels, and {printable(picture.name)} {picture_size}")
        return False
    strange = [v for v in view.values.tolist() if v not in codes]
    if strange:
        count = int(view.counts[np.isin(view.values, strange)].sum())
        shown = ", ".join(map(str, strange[:5])) + (", ..." if len(strange) > 5 else "")
        faults.add(VALUE, where, f"{count:,} pixels hold {shown}, which is no class")
        return False
    return True


def named(labels: Labels) -> tuple[tuple[str, ...], dict[int, int]]:
    """Return the names of the labels, and the code of each value; those called void and the like are no label."""
    names = tuple(dict.fromkeys(n for _, n in sorted(labels.names.items()) if n.lower() not in IGNORED_NAMES))
    if not labels.colours:  # values are counted from 0, colours stand in the order of the file
        ordered = names
    else:
        ordered = tuple(dict.fromkeys(n for n in labels.names.values() if n.lower() not in IGNORED_NAMES))
    if len(ordered) > MOST:
        raise DataError(f"{labels.source} has {len(ordered):,} labels; {MOST} are the most a mask can tell apart.")
    place = {name: i for i, name in enumerate(ordered)}
    codes = {value: place.get(name, IGNORED) for value, name in labels.names.items()}
    if not labels.colours:
        codes.setdefault(IGNORED, IGNORED)
    return ordered, codes


def unnamed(found: list[int], colours: bool, folder: str) -> tuple[tuple[str, ...], dict[int, int]]:
    """Return names and codes for values that no table explains."""
    advice = f'Write what they mean beside the folder, in classes.json: {"{"}"sky": [128, 128, 128]{"}"}'
    if colours:
        if len(found) > FEW_COLOURS:
            raise DataError(
                f"the masks in {folder} hold {len(found):,} colours and no table says their labels. {advice}"
            )
        return tuple(f"#{v:06x}" for v in found), {v: i for i, v in enumerate(found)}
    if set(found) <= {0, 255} or set(found) == {0, 1}:
        top = 255 if 255 in found else 1
        return ("background", "object"), {0: 0, top: 1}
    values = [v for v in found if v != IGNORED]
    if len(values) > MOST:
        raise DataError(
            f"the masks in {folder} hold {len(values):,} different values: are they ids of objects, or photos? Masks "
            "of ids stand in a folder called instances."
        )
    return tuple(map(str, values)), {v: i for i, v in enumerate(values)} | {IGNORED: IGNORED}


def decode_map(annotations: Annotations, row: int, height: int, width: int) -> np.ndarray:
    """Return the codes of the labels of a row's pixels as uint8 (height, width), 255 where there is none.

    Raises DataError that names the mask where it cannot be read or has another size.
    """
    source = annotations.maps[row]
    if source is None:
        raise DataError(f"row {row} has no mask.")
    label = name_of(source) if isinstance(source, Path) else f"the mask of row {row}"
    values = read_values(source, label, annotations.colours)
    if values.shape != (height, width):
        raise DataError(
            f"{label} has {values.shape[1]} x {values.shape[0]} pixels, and its picture {width} x {height}."
        )
    if values.max() < 65536:
        table = np.full(65536, IGNORED, np.uint8)
        for value, code in annotations.codes.items():
            if value < 65536:
                table[value] = code
        return table[values]
    present, places = np.unique(values, return_inverse=True)
    codes = np.array([annotations.codes.get(v, IGNORED) for v in present.tolist()], np.uint8)
    return codes[places].reshape(height, width)


def name_of(mask: Path) -> str:
    """Name a mask with its folder."""
    return printable(f"{mask.parent.name}/{mask.name}")
