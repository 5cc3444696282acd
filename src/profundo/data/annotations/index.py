"""The pictures below a folder, found by the names that annotations give them. Nothing outside the folder is found."""

import posixpath
import re
from collections import defaultdict
from pathlib import Path

from ..folder import Found, pictures_below
from ..pictures import printable
from .faults import MISSING_PICTURE, OUTSIDE_FOLDER, Faults

DRIVE = re.compile(r"[A-Za-z]:")


class Index:
    """The pictures below the folder `root`. A name matches by its path, else by its last part where that is unique."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = pictures_below(root, Found())
        self.by_path = {file.relative_to(root).as_posix(): file for file in self.files}
        self.by_name: dict[str, list[Path]] = defaultdict(list)
        self.by_stem: dict[str, list[Path]] = defaultdict(list)
        for file in self.files:
            self.by_name[file.name].append(file)
            self.by_stem[file.stem].append(file)

    def __len__(self) -> int:
        return len(self.files)

    def stem(self, stem: str) -> Path | None:
        """Return the one picture whose name without its ending is `stem`."""
        found = self.by_stem.get(stem, [])
        return found[0] if len(found) == 1 else None

    def find(self, name: str, where: str, faults: Faults) -> Path | None:
        """Return the picture that is called `name`; a fault at `where` and None where there is none, or several."""
        plain = posixpath.normpath(name.replace("\\", "/"))
        if plain in self.by_path:
            return self.by_path[plain]
        absolute = plain.startswith("/") or DRIVE.match(plain) is not None  # the path on another machine
        found = self.by_name.get(posixpath.basename(plain), [])
        below = [f for f in found if f"/{f.relative_to(self.root).as_posix()}".endswith(f"/{plain}")]
        if len(below) == 1 or len(found) == 1:
            return below[0] if len(below) == 1 else found[0]
        shown = printable(name)
        if found:
            faults.add(MISSING_PICTURE, where, f"there are {len(found)} pictures called {shown!r}")
        elif plain.split("/")[0] == ".." and not absolute:
            faults.add(OUTSIDE_FOLDER, where, f"{shown!r} leads out of the folder of the pictures")
        else:
            faults.add(MISSING_PICTURE, where, f"there is no picture {shown!r} in {printable(str(self.root))}")
        return None
