"""Masks of classes and pictures of ids, paired with their photos."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...objects import Objects
from ..pictures import printable
from ..raw import Annotations, Note
from . import summary
from .faults import MISSING_PICTURE, Faults
from .found import Read, found_or_empty, places_of, shown_path, sizes_of
from .instances import LABEL, classes_beside, read_instances
from .labeltable import Labels, find_labels
from .layouts import Piece
from .maskpng import name_of, read_masks
from .pairs import Pairs, pair


def with_instances(root: Path, pieces: Sequence[Piece], faults: Faults) -> Read:
    """Read pictures of ids."""
    paired = [pair(p.pictures, p.annotations) for p in pieces]
    files = [f for p in paired for f in p.photos]
    ids = [m for p in paired for m in p.masks]
    splits = [piece.split for piece, p in zip(pieces, paired, strict=True) for _ in p.photos]
    classes = classes_beside(ids)
    found = read_instances(files, ids, classes, sizes_of(files, faults), faults)
    good = [o is not None for o in found]
    places = places_of(root, pieces)
    names, objects = called(found_or_empty(found), find_labels(places) if classes else None, bool(classes))
    known = Annotations("boxes", names, objects, masks=True)
    told = summary.of_objects(names, [o for o, g in zip(objects, good, strict=True) if g])
    what = f"of {len(names)} classes" if classes else f"all called {LABEL!r}"
    text = f"ids of objects, {what}: {', '.join(shown_path(p.annotations, root) for p in pieces)}"
    notes = [Note("data", text), *unpaired(paired, faults)]
    return Read(files, splits, good, known, sum(len(p.masks) + len(p.orphans) for p in paired), notes, told)


def called(objects: list[Objects], labels: Labels | None, classes: bool) -> tuple[tuple[str, ...], list[Objects]]:
    """Return the names of the classes that objects have, in the order of their values, and the objects numbered so."""
    values = sorted({int(v) for o in objects for v in o.codes}) if classes else [0]
    names = [labels.names.get(v, str(v)) if labels else str(v) for v in values] if classes else [LABEL]
    place = np.zeros(values[-1] + 1 if values else 1, np.int64)
    place[values] = np.arange(len(values))
    return tuple(names), [replace(o, codes=place[o.codes]) for o in objects]


def with_masks(root: Path, pieces: Sequence[Piece], faults: Faults) -> Read:
    """Read masks of classes."""
    paired = [pair(p.pictures, p.annotations) for p in pieces]
    files = [f for p in paired for f in p.photos]
    splits = [piece.split for piece, p in zip(pieces, paired, strict=True) for _ in p.photos]
    labels = find_labels(places_of(root, pieces))
    masks = read_masks(files, [m for p in paired for m in p.masks], sizes_of(files, faults), labels, faults)
    text = f"a label for every pixel: {', '.join(shown_path(p.annotations, root) for p in pieces)}"
    notes = [Note("data", text), labels_note(labels.source if labels else "", masks.annotations)]
    notes += unpaired(paired, faults)
    told = summary.of_pixels(masks.annotations.labels, masks.pixels)
    entries = sum(len(p.masks) + len(p.orphans) for p in paired)
    return Read(files, splits, masks.good.tolist(), masks.annotations, entries, notes, told)


def labels_note(source: str, known: Annotations) -> Note:
    """Say where the names of the labels come from."""
    if source:
        return Note("data", f"the labels are named by {printable(source)}")
    shown = ", ".join(known.labels[:6]) + (", ..." if len(known.labels) > 6 else "")
    return Note("data", f"no classes.json names the labels; by the values of the masks they are {shown}")


def unpaired(paired: Sequence[Pairs], faults: Faults) -> list[Note]:
    """Tell of photos without a mask; a mask without its photo is a fault."""
    for mask in (m for p in paired for m in p.orphans):
        faults.add(MISSING_PICTURE, name_of(mask), "it has no picture of the same name")
    single = [f for p in paired for f in p.single]
    if not single:
        return []
    shown = ", ".join(printable(f.name) for f in single[:3]) + (", ..." if len(single) > 3 else "")
    return [Note("left-out", f"{len(single):,} pictures without a mask: {shown}", warning=True)]
