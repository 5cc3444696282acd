"""Finding the files of a built-in data set: in the folder of `PROFUNDO_DATA`, in the cache, or on the network."""

import hashlib
import http.client
import os
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError, ResourceError
from ..files import sha256
from .cache import cache_folder, replacing

Progress = Callable[[str, int, int], None]  # file name, bytes so far, bytes in all
TIMEOUT = 30  # seconds without a byte
PIECE = 1 << 20


@dataclass(frozen=True)
class Remote:
    """A file on the network, with its size (for messages) and the SHA-256 it must have; "" where that is not known."""

    name: str
    url: str
    sha256: str
    size: int


def local(names: tuple[str, ...]) -> Path | None:
    """Find the first of these files in the folder of `PROFUNDO_DATA` or a folder in it; None without such a folder."""
    chosen = os.environ.get("PROFUNDO_DATA")
    if not chosen:
        return None
    root = Path(chosen).expanduser()
    if not root.is_dir():
        raise DataError(
            f"PROFUNDO_DATA is {chosen!r}, and there is no such folder. Correct it, or: unset PROFUNDO_DATA"
        )
    folders = [root, *sorted(p for p in root.iterdir() if p.is_dir())]
    return next((folder / name for name in names for folder in folders if (folder / name).is_file()), None)


def obtain(dataset: str, remotes: tuple[Remote, ...], progress: Progress | None = None) -> list[Path]:
    """Return the files of a data set, each from `PROFUNDO_DATA`, else from the cache, else fetched into the cache.

    A file counts only where its SHA-256 is the one known. Raises ResourceError where the network gives none, with the
    way to put the files there by hand; DataError where what it gave is something else.
    """
    return [obtain_one(dataset, remote, progress) for remote in remotes]


def obtain_one(dataset: str, remote: Remote, progress: Progress | None) -> Path:
    """Return one file, from the nearest place that has it."""
    path = cache_folder(f"datasets/{dataset}") / remote.name
    for place in (local((remote.name,)), path):
        if place is not None and place.is_file() and sha256(place) == remote.sha256:
            return place
    fetch(dataset, remote, path, progress)
    return path


def fetch(dataset: str, remote: Remote, path: Path, progress: Progress | None = None) -> None:
    """Download a file to `path`; only a whole file with the right SHA-256 (where it is known) ever stands there."""
    with replacing(path, remote.size) as file:
        digest = hashlib.sha256()
        for piece in download(dataset, remote, path):
            digest.update(piece)
            file.write(piece)
            if progress is not None:
                progress(remote.name, file.tell(), remote.size)
        if remote.sha256 and digest.hexdigest() != remote.sha256:
            raise DataError(
                f"{remote.url} gave another file than expected ({file.tell():,} bytes, SHA-256 "
                f"{digest.hexdigest()[:16]}..., not {remote.sha256[:16]}...); it was thrown away. A proxy may have "
                "answered, or the file was changed."
            )


def download(dataset: str, remote: Remote, path: Path) -> Iterator[bytes]:
    """Yield the file in pieces. Raises ResourceError where the network fails or stops in the middle."""
    request = urllib.request.Request(remote.url, headers={"User-Agent": "profundo"})
    size = 0
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            announced = int(answer.headers.get("Content-Length") or 0)
            while size <= 2 * remote.size and (piece := answer.read(PIECE)):  # twice as much is another file
                size += len(piece)
                yield piece
    except (OSError, http.client.HTTPException) as error:
        raise ResourceError(unreachable(dataset, remote, path, error)) from error
    if size < min(announced, 2 * remote.size):
        text = f"the download of {remote.url} was cut off after {size:,} of {announced:,} bytes. Run the command again."
        raise ResourceError(text)


def unreachable(dataset: str, remote: Remote, path: Path, error: Exception) -> str:
    """Say what was tried and how to do without the network."""
    why = getattr(error, "reason", None) or str(error) or type(error).__name__
    return (
        f"{dataset} could not be fetched: {remote.url} ({why}). It is not in the folder of PROFUNDO_DATA "
        f"({os.environ.get('PROFUNDO_DATA') or 'not set'}) nor at {path}. On a machine with a network download "
        f"{remote.name} ({remote.size / 1e6:.1f} MB), put it at either place and run the command again."
    )
