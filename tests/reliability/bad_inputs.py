"""A corpus of bad input: what stands in the folder, what is typed, and what the answer must say."""

import gzip
import io
import json
import os
import random
import shutil
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

USAGE, DATA, RESOURCE = 2, 3, 5
TABLE = "a,b,city,y\n" + "".join(
    f"{i * 37 % 101 / 10},{i * 53 % 97 / 10},{'Reus' if i % 3 else 'Vic'},{'yes' if i * 37 % 101 > 50 else 'no'}\n"
    for i in range(90)
)


@dataclass(frozen=True)
class Case:
    """`make(folder)` prepares the current folder and returns the arguments. The one error line holds all `words`."""

    code: int
    words: tuple[str, ...]
    make: Callable[[Path], list[str]]


CASES: dict[str, Case] = {}


def case(code: int, *words: str) -> Callable[[Callable[[Path], list[str]]], Callable[[Path], list[str]]]:
    """Add a function to the corpus under its name."""

    def add(make: Callable[[Path], list[str]]) -> Callable[[Path], list[str]]:
        CASES[make.__name__.replace("_", " ")] = Case(code, words, make)
        return make

    return add


def typed(name: str, code: int, words: tuple[str, ...], text: str, table: str = TABLE) -> None:
    """Add a command line on t.csv."""

    def make(folder: Path) -> list[str]:
        (folder / "t.csv").write_text(table)
        return text.split()

    CASES[name] = Case(code, words, make)


# files that cannot be read ------------------------------------------------------------------------------------------


@case(DATA, "houses.csv", "does not exist")
def missing_file(folder):
    return ["train", "houses.csv"]


@case(DATA, "tabel.csv", "table.csv")
def missing_file_with_a_near_name(folder):
    (folder / "table.csv").write_text(TABLE)
    return ["train", "tabel.csv"]


@case(DATA, "irsi", "iris")
def unknown_name(folder):
    return ["train", "irsi"]


@case(RESOURCE, "too long")
def name_that_is_too_long(folder):
    return ["train", "x" * 300]


@case(DATA, "empty.csv", "empty")
def empty_file(folder):
    (folder / "empty.csv").touch()
    return ["train", "empty.csv"]


@case(DATA, "t.csv", "no row")
def header_only(folder):
    (folder / "t.csv").write_text("a,b,y\n")
    return ["train", "t.csv"]


@case(DATA, "t.csv", "line 12")
def ragged_rows(folder):
    lines = TABLE.splitlines()
    lines[11] += ",7,8"
    (folder / "t.csv").write_text("\n".join(lines))
    return ["train", "t.csv"]


@case(DATA, "junk.csv")
def binary_junk(folder):
    (folder / "junk.csv").write_bytes(random.Random(5).randbytes(4000))
    return ["train", "junk.csv"]


@case(DATA, "picture.csv")
def a_picture_called_csv(folder):
    (folder / "picture.csv").write_bytes(png(20, 20))
    return ["train", "picture.csv"]


@case(DATA, "t.csv.gz")
def truncated_gzip(folder):
    packed = gzip.compress(random.Random(1).randbytes(3000) + TABLE.encode())
    (folder / "t.csv.gz").write_bytes(packed[: len(packed) // 2])
    return ["train", "t.csv.gz"]


@case(DATA, "t.csv.gz")
def a_gzip_that_is_none(folder):
    (folder / "t.csv.gz").write_text(TABLE)
    return ["train", "t.csv.gz", "-t", "nothing"]


@case(DATA, "t.parquet")
def truncated_parquet(folder):
    import pandas as pd

    pd.read_csv(io.StringIO(TABLE)).to_parquet(folder / "t.parquet")
    data = (folder / "t.parquet").read_bytes()
    (folder / "t.parquet").write_bytes(data[: len(data) * 2 // 3])
    return ["train", "t.parquet"]


@case(DATA, "t.npz")
def truncated_npz(folder):
    np.savez(folder / "t.npz", x=np.zeros((50, 4)), y=np.arange(50) % 2)
    data = (folder / "t.npz").read_bytes()
    (folder / "t.npz").write_bytes(data[: len(data) // 2])
    return ["train", "t.npz"]


@case(DATA, "t.npz", "object")
def npz_with_pickled_objects(folder):
    np.savez(folder / "t.npz", x=np.array([{"a": 1}] * 20, dtype=object), y=np.arange(20) % 2)
    return ["train", "t.npz"]


@case(DATA, "t.npz")
def npz_of_two_lengths(folder):
    np.savez(folder / "t.npz", x=np.zeros((50, 4)), y=np.arange(40) % 2)
    return ["train", "t.npz"]


@case(DATA, "t.jsonl", "line 3")
def json_lines_with_a_broken_line(folder):
    lines = [json.dumps({"a": i, "y": i % 2}) for i in range(30)]
    lines[2] = lines[2][:-3]
    (folder / "t.jsonl").write_text("\n".join(lines))
    return ["train", "t.jsonl"]


@case(DATA, "slides.pptx")
def unknown_kind_of_file(folder):
    (folder / "slides.pptx").write_bytes(b"PK\x03\x04" + bytes(500))
    return ["train", "slides.pptx"]


@case(DATA, "loop.csv")
def symlink_loop(folder):
    (folder / "loop.csv").symlink_to(folder / "loop2.csv")
    (folder / "loop2.csv").symlink_to(folder / "loop.csv")
    return ["train", "loop.csv"]


@case(DATA, "Daten für morgen", "Straße.csv", "empty")
def unicode_and_spaces_in_the_path(folder):
    place = folder / "Daten für morgen 你好"
    place.mkdir()
    (place / "Große Straße.csv").touch()
    return ["train", str(place / "Große Straße.csv")]


# targets ------------------------------------------------------------------------------------------------------------

typed("wrong target", DATA, ("yy", "'y'", "Did you mean"), "train t.csv -t yy")
typed(
    "one class only", DATA, ("'y'", "'yes'", "two different labels"), "train t.csv -t y", TABLE.replace(",no", ",yes")
)
typed(
    "all-missing target",
    DATA,
    ("target y", "no value"),
    "train t.csv -t y",
    TABLE.replace(",no", ",").replace(",yes", ","),
)
typed("a target that is left out", USAGE, ("y", "--drop"), "train t.csv -t y --drop y")
typed("only the target", DATA, ("no ", "column"), "train t.csv -t y --drop a --drop b --drop city")
typed("three rows", DATA, ("3",), "train t.csv -t y", "a,y\n1,no\n2,yes\n3,no\n")


# wishes -------------------------------------------------------------------------------------------------------------

typed("unknown option", USAGE, ("--epoch", "--epochs"), "train t.csv -t y --epoch 3")
typed("unknown command", USAGE, ("trian", "train"), "trian t.csv")
typed("unknown network", USAGE, ("mpl", "mlp"), "train t.csv -t y --network mpl")
typed("unknown optimiser", USAGE, ("adma", "adam"), "train t.csv -t y --optimizer adma")
typed("unknown loss", USAGE, ("hing", "hinge"), "train t.csv -t y --loss hing")
typed("unknown schedule", USAGE, ("cosin", "cosine"), "train t.csv -t y --schedule cosin")
typed("unknown task", USAGE, ("clasification", "classification"), "train t.csv -t y --task clasification")
typed("unknown kind", USAGE, ("numbr", "number"), "train t.csv -t y --kind a=numbr")
typed("a kind for no column", DATA, ("aa", "'a'"), "train t.csv -t y --kind aa=number")
typed("unknown activation", USAGE, ("rleu", "relu"), "train t.csv -t y --activation rleu")
typed("unknown device", USAGE, ("gpuu",), "train t.csv -t y --device gpuu")
typed("unknown precision", USAGE, ("float23", "float32"), "train t.csv -t y --precision float23")
typed("an option of another network", USAGE, ("initialisaton",), "train t.csv -t y --option initialisaton=he")
typed("hidden that is no number", USAGE, ("hidden", "abc"), "train t.csv -t y --hidden abc")
typed("hidden of 0", USAGE, ("hidden", "0"), "train t.csv -t y --hidden 0")
typed("negative learning rate", USAGE, ("lr", "-1"), "train t.csv -t y --lr -1")
typed("a learning rate that is no number", USAGE, ("lr", "nan"), "train t.csv -t y --lr nan")
typed("no epochs", USAGE, ("epochs", "0"), "train t.csv -t y --epochs 0")
typed("negative batch size", USAGE, ("batch", "-4"), "train t.csv -t y --batch-size -4")
typed("dropout of 1.5", USAGE, ("dropout", "1.5"), "train t.csv -t y --dropout 1.5")
typed("a seed below 0", USAGE, ("--seed", "0"), "train t.csv -t y --seed -1")
typed("text for a number", USAGE, ("--epochs", "integer"), "train t.csv -t y --epochs many")
typed("a drop of no column", DATA, ("bb", "'b'"), "train t.csv -t y --drop bb")
typed("a group that is no column", DATA, ("cty", "'city'"), "train t.csv -t y --group cty")
typed("split of wrong shares", USAGE, ("90/90/90",), "train t.csv -t y --split 90/90/90")
typed("split by no column", DATA, ("part",), "train t.csv -t y --split part")
typed("unknown loss for numbers", USAGE, ("hinge", "mse"), "train t.csv -t a --task regression --loss hinge")
typed("text as numbers", DATA, ("city", "Vic"), "train t.csv -t y --kind city=number")
typed("no source", USAGE, ("SOURCE",), "train")
typed("a plan that is missing", DATA, ("plan.toml",), "train --plan plan.toml")
typed("resume with other wishes", USAGE, ("--resume",), "train --resume runs/x --epochs 3")
typed("rows of 0", USAGE, ("--rows", "0"), "train t.csv -t y --rows 0")
typed("an image network for a table", USAGE, ("lenet5", "image"), "train t.csv -t y --network lenet5")


@case(DATA, "plans", "director")
def a_folder_as_a_plan(folder):
    (folder / "plans").mkdir()
    return ["train", "--plan", "plans"]


@case(DATA, "plan.toml", "line 2")
def a_plan_that_is_not_toml(folder):
    (folder / "plan.toml").write_text("[data]\nsource = \n")
    return ["train", "--plan", "plan.toml"]


@case(USAGE, "epoch", "epochs", "plan.toml")
def a_plan_with_an_unknown_key(folder):
    (folder / "plan.toml").write_text('[data]\nsource = "iris"\n[recipe]\nepoch = 3\n')
    return ["train", "--plan", "plan.toml"]


@case(USAGE, "epochs", "plan.toml")
def a_plan_with_a_wrong_value(folder):
    (folder / "plan.toml").write_text('[data]\nsource = "iris"\n[recipe]\nepochs = "many"\n')
    return ["train", "--plan", "plan.toml"]


@case(USAGE, "plan.toml")
def a_plan_with_a_value_for_a_table(folder):
    (folder / "plan.toml").write_text('data = "iris"\n')
    return ["train", "--plan", "plan.toml"]


@case(DATA, "plan.toml")
def a_plan_of_junk(folder):
    (folder / "plan.toml").write_bytes(random.Random(2).randbytes(300))
    return ["train", "--plan", "plan.toml"]


@case(RESOURCE, "thesis")
def a_file_as_the_run_folder(folder):
    (folder / "t.csv").write_text(TABLE)
    (folder / "thesis").write_text("mine")
    return ["train", "t.csv", "-t", "y", "--out", "thesis"]


# pictures -----------------------------------------------------------------------------------------------------------


def png(width: int, height: int, rows: bytes | None = None) -> bytes:
    """Write a grey PNG by hand, so that its header may promise what its pixels do not hold."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = b"".join(b"\0" + bytes(width) for _ in range(height)) if rows is None else rows
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def photographs(folder: Path, classes: tuple[str, ...] = ("cat", "dog"), count: int = 12) -> Path:
    """Write a folder of small pictures for each class."""
    for k, name in enumerate(classes):
        (folder / "photos" / name).mkdir(parents=True)
        for i in range(count):
            rows = b"".join(b"\0" + bytes([(i * 7 + k * 90 + j) % 256 for j in range(16)]) for _ in range(16))
            (folder / "photos" / name / f"{i}.png").write_bytes(png(16, 16, rows))
    return folder / "photos"


@case(DATA, "photos", "no pictures")
def an_empty_folder(folder):
    (folder / "photos").mkdir()
    return ["train", "photos"]


@case(DATA, "'cat'", "two different labels")
def a_folder_of_one_class(folder):
    photographs(folder, ("cat",))
    return ["train", "photos"]


@case(DATA, "photos")
def a_folder_without_pictures(folder):
    for name in ("cat", "dog"):
        (folder / "photos" / name).mkdir(parents=True)
        (folder / "photos" / name / "notes.txt").write_text("no picture")
    return ["train", "photos"]


@case(DATA, "24 of 24", "cat/0.png")
def only_damaged_pictures(folder):
    for path in photographs(folder).rglob("*.png"):
        path.write_bytes(path.read_bytes()[:30])
    return ["train", "photos"]


@case(DATA, "photos")
def a_folder_that_holds_itself(folder):
    (folder / "photos").mkdir()
    (folder / "photos" / "cat").symlink_to(folder / "photos")
    return ["train", "photos"]


@case(USAGE, "augmentation", "flpi", "flip")
def unknown_augmentation(folder):
    photographs(folder)
    return ["train", "photos", "--augment", "flpi"]


@case(USAGE, "--size", "1")
def pictures_of_one_pixel(folder):
    photographs(folder)
    return ["train", "photos", "--size", "1"]


# runs: `run` is a finished one on t.csv, copied for each case ---------------------------------------------------------


def finished(folder: Path) -> Path:
    """Return the finished run that the test has put beside the corpus."""
    (folder / "t.csv").write_text(TABLE)
    shutil.copytree(os.environ["FINISHED_RUN"], folder / "run")
    return folder / "run"


@case(DATA, "nowhere", "not a profundo run")
def no_run(folder):
    return ["predict", "nowhere", "t.csv"]


@case(DATA, "run", "not a profundo run")
def a_folder_that_is_no_run(folder):
    (folder / "run").mkdir()
    return ["train", "--resume", "run"]


@case(DATA, "best.safetensors", "damaged")
def truncated_weights(folder):
    path = finished(folder) / "best.safetensors"
    path.write_bytes(path.read_bytes()[:-40])
    return ["predict", "run", "t.csv"]


@case(DATA, "best.safetensors", "damaged")
def one_bit_of_the_weights(folder):
    path = finished(folder) / "best.safetensors"
    data = bytearray(path.read_bytes())
    data[-17] ^= 4
    path.write_bytes(data)
    return ["predict", "run", "t.csv"]


@case(DATA, "best.safetensors", "not exist")
def missing_weights(folder):
    (finished(folder) / "best.safetensors").unlink()
    return ["evaluate", "run", "t.csv"]


@case(DATA, "not complete", "--resume run")
def missing_manifest(folder):
    (finished(folder) / "manifest.json").unlink()
    return ["predict", "run", "t.csv"]


@case(DATA, "manifest.json")
def a_foreign_manifest(folder):
    (finished(folder) / "manifest.json").write_text('{"name": "another program", "version": 3}')
    return ["predict", "run", "t.csv"]


@case(DATA, "manifest.json")
def a_manifest_that_is_a_list(folder):
    (finished(folder) / "manifest.json").write_text("[1, 2]")
    return ["predict", "run", "t.csv"]


@case(DATA, "format 99")
def a_run_of_a_future_profundo(folder):
    path = finished(folder) / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    return ["predict", "run", "t.csv"]


@case(DATA, "schema.json")
def a_damaged_schema(folder):
    (finished(folder) / "schema.json").write_text('{"inputs": {')
    return ["predict", "run", "t.csv"]


@case(DATA, "schema.json")
def a_foreign_schema(folder):
    (finished(folder) / "schema.json").write_text('{"$schema": "http://json-schema.org/draft-07/schema#"}')
    return ["predict", "run", "t.csv"]


@case(DATA, "schema.json")
def a_schema_with_text_for_a_number(folder):
    path = finished(folder) / "schema.json"
    value = json.loads(path.read_text())
    next(iter(value["inputs"].values()))["center"] = "middle"
    path.write_text(json.dumps(value))
    return ["predict", "run", "t.csv"]


@case(DATA, "scores.json")
def damaged_scores(folder):
    (finished(folder) / "scores.json").write_text("{")
    return ["evaluate", "run"]


@case(DATA, "scores.json")
def foreign_scores(folder):
    (finished(folder) / "scores.json").write_text('{"accuracy": 1}')
    return ["evaluate", "run"]


@case(DATA, "scores.json")
def damaged_scores_in_the_report(folder):
    (finished(folder) / "scores.json").write_text("[]")
    return ["report", "run"]


@case(DATA, "scores.json")
def damaged_scores_in_a_finished_run_that_is_resumed(folder):
    (finished(folder) / "scores.json").write_text("{")
    return ["train", "--resume", "run"]


@case(DATA, "plan.toml")
def a_plan_of_junk_in_the_run(folder):
    (finished(folder) / "plan.toml").write_bytes(b"\xff\xfe\x00")
    return ["predict", "run", "t.csv"]


@case(DATA, "no column 'b'", "new.csv")
def predict_with_a_missing_column(folder):
    finished(folder)
    (folder / "new.csv").write_text("a,city\n1,Reus\n2,Vic\n")
    return ["predict", "run", "new.csv"]


@case(DATA, "y", "new.csv")
def evaluate_without_a_target(folder):
    finished(folder)
    (folder / "new.csv").write_text("a,b,city\n1,2,Reus\n2,3,Vic\n")
    return ["evaluate", "run", "new.csv"]


@case(DATA, "new.csv", "training never saw")
def evaluate_with_labels_that_training_never_saw(folder):
    finished(folder)
    (folder / "new.csv").write_text("a,b,city,y\n1,2,Reus,maybe\n2,3,Vic,maybe\n")
    return ["evaluate", "run", "new.csv"]


@case(DATA, "photos")
def predict_pictures_with_a_network_for_tables(folder):
    finished(folder)
    photographs(folder)
    return ["predict", "run", "photos"]


@case(USAGE, "answers.docx", ".csv")
def predict_into_an_unknown_kind_of_file(folder):
    finished(folder)
    return ["predict", "run", "t.csv", "-o", "answers.docx"]


@case(RESOURCE, "nowhere")
def predict_into_a_folder_that_does_not_exist(folder):
    finished(folder)
    return ["predict", "run", "t.csv", "-o", "nowhere/answers.csv"]


def unfinished(folder: Path) -> Path:
    """Return a run as it stands after its first epochs: the resume point is there, the results are not."""
    (folder / "t.csv").write_text(TABLE)
    run = folder / "run"
    shutil.copytree(os.environ["UNFINISHED_RUN"], run)
    plan = (run / "plan.toml").read_text()
    (run / "plan.toml").write_text(plan.replace(os.environ["UNFINISHED_SOURCE"], str(folder / "t.csv")))
    return run


@case(DATA, "t.csv", "no longer the data")
def resume_with_changed_data(folder):
    unfinished(folder)
    (folder / "t.csv").write_text(TABLE.replace("3.7", "3.8", 1))
    return ["train", "--resume", "run"]


@case(DATA, "t.csv", "no longer the data")
def resume_with_a_column_in_other_units(folder):
    unfinished(folder)
    lines = [line.split(",") for line in TABLE.splitlines()]
    tens = [[f"{float(a) * 10:.0f}", *rest] for a, *rest in lines[1:]]
    (folder / "t.csv").write_text("\n".join(",".join(line) for line in [lines[0], *tens]) + "\n")
    return ["train", "--resume", "run"]


@case(DATA, "'t.csv'", "no file")
def resume_without_the_data(folder):
    unfinished(folder)
    (folder / "t.csv").unlink()
    return ["train", "--resume", "run"]


@case(DATA, "resume-", "damaged")
def resume_from_a_damaged_point(folder):
    (path,) = unfinished(folder).glob("resume-*.safetensors")
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    return ["train", "--resume", "run"]


@case(DATA, "resume-")
def resume_from_a_point_that_is_gone(folder):
    (path,) = unfinished(folder).glob("resume-*.safetensors")
    path.unlink()
    return ["train", "--resume", "run"]


@case(DATA, "resume.json")
def resume_from_a_foreign_json(folder):
    (unfinished(folder) / "resume.json").write_text('{"format": 1}')
    return ["train", "--resume", "run"]


@case(DATA, "not complete", "--resume run")
def predict_with_an_unfinished_run(folder):
    unfinished(folder)
    return ["predict", "run", "t.csv"]
