"""Pictures as a reader found them, and the small things that readers share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...objects import Objects, nothing
from ..folder import inner, listed
from ..pictures import from_paths, printable
from ..raw import Annotations, Note
from .faults import BAD_PICTURE, Faults
from .layouts import Piece
from .table import Sizes


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


def found_or_empty(objects: Sequence[Objects | None]) -> list[Objects]:
    """Return objects with an empty picture in the place of one that is left out later."""
    return [nothing(1, 1) if o is None else o for o in objects]


def sizes_of(files: Sequence[Path], faults: Faults) -> Sizes:
    """Return height and width of each picture from its header; those that cannot be read are faults, and not there."""
    survey = from_paths(Path("."), [str(f) for f in files]).survey()
    bad = {row for row, _, _ in survey.bad}
    for row, _, why in survey.bad:
        faults.add(BAD_PICTURE, printable(files[row].name), why)
    good = [f for i, f in enumerate(files) if i not in bad]
    return dict(zip(good, survey.sizes, strict=True))


def files_of(folder: Path, suffix: str) -> list[Path]:
    """Return the files of an ending in a folder."""
    return [f for f in listed(folder)[1] if f.suffix.lower() == suffix]


def places_of(root: Path, pieces: Sequence[Piece]) -> list[Path]:
    """Return the folders in which a table of labels may stand."""
    return list(dict.fromkeys([inner(root), root, *(f for p in pieces for f in (p.annotations.parent, p.annotations))]))


def relative(file: Path, root: Path) -> Path:
    """Return a path below a folder, or the whole path where it is not below."""
    return file.relative_to(root) if file.is_relative_to(root) else file.absolute()


def shown_path(file: Path, root: Path) -> str:
    """Name a file by its path below the folder of the pictures."""
    return printable(str(relative(file, root))) if file != root else printable(root.name)
