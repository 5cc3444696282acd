"""Files that a page sends: streamed to disk, within limits, and never outside the folder for them."""

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..files import advice
from .reading import too_large
from .telling import Refused

FILE, UPLOAD = 2 * 2**30, 8 * 2**30  # bytes of one file, and of all the files of an upload
FILES, DEPTH, LENGTH = 200_000, 12, 200  # files of an upload, folders in folders, bytes of a name
PART = ".part-"  # begins the name of a file that is not whole yet


@dataclass
class Size:
    """How much an upload holds already."""

    files: int = 0
    bytes: int = 0


class Uploads:
    """The folder of the uploads; each is a folder in it, with one file or a tree of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sizes: dict[str, Size] = {}

    def place(self, name: str, path: str) -> Path:
        """Return where a file of an upload belongs. Raises Refused (400) for a path that leads anywhere else."""
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if not parts or len(parts) > DEPTH or ".." in parts:
            raise Refused(400, f"{path[:80]!r} is not the path of a file in a folder.")
        return self.folder(name).joinpath(*map(cleaned, parts))

    def folder(self, name: str) -> Path:
        """Return the folder of an upload. Raises Refused (400) for what cannot be its name."""
        if not name.strip(" ./\\"):
            raise Refused(400, f"{name[:80]!r} is not a name.")
        return self.root / cleaned(name)

    def size(self, folder: Path) -> Size:
        """Return how much is in the folder of an upload."""
        if folder.name not in self.sizes:
            found = Size()
            for path in walked(folder):
                found.files, found.bytes = found.files + 1, found.bytes + path.stat().st_size
            self.sizes[folder.name] = found
        return self.sizes[folder.name]

    async def put(self, name: str, path: str, body: AsyncIterator[bytes]) -> Path:
        """Write one file, whole or not at all. Raises Refused, and ResourceError where the disk is full."""
        place, top = self.place(name, path), self.folder(name)
        size = self.size(top)
        if size.files >= FILES:
            raise Refused(413, f"an upload has at most {FILES:,} files. Put them in a folder here, and type its path.")
        self.make_folder(place)
        part = place.with_name(PART + secrets.token_hex(8))
        try:
            with advice(place), part.open("xb") as file:
                async for piece in body:
                    file.write(piece)
                    size.bytes += len(piece)
                    if size.bytes > UPLOAD:
                        raise too_large(UPLOAD)
                before = place.stat().st_size if place.is_file() else None
                part.replace(place)
        except BaseException:
            self.sizes.pop(top.name, None)
            part.unlink(missing_ok=True)
            raise
        size.files += before is None
        size.bytes -= before or 0
        return place

    def make_folder(self, place: Path) -> None:
        """Make the folder of a file. Raises Refused (409) where a file or a link stands in its way."""
        try:
            with advice(place):
                place.parent.mkdir(parents=True, exist_ok=True)
        except Exception as error:
            if isinstance(error.__cause__, FileExistsError | NotADirectoryError):
                raise Refused(409, f"{place.parent.name!r} is a file already: it cannot be a folder too.") from error
            raise
        if place.parent.resolve() != self.root.resolve() / place.parent.relative_to(self.root) or place.is_dir():
            raise Refused(409, f"{place.name!r} is a folder or a link already.")

    def delete(self, name: str) -> None:
        """Delete an upload. Raises Refused (404) where there is none."""
        folder = self.folder(name)
        if folder.is_symlink() or not folder.is_dir():
            raise Refused(404, f"there is no upload {name[:80]!r}.")
        self.sizes.pop(folder.name, None)
        gone = folder.with_name(PART + secrets.token_hex(8))
        with advice(folder):
            folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def listed(self) -> list[dict[str, Any]]:
        """Return [{name, path, files, bytes, kind}]: `path` is what `profundo train` takes, `kind` file or folder."""
        with contextlib.suppress(FileNotFoundError):
            folders = [f for f in self.root.iterdir() if f.is_dir() and not f.is_symlink() and f.name[0] != "."]
            return [self.entry(folder) for folder in sorted(folders)]
        return []

    def entry(self, folder: Path) -> dict[str, Any]:
        """Describe one upload."""
        size = self.size(folder)
        within = [p for p in folder.iterdir() if not p.name.startswith(PART)]
        alone = len(within) == 1 and within[0].is_file()
        path, kind = (within[0], "file") if alone else (folder, "folder")
        return {"name": folder.name, "path": str(path), "files": size.files, "bytes": size.bytes, "kind": kind}


def walked(folder: Path) -> Iterator[Path]:
    """Yield the files of an upload that are whole."""
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in names if not name.startswith(PART))


def cleaned(name: str) -> str:
    """Return a name that is only a name: letters and signs stay, what a path or a terminal could misread does not.

    Another name never becomes the same: what was changed is marked with a piece of its SHA-256.
    """
    text = unicodedata.normalize("NFC", name)
    clean = re.sub(r"[/\\:]", "_", "".join(c if c.isprintable() else "_" for c in text)).strip(" ")
    clean = re.sub(r"^[.~-]+", "_", clean) or "_"
    if clean == text and len(clean.encode()) <= LENGTH:
        return clean
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    stem, dot, suffix = clean.rpartition(".")
    stem, ending = (stem, f".{suffix}") if dot and stem and len(suffix) < 12 else (clean, "")
    while len(f"{stem}-{mark}{ending}".encode("utf-8", "replace")) > LENGTH:
        stem = stem[:-1]
    return f"{stem}-{mark}{ending}"
