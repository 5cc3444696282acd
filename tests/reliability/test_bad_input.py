"""Bad input of every kind: one line with what, where and what to type next, the right exit code, nothing lost.

The corpus is bad_inputs.py. Input that is only unusual, and must work, is at the end.
"""

import hashlib
import os
import shutil
import time
from pathlib import Path

import pytest
from bad_inputs import CASES, TABLE, photographs, png

from profundo.cli import execute

SECONDS = 20.0


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Put a finished and an unfinished run into the environment, where the corpus finds them."""
    from profundo.train import train

    folder = tmp_path_factory.mktemp("runs")
    source = folder / "t.csv"
    source.write_text(TABLE)
    options = {"target": "y", "hidden": [8], "batch_size": 16, "threads": 1, "baselines": False, "save_every": 0}
    options["evaluate"] = "holdout"

    class Stop(Exception):
        pass

    def stop(event, value):
        if event == "progress" and value.whole and value.epoch == 2:
            raise Stop

    train(source, out=folder / "finished", epochs=2, **options)
    with pytest.raises(Stop):
        train(source, out=folder / "unfinished", epochs=4, watch=stop, **options)
    named = {"FINISHED_RUN": folder / "finished", "UNFINISHED_RUN": folder / "unfinished", "UNFINISHED_SOURCE": source}
    with pytest.MonkeyPatch.context() as patch:
        for name, path in named.items():
            patch.setenv(name, str(path))
        yield


def contents(folder):
    """What stands in a folder: the bytes of every file, by path."""
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name not in ("lock", "status.json")
    }


@pytest.mark.parametrize("name", CASES)
def test_bad_input_gets_one_line_of_advice(name, runs, tmp_path, monkeypatch, capfd):
    case = CASES[name]
    monkeypatch.chdir(tmp_path)
    arguments = case.make(tmp_path)
    before = contents(tmp_path)
    began = time.monotonic()
    code = execute(arguments)
    assert time.monotonic() - began < SECONDS
    said = capfd.readouterr()
    errors = [line for line in said.err.splitlines() if line.startswith("error:")]
    assert code == case.code, said.err[-600:]
    assert len(errors) == 1
    assert "Traceback" not in said.err and "a bug in profundo" not in said.err
    assert len(errors[0]) < 1000
    for word in case.words:
        assert word in errors[0]
    assert said.out == ""
    after = contents(tmp_path)
    assert {name: after.get(name) for name in before} == before, "a file was changed or lost"
    assert not [name for name in after if name.endswith(".tmp")]


def test_an_unreadable_folder(tmp_path, monkeypatch, capfd):
    """As root, permissions stop nobody, so the refusal is the system's own for a folder that is not to be read."""
    monkeypatch.chdir(tmp_path)
    photographs(tmp_path)
    if os.geteuid() == 0:
        real = os.scandir

        def refuse(path="."):
            if "cat" in str(path):
                raise PermissionError(13, "Permission denied", str(path))
            return real(path)

        monkeypatch.setattr(os, "scandir", refuse)
    else:
        (tmp_path / "photos" / "cat").chmod(0)
    code = execute(["train", "photos"])
    said = capfd.readouterr().err
    assert code in (3, 5)
    assert "cat" in said and "Traceback" not in said


def trained(arguments, capfd):
    """Carry out a training that must work; returns what it said."""
    quick = ["--no-baselines", "--epochs", "1", "--lr", "0.01", "--threads", "1", "--evaluate", "holdout"]
    code = execute(["train", *arguments, *quick])
    said = capfd.readouterr()
    assert code == 0, said.err[-600:]
    return said.err + said.out


UNUSUAL = {
    "a class with one example": TABLE + "1,2,Reus,maybe\n",
    "text in a number column": TABLE + "unknown,2,Reus,yes\n",
    "a missing target": TABLE + "1,2,Reus,\n",
    "a byte order mark": "\ufeff" + TABLE,
    "windows line ends": TABLE.replace("\n", "\r\n"),
    "infinity in a column": TABLE + "inf,2,Reus,yes\n",
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_tables_train(name, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(UNUSUAL[name], newline="")
    trained(["t.csv", "-t", "y"], capfd)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_rows_whose_target_is_no_number_are_left_out_and_counted(value, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    lines = ["a,y", *(f"{i * 37 % 101 / 10},{i * 37 % 101 / 3:.3f}" for i in range(80)), f"3,{value}"]
    Path("t.csv").write_text("\n".join(lines))
    assert "1 " in trained(["t.csv", "-t", "y"], capfd)


BAD_PICTURES = {
    "truncated": png(16, 16)[:-30],
    "no picture": b"these are words",
    "empty": b"",
    "a decompression bomb": png(50_000, 50_000, bytes(1000)),
}


@pytest.mark.parametrize("name", BAD_PICTURES)
def test_a_bad_picture_is_named_and_left_out(name, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    photographs(tmp_path)
    (tmp_path / "photos" / "cat" / "bad.png").write_bytes(BAD_PICTURES[name])
    assert "bad.png" in trained(["photos"], capfd)


def test_a_finished_run_that_is_resumed_shows_its_scores_and_changes_nothing(runs, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(os.environ["FINISHED_RUN"], "run")
    before = contents(tmp_path)
    assert execute(["train", "--resume", "run"]) == 0
    assert "accuracy" in capfd.readouterr().out
    assert contents(tmp_path) == before
