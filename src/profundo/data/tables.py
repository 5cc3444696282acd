"""Tables from files and frames: CSV and its cousins, Parquet, JSON lines; whole, or a random sample of the rows."""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, ResourceError, missing_extra
from .delimited import decode, different, find_layout, parse, read_pieces
from .memory import check_memory, give_back, memory_limit
from .raw import Note, Raw
from .streams import Head, check_file, open_stream, read_head, reading

if TYPE_CHECKING:
    import pandas as pd

PACKED = (".gz", ".bz2", ".xz", ".zip")
DELIMITED = (".csv", ".tsv", ".txt", ".data", ".tab")
JSON_LINES = (".jsonl", ".ndjson")
PARQUET = (".parquet", ".pq")
SPARE = 1.25  # times the sample that is held while reading
PIECE = 64e6  # bytes of memory that a piece of a file takes


def suffix(path: Path) -> str:
    """Return the extension that says what a file is: `.csv` for `adult.csv.gz`."""
    plain = path.with_suffix("") if path.suffix.lower() in PACKED else path
    return plain.suffix.lower()


def is_table(path: Path) -> bool:
    """Say whether the name is that of a table."""
    return suffix(path) in (*DELIMITED, *JSON_LINES, *PARQUET, ".json") or path.suffix.lower() in PACKED


def read_table(path: str | Path, *, rows: int | None = None, seed: int = 0) -> Raw:
    """Read a table; with `rows`, a random sample of so many, the same for the same seed.

    The frame's index is the row's number in the file, from 0. Raises DataError for a file that cannot be read (with
    the line), MissingExtra for Parquet without pyarrow, ResourceError where the table would not fit in memory.
    """
    path = Path(path)
    check_file(path)
    if suffix(path) in PARQUET:
        return read_parquet(path, rows, seed)
    if suffix(path) in (".json", *JSON_LINES):
        return read_json_lines(path, rows, seed)
    return read_delimited(path, rows, seed)


def read_delimited(path: Path, rows: int | None, seed: int) -> Raw:
    """Read CSV, TSV or any other delimited text."""
    head = read_head(path)
    layout = find_layout(path, head)
    row_bytes = 0.0
    if not head.whole:
        count = sum(1 for _ in parse(io.StringIO(decode(head, layout.encoding), newline=""), layout.delimiter))
        piece = next(read_pieces(path, layout, max(1, count - 1)))
        row_bytes = frame_bytes(piece) / len(piece)
        check_memory(path.name, row_bytes, len(piece) * head.total / len(head.data), rows)
    try:
        frame, total = collect(read_pieces(path, layout, piece_rows(row_bytes)), rows, seed)
    except UnicodeDecodeError:  # the head was UTF-8 and a later line is not
        note = Note("data", f"{path.name} is not UTF-8 throughout; read as latin-1", warning=True)
        layout = replace(layout, encoding="latin-1", notes=(*layout.notes, note))
        frame, total = collect(read_pieces(path, layout, piece_rows(row_bytes)), rows, seed)
    return made(path, frame, total, list(layout.notes))


def read_json_lines(path: Path, rows: int | None, seed: int) -> Raw:
    """Read one JSON object a line, or a list of objects."""
    head = read_head(path)
    if head.data.lstrip()[:1] == b"[" or (suffix(path) == ".json" and not is_lines(head)):
        check_whole(path, head)
        frame, total = collect(iter([json_frame(path)]), rows, seed)
        return made(path, frame, total, [])
    row_bytes = 0.0
    if not head.whole:
        piece = next(json_pieces(path, max(1, head.data.count(b"\n"))))
        row_bytes = frame_bytes(piece) / len(piece)
        check_memory(path.name, row_bytes, len(piece) * head.total / len(head.data), rows)
    frame, total = collect(json_pieces(path, min(piece_rows(row_bytes), 20_000)), rows, seed)
    return made(path, frame, total, [])


def check_whole(path: Path, head: Head) -> None:
    """Raise ResourceError for JSON that is parsed as a whole, which takes about 8 times its text, and does not fit."""
    need, limit = 8 * head.total, memory_limit()
    if need > limit:
        raise ResourceError(
            f"{path.name} is {head.total / 1e9:.2g} GB of JSON in one piece, which needs about {need / 1e9:.2g} GB of "
            f"memory; the limit is {limit / 1e9:.2g} GB. Write one object a line (.jsonl): then --rows N works."
        )


def is_lines(head: Head) -> bool:
    """Say whether the first line is a JSON object of its own."""
    try:
        return isinstance(json.loads(head.data.lstrip().split(b"\n", 1)[0]), dict)
    except ValueError:
        return False


def json_frame(path: Path) -> "pd.DataFrame":
    """Read a JSON file that is a list of objects, or an object of columns."""
    import pandas as pd

    with open_stream(path) as file:
        data = file.read()
    try:
        value = json.loads(data)
        if isinstance(value, dict) and all(isinstance(v, list) for v in value.values()):
            return pd.DataFrame(value)
    except ValueError as error:
        raise DataError(f"{path} cannot be read as JSON: {error}.") from error
    if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
        raise DataError(f'{path} must hold a list of objects, such as [{{"age": 3}}], or one object a line (.jsonl).')
    return pd.DataFrame.from_records(value)


def json_pieces(path: Path, size: int) -> Iterator["pd.DataFrame"]:
    """Yield the objects of a JSON lines file as frames of at most `size` rows."""
    import pandas as pd

    begin, records = 0, []
    with open_stream(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            records.append(json_object(path, number, line))
            if len(records) == size:
                yield pd.DataFrame.from_records(records, index=pd.RangeIndex(begin, begin + size))
                begin, records = begin + size, []
    if records or not begin:
        yield pd.DataFrame.from_records(records, index=pd.RangeIndex(begin, begin + len(records)))


def json_object(path: Path, number: int, line: bytes) -> dict[str, Any]:
    """Read one line. Raises DataError with the line's number."""
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except ValueError as error:
        raise DataError(f"{path}, line {number}: not JSON ({error}).") from error
    if not isinstance(value, dict):
        raise DataError(f'{path}, line {number}: wanted an object such as {{"age": 3}}, found {type(value).__name__}.')
    return value


def read_parquet(path: Path, rows: int | None, seed: int) -> Raw:
    """Read a Parquet file. A column of image bytes becomes the pictures."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise missing_extra("pyarrow", "parquet", f"reading {path.name}") from error
    with reading(path):
        try:
            with pq.ParquetFile(path) as file:
                total = file.metadata.num_rows
                if total:
                    first = next(file.iter_batches(batch_size=min(1000, total)))
                    check_memory(path.name, first.nbytes / first.num_rows, total, rows)
                size = piece_rows(first.nbytes / first.num_rows) if total else 1
                pieces = numbered(b.to_pandas() for b in file.iter_batches(batch_size=size))
                frame, total = collect(pieces, rows, seed)
        except pa.ArrowException as error:
            raise DataError(f"{path} is damaged or not a Parquet file ({str(error).splitlines()[0]}).") from error
    return with_pictures(made(path, frame, total, []), path.name)


def numbered(pieces: Iterator["pd.DataFrame"]) -> Iterator["pd.DataFrame"]:
    """Number the rows of frames that follow each other."""
    import pandas as pd

    begin = 0
    for piece in pieces:
        yield piece.set_axis(pd.RangeIndex(begin, begin + len(piece)), axis=0)
        begin += len(piece)


def with_pictures(raw: Raw, label: str) -> Raw:
    """Move a column of image bytes, plain or as {bytes, path}, from the frame to the pictures."""
    for name in raw.frame.columns:
        column = raw.frame[name]
        if column.dtype != object or not len(column):
            continue
        first = column.iloc[0]
        data = first.get("bytes") if isinstance(first, dict) else first
        if isinstance(data, bytes) and is_picture(data):
            from . import pictures

            found = pictures.from_bytes(column.tolist(), label)
            return replace(raw, frame=raw.frame.drop(columns=[name]), pictures=found, picture_column=str(name))
    return raw


def is_picture(data: bytes) -> bool:
    """Say whether the bytes begin like a JPEG, PNG, GIF, BMP, TIFF or WebP file."""
    marks = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")
    return data.startswith(marks) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def read_frame(source: Any, name: str = "table") -> Raw:
    """Take a pandas frame, a dict of columns, or anything with `to_pandas()`; the rows are numbered from 0."""
    import pandas as pd

    if isinstance(source, Mapping):
        try:
            frame = pd.DataFrame(dict(source))
        except (ValueError, TypeError) as error:
            raise DataError(f"the columns of the dict do not make a table: {error}.") from error
    else:
        frame = source if isinstance(source, pd.DataFrame) else source.to_pandas()
    if not len(frame) or not len(frame.columns):
        raise DataError(f"the table has {len(frame)} rows and {len(frame.columns)} columns; it must have some of both.")
    plain = [" ".join(map(str, c)) if isinstance(c, tuple) else str(c) for c in frame.columns]
    names = different(plain)
    notes = [Note("data", f"the column {a!r} is named {b!r}") for a, b in zip(plain, names, strict=True) if a != b]
    return Raw(name, frame.set_axis(names, axis=1).reset_index(drop=True), notes=notes)


def collect(pieces: Iterator["pd.DataFrame"], rows: int | None, seed: int) -> tuple["pd.DataFrame", int]:
    """Join pieces: (all the rows, or a random sample of them in the file's order; how many there were).

    The sample is uniform, without replacement: every row draws a random key and the smallest keys stay, so no more than
    the sample and a piece is held.
    """
    import pandas as pd

    generator = np.random.default_rng([seed, 0x5A])
    kept: list[pd.DataFrame] = []
    keys: list[np.ndarray] = []
    total = 0
    for piece in pieces:
        total += len(piece)
        kept.append(piece)
        keys.append(generator.random(len(piece)))
        if rows is not None and sum(map(len, keys)) > SPARE * rows:
            keep_smallest(kept, keys, rows)
    if rows is not None:
        keep_smallest(kept, keys, rows)
    frame = kept[0] if len(kept) == 1 else pd.concat(kept)
    kept.clear()
    give_back()
    return frame, total


def keep_smallest(kept: list["pd.DataFrame"], keys: list[np.ndarray], rows: int) -> None:
    """Keep the `rows` rows of the smallest keys, in each piece in turn, so that no second copy of them all is held."""
    together = np.concatenate(keys)
    if len(together) <= rows:
        return
    limit = np.partition(together, rows - 1)[rows - 1]
    for number, (piece, drawn) in enumerate(zip(kept, keys, strict=True)):
        small = drawn <= limit
        kept[number], keys[number] = piece[small], drawn[small]


def made(path: Path, frame: "pd.DataFrame", total: int, notes: list[Note]) -> Raw:
    """Finish a table read from a file. Raises DataError where it has no rows."""
    if not total or not len(frame.columns):
        raise DataError(f"{path} has {total} rows and {len(frame.columns)} columns; it must have some of both.")
    names = [str(c).strip() for c in frame.columns]
    frame = frame.set_axis(different(names), axis=1)
    if len(frame) < total:
        notes.append(Note("data", f"a random sample of {len(frame):,} of the {total:,} rows", "--rows N"))
    return Raw(path.name, frame, notes=notes)


def frame_bytes(frame: "pd.DataFrame") -> int:
    """Return the memory that the frame's values take."""
    return int(frame.memory_usage(deep=True, index=False).sum())


def piece_rows(row_bytes: float) -> int:
    """Return how many rows of that size make a piece."""
    return int(np.clip(PIECE / row_bytes, 1000, 500_000)) if row_bytes else 500_000
