"""Reading a folder of pictures: a folder for each class, perhaps below train/ and test/; or no classes at all."""

import os
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import DataError, ResourceError
from .decode import SUFFIXES
from .pictures import from_paths, printable
from .raw import Note, Raw

SPLITS = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
}
LAYOUT = (
    "A folder of pictures has a folder for each class (pets/cats/1.jpg, pets/dogs/1.jpg), or train/ and test/ above"
)


@dataclass
class Found:
    """The pictures of a folder, or other files with these endings (`suffixes`) that have a class each.

    The first three lists have an entry for each, "" for no class or no split.
    """

    files: list[Path] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    others: int = 0  # files that are not pictures
    loose: int = 0  # pictures outside of class folders, left out
    empty: list[str] = field(default_factory=list)  # class folders without a picture
    suffixes: frozenset[str] = SUFFIXES

    def add(self, files: list[Path], label: str, split: str) -> None:
        """Add the pictures of one class of one split."""
        self.files += files
        self.classes += [unicodedata.normalize("NFC", label)] * len(files)  # macOS writes the same name otherwise
        self.splits += [split] * len(files)


def read_folder(path: Path) -> Raw:
    """Read a folder of pictures.

    The class of a picture is the first folder below `path`, or below its train/, test/, validation/ (or val/, valid/);
    deeper folders belong to it. The columns are `file` (relative to `path`) and `class`; a folder without class folders
    gives no `class` and no target. Hidden files are passed over; files that are not pictures are counted in a note.
    Links are followed, loops of links are not. Raises DataError where there are no pictures, ResourceError where a
    folder may not be read.
    """
    import pandas as pd

    root = Path(path)
    if not root.is_dir():
        raise DataError(f"{root} is not a folder." if root.exists() else f"there is no folder {root}.")
    found = look(inner(root))
    if not found.files:
        others = f" (only {found.others} other files)" if found.others else ""
        raise DataError(f"{root} holds no pictures{others}. {LAYOUT}; known: {' '.join(sorted(SUFFIXES))}.")
    names = [str(file.relative_to(root)) for file in found.files]
    frame = pd.DataFrame({"file": [printable(name) for name in names]})
    classes = any(found.classes)
    if classes:
        frame["class"] = found.classes
    return Raw(
        name=printable(root.resolve().name),
        frame=frame,
        pictures=from_paths(root, names),
        picture_column="file",
        split=np.array(found.splits) if len(set(found.splits)) > 1 else None,
        target=("class",) if classes else (),
        task="classification" if classes else "",
        notes=notes(found),
    )


def inner(root: Path, suffixes: frozenset[str] = SUFFIXES) -> Path:
    """Go down through folders that hold nothing but one folder of folders, as an unpacked archive has them."""
    while True:
        folders, files = listed(root)
        if len(folders) != 1 or any(ends(f, suffixes) for f in files) or not listed(folders[0])[0]:
            return root
        root = folders[0]


def look(root: Path, suffixes: frozenset[str] = SUFFIXES) -> Found:
    """Find the pictures, or the files with these endings, below a folder, with their classes and splits."""
    found = Found(suffixes=suffixes)
    folders, files = listed(root)
    splits = {folder: SPLITS.get(folder.name.lower(), "") for folder in folders}
    if folders and all(splits.values()) and "train" in splits.values():
        for folder, split in splits.items():
            look_classes(folder, split, found)
        found.others += sum(not ends(f, found.suffixes) for f in files)
        found.loose += sum(ends(f, found.suffixes) for f in files)
    else:
        look_classes(root, "", found)
    if any(found.classes) and not all(found.classes):  # such as a test/ whose answers were not published
        keep = [i for i, label in enumerate(found.classes) if label]
        found.loose += len(found.files) - len(keep)
        found.files = [found.files[i] for i in keep]
        found.classes = [found.classes[i] for i in keep]
        found.splits = [found.splits[i] for i in keep]
    return found


def look_classes(root: Path, split: str, found: Found) -> None:
    """Add the class folders below `root`; where there are none, the pictures in it, without a class."""
    folders, files = listed(root)
    loose = [f for f in files if ends(f, found.suffixes)]
    found.others += len(files) - len(loose)
    classes = {folder: pictures_below(folder, found) for folder in folders}
    if not any(classes.values()):
        found.add(loose, "", split)
        return
    found.loose += len(loose)
    for folder, pictures in classes.items():
        found.add(pictures, printable(folder.name), split)
        if not pictures:
            found.empty.append(printable(str(folder.relative_to(root.parent))))


def pictures_below(folder: Path, found: Found) -> list[Path]:
    """Return the pictures in a folder and the folders below it; each folder once, so that loops of links end."""
    pictures: list[Path] = []
    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        state = here.stat()
        if (state.st_dev, state.st_ino) in seen:
            continue
        seen.add((state.st_dev, state.st_ino))
        folders, files = listed(here)
        waiting += reversed(folders)
        pictures += [f for f in files if ends(f, found.suffixes)]
        found.others += sum(not ends(f, found.suffixes) for f in files)
    return pictures


def listed(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the folders and the files in a folder, each sorted by name, without the hidden ones."""
    folders, files = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda e: e.name):
                if entry.name.startswith((".", "__MACOSX")):
                    continue
                if is_folder(entry):
                    folders.append(folder / entry.name)
                else:
                    files.append(folder / entry.name)
    except OSError as error:
        text = (
            f"the folder {printable(str(folder))} cannot be read ({error.strerror}). Give yourself the right to read it"
        )
        raise ResourceError(f"{text}: chmod -R u+rX '{printable(str(folder))}'") from error
    return folders, files


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Tell whether an entry is a folder or a link to one; a link to itself is neither."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def is_picture(file: Path) -> bool:
    """Tell by the ending of its name whether a file is a picture."""
    return ends(file, SUFFIXES)


def ends(file: Path, suffixes: frozenset[str]) -> bool:
    """Tell by the ending of its name whether a file is one of those that are looked for."""
    return file.suffix.lower() in suffixes


def notes(found: Found) -> list[Note]:
    """Tell what was found and what was passed over."""
    classes = len(set(found.classes) - {""})
    kinds = f" in {classes} classes" if classes else " without classes"
    result = [Note("images", f"{len(found.files):,} pictures{kinds}")]
    if classes == 1:
        result.append(Note("warning", f"one class only, {found.classes[0]!r}. {LAYOUT}", warning=True))
    if found.others:
        result.append(Note("left-out", f"{found.others:,} files that are not pictures"))
    if found.loose:
        result.append(Note("left-out", f"{found.loose:,} pictures outside of class folders", warning=True))
    if found.empty:
        result.append(Note("left-out", f"class folders without pictures: {', '.join(found.empty[:10])}", warning=True))
    return result
