"""Reading tables: every usual way of writing one, and every usual way of breaking one."""

import bz2
import gzip
import json
import lzma
import os
import zipfile

import numpy as np
import pandas as pd
import pytest

from profundo.data.memory import memory_limit
from profundo.data.tables import read_frame, read_table
from profundo.errors import DataError, ResourceError, UsageError

ROWS = [("Zoë", 1.5, 3), ("Ann", 2.5, 4), ("Åsa", -0.5, 5), ("Bob", 1e3, 6)]


def written(delimiter=",", header=True, decimal="."):
    lines = [delimiter.join(["name", "height", "age"])] if header else []
    lines += [delimiter.join([n, str(h).replace(".", decimal), str(a)]) for n, h, a in ROWS]
    return "\n".join(lines) + "\n"


def assert_rows(frame):
    name, height, age = frame.columns
    assert frame[name].tolist() == [r[0] for r in ROWS]
    assert frame[height].astype(float).tolist() == [r[1] for r in ROWS]
    assert frame[age].tolist() == [r[2] for r in ROWS]
    assert frame.index.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "])
def test_encodings_and_delimiters(tmp_path, encoding, delimiter):
    path = tmp_path / "people.csv"
    path.write_bytes(written(delimiter).encode(encoding))
    raw = read_table(path)
    assert list(raw.frame.columns) == ["name", "height", "age"]
    assert_rows(raw.frame)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path, newline):
    path = tmp_path / "people.csv"
    path.write_bytes(written().replace("\n", newline).encode())
    assert_rows(read_table(path).frame)


def test_no_header_is_said(tmp_path):
    path = tmp_path / "people.data"
    path.write_text(written(header=False))
    raw = read_table(path)
    assert list(raw.frame.columns) == ["column_1", "column_2", "column_3"]
    assert_rows(raw.frame)
    assert any("no header" in n.text for n in raw.notes)


def test_decimal_comma(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(written(";", decimal=","))
    assert_rows(read_table(path).frame)


@pytest.mark.parametrize("suffix, pack", [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_packed(tmp_path, suffix, pack):
    path = tmp_path / f"people.csv{suffix}"
    path.write_bytes(pack(written().encode()))
    assert_rows(read_table(path).frame)


def test_zip(tmp_path):
    path = tmp_path / "people.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", written())
    assert_rows(read_table(path).frame)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("b.csv", written())
    with pytest.raises(DataError, match=r"2 files \(a\.csv, b\.csv\)"):
        read_table(path)


def test_json_lines_and_parquet(tmp_path):
    frame = pd.DataFrame(ROWS, columns=["name", "height", "age"])
    frame.to_json(tmp_path / "a.jsonl", orient="records", lines=True)
    frame.to_json(tmp_path / "a.json", orient="records")
    frame.to_parquet(tmp_path / "a.parquet")
    for name in ("a.jsonl", "a.json", "a.parquet"):
        assert_rows(read_table(tmp_path / name).frame)


def test_what_is_missing(tmp_path):
    path = tmp_path / "m.csv"
    words = ["?", "", "NA", "NaN", "null", "None", "n/a", "N/A", "nan", "NULL", "<NA>"]
    path.write_text("a,b\n" + "".join(f"{w},1\n" for w in words) + "x,1\n")
    column = read_table(path).frame["a"]
    assert column.isna().tolist() == [True] * len(words) + [False]


def test_quoted_newlines_codes_and_doubled_names(tmp_path):
    path = tmp_path / "q.csv"
    path.write_text('id,text,zip,zip\n1,"one\ntwo, three",00501,1\n2,"say ""hi""",02138,2\n')
    raw = read_table(path)
    assert list(raw.frame.columns) == ["id", "text", "zip", "zip_2"]
    assert raw.frame["text"].tolist() == ["one\ntwo, three", 'say "hi"']
    assert raw.frame["zip"].tolist() == ["00501", "02138"]
    assert any("'zip' stands more than once" in n.text for n in raw.notes)


def test_row_names_of_r_and_delimiters_at_line_ends(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("a,b\nx1,1,2\nx2,3,4\n")
    assert read_table(path).frame.to_dict("list") == {"column_1": ["x1", "x2"], "a": [1, 3], "b": [2, 4]}
    path.write_text("a,b\n1,2,\n3,4,\n")
    assert read_table(path).frame.to_dict("list") == {"a": [1, 3], "b": [2, 4]}


def test_numbered_header(tmp_path):
    path = tmp_path / "n.csv"
    pd.DataFrame(np.eye(4) * 7.5).assign(y=[0, 1, 0, 1]).to_csv(path, index=False)
    assert list(read_table(path).frame.columns) == ["0", "1", "2", "3", "y"]


BROKEN = {
    "empty.csv": (b"", "is empty"),
    "blank.csv": (b"\n\n\n", "only blank lines"),
    "header.csv": (b"a,b,c\n", "no rows"),
    "long.csv": (b"a,b,c\n1,2,3\n4,5,6,7\n8,9,10\n", "line 3: 4 fields where 3 are wanted"),
    "short.csv": (b"a,b,c\n1,2,3\n4,5,6\n7,8\n8,9,10\n", "line 4: 2 fields where 3 are wanted"),
    "quote.csv": (b'a,b\n1,"x\n2,y\n3,z\n', "never closed"),
    "nul.csv": (b"a,b\n1,2\n3,\x004\n", "NUL byte on line 3"),
    "photo.csv": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(50), "NUL byte"),
    "cut.csv.gz": (gzip.compress(written().encode() * 50)[:60], "damaged"),
    "bad.csv.gz": (b"\x1f\x8b\x08\x00nonsense", "damaged"),
    "bad.parquet": (b"PAR1 no parquet", "damaged or not a Parquet"),
    "bad.jsonl": (b'{"a": 1}\n{"a": \n', "line 2: not JSON"),
    "list.jsonl": (b'{"a": 1}\n[1]\n', "line 2: wanted an object"),
    "bad.json": (b'{"a": 1', "cannot be read as JSON"),
    "number.json": (b"[1, 2]", "list of objects"),
    "none.json": (b"[]", "0 rows"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_say_what_and_where(tmp_path, name):
    data, message = BROKEN[name]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(DataError, match=message) as caught:
        read_table(path)
    assert name in str(caught.value)


def test_missing_file_names_the_nearest(tmp_path):
    (tmp_path / "houses.csv").write_text(written())
    with pytest.raises(DataError, match=r"Did you mean 'houses\.csv'"):
        read_table(tmp_path / "hoses.csv")
    with pytest.raises(DataError, match="there is no folder"):
        read_table(tmp_path / "no" / "such.csv")
    with pytest.raises(DataError, match="is a folder"):
        read_table(tmp_path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(tmp_path):
    path = tmp_path / "secret.csv"
    path.write_text(written())
    path.chmod(0)
    with pytest.raises(ResourceError, match="permission denied"):
        read_table(path)


def test_late_byte_that_is_not_utf8(tmp_path):
    path = tmp_path / "late.csv"
    path.write_bytes(b"name,n\n" + b"abcdefgh,1\n" * 400_000 + b"caf\xe9,2\n")
    raw = read_table(path)
    assert raw.frame["name"].iloc[-1] == "café" and len(raw.frame) == 400_001
    assert any(n.warning and "not UTF-8" in n.text for n in raw.notes)


def test_sample_is_uniform_fixed_by_the_seed_and_keeps_row_numbers(tmp_path, monkeypatch):
    path = tmp_path / "many.csv"
    path.write_text("a,b\n" + "".join(f"{i},{i * 2}\n" for i in range(20_000)))
    first = read_table(path, rows=500, seed=1).frame
    monkeypatch.setattr("profundo.data.tables.PIECE", 1.0)  # pieces of 1,000 rows
    monkeypatch.setattr("profundo.data.tables.piece_rows", lambda _: 1000)
    second = read_table(path, rows=500, seed=1).frame
    assert first.equals(second), "the sample must not depend on the size of the pieces"
    assert (first["a"] == first.index).all() and first.index.is_monotonic_increasing and first.index.is_unique
    assert not read_table(path, rows=500, seed=2).frame.index.equals(first.index)
    drawn = np.concatenate([read_table(path, rows=500, seed=s).frame.index for s in range(20)])
    quarters = np.histogram(drawn, bins=4, range=(0, 20_000))[0]
    assert abs(quarters - 2500).max() < 250  # five standard deviations


def test_refusal_before_reading_says_how_many_rows_fit(tmp_path, monkeypatch):
    path = tmp_path / "big.csv"
    path.write_text("a,b,c\n" + "1.25,2.5,some text\n" * 400_000)
    monkeypatch.setenv("PROFUNDO_MEMORY_GB", "0.01")
    with pytest.raises(ResourceError, match=r"about (399|400),\d\d\d rows; .* limit is 0\.01 GB.*--rows \d+") as caught:
        read_table(path)
    rows = int(str(caught.value).split("--rows ")[1].split(";")[0])
    assert 10_000 < rows < 400_000
    assert len(read_table(path, rows=rows).frame) == rows
    monkeypatch.setenv("PROFUNDO_MEMORY_GB", "much")
    with pytest.raises(UsageError, match="number of gigabytes"):
        memory_limit()


def test_size_of_a_packed_file_is_estimated(tmp_path, monkeypatch):
    path = tmp_path / "big.csv.gz"
    numbers = np.random.default_rng(0).normal(size=(150_000, 4)).round(6)
    path.write_bytes(gzip.compress(pd.DataFrame(numbers, columns=list("abcd")).to_csv(index=False).encode(), 1))
    monkeypatch.setenv("PROFUNDO_MEMORY_GB", "0.002")
    with pytest.raises(ResourceError) as caught:
        read_table(path)
    rows = int(str(caught.value).split("about ")[1].split(" rows")[0].replace(",", ""))
    assert 140_000 < rows < 160_000


def test_frames_and_dicts():
    frame = pd.DataFrame({1: [1, 2], "b": ["x", "y"]}, index=[7, 9])
    raw = read_frame(frame)
    assert list(raw.frame.columns) == ["1", "b"] and raw.frame.index.tolist() == [0, 1]
    assert frame.index.tolist() == [7, 9], "the caller's frame must not change"
    assert read_frame({"a": [1, 2], "b": [3, 4]}).frame["b"].tolist() == [3, 4]

    class Polars:
        def to_pandas(self):
            return frame

    assert read_frame(Polars()).frame.equals(raw.frame)
    with pytest.raises(DataError, match="do not make a table"):
        read_frame({"a": [1, 2], "b": [3]})
    with pytest.raises(DataError, match="0 rows"):
        read_frame(frame.iloc[:0])


def test_parquet_of_pictures(shared):
    raw = read_table(shared("lfw_people_subset.parquet"), rows=20)
    assert raw.pictures is not None and len(raw.pictures) == 20 and raw.picture_column == "image"
    assert "image" not in raw.frame and len(raw.frame) == 20


def test_nested_json_is_read(tmp_path):
    path = tmp_path / "n.jsonl"
    path.write_text("\n".join(json.dumps({"a": i, "tags": ["x"]}) for i in range(3)))
    assert read_table(path).frame["tags"].tolist() == [["x"]] * 3


def test_json_in_one_piece_that_does_not_fit(tmp_path, monkeypatch):
    path = tmp_path / "big.json"
    path.write_text(json.dumps([{"a": i} for i in range(10_000)]))
    monkeypatch.setenv("PROFUNDO_MEMORY_GB", "0.0005")
    with pytest.raises(ResourceError, match=r"in one piece.*\.jsonl"):
        read_table(path)


def test_prose_is_no_table(shared):
    with pytest.raises(DataError, match="is no table"):
        read_table(shared("text/tinyshakespeare.txt"))
