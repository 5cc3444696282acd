"""Boxes of any format as objects, their labels numbered, with masks where they have them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...errors import DataError
from ...objects import Objects
from ..raw import Annotations, Note
from . import summary
from .coco import WORD as COCO_WORD
from .coco import read_coco
from .csvboxes import read_csv
from .faults import Faults
from .found import Read, files_of, found_or_empty, shown_path, sizes_of
from .index import Index
from .layouts import Piece
from .table import Table, check
from .voc import read_voc
from .yolo import OTHERS, read_names, read_yolo

WORDS = {"coco": COCO_WORD, "voc": "object", "yolo": "line", "csv": "row"}
SPELT = {"coco": "COCO", "voc": "Pascal VOC", "yolo": "YOLO", "csv": "a table of boxes"}


def with_boxes(root: Path, pieces: Sequence[Piece], faults: Faults) -> Read:
    """Read boxes, with masks where they have them."""
    form = pieces[0].form
    table = Table(WORDS[form], relative=form == "yolo")
    notes = [Note("data", f"read as {SPELT[form]}: {', '.join(shown_path(p.annotations, root) for p in pieces)}")]
    indices = [Index(piece.pictures) for piece in pieces]
    if form == "voc":
        notes.append(read_all_voc(pieces, indices, table, faults))
    else:
        for piece, index in zip(pieces, indices, strict=True):
            notes += read_piece(root, piece, index, table, faults)
    unlisted = len({file for index in indices for file in index.files} - table.places.keys())
    entries = max(len(table.codes) + len(faults), len(table.pictures))
    checked = check(table, sizes_of(table.pictures, faults), faults)
    labels, objects, dropped = used(table, checked.objects)
    if checked.cut:
        text = f"{checked.cut:,} boxes reach out of their pictures by a pixel or 1 % at most; cut at the edge"
        notes.append(Note("data", text))
    if checked.unmasked:
        text = f"{checked.unmasked:,} of {len(table.codes):,} objects have no mask; those of the others are not used"
        notes.append(Note("data", text))
    if dropped:
        notes.append(Note("left-out", f"labels without an object: {', '.join(dropped[:10])}"))
    if unlisted:
        notes.append(Note("left-out", f"{unlisted:,} pictures that the annotations do not name", warning=True))
    known = Annotations("boxes", labels, objects, masks=checked.masks)
    good = [o is not None for o in checked.objects]
    told = summary.of_objects(labels, [o for o, g in zip(objects, good, strict=True) if g])
    return Read(table.pictures, table.splits, good, known, entries, notes, told)


def read_piece(root: Path, piece: Piece, index: Index, table: Table, faults: Faults) -> list[Note]:
    """Read the boxes of one piece into a table."""
    if piece.form == "coco":
        read_coco(piece.annotations, index, piece.split, table, faults)
    elif piece.form == "csv":
        read_csv(piece.annotations, index, piece.split, table, faults)
    else:
        places = [piece.annotations, *piece.annotations.parents]
        stop = places.index(root) if root in places else 1
        names = read_names(places[: stop + 1])
        files = [f for f in files_of(piece.annotations, ".txt") if f.name.lower() not in OTHERS]
        read_yolo(files, index, piece.split, names, table, faults)
        if names is None:
            return [Note("data", "no names of classes: they are called by their numbers. Write them to classes.txt")]
    return []


def read_all_voc(pieces: Sequence[Piece], indices: Sequence[Index], table: Table, faults: Faults) -> Note:
    """Read the XML of all pieces into a table: from which number their pixels count is seen from all of them."""
    files = [files_of(p.annotations, ".xml") if p.annotations.is_dir() else [p.annotations] for p in pieces]
    one = read_voc(list(zip(files, indices, (p.split for p in pieces), strict=True)), table, faults)
    return Note("data", "pixels counted from 1, as VOC does" if one else "pixels counted from 0: a coordinate is 0")


def used(table: Table, objects: Sequence[Objects | None]) -> tuple[tuple[str, ...], list[Objects], list[str]]:
    """Return the labels that objects have, the objects with codes of these, and the labels that none has."""
    counts = np.zeros(len(table.labels), np.int64)
    for found in objects:
        if found is not None and len(found):
            np.add.at(counts, found.codes, 1)
    place = np.cumsum(counts > 0) - 1
    names = list(table.labels)
    if not counts.any():
        raise DataError("the annotations hold no object that can be used.")
    result = [o if not len(o) or counts.all() else replace(o, codes=place[o.codes]) for o in found_or_empty(objects)]
    labels = tuple(n for n, c in zip(names, counts, strict=True) if c)
    return labels, result, [n for n, c in zip(names, counts, strict=True) if not c]
