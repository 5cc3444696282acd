"""CSV and its cousins: seeing encoding, delimiter and header, and reading in pieces."""

import codecs
import csv
import io
import itertools
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import DataError
from .raw import Note
from .streams import Head, open_stream
from .values import CODE, MISSING

if TYPE_CHECKING:
    import pandas as pd

DELIMITERS = "\t;|, "  # in the order of preference: prose has commas and spaces
LOOKED_AT = 500  # records
DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
DECIMAL_POINT = re.compile(r"-?\d+\.\d+")


@dataclass(frozen=True)
class Layout:
    """How a delimited file is written. `codes` are the columns of codes such as 00501, to be read as text."""

    encoding: str
    delimiter: str
    header: bool
    names: tuple[str, ...]
    codes: tuple[str, ...] = ()
    decimal: str = "."
    extra: str = ""  # the name of an empty last column, made by a delimiter at the end of each line
    notes: tuple[Note, ...] = ()


def find_layout(path: Path, head: Head) -> Layout:
    """See from its first bytes how a file is written. Raises DataError for a binary file and for one without rows."""
    encoding = find_encoding(path, head.data)
    records, delimiter = find_delimiter(decode(head, encoding))
    if not records:
        raise DataError(f"{path} holds no text, only blank lines.")
    first, rest = records[0], records[1:]
    header = has_header(first, rest)
    if header and not rest:
        raise DataError(f"{path} has a header ({', '.join(first[:8])}) and no rows.")
    notes = []
    if encoding not in ("utf-8", "utf-8-sig"):
        notes.append(Note("data", f"{path.name} is read as {encoding}"))
    if not header:
        notes.append(Note("data", f"{path.name} has no header: the columns are named column_1, column_2, ..."))
    names, extra = column_names(first if header else [], rest or records)
    if header and len(set(first)) < len(first):
        twice = [name for name, count in Counter(first).items() if count > 1 and name]
        notes += [Note("data", f"the column name {name!r} stands more than once; numbered") for name in twice]
    layout = Layout(encoding, delimiter, header, names, extra=extra, notes=tuple(notes))
    return replace(layout, codes=code_columns(layout, rest), decimal=find_decimal(delimiter, rest or records))


def find_encoding(path: Path, data: bytes) -> str:
    """Return the name of the encoding: by its mark, else UTF-8 where that fits, else the Western European cp1252."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if b"\0" in data:
        even, odd = data[0:4000:2].count(0), data[1:4000:2].count(0)
        if max(even, odd) > 0.3 * len(data[:4000:2]) and min(even, odd) == 0:
            return "utf-16-le" if odd else "utf-16-be"
        place = data.index(b"\0")
        line = data.count(b"\n", 0, place) + 1
        raise DataError(f"{path} is not a text table: there is a NUL byte on line {line} (byte {place:,}).")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
        return "utf-8"
    except UnicodeDecodeError:
        return "cp1252" if fits(data, "cp1252") else "latin-1"


def fits(data: bytes, encoding: str) -> bool:
    """Say whether every byte means something in the encoding."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def decode(head: Head, encoding: str) -> str:
    """Return the head as text, without the last line where it may be cut."""
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head.data)
    return text if head.whole else text[: text.rfind("\n") + 1]


def find_delimiter(text: str) -> tuple[list[list[str]], str]:
    """Return (first records, delimiter): the delimiter that cuts the most records into the same number of fields."""
    best: tuple[float, list[list[str]], str] = (0.0, [], ",")
    for delimiter in DELIMITERS:
        records = list(itertools.islice(parse(io.StringIO(text, newline=""), delimiter), LOOKED_AT))
        counts = Counter(len(r) for r in records)
        width, share = max(
            ((w, n / len(records)) for w, n in counts.items() if w > 1), key=lambda v: v[1], default=(1, 0)
        )
        if width == 1 or (delimiter == " " and share < 1):
            continue
        share = 1.0 if share >= 0.95 else share
        if share > best[0]:
            best = (share, records, delimiter)
    if best[0] >= 0.5:
        return best[1], best[2]
    return list(itertools.islice(parse(io.StringIO(text, newline=""), ","), LOOKED_AT)), ","


def parse(lines: Any, delimiter: str) -> Iterator[list[str]]:
    """Yield the records of a delimited text, blank lines left out. A space stands for any white space."""
    csv.field_size_limit(1 << 30)
    if delimiter == " ":
        yield from (fields for line in lines if (fields := line.split()))
    else:
        yield from (r for r in csv.reader(lines, delimiter=delimiter, skipinitialspace=True) if r)


def is_number(text: str) -> bool:
    """Say whether a field reads as a number, with a point or a comma."""
    try:
        float(text.strip().replace(",", "."))
    except ValueError:
        return False
    return True


def has_header(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Say whether the first record names the columns: each column whose first field differs in sort has a vote."""
    counting = counts_up(first)
    votes = 0
    for place, field in enumerate(first):
        below = [r[place].strip() for r in rest if len(r) > place and r[place].strip() not in MISSING]
        if not below or field.strip() in MISSING:
            continue
        numeric = sum(map(is_number, below)) >= 0.8 * len(below)
        if numeric and is_number(field):
            votes -= not counting
        elif numeric:
            votes += 1
        elif field.strip() in below:
            votes -= 1
    if votes == 0:
        return counting or (not any(map(is_number, first)) and len({f.strip() for f in first}) == len(first))
    return votes > 0


def counts_up(fields: Sequence[str]) -> bool:
    """Say whether the numbers among the fields count up by one, as column numbers and years do."""
    found = [int(f) for f in fields if f.strip().isdecimal()]
    begins = len(found) > 2 and (found[0] in (0, 1) or 1900 <= found[0] <= 2100)
    return begins and all(b - a == 1 for a, b in itertools.pairwise(found))


def column_names(header: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], str]:
    """Return (a different name for every column, the name of an empty last one that is to be dropped, or "")."""
    usual = Counter(len(r) for r in rows).most_common(1)[0][0]
    names, extra = [h.strip() for h in header] or [""] * usual, ""
    if header and usual == len(header) + 1:
        if all(not r[-1].strip() for r in rows if len(r) == usual):
            extra = "\0end"
            names.append(extra)
        else:  # R writes the row's name first and leaves it out of the header
            names.insert(0, "")
    return tuple(different(names)), extra


def different(names: Sequence[str]) -> list[str]:
    """Give every column a name of its own: `column_3` where it has none, `age_2` for the second `age`."""
    found: list[str] = []
    taken = set(names)
    for place, name in enumerate(names):
        plain = name or f"column_{place + 1}"
        candidates = itertools.chain([plain], (f"{plain}_{n}" for n in itertools.count(2)))
        found.append(next(c for c in candidates if c not in found and (c == name or c not in taken)))
    return found


def code_columns(layout: Layout, rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Name the columns with whole numbers that begin with zeros, such as 00501."""
    width = len(layout.names)
    places = {i for r in rows if len(r) == width for i, field in enumerate(r) if CODE.fullmatch(field)}
    return tuple(layout.names[i] for i in sorted(places))


def find_decimal(delimiter: str, rows: Sequence[Sequence[str]]) -> str:
    """Return "," where fractions are written with a comma, else "."."""
    if delimiter == ",":
        return "."
    fields = [f.strip() for r in rows for f in r]
    commas = sum(bool(DECIMAL_COMMA.fullmatch(f)) for f in fields)
    return "," if commas and not any(DECIMAL_POINT.fullmatch(f) for f in fields) else "."


def read_pieces(path: Path, layout: Layout, size: int) -> Iterator["pd.DataFrame"]:
    """Yield the rows as frames of at most `size`, the index counting the rows from 0.

    Raises DataError, with the line, for a row with too many or too few fields, and for a quote that is never closed.
    """
    import pandas as pd

    checked = False
    with open_stream(path) as file, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            for piece in csv_pieces(file, layout, size):
                if not checked and piece.iloc[:, -1].isna().any():  # short rows are filled up with missing values
                    refuse_ragged(path, layout)
                    checked = True
                yield piece.drop(columns=[layout.extra]) if layout.extra else piece
        except (pd.errors.ParserError, pd.errors.ParserWarning, csv.Error) as error:
            explain(path, layout, error)
        except pd.errors.EmptyDataError as error:
            raise DataError(f"{path} holds no rows.") from error


def csv_pieces(file: Any, layout: Layout, size: int) -> Iterator["pd.DataFrame"]:
    """Let pandas read an open file as the layout says."""
    import pandas as pd

    separator = r"\s+" if layout.delimiter == " " else layout.delimiter
    yield from pd.read_csv(
        file,
        sep=separator,
        header=0 if layout.header else None,
        names=list(layout.names),
        index_col=False,
        dtype={name: str for name in layout.codes},
        na_values=["?"],
        skipinitialspace=True,
        encoding=layout.encoding,
        decimal=layout.decimal,
        low_memory=False,
        chunksize=size,
    )


def refuse_ragged(path: Path, layout: Layout) -> None:
    """Raise DataError for the first row whose number of fields is not that of the others."""
    wanted = len(layout.names)
    with open_stream(path) as file, io.TextIOWrapper(file, encoding=layout.encoding, newline="") as text:
        records = parse_numbered(text, layout.delimiter)
        if layout.header:
            next(records, None)
        for line, record in records:
            if len(record) != wanted and wanted == 1:
                raise DataError(f"{path} is no table: no delimiter stands on every line (see line {line}).")
            if len(record) != wanted and not (layout.extra and len(record) == wanted - 1):
                raise DataError(
                    f"{path}, line {line}: {len(record)} fields where {wanted} are wanted "
                    f"({', '.join(layout.names[:4])}{', ...' if wanted > 4 else ''}). "
                    f"Mend the line; a {layout.delimiter!r} within a field needs quotes around the field."
                )


def parse_numbered(text: Any, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line on which the record begins, fields)."""
    csv.field_size_limit(1 << 30)
    if delimiter == " ":
        yield from ((n, fields) for n, line in enumerate(text, 1) if (fields := line.split()))
        return
    reader = csv.reader(text, delimiter=delimiter, skipinitialspace=True)
    line = 1
    for record in reader:
        if record:
            yield line, record
        line = reader.line_num + 1


def explain(path: Path, layout: Layout, error: Exception) -> NoReturn:
    """Raise the DataError behind an error of the CSV parser."""
    if found := re.search(r"EOF inside string starting at row (\d+)", str(error)):
        line = int(found[1]) + 1
        raise DataError(f'{path}, about line {line}: a quote (") is opened and never closed. Mend the line.') from error
    refuse_ragged(path, layout)
    raise DataError(f"{path} cannot be read as a table: {str(error).strip()}.") from error
