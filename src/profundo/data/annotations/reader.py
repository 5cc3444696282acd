"""From pictures and whatever says where things are in them to rows: a picture a row, with its objects or its mask."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ...errors import DataError
from ...objects import Objects
from ..folder import inner, listed
from ..pictures import from_paths, printable
from ..raw import Annotations, Note, Raw
from . import summary
from .coco import WORD as COCO_WORD
from .coco import read_coco
from .csvboxes import read_csv
from .explicit import named_pieces
from .faults import MISSING_PICTURE, Faults
from .index import Index
from .instances import LABEL, read_instances
from .labeltable import find_labels
from .layouts import LAYOUTS, Piece, find_layout
from .maskpng import name_of, read_masks
from .pairs import Pairs, pair
from .parts import official
from .table import Sizes, Table, check
from .voc import read_voc
from .yolo import OTHERS, read_names, read_yolo

WORDS = {"coco": COCO_WORD, "voc": "object", "yolo": "line", "csv": "row"}
SPELT = {"coco": "COCO", "voc": "Pascal VOC", "yolo": "YOLO", "csv": "a table of boxes"}


@dataclass
class Read:
    """Pictures as they were read, with their parts, objects (None: not usable) or masks, and what was noticed."""

    files: list[Path]
    splits: list[str]
    good: list[bool]
    annotations: Annotations
    entries: int
    notes: list[Note] = field(default_factory=list)
    told: dict[str, object] = field(default_factory=dict)


def read_annotations(pictures: Path, annotations: Path | None = None, *, bad: str = "few", task: str = "") -> Raw:
    """Read pictures and where things are in them: from a file or folder `annotations`, or found by the folder's layout.

    `bad` says what to do with entries that cannot be used: "few" leaves up to 1 % of them out with a warning and
    refuses more, "refuse" refuses any, "skip" leaves all out. Each is named by file and entry. `task` decides where a
    folder holds both boxes and masks. The rows are in the order of the pictures' paths. Raises DataError.
    """
    root = Path(pictures)
    pieces = find_layout(root, task) if annotations is None else named_pieces(root, Path(annotations), task)
    if not pieces:
        raise DataError(f"{root} says nowhere where things are in its pictures. {LAYOUTS}.")
    return read_pieces(root, pieces, bad)


def read_found(folder: Path, *, bad: str = "few", task: str = "") -> Raw | None:
    """Read a folder that says by its layout where things are in its pictures; None for any other folder."""
    pieces = find_layout(Path(folder), task)
    return read_pieces(Path(folder), pieces, bad) if pieces else None


def read_pieces(root: Path, pieces: Sequence[Piece], bad: str) -> Raw:
    """Read the pieces of a layout, all of one form."""
    faults = Faults(bad)
    if pieces[0].form == "masks":
        read = with_masks(root, pieces, faults)
    elif pieces[0].form == "instances":
        read = with_instances(root, pieces, faults)
    else:
        read = with_boxes(root, pieces, faults)
    warnings = faults.finish(read.entries, max(len(read.files), 1))
    return rows(root, pieces, replace(read, notes=[*read.notes, *warnings]))


def find_annotations(folder: Path, task: str = "") -> Path | None:
    """Return the file or folder that says where things are in the pictures of a folder, None where nothing does.

    Where several do, one for each part, it is the folder itself.
    """
    pieces = find_layout(Path(folder), task)
    if not pieces:
        return None
    return pieces[0].annotations if len(pieces) == 1 else Path(folder)


def with_boxes(root: Path, pieces: Sequence[Piece], faults: Faults) -> Read:
    """Read boxes, with masks where they have them."""
    form = pieces[0].form
    table = Table(WORDS[form], relative=form == "yolo")
    notes = [Note("data", f"read as {SPELT[form]}: {', '.join(shown_path(p.annotations, root) for p in pieces)}")]
    unlisted = 0
    for piece in pieces:
        before = len(table.pictures)
        index = Index(piece.pictures)
        notes += read_piece(root, piece, index, table, faults)
        unlisted += len(index) - (len(table.pictures) - before)
    entries = max(len(table.codes) + len(faults), len(table.pictures))
    checked = check(table, sizes_of(table.pictures), faults)
    labels, objects, dropped = used(table, checked.objects)
    if checked.cut:
        text = f"{checked.cut:,} boxes reach out of their pictures by a pixel or 1 % at most; cut at the edge"
        notes.append(Note("data", text))
    if checked.unmasked:
        text = f"{checked.unmasked:,} of {len(table.codes):,} objects have no mask; those of the others are not used"
        notes.append(Note("data", text))
    if dropped:
        notes.append(Note("left-out", f"labels without an object: {', '.join(dropped[:10])}"))
    if unlisted > 0:
        notes.append(Note("left-out", f"{unlisted:,} pictures that the annotations do not name", warning=True))
    known = Annotations("boxes", labels, objects, masks=checked.masks)
    good = [o is not None for o in checked.objects]
    told = summary.of_objects(labels, [o for o, g in zip(objects, good, strict=True) if g])
    return Read(table.pictures, table.splits, good, known, entries, notes, told)


def read_piece(root: Path, piece: Piece, index: Index, table: Table, faults: Faults) -> list[Note]:
    """Read the boxes of one piece into a table."""
    inside = piece.annotations.is_dir()
    if piece.form == "coco":
        read_coco(piece.annotations, index, piece.split, table, faults)
    elif piece.form == "csv":
        read_csv(piece.annotations, index, piece.split, table, faults)
    elif piece.form == "voc":
        files = files_of(piece.annotations, ".xml") if inside else [piece.annotations]
        one = read_voc(files, index, piece.split, table, faults)
        text = "pixels counted from 1, as VOC does" if one else "pixels counted from 0, as a coordinate of 0 says"
        return [Note("data", text)]
    else:
        places = [piece.annotations, *piece.annotations.parents]
        stop = places.index(root) if root in places else 1
        names = read_names(places[: stop + 1])
        files = [f for f in files_of(piece.annotations, ".txt") if f.name.lower() not in OTHERS]
        read_yolo(files, index, piece.split, names, table, faults)
        if names is None:
            return [Note("data", "no names of classes: they are called by their numbers. Write them to classes.txt")]
    return []


def with_instances(root: Path, pieces: Sequence[Piece], faults: Faults) -> Read:
    """Read pictures of ids."""
    paired = [pair(p.pictures, p.annotations) for p in pieces]
    files = [f for p in paired for f in p.photos]
    ids = [m for p in paired for m in p.masks]
    splits = [piece.split for piece, p in zip(pieces, paired, strict=True) for _ in p.photos]
    found = read_instances(files, ids, sizes_of(files), faults)
    good = [o is not None for o in found]
    known = Annotations("boxes", (LABEL,), [o for o in found if o is not None], masks=True)
    told = summary.of_objects((LABEL,), known.objects)
    known = replace(known, objects=found_or_empty(found))
    text = f"ids of objects, all called {LABEL!r}: {', '.join(shown_path(p.annotations, root) for p in pieces)}"
    notes = [Note("data", text), *unpaired(paired, faults)]
    return Read(files, splits, good, known, sum(len(p.masks) + len(p.orphans) for p in paired), notes, told)


def with_masks(root: Path, pieces: Sequence[Piece], faults: Faults) -> Read:
    """Read masks of classes."""
    paired = [pair(p.pictures, p.annotations) for p in pieces]
    files = [f for p in paired for f in p.photos]
    splits = [piece.split for piece, p in zip(pieces, paired, strict=True) for _ in p.photos]
    places = dict.fromkeys([inner(root), root, *(f for p in pieces for f in (p.annotations.parent, p.annotations))])
    labels = find_labels(list(places))
    masks = read_masks(files, [m for p in paired for m in p.masks], sizes_of(files), labels, faults)
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


def rows(root: Path, pieces: Sequence[Piece], read: Read) -> Raw:
    """Make rows of what was read, in the order of the pictures' paths, those that cannot be used left out."""
    base = inner(root)
    splits, more = read.splits, list[Note]()
    if not any(splits):
        roots = dict.fromkeys([base, root, *(p.annotations.parent for p in pieces)])
        splits, more = official(list(roots), read.files)
    kept = [i for i in range(len(read.files)) if read.good[i] and (splits[i] or not any(splits))]
    lost = sum(read.good) - len(kept)
    if lost:
        more.append(Note("left-out", f"{lost:,} pictures that stand in no part of the official split", warning=True))
    if not kept:
        raise DataError(f"{root}: no picture with usable annotations is left. {LAYOUTS}.")
    names = {i: str(relative(read.files[i], root)) for i in kept}
    kept.sort(key=names.__getitem__)
    known = replace(read.annotations.take(np.array(kept, np.int64)), summary=read.told)
    frame = pd.DataFrame({"file": [printable(names[i]) for i in kept]})
    if known.kind == "boxes":
        frame["objects"] = [len(o) for o in known.objects]
    parts = np.array([splits[i] for i in kept])
    task, guess = task_of(known)
    return Raw(
        name=printable(root.resolve().name),
        frame=frame,
        pictures=from_paths(root, [names[i] for i in kept]),
        picture_column="file",
        split=parts if len(set(parts.tolist())) > 1 else None,
        target=(known.column,),
        task=task,
        notes=[Note("images", f"{len(kept):,} pictures; {summary.words(read.told)}"), *read.notes, *more, *guess],
        annotations=known,
    )


def task_of(known: Annotations) -> tuple[str, list[Note]]:
    """Return the task that annotations are for, and a note where it is a guess."""
    if known.kind == "mask":
        return "segmentation", []
    if known.masks:
        return "instances", []
    if all(len(o) == 1 and o.crowd is None for o in known.objects):
        text = "localisation, a guess: every picture has exactly one object"
        return "localisation", [Note("task", text, "--task detection")]
    return "detection", []


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


def found_or_empty(objects: Sequence[Objects | None]) -> list[Objects]:
    """Return objects with an empty picture in the place of one that is left out later."""
    from ...objects import nothing

    return [nothing(1, 1) if o is None else o for o in objects]


def sizes_of(files: Sequence[Path]) -> Sizes:
    """Return height and width of each picture from its header; those that cannot be read are not there."""
    survey = from_paths(Path("."), [str(f) for f in files]).survey()
    bad = {row for row, _, _ in survey.bad}
    good = [f for i, f in enumerate(files) if i not in bad]
    return dict(zip(good, survey.sizes, strict=True))


def files_of(folder: Path, suffix: str) -> list[Path]:
    """Return the files of an ending in a folder."""
    return [f for f in listed(folder)[1] if f.suffix.lower() == suffix]


def relative(file: Path, root: Path) -> Path:
    """Return a path below a folder, or the whole path where it is not below."""
    return file.relative_to(root) if file.is_relative_to(root) else file.absolute()


def shown_path(file: Path, root: Path) -> str:
    """Name a file by its path below the folder of the pictures."""
    return printable(str(relative(file, root))) if file != root else printable(root.name)
