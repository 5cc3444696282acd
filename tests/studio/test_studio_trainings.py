"""Trainings that the page starts, as they are: processes of their own, which outlive the server."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from guests import Guest

from profundo.folders import trainer

LONG: dict[str, Any] = {"epochs": 100_000, "evaluate": "holdout", "baselines": False, "check": False, "lr": 0.01}


def until(true: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait until something is so, and return it."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
    return found


def epochs(folder: Path) -> int:
    path = folder / "progress.jsonl"
    return path.read_bytes().count(b"\n") if path.is_file() else 0


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_option_that_is_wrong_is_told_with_the_trainings_own_advice(opened) -> None:
    studio = opened()
    body = {"source": "iris", "wishes": {"network": "resnet51"}}
    error = studio.json("POST", "/api/runs", body, status=422)["error"]
    assert "there is no network 'resnet51'. Did you mean" in error["message"]
    assert list(studio.house.runs.glob("iris*")) == [], "the folder is not left"


def test_a_training_from_its_start_to_its_deletion(opened) -> None:
    studio = opened()
    name = studio.json("POST", "/api/runs", {"source": "iris", "wishes": LONG}, status=201)["name"]
    folder = studio.house.runs / name
    assert name == "iris-1" and trainer(folder) is not None
    until(lambda: epochs(folder) > 3)
    assert [(r["name"], r["state"]) for r in studio.json("GET", "/api/runs")["runs"]] == [(name, "running")]
    for method, path in (("DELETE", ""), ("POST", "/resume")):
        assert "train" in studio.json(method, f"/api/runs/{name}{path}", status=409)["error"]["message"]
    studio.json("POST", f"/api/runs/{name}/pause")
    until(lambda: trainer(folder) is None)
    paused = epochs(folder)
    told = studio.json("GET", f"/api/runs/{name}")
    assert told["run"]["state"] == "stopped" and told["run"]["resumable"] and "--resume" in told["log"][-1]
    for deed in ("pause", "stop"):
        studio.json("POST", f"/api/runs/{name}/{deed}", status=409)
    assert not (folder / "stop").exists()
    assert studio.ask("GET", f"/api/runs/{name}/report")[0] == 404
    studio.json("POST", f"/api/runs/{name}/resume")
    until(lambda: epochs(folder) > paused)
    studio.json("POST", f"/api/runs/{name}/stop")
    until(lambda: (folder / "manifest.json").is_file() and trainer(folder) is None)
    told = studio.json("GET", f"/api/runs/{name}")
    assert told["run"]["state"] == "finished" and told["run"]["score"]["value"] > 0.5
    assert studio.json("PUT", f"/api/runs/{name}/tags", {"tags": ["a", "<b>"], "note": "n"})["tags"] == ["a", "<b>"]
    assert studio.json("GET", "/api/runs")["runs"][0]["tags"] == ["a", "<b>"]
    for wrong in ({"tags": "a"}, {"tags": [1]}, {"tags": [], "note": 3}, {"tags": ["a,b"]}):
        studio.json("PUT", f"/api/runs/{name}/tags", wrong, status=400)
    status, headers, text = studio.ask("GET", f"/api/runs/{name}/report")
    assert status == 200 and b"<html" in text and "sandbox" in headers["content-security-policy"]
    assert "script-src" not in headers["content-security-policy"] and "'self'" in headers["content-security-policy"]
    studio.json("DELETE", f"/api/runs/{name}")
    assert not folder.exists() and studio.json("GET", "/api/runs")["runs"] == []


def test_a_run_whose_data_are_being_read_says_so(studio: Guest) -> None:
    (studio.house.runs / "young").mkdir(parents=True)
    error = studio.json("GET", "/api/runs/young", status=409)["error"]
    assert "data are being read" in error["message"]


def test_only_so_many_trainings_are_started_here(opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("profundo.studio.trainings.MOST", 0)
    studio = opened()
    status, headers, _ = studio.ask("POST", "/api/runs", {"source": "iris"})
    assert status == 429 and int(headers["retry-after"]) > 0
    assert list(studio.house.runs.glob("iris*")) == []


def test_the_next_free_folder_is_named_after_the_source(tmp_path: Path, studio: Guest) -> None:
    trainings = studio.house.trainings
    names = [trainings.new_folder(s).name for s in ("a.csv", "x/../a.tsv", "/", "..", "../../$(x) y", "-rf", "é" * 300)]
    assert names[:3] == ["a-1", "a-2", "run-1"] and len(set(names)) == len(names)
    assert all((studio.house.runs / n).is_dir() and n[0].isalnum() | (n[0] == "_") for n in names)
    for name in names:
        (studio.house.runs / name).rmdir()


def command(folder: Path, *more: str) -> tuple[subprocess.Popen[str], Guest]:
    """Start `profundo studio`, as a person would."""
    pages = folder / "pages"
    pages.mkdir(exist_ok=True)
    (pages / "index.html").write_text("<!doctype html><title>studio</title>")
    own = ["--no-browser", "--json", "--runs", str(folder / "runs"), "--pages", str(pages)]
    process = subprocess.Popen(
        [sys.executable, "-m", "profundo", "studio", *own, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    guest = Guest(told["port"], told["address"].partition("token=")[2], None, None)  # type: ignore[arg-type]
    _, headers, _ = guest.ask("GET", told["address"].removeprefix(guest.origin), bare=True)
    guest.cookie = headers["set-cookie"].partition(";")[0]
    return process, guest


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            _, parent = stat.read_text().rpartition(")")[2].split()[:2]
            found += [int(stat.parent.name)] if int(parent) == pid else []
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
def test_a_training_survives_the_server_and_is_found_again(tmp_path: Path) -> None:
    process, studio = command(tmp_path)
    name = studio.json("POST", "/api/runs", {"source": "iris", "wishes": LONG}, status=201)["name"]
    folder = tmp_path / "runs" / name
    pid = trainer(folder)
    workers = [child for child in children(process.pid) if child != pid]
    assert pid in children(process.pid) and len(workers) == 1, "the warm one"
    process.kill()
    process.communicate()
    until(lambda: not any(map(alive, workers)))
    before = epochs(folder)
    until(lambda: epochs(folder) > before)
    process, studio = command(tmp_path)
    (run,) = studio.json("GET", "/api/runs")["runs"]
    assert (run["name"], run["state"]) == (name, "running")
    studio.json("POST", f"/api/runs/{name}/pause")
    until(lambda: trainer(folder) is None)
    workers = children(process.pid)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=20)
    assert process.returncode == 0 and out == "" and "Traceback" not in errors and "closed" in errors
    assert not any(map(alive, workers))
