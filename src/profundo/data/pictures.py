"""Columns of pictures as files or as bytes: surveyed by their headers, decoded once."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..errors import DataError
from .cache import cache_folder, open_stored, store
from .decode import VERSION, decode_image, formats, header
from .raw import Survey

T = TypeVar("T")
THREADS = 2  # Pillow lets go of Python's lock while it decodes
IN_MEMORY = 400_000_000  # bytes of decoded pixels; above it they are kept in a memory-mapped file
CHUNK = 64_000_000  # bytes decoded between two writes of that file


@dataclass(frozen=True, eq=False)
class EncodedPictures:
    """A column of picture files, given as paths or as their bytes; None where the picture is missing."""

    sources: Sequence[Path | bytes | None]
    name: Callable[[int], str]

    def __len__(self) -> int:
        return len(self.sources)

    def label(self, row: int) -> str:
        """Name the picture for messages: its path, or `file.parquet row 12`."""
        return self.name(row)

    def survey(self) -> Survey:
        """Look at every header, without decoding the pixels. Pictures that cannot be read are listed, never raised."""
        seen = spread(self._headers, len(self), 256)
        good = [h for h in seen if not isinstance(h, str)]
        return Survey(
            sizes=[(height, width) for height, width, _, _ in good],
            modes=dict(Counter(mode for _, _, mode, _ in good).most_common()),
            grey=all(channels == 1 for *_, channels in good),
            bad=[(row, self.label(row), h) for row, h in enumerate(seen) if isinstance(h, str)],
        )

    def decode(self, rows: np.ndarray, channels: int, height: int, width: int, fit: str = "crop") -> np.ndarray:
        """Return (len(rows), channels, height, width) uint8.

        More than `IN_MEMORY` bytes are kept in a memory-mapped file of the cache folder, found again next time. Raises
        DataError that names the pictures that cannot be decoded.
        """
        shape = (len(rows), channels, height, width)
        size = channels * height * width
        if len(rows) * size <= IN_MEMORY:
            out = np.empty(shape, np.uint8)
            self._fill(rows, out, fit)
            return out
        path = cache_folder("pictures") / f"{self._fingerprint(rows, shape, fit)}.npy"
        stored = open_stored(path, shape)
        return store(path, shape, self._chunks(rows, shape, fit)) if stored is None else stored

    def _headers(self, begin: int, end: int) -> list[tuple[int, int, str, int] | str]:
        return [self._header(row) for row in range(begin, end)]

    def _header(self, row: int) -> tuple[int, int, str, int] | str:
        source = self.sources[row]
        if source is None:
            return f"{self.label(row)} is missing."
        try:
            return header(source, self.label(row))
        except DataError as error:
            return str(error)

    def _chunks(self, rows: np.ndarray, shape: tuple[int, ...], fit: str) -> Iterator[np.ndarray]:
        step = max(1, CHUNK // int(np.prod(shape[1:])))
        for begin in range(0, len(rows), step):
            part = rows[begin : begin + step]
            out = np.empty((len(part), *shape[1:]), np.uint8)
            self._fill(part, out, fit)
            yield out

    def _fill(self, rows: np.ndarray, out: np.ndarray, fit: str) -> None:
        """Decode the pictures into `out`, all of them before the damaged ones are told together."""

        def work(begin: int, end: int) -> list[str]:
            return [text for i in range(begin, end) if (text := self._decode_one(int(rows[i]), out[i], fit))]

        bad = spread(work, len(rows), 64)
        if bad:
            more = f" And {len(bad) - 5} more." if len(bad) > 5 else ""
            count = f"{len(bad)} of {len(rows)} pictures cannot be decoded. " if len(bad) > 1 else ""
            raise DataError(count + " ".join(bad[:5]) + more)

    def _decode_one(self, row: int, out: np.ndarray, fit: str) -> str:
        """Decode a picture into `out`; return what is wrong with it, or nothing."""
        channels, height, width = out.shape
        label = self.label(row)
        try:
            data = read(self.sources[row], label)
            out[:] = decode_image(data, channels=channels, height=height, width=width, label=label, fit=fit)
        except DataError as error:
            return str(error)
        return ""

    def _fingerprint(self, rows: np.ndarray, shape: tuple[int, ...], fit: str) -> str:
        """Hash the decoder, the shape, and path, size and time of change of every file, or its bytes."""
        import PIL

        digest = hashlib.sha256(f"{VERSION} {PIL.__version__} {shape} {fit}".encode())
        for row in rows.tolist():
            source = self.sources[row]
            if isinstance(source, Path):
                state = stated(source, self.label(row))
                text = f"{source.absolute()}\0{state.st_size}\0{state.st_mtime_ns}\0"
                digest.update(text.encode("utf-8", "surrogateescape"))
            else:
                data = read(source, self.label(row))
                digest.update(len(data).to_bytes(8, "big") + data)
        return digest.hexdigest()[:32]


def from_paths(base: Path, names: Sequence[str]) -> EncodedPictures:
    """Take pictures from files: `names` are relative to the folder `base`, or absolute; "" or None is a missing one."""
    paths = [base / name if isinstance(name, str) and name else None for name in names]
    formats()  # Pillow loads its plugins here, before threads need them
    return EncodedPictures(paths, lambda row: printable(str(names[row])) if paths[row] else f"row {row}")


def from_bytes(values: Sequence[Any], label: str) -> EncodedPictures:
    """Take pictures from the bytes of their files, such as a Parquet column.

    A value may also be a dict with the bytes under `bytes` (as Hugging Face's `datasets` writes them). Anything else is
    a missing picture.
    """
    formats()
    return EncodedPictures([bytes_of(v) for v in values], lambda row: f"{label} row {row}")


def bytes_of(value: Any) -> bytes | None:
    """Return the bytes in a cell, or None where there are none."""
    if isinstance(value, Mapping):
        value = value.get("bytes")
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else None


def read(source: Path | bytes | None, label: str) -> bytes:
    """Return the bytes of a picture file. Raises DataError with its name where it cannot be read."""
    if source is None:
        raise DataError(f"{label} is missing.")
    if isinstance(source, bytes):
        return source
    try:
        return source.read_bytes()
    except OSError as error:
        raise DataError(f"{label} cannot be read ({error.strerror or error}).") from error


def stated(path: Path, label: str) -> os.stat_result:
    """Return size and times of a file. Raises DataError with its name where there is none."""
    try:
        return path.stat()
    except OSError as error:
        raise DataError(f"{label} cannot be read ({error.strerror or error}).") from error


def spread(work: Callable[[int, int], list[T]], count: int, step: int) -> list[T]:
    """Run `work(begin, end)` over pieces of `count` rows in a few threads; join what it returns, in order.

    An interruption (Ctrl-C) or an error drops the pieces that have not begun.
    """
    pool = ThreadPoolExecutor(THREADS)
    try:
        futures = [pool.submit(work, begin, min(begin + step, count)) for begin in range(0, count, step)]
        return [item for future in futures for item in future.result()]
    finally:
        pool.shutdown(cancel_futures=True)


def printable(text: str) -> str:
    """Return a file name that can be printed and stored, whatever bytes it holds."""
    return text.encode("utf-8", "backslashreplace").decode()
