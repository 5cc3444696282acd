"""From pictures and whatever says where things are in them to rows: a picture a row, with its objects or its mask."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from ...errors import DataError
from ..folder import inner
from ..pictures import from_paths, printable
from ..raw import Annotations, Note, Raw
from . import summary
from .boxes import with_boxes
from .explicit import named_pieces
from .faults import Faults
from .found import Read, relative, shown_path
from .layouts import LAYOUTS, Piece, find_layout, passed_over
from .parts import official
from .pixels import with_instances, with_masks


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


def rows(root: Path, pieces: Sequence[Piece], read: Read) -> Raw:
    """Make rows of what was read, in the order of the pictures' paths, those that cannot be used left out."""
    base = inner(root)
    splits, more = read.splits, list[Note]()
    if not any(splits):
        roots = dict.fromkeys([base, root, *(p.annotations.parent for p in pieces)])
        splits, more = official(list(roots), read.files, pieces[0].form in ("masks", "instances"))
    kept = [i for i in range(len(read.files)) if read.good[i] and (splits[i] or not any(splits))]
    if others := passed_over(root, pieces):
        text = (
            f"{', '.join(others)}: pictures without annotations like those of {shown_path(pieces[0].annotations, root)}"
        )
        more.append(Note("left-out", text, warning=True))
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
