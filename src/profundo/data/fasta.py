"""FASTA files of genes or proteins (Pearson and Lipman 1988): a row for each record, labels from headers or names."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError
from .decode import SUFFIXES
from .folder import SPLITS, Found, ends, inner, listed, look
from .pictures import printable
from .raw import Note, Raw
from .streams import check_file, open_stream
from .target import NAMES

if TYPE_CHECKING:
    import pandas as pd

FASTA = frozenset({".fa", ".fasta", ".fna", ".ffn", ".faa", ".frn"})
PAIR = re.compile(r"\[?([A-Za-z_]\w*)=([^\]\s|;]+)\]?")  # label=promoter, [organism=human]
FEW = 50  # different labels that headers have, at most
LAYOUT = (
    "A label stands in the header (>id label=promoter, >id|promoter, or >id promoter), or is the name of the file "
    "(promoters.fa, others.fa in one folder), or that of the file's folder"
)


@dataclass
class Records:
    """The records of FASTA files, an entry for each."""

    names: list[str] = field(default_factory=list)
    sequences: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)  # what follows the name
    fields: list[Mapping[str, str]] = field(default_factory=list)  # key=value pairs of the header
    classes: list[str] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)

    def add(self, header: str, sequence: str, label: str, split: str) -> None:
        """Add a record."""
        name, _, rest = header.partition(" ")
        pairs = {key.lower(): value for key, value in PAIR.findall(header)}
        self.names.append(name)
        self.headers.append(PAIR.sub("", rest).strip())
        self.fields.append(pairs)
        self.sequences.append(sequence)
        self.classes.append(label)
        self.splits.append(split)


def is_fasta(path: Path) -> bool:
    """Say by its name whether a file is FASTA, packed (.fa.gz) or not."""
    return ends(path, FASTA) or (path.suffix.lower() == ".gz" and ends(path.with_suffix(""), FASTA))


def holds_fasta(folder: Path) -> bool:
    """Say whether a folder, or the folders in it, hold FASTA files and no pictures; few files are looked at."""
    count, waiting = 0, [folder]
    while waiting and count < 200:
        folders, files = listed(waiting.pop())
        waiting += folders[:20]
        if any(ends(f, SUFFIXES) for f in files):
            return False
        count += sum(ends(f, FASTA) for f in files)
    return count > 0


def read_fasta(path: Path) -> Raw:
    """Read a FASTA file, or a folder of them.

    The columns are `name`, `sequence`, every key=value of the headers, and `label` where one is found. Folders called
    train and test are the official split. Raises DataError, with file and line, for what is no FASTA.
    """
    records = Records()
    found = files_of(path)
    for file, label, split in zip(found.files, found.classes, found.splits, strict=True):
        for header, sequence in parse(file):
            records.add(header, sequence, label, split)
    frame, notes = framed(records)
    targets = [str(c) for c in frame.columns if str(c).lower() in NAMES]
    return Raw(
        name=printable(path.resolve().name),
        frame=frame,
        split=np.array(records.splits) if len(set(records.splits)) > 1 else None,
        target=tuple(targets[-1:]),
        task="classification" if targets else "",
        notes=notes,
    )


def files_of(path: Path) -> Found:
    """Return the FASTA files at a path with their labels: those of folders, else of the files' own names."""
    if path.is_file():
        check_file(path)
        return Found([path], [""], [""])
    found = look(inner(path, FASTA), FASTA)
    if not any(found.classes) and len(found.files) > 1:
        stems = [file.stem for file in found.files]
        splits = [SPLITS.get(stem.lower(), "") for stem in stems]
        if all(splits):
            found.splits = splits
        else:
            found.classes = [printable(stem) for stem in stems]
    return found


def parse(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (header, sequence) of every record. Raises DataError that names the line."""
    header, first, pieces = "", 0, list[str]()
    with open_stream(path) as stream:
        for number, raw in enumerate(stream, 1):
            line = raw.decode("utf-8", "replace").strip()
            if line.startswith(">"):
                if first:
                    yield header, whole(path, header, first, pieces)
                header, first, pieces = line[1:].strip(), number, []
            elif line and not line.startswith(";"):  # a comment of old files
                if not first:
                    shown = line[:40]
                    raise DataError(f"{path} is no FASTA: line {number} is {shown!r}, and a record begins with '>'.")
                pieces.append(line)
    if not first:
        raise DataError(f"{path} holds no record: no line begins with '>'.")
    yield header, whole(path, header, first, pieces)


def whole(path: Path, header: str, number: int, pieces: list[str]) -> str:
    """Join the lines of a sequence. Raises DataError where there are none, or signs that are no letters."""
    sequence = "".join("".join(pieces).split()).rstrip("*")
    named = f"{path}, line {number}: the record {header[:40] or '(no name)'!r}"
    if not sequence:
        raise DataError(f"{named} has no sequence. Remove it.")
    wrong = set(re.sub(r"[A-Za-z\-*.]", "", sequence))
    if wrong:
        raise DataError(f"{named} holds {', '.join(map(repr, sorted(wrong)[:5]))}, which are no letters of a sequence.")
    return sequence


def framed(records: Records) -> tuple["pd.DataFrame", list[Note]]:
    """Return the records as a table, with the labels that files or headers give, and where they are from."""
    import pandas as pd

    frame = pd.DataFrame({"name": records.names, "sequence": records.sequences})
    for key in dict.fromkeys(k for pairs in records.fields for k in pairs if k not in ("name", "sequence")):
        frame[key] = [pairs.get(key) for pairs in records.fields]
    notes = [Note("data", f"{len(frame):,} records, of {min(map(len, records.sequences)):,} to "
                          f"{max(map(len, records.sequences)):,} letters")]  # fmt: skip
    if any(records.classes):
        frame["label"] = records.classes
        return frame, [*notes, Note("task", "the label is the name of the file, or of its folder")]
    if any(str(c).lower() in NAMES for c in frame.columns):
        return frame, notes
    for where, found in candidates(records).items():
        if 2 <= len(set(found)) <= min(FEW, len(found) // 2) and all(found):
            frame["label"] = found
            return frame, [*notes, Note("task", f"the label is {where}")]
    return frame, [*notes, Note("data", f"no labels were found. {LAYOUT}")]


def candidates(records: Records) -> dict[str, list[str]]:
    """Return what may be the label of each record: the last word of its header, or what follows the last |."""
    return {
        "the last word of the header": [rest.split()[-1] if rest.split() else "" for rest in records.headers],
        "what follows the last | of the header": [n.rpartition("|")[2] if "|" in n else "" for n in records.names],
    }
