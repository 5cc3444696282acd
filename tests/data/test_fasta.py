"""FASTA: headers, labels from headers, files and folders, packed files, and the errors."""

import gzip
import random
from pathlib import Path

import pytest

from profundo.data.load import load
from profundo.data.source import read
from profundo.errors import DataError


def record(header: str, sequence: str, width: int = 10) -> str:
    """Write one record in short lines."""
    return f">{header}\n" + "\n".join(sequence[i : i + width] for i in range(0, len(sequence), width)) + "\n"


def write(path: Path, text: str) -> Path:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_pairs_in_the_header_are_columns(tmp_path: Path) -> None:
    raw = read(
        write(tmp_path / "g.fa", record("a1 label=EI [organism=human]", "ACGTACGTACGTAC") + record("a2 label=N", "CC"))
    )
    assert raw.frame["sequence"].tolist() == ["ACGTACGTACGTAC", "CC"]
    assert raw.frame["name"].tolist() == ["a1", "a2"]
    assert raw.frame["organism"].tolist()[0] == "human"
    assert raw.target == ("label",)


@pytest.mark.parametrize("header", ["id{i} {label}", "id{i}|{label}", "id{i} from chr1 {label}"])
def test_labels_in_the_header(tmp_path: Path, header: str) -> None:
    text = "".join(record(header.format(i=i, label="yes" if i % 2 else "no"), "ACGT") for i in range(8))
    raw = read(write(tmp_path / "g.fasta", text))
    assert raw.frame["label"].tolist() == ["no", "yes"] * 4


def test_files_are_labels(tmp_path: Path) -> None:
    write(tmp_path / "promoters.fa", record("a", "ACGT") + record("b", "AC"))
    write(tmp_path / "others.fa", record("c", "GG"))
    assert sorted(read(tmp_path).frame["label"]) == ["others", "promoters", "promoters"]


def test_folders_are_labels_and_splits(tmp_path: Path) -> None:
    for part in ("train", "test"):
        for label in ("enhancer", "other"):
            write(tmp_path / part / label / "1.fa", record(f"{part}{label}", "ACGT") * 2)
    raw = read(tmp_path)
    assert raw.split is not None
    assert sorted(set(raw.split)) == ["test", "train"]
    assert set(raw.frame["label"]) == {"enhancer", "other"}


def test_a_packed_file_and_no_labels(tmp_path: Path) -> None:
    path = tmp_path / "g.fa.gz"
    path.write_bytes(gzip.compress(record("a", "ACGT").encode()))
    raw = read(path)
    assert raw.target == ()
    assert any("no labels" in note.text for note in raw.notes)


def test_genes_are_read_as_bases_with_both_strands(tmp_path: Path) -> None:
    draw = random.Random(0)
    genes = ["".join(draw.choices("ACGT", k=30 + i % 5)) for i in range(40)]
    text = "".join(record(f"g{i} label={'ab'[i % 2]}", gene) for i, gene in enumerate(genes))
    data = load(write(tmp_path / "g.fa", text), strands="both")
    kind = data.schema.tokens["sequence"]
    assert (kind.unit, kind.strands) == ("bases", 2)
    assert set(data.schema.inputs) == {"sequence"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ACGT\n", "line 1 is 'ACGT'"),
        ("\n\n", "no line begins"),
        (">a\n>b\nACGT\n", "line 1: the record 'a' has no sequence"),
        (">a\nAC3T\n", "holds '3'"),
    ],
)
def test_what_is_no_fasta_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(write(tmp_path / "g.fa", text))
