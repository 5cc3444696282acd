"""Two processes never train in one folder, and two that choose for themselves choose two."""

import json
import os
import signal

import pytest
from killing import command_child, command_of, finish, start, wait_for_step, write_sources

JOB = "table"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write_sources(tmp_path_factory.mktemp("sources"))[JOB]


def refused(arguments, log):
    assert finish(start(command_child, arguments, log)) == 5
    (line,) = (line for line in log.read_text().splitlines() if line.startswith("error:"))
    return line


def test_a_folder_in_use_is_refused(source, tmp_path):
    folder = tmp_path / "run"
    long = [*command_of(JOB, source, folder), "--epochs", "100000"]
    first = start(command_child, long, tmp_path / "first")
    wait_for_step(first, folder, 1)
    resumed = refused(["train", "--resume", str(folder)], tmp_path / "resumed")
    begun = refused(command_of(JOB, source, folder), tmp_path / "begun")
    assert first.is_alive()
    first.terminate()
    assert finish(first) == 128 + signal.SIGTERM
    assert "in use by another process" in resumed
    assert "--resume" in begun and "--out" in begun


def test_a_folder_with_other_files_is_refused_and_left_alone(source, tmp_path):
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "chapter1.tex").write_text("mine")
    assert "chapter1.tex" in refused(command_of(JOB, source, folder), tmp_path / "said")
    assert [p.name for p in folder.iterdir()] == ["chapter1.tex"]
    assert (folder / "chapter1.tex").read_text() == "mine"


def in_folder(folder, arguments, log):
    """Carry out a command line with `folder` as the current one."""
    os.chdir(folder)
    command_child(arguments, log)


def test_runs_begun_together_choose_folders_of_their_own(source, tmp_path):
    arguments = [*command_of(JOB, source, tmp_path)[:-2], "--json"]
    children = [start(in_folder, tmp_path, arguments, tmp_path / f"said{i}") for i in range(4)]
    assert [finish(child) for child in children] == [0] * 4
    runs = {json.loads((tmp_path / f"said{i}").read_text().splitlines()[-1])["run"] for i in range(4)}
    assert runs == {f"runs/table-{i}" for i in range(1, 5)}


def test_an_option_that_is_refused_leaves_no_folder(source, tmp_path):
    folder = tmp_path / "run"
    process = start(command_child, [*command_of(JOB, source, folder), "--activation", "rleu"], tmp_path / "said")
    assert finish(process) == 2
    assert "relu" in (tmp_path / "said").read_text()
    assert not folder.exists()
