"""A zip of pictures or sounds, unpacked once into the cache folder; nothing in it can be written anywhere else."""

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ..errors import DataError, ResourceError
from ..files import FULL
from .cache import cache_folder
from .decode import SUFFIXES
from .pictures import printable
from .pieces import SCORES
from .sound import SOUNDS
from .streams import reading
from .video import VIDEOS

LARGEST = 20_000_000_000  # bytes of all that is unpacked
MOST = 2_000_000  # files
TEXTS = frozenset({".json", ".xml", ".txt", ".csv", ".tsv", ".yaml", ".yml", ".names"})
MEDIA = SUFFIXES | SOUNDS | VIDEOS | SCORES
PIECE = 1 << 20


def holds_media(path: Path) -> bool:
    """Say whether a file is a zip with pictures, sounds or clips in it."""
    if path.suffix.lower() != ".zip" or not path.is_file() or not zipfile.is_zipfile(path):
        return False
    with reading(path), zipfile.ZipFile(path) as archive:
        return any(PurePosixPath(name).suffix.lower() in MEDIA for name in archive.namelist())


def unpacked(path: Path) -> Path:
    """Return the folder with the pictures, sounds and texts of a zip: unpacked now, or found in the cache from before.

    Other files are passed over. Raises DataError for a path that leads out of the archive, a password or a damaged
    zip, ResourceError where it would become more than `LARGEST` bytes or the disk is full; nothing is left behind.
    """
    state = path.stat()
    mark = f"{path.absolute()}\0{state.st_size}\0{state.st_mtime_ns}".encode("utf-8", "surrogateescape")
    home = cache_folder("archives") / hashlib.sha256(mark).hexdigest()[:24]
    folder = home / path.stem
    if folder.is_dir():
        return folder
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=home.parent))
    try:
        with reading(path), zipfile.ZipFile(path) as archive:
            extract(path, archive, making / path.stem)
        with contextlib.suppress(OSError):  # another process was quicker
            os.replace(making, home)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    if not folder.is_dir():
        raise ResourceError(f"{path} could not be unpacked to {home}. Set PROFUNDO_CACHE to another folder.")
    return folder


def extract(path: Path, archive: zipfile.ZipFile, folder: Path) -> None:
    """Write the pictures, sounds and texts of a zip below a folder, no more bytes than their headers say."""
    files = list(wanted(path, archive))
    total = sum(info.file_size for info in files)
    if total > LARGEST or len(files) > MOST:
        raise ResourceError(
            f"{path} becomes {total / 1e9:.3g} GB in {len(files):,} files; the limits are {LARGEST / 1e9:.3g} GB and "
            f"{MOST:,} files. Unpack it yourself, and name the folder."
        )
    folder.mkdir(parents=True)
    try:
        for info in files:
            place = folder / info.filename
            place.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(info) as source, place.open("wb") as file:
                shutil.copyfileobj(source, file, PIECE)
    except OSError as error:
        if error.errno in FULL:
            text = f"no space left on the disk: {path} becomes {total / 1e6:.0f} MB in {folder.parent.parent}"
            advice = "Free some space, or set PROFUNDO_CACHE to a folder on a larger disk."
            raise ResourceError(f"{text}. {advice}") from error
        raise DataError(f"{path} cannot be unpacked ({error.strerror or error}).") from error
    except NotImplementedError as error:  # a way of packing that Python does not know
        raise DataError(f"{path} cannot be unpacked ({error}). Unpack it, and name the folder.") from error


def wanted(path: Path, archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """Yield the files of a zip that are taken. Raises DataError for one that would be written elsewhere."""
    for info in archive.infolist():
        place = PurePosixPath(info.filename.replace("\\", "/"))
        if info.is_dir() or place.suffix.lower() not in MEDIA | TEXTS or place.parts[0] == "__MACOSX":
            continue
        link = stat.S_ISLNK(info.external_attr >> 16)
        if place.is_absolute() or ".." in place.parts or ":" in place.parts[0] or link:
            name = printable(info.filename)
            raise DataError(f"{path} holds {name!r}, which leads out of the archive; it is not unpacked.")
        if info.flag_bits & 1:
            raise DataError(f"{path} is protected by a password. Unpack it, and name the folder.")
        info.filename = str(place)
        yield info
