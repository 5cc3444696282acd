"""Folders of runs: listed, found, tagged and deleted, whatever stands in them."""

import fcntl
import json
import os
import subprocess
import sys
import time

import pytest

from profundo import delete, runs, tag
from profundo.errors import DataError, ResourceError, UsageError
from profundo.folders import details, trainer
from profundo.tidy import TRASH, label

PLAN = (
    '[data]\nsource = "/data/my houses.csv"\n[network]\nname = "mlp"\n[task]\nname = "regression"\n[recipe]\nseed = 3\n'
)


def made(root, name, *, accuracy=None, status=None, task="classification", began=1_000.0):
    """A run folder as training leaves it, as far as listing looks: finished where it has an accuracy."""
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "plan.toml").write_text(PLAN)
    (folder / "code.txt").write_text("profundo 0\n")
    (folder / "lock").write_text("")
    os.utime(folder / "code.txt", (began, began))
    if status is not None:
        (folder / "status.json").write_text(json.dumps(status))
    if accuracy is not None:
        score = {"value": accuracy, "low": accuracy - 0.1, "high": accuracy + 0.1, "n": 50}
        found = {"data": "digits", "task": task, "network": "convnet", "main": "accuracy", "lower": [], "epochs": 4}
        (folder / "scores.json").write_text(json.dumps({**found, "scores": {"accuracy": score}, "seconds": 2.5}))
        (folder / "manifest.json").write_text("{}")
        (folder / "report.html").write_text("<p>")
    return folder


def names(found):
    return [run["name"] for run in found]


def only(root):
    (run,) = runs(root)
    return run


def test_a_finished_run_is_listed_with_its_score(tmp_path):
    made(tmp_path, "digits-1", accuracy=0.9)
    run = only(tmp_path)
    assert (run["state"], run["resumable"], run["data"], run["network"], run["main"]) == (
        "finished",
        False,
        "digits",
        "convnet",
        "accuracy",
    )
    assert run["score"]["value"] == 0.9 and run["report"] and run["began"] == 1_000.0 and run["seconds"] == 2.5


def test_a_run_without_scores_is_told_from_its_plan(tmp_path):
    made(tmp_path, "houses-1")
    run = only(tmp_path)
    assert (run["data"], run["task"], run["network"], run["seed"]) == ("my houses.csv", "regression", "mlp", 3)
    assert run["state"] == "interrupted" and run["resumable"] and run["score"] is None


@pytest.mark.parametrize("state, shown", [("running", "interrupted"), ("stopped", "stopped"), ("failed", "failed")])
def test_the_state_of_a_run_in_which_nobody_trains(tmp_path, state, shown):
    made(
        tmp_path,
        "a-1",
        status={"state": state, "error": "why", "step": 30, "steps": 120, "epoch": 2, "stage": "training"},
    )
    run = only(tmp_path)
    assert (run["state"], run["resumable"], run["done"], run["epochs"]) == (shown, True, 0.25, 2)
    assert run["error"] == "why"


def test_a_run_is_running_only_while_its_process_holds_the_lock(tmp_path):
    folder = made(tmp_path, "a-1", status={"state": "running", "step": 1, "steps": 4})
    (folder / "lock").write_text(str(os.getpid()))
    assert only(tmp_path)["state"] == "interrupted"  # alive, but it trains elsewhere
    with (folder / "lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert trainer(folder) == os.getpid()
        run = only(tmp_path)
        assert (run["state"], run["resumable"]) == ("running", False)
        with pytest.raises(ResourceError, match="trains in"):
            delete(folder)
    assert trainer(folder) is None and only(tmp_path)["state"] == "interrupted"


def test_the_lock_of_a_killed_process_is_no_training(tmp_path):
    folder = made(tmp_path, "a-1", status={"state": "running"})
    hold = """
import fcntl, os, sys, time
lock = open(sys.argv[1], "r+")
fcntl.flock(lock, fcntl.LOCK_EX)
lock.write(str(os.getpid()))
lock.flush()
print(flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", hold, folder / "lock"], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert trainer(folder) == process.pid
        process.kill()
    assert trainer(folder) is None


@pytest.mark.parametrize("text", ["", "abc", "-1", "0", "1", "99999999999999999999", "0x1"])
def test_a_lock_that_names_no_process_is_no_training(tmp_path, text):
    folder = made(tmp_path, "a-1")
    (folder / "lock").write_text(text)
    with (folder / "lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert trainer(folder) is None


@pytest.mark.parametrize("name", ["scores.json", "status.json", "tags.json", "plan.toml"])
@pytest.mark.parametrize("text", ["{", "[1]", "null", '{"scores": 3}', "\udcff"])
def test_a_damaged_file_damages_one_run_and_not_the_list(tmp_path, name, text):
    made(tmp_path, "good-1", accuracy=0.9)
    folder = made(tmp_path, "bad-1", status={"state": "failed"}, accuracy=0.5 if name == "scores.json" else None)
    (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    found = {run["name"]: run for run in runs(tmp_path)}
    assert found["good-1"]["state"] == "finished"
    listed = (text == '{"scores": 3}' and name in ("status.json", "tags.json")) or (name, text) == ("plan.toml", "[1]")
    assert (found["bad-1"]["state"] == "damaged") != listed
    assert listed or str(folder) in found["bad-1"]["error"]


def test_a_change_is_seen_and_what_did_not_change_is_not_read_again(tmp_path, monkeypatch):
    folder = made(tmp_path, "a-1", accuracy=0.9)
    assert only(tmp_path)["tags"] == []
    tag(folder, "best")
    assert only(tmp_path)["tags"] == ["best"]
    monkeypatch.setattr("profundo.folders.read_entry", lambda *_: pytest.fail("read again"))
    assert only(tmp_path)["tags"] == ["best"]


def test_filters_and_sorting(tmp_path):
    made(tmp_path, "a-1", accuracy=0.7, began=300)
    made(tmp_path, "b-1", accuracy=0.9, began=100)
    made(tmp_path, "c-1", accuracy=0.8, task="multilabel", began=200)
    made(tmp_path, "d-1", began=50)
    tag(tmp_path / "b-1", "best")
    assert names(runs(tmp_path)) == ["a-1", "c-1", "b-1", "d-1"]
    assert names(runs(tmp_path, sort="score")) == ["b-1", "c-1", "a-1", "d-1"]
    assert names(runs(tmp_path, sort="name")) == ["a-1", "b-1", "c-1", "d-1"]
    assert names(runs(tmp_path, tag="best")) == ["b-1"]
    assert names(runs(tmp_path, task="multilabel")) == ["c-1"]
    assert names(runs(tmp_path / "a-1")) == ["a-1"]
    assert names(runs(tmp_path, state="interrupted")) == ["d-1"]
    assert names(runs(tmp_path, find="BEST")) == ["b-1"] and names(runs(tmp_path, find="houses.csv")) == ["d-1"]
    assert names(runs(tmp_path, sort="name", reverse=True)) == ["d-1", "c-1", "b-1", "a-1"]
    with pytest.raises(UsageError, match="Did you mean 'score'"):
        runs(tmp_path, sort="scores")
    with pytest.raises(DataError, match="no folder"):
        runs(tmp_path / "nowhere")


def test_links_hidden_folders_and_other_things_are_not_runs(tmp_path):
    folder = made(tmp_path / "elsewhere", "a-1", accuracy=0.9)
    root = tmp_path / "runs"
    made(root, ".hidden", accuracy=0.9)
    (root / "link").symlink_to(folder)
    (root / "file").write_text("")
    (root / "empty").mkdir()
    assert runs(root) == []
    for verb in (delete, tag):
        with pytest.raises(DataError, match="is a link"):
            verb(root / "link")
    assert folder.is_dir()


def test_a_training_that_has_just_begun_is_described(tmp_path):
    folder = made(tmp_path, "a-1", status={"state": "running"})
    (folder / "plan.toml").unlink()
    (folder / "lock").write_text(str(os.getpid()))
    with (folder / "lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = details(folder)
    assert (found["run"]["state"], found["plan"], found["progress"]) == ("running", "", [])


def test_details_hold_what_is_small(tmp_path):
    folder = made(tmp_path, "a-1", accuracy=0.9)
    (folder / "progress.jsonl").write_text('{"epoch": 1}\n{"epoch": 2}\n{"epo')
    (folder / ".scores.json.x.tmp").write_text("half")
    (folder / "data.json").write_text('{"name": "digits", "columns": {"a": {}}}')
    found = details(folder)
    assert found["progress"] == [{"epoch": 1}, {"epoch": 2}]
    assert found["data"] == {"name": "digits"} and found["plan"] == PLAN
    assert found["scores"]["scores"]["accuracy"]["value"] == 0.9 and found["run"]["name"] == "a-1"
    assert {"name": "plan.toml", "bytes": len(PLAN)} in found["files"]
    assert not any(file["name"].startswith(".") for file in found["files"])


def test_a_damaged_history_is_told(tmp_path):
    folder = made(tmp_path, "a-1")
    assert details(folder)["progress"] == []
    (folder / "progress.jsonl").write_text('{"epoch": 1}\n{"epo\n')
    with pytest.raises(DataError, match=r"progress\.jsonl is damaged"):
        details(folder)


def test_tags_are_kept_in_order_and_taken_away(tmp_path):
    folder = made(tmp_path, "a-1", accuracy=0.9)
    assert tag(folder, "best", "two words", "best")["tags"] == ["best", "two words"]
    assert tag(folder, "third", remove=["best"], note="why")["tags"] == ["two words", "third"]
    assert tag(folder) == {"run": str(folder), "tags": ["two words", "third"], "note": "why"}
    assert label(folder, ["x"]) == {"run": str(folder), "tags": ["x"], "note": ""}
    with pytest.raises(UsageError, match="no tag 'y'"):
        tag(folder, remove=["y"])


@pytest.mark.parametrize("tags", [[""], ["a,b"], ["x" * 41], ["a\nb"], [f"t{i}" for i in range(21)]])
def test_what_cannot_be_a_tag_is_refused(tmp_path, tags):
    folder = made(tmp_path, "a-1", accuracy=0.9)
    with pytest.raises(UsageError):
        label(folder, tags)
    assert not (folder / "tags.json").exists()


def test_deleting_removes_the_run_and_nothing_else(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    folder = made(tmp_path / "runs", "a-1", accuracy=0.9)
    (folder / "seed-1").mkdir()
    (folder / "link").symlink_to(outside)
    kept = made(tmp_path / "runs", "b-1", accuracy=0.9)
    (tmp_path / "runs" / f"{TRASH}old").mkdir()
    found = delete(folder, within=tmp_path / "runs")
    assert found["deleted"][0]["run"] == str(folder) and found["deleted"][0]["bytes"] > 100
    assert sorted(p.name for p in (tmp_path / "runs").iterdir()) == ["b-1"]
    assert (kept / "plan.toml").is_file() and (outside / "precious").is_file()


def test_what_must_not_be_deleted_stays(tmp_path, monkeypatch):
    root = tmp_path / "runs"
    good = made(root, "good-1", accuracy=0.9)
    project = made(root, "project", accuracy=0.9)
    (project / "src").mkdir()
    unlocked = made(root, "plan-only")
    (unlocked / "lock").unlink()
    for wrong, text in [
        (project, "no part of a run"),
        (unlocked, "no lock"),
        (root, "plan.toml"),
        (root / "x", "plan.toml"),
    ]:
        with pytest.raises((UsageError, DataError), match=text):
            delete(good, wrong)
    with pytest.raises(UsageError, match="does not stand in"):
        delete(good, within=tmp_path)
    with pytest.raises(UsageError, match="which run"):
        delete()
    monkeypatch.chdir(good)
    with pytest.raises(UsageError, match="Go out of it"):
        delete(".")
    assert len(runs(root)) == 3


def test_a_thousand_runs_are_listed_without_torch(tmp_path):
    for i in range(1_000):
        made(tmp_path, f"digits-{i}", accuracy=0.5 + i / 4_000)
    code = "import sys, profundo; print(len(profundo.runs(sys.argv[1])), {'torch', 'pandas'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["1000", "set()"]


def told(*words, answer=None):
    """Run a command with a terminal that answers, or with none; returns its status and what it said."""
    command = [sys.executable, "-m", "profundo", *map(str, words)]
    if answer is None:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout + done.stderr
    ours, theirs = os.openpty()
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        os.close(theirs)
        os.write(ours, answer.encode())
        text, _ = process.communicate(timeout=60)
    os.close(ours)
    return process.returncode, text


def test_the_commands(tmp_path):
    folder = made(tmp_path, "a-1", accuracy=0.9, began=time.time())
    assert told("tag", folder, "best", "--note", "the first") == (0, f"{folder}: best · the first\n")
    status, text = told("runs", tmp_path, "--tag", "best")
    assert status == 0 and "accuracy 0.900 (0.800 to 1.000)" in text and text.splitlines()[1].endswith("best")
    assert told("delete", folder)[0] == 2 and folder.is_dir()
    status, text = told("delete", folder, answer="n\n")
    assert status == 1 and "Delete 1 run for good" in text and folder.is_dir()
    status, text = told("delete", folder, answer="y\n")
    assert status == 0 and not folder.exists()
    assert told("runs", tmp_path) == (0, f"there is no such run in {tmp_path}\n")
