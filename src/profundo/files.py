"""Writing files so that a reader finds the old one or the new one, never half of one, whatever happens in between."""

import contextlib
import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import DataError, ResourceError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def atomic_write(path: Path, data: bytes | memoryview | str) -> None:
    """Replace `path` by `data`: a temporary file in the same folder, flush, fsync, rename, fsync of the folder.

    Raises ResourceError, with the old file untouched and no temporary file left, when the disk is full or the folder
    cannot be written.
    """
    raw = data.encode() if isinstance(data, str) else data
    with advice(path, len(raw)):
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(raw)
                file.flush()
                os.fchmod(file.fileno(), 0o666 & ~umask())
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
        sync_folder(path.parent)


@contextlib.contextmanager
def advice(path: Path, size: int = 0) -> Iterator[None]:
    """Turn the operating system's errors of writing `path` into a ResourceError that says what to do."""
    try:
        yield
    except OSError as error:
        need = f" ({size / 1e6:.1f} MB needed)" if size else ""
        if error.errno in FULL:
            text = f"no space left on the disk for {path}{need}. Free some space, or choose another folder with --out."
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            text = f"{path.parent} cannot be written to ({error.strerror}). Choose another folder with --out."
        elif isinstance(error, FileNotFoundError):
            text = f"the folder {path.parent} does not exist. Create it, or choose another with --out."
        else:
            text = f"{path} could not be written: {error.strerror or error}."
        raise ResourceError(text) from error


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut, where the system can (POSIX)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def umask() -> int:
    """Return the process's file mode mask."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON, atomically. Numbers that are not finite become null: JSON has none."""
    atomic_write(path, json.dumps(finite(value), indent=1, ensure_ascii=False) + "\n")


def finite(value: Any) -> Any:
    """Replace every float that is not finite by None, in dicts and lists too."""
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {str(k): finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [finite(v) for v in value]
    return value


def read_text(path: Path) -> str:
    """Read a text file that profundo wrote. Raises DataError with the path where it is missing or damaged."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist. Is {path.parent} a profundo run? See: ls {path.parent}") from error
    except (ValueError, OSError) as error:
        raise DataError(f"{path} is damaged or unreadable ({error}).") from error


def read_json(path: Path) -> Any:
    """Read a JSON file that profundo wrote. Raises DataError with the path where it is missing or damaged."""
    text = read_text(path)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is damaged or unreadable ({error}).") from error
