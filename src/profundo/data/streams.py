"""Opening a file whatever it is packed in, and saying clearly why one cannot be read."""

import bz2
import contextlib
import gzip
import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ..errors import DataError, ResourceError, unknown

SAMPLE = 4 << 20  # bytes of the unpacked file that are looked at first
MAGIC: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}


@dataclass(frozen=True)
class Head:
    """The first bytes of an unpacked file; `total` is its size, estimated where it is packed without saying so."""

    data: bytes
    total: float

    @property
    def whole(self) -> bool:
        """Say whether the file ends within the head."""
        return len(self.data) < SAMPLE


def check_file(path: Path) -> None:
    """Raise DataError, with the nearest names, where `path` is not a file that holds something."""
    if path.is_dir():
        raise DataError(f"{path} is a folder, not a table.")
    if not path.exists():
        raise DataError(missing_file(path))
    if path.is_file() and path.stat().st_size == 0:
        raise DataError(f"{path} is empty (0 bytes).")


def missing_file(path: Path) -> str:
    """Write the message for a file that is not there: the nearest names in its folder, or the folder that is."""
    folder = path.parent
    if not folder.is_dir():
        near = next((p for p in folder.parents if p.is_dir()), Path("."))
        return f"{path} does not exist: there is no folder {folder}. The nearest one is {near.resolve()}."
    try:
        names = sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))
    except OSError as error:
        return f"{path} cannot be looked up: {error.strerror}."
    if not names:
        return f"{path} does not exist; the folder {folder.resolve()} is empty."
    return f"in the folder {folder.resolve()}, " + unknown("file", path.name, names)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn the errors of reading a file into advice."""
    try:
        yield
    except PermissionError as error:
        raise ResourceError(f"{path} cannot be read: permission denied. Allow it: chmod u+r '{path}'.") from error
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is damaged: it cannot be unpacked ({error}). Get it again.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error


@contextlib.contextmanager
def open_stream(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading its unpacked bytes; how it is packed is seen from its first bytes, not from its name."""
    with reading(path), path.open("rb") as raw:
        first = raw.read(6)
        raw.seek(0)
        opener = next((o for magic, o in MAGIC.items() if first.startswith(magic)), None)
        if first.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(raw) as archive, member(archive, path) as file:
                yield file
        elif opener is not None:
            with opener(raw, "rb") as file:
                yield file
        else:
            yield raw


def member(archive: zipfile.ZipFile, path: Path) -> IO[bytes]:
    """Open the one file of a zip archive. Raises DataError where there is none, several, or a password."""
    files = [i for i in archive.infolist() if not i.is_dir() and not i.filename.startswith("__MACOSX/")]
    if len(files) != 1:
        shown = ", ".join(i.filename for i in files[:5])
        raise DataError(f"{path} holds {len(files)} files ({shown}); it must hold one table. Unpack it and name one.")
    if files[0].flag_bits & 1:
        raise DataError(f"{path} is protected by a password. Unpack it first.")
    return archive.open(files[0])


def read_head(path: Path) -> Head:
    """Read the first bytes of a file, unpacked, and estimate how many there are in all."""
    check_file(path)
    with open_stream(path) as file:
        data = file.read(SAMPLE)
    if len(data) < SAMPLE:
        return Head(data, len(data))
    size = path.stat().st_size
    with reading(path), path.open("rb") as raw:
        first = raw.read(6)
        raw.seek(0)
        if first.startswith(b"PK\x03\x04"):
            return Head(data, max(i.file_size for i in zipfile.ZipFile(raw).infolist()))
        opener = next((o for magic, o in MAGIC.items() if first.startswith(magic)), None)
        if opener is None:
            return Head(data, size)
        opener(raw, "rb").read(SAMPLE)
        return Head(data, SAMPLE * size / max(1, os.lseek(raw.fileno(), 0, os.SEEK_CUR)))
