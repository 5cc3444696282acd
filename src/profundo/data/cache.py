"""The folder for what is fetched or decoded once: `$PROFUNDO_CACHE`, or ~/.cache/profundo, or the temporary folder."""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from ..errors import ResourceError
from ..files import FULL, sync_folder


def cache_folder(part: str = "") -> Path:
    """Return the cache folder, or the folder `part` inside it, made where it is not there yet.

    Raises ResourceError where $PROFUNDO_CACHE is set and cannot be used; an unusable home falls back to the temporary
    folder.
    """
    chosen = os.environ.get("PROFUNDO_CACHE")
    if chosen:
        folder = Path(chosen).expanduser() / part
        if not usable(folder):
            raise ResourceError(
                f"the cache folder {folder} cannot be written to. Set PROFUNDO_CACHE to another folder."
            )
        return folder
    with contextlib.suppress(RuntimeError):  # no home folder
        folder = Path("~/.cache/profundo").expanduser() / part
        if usable(folder):
            return folder
    folder = Path(tempfile.gettempdir()) / f"profundo-{os.getuid() if hasattr(os, 'getuid') else 'cache'}" / part
    if not usable(folder):
        raise ResourceError(f"there is no folder to cache in ({folder} cannot be written to). Set PROFUNDO_CACHE.")
    return folder


def usable(folder: Path) -> bool:
    """Make the folder where it is not there yet, and tell whether files can be written in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def open_stored(path: Path, shape: tuple[int, ...]) -> np.ndarray | None:
    """Open a stored uint8 array without reading it, or return None where it is not there, damaged or of another shape.

    The array is memory-mapped, copy on write: changing it never changes the file.
    """
    try:
        stored = np.load(path, mmap_mode="c", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return stored if stored.dtype == np.uint8 and stored.shape == shape else None


def store(path: Path, shape: tuple[int, ...], chunks: Iterable[np.ndarray]) -> np.ndarray:
    """Write the chunks of a uint8 array, one after the other, to a .npy file, and open it memory-mapped.

    Raises ResourceError when the disk is full, with nothing left behind.
    """
    with replacing(path, int(np.prod(shape))) as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        for chunk in chunks:
            file.write(np.ascontiguousarray(chunk).data)
    stored = open_stored(path, shape)
    if stored is None:
        raise ResourceError(f"{path} was written and cannot be read back. Set PROFUNDO_CACHE to another folder.")
    return stored


@contextlib.contextmanager
def replacing(path: Path, size: int) -> Iterator[IO[bytes]]:
    """Write a file too large for `files.atomic_write` in pieces, as safely: a temporary file, fsync, rename.

    Raises ResourceError with `size` (bytes) when the disk is full. Whatever is raised, `path` is as it was before.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        why = "no space left on the disk" if error.errno in FULL else (error.strerror or str(error))
        advice = "Free some space, or set PROFUNDO_CACHE to a folder on a larger disk."
        raise ResourceError(f"{why}: {path} needs {size / 1e6:.0f} MB. {advice}") from error
    sync_folder(path.parent)
