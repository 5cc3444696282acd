"""The pictures below a folder, found by the names that annotations give them. Nothing outside the folder is found."""

import posixpath
import re
import unicodedata
from collections import defaultdict
from pathlib import Path

from ..decode import SUFFIXES
from ..folder import Found, pictures_below
from ..pictures import printable
from .faults import MISSING_PICTURE, OUTSIDE_FOLDER, Faults

DRIVE = re.compile(r"[A-Za-z]:")


class Index:
    """The pictures below the folder `root`. A name matches by its path, else by its last part where that is unique.

    Names that differ in their Unicode form are the same, for systems write them differently; names that differ in
    capitals are where no other fits.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = pictures_below(root, Found())
        self.by_path: dict[str, Path] = {}
        self.by_name: dict[str, list[Path]] = defaultdict(list)
        self.by_stem: dict[str, list[Path]] = defaultdict(list)
        for file in self.files:
            self.by_path[plain(file.relative_to(root).as_posix())] = file
            name, stem = plain(file.name), plain(file.stem)
            for key in {name, name.casefold()}:
                self.by_name[key].append(file)
            self.by_stem[stem].append(file)

    def __len__(self) -> int:
        return len(self.files)

    def stem(self, stem: str) -> Path | None:
        """Return the one picture whose name without its ending is `stem`."""
        found = self.by_stem.get(plain(stem), [])
        return found[0] if len(found) == 1 else None

    def stemmed(self, stem: str, where: str, faults: Faults) -> Path | None:
        """Return the one picture of a stem; a fault at `where` and None where there is none, or several."""
        found = self.by_stem.get(plain(stem), [])
        if len(found) != 1:
            faults.add(MISSING_PICTURE, where, f"there are {len(found)} pictures called {printable(stem)!r}")
        return found[0] if len(found) == 1 else None

    def find(self, name: str, where: str, faults: Faults) -> Path | None:
        """Return the picture that is called `name`; a fault at `where` and None where there is none, or several.

        A name without the ending of a picture is a stem.
        """
        path = plain(posixpath.normpath(name.replace("\\", "/")))
        if path in self.by_path:
            return self.by_path[path]
        last = posixpath.basename(path)
        found = self.by_name.get(last) or self.by_name.get(last.casefold()) or []
        if not found and posixpath.splitext(last)[1].lower() not in SUFFIXES:
            found = self.by_stem.get(last, [])
        below = [f for f in found if f"/{plain(f.relative_to(self.root).as_posix())}".endswith(f"/{path}")]
        if len(below) == 1 or len(found) == 1:
            return below[0] if len(below) == 1 else found[0]
        shown = printable(name)
        absolute = path.startswith("/") or DRIVE.match(path) is not None  # the path on another machine
        if found:
            faults.add(MISSING_PICTURE, where, f"there are {len(found)} pictures called {shown!r}")
        elif path.split("/")[0] == ".." and not absolute:
            faults.add(OUTSIDE_FOLDER, where, f"{shown!r} leads out of the folder of the pictures")
        else:
            faults.add(MISSING_PICTURE, where, f"there is no picture {shown!r} in {printable(str(self.root))}")
        return None


def plain(name: str) -> str:
    """Return a name in one form of Unicode."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)
