"""Following a run: only what is new, whatever is being written."""

import json
import os
from pathlib import Path

from profundo.studio.watching import Follower, Whole


def line(epoch: int) -> str:
    return json.dumps({"epoch": epoch}) + "\n"


def test_a_look_gives_the_whole_lines_that_are_new(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    follower = Follower(path)
    assert follower.look() is None
    path.write_text(line(1) + line(2) + '{"epo')
    assert follower.look() == (0, [{"epoch": 1}, {"epoch": 2}])
    with path.open("a") as file:
        file.write('ch": 3}\n' + line(4))
    assert follower.look() == (2, [{"epoch": 3}, {"epoch": 4}])
    assert follower.look() is None


def test_a_training_that_was_resumed_is_read_from_the_beginning(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    follower = Follower(path)
    path.write_text("".join(line(n) for n in range(5)))
    follower.look()
    path.write_text(line(0) + line(1))
    assert follower.look() == (0, [{"epoch": 0}, {"epoch": 1}])
    path.write_text("")
    assert follower.look() == (0, [])


def test_a_long_file_is_read_in_several_looks(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("profundo.studio.watching.MOST", 100)
    path = tmp_path / "progress.jsonl"
    path.write_text("".join(line(n) for n in range(50)))
    follower, got = Follower(path), []
    while (new := follower.look()) is not None:
        assert new[0] == len(got)
        got += new[1]
    assert [entry["epoch"] for entry in got] == list(range(50))


def test_a_small_file_is_given_when_it_is_another_one(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    whole = Whole(path)
    assert whole.look() is None
    path.write_text('{"epoch": 1}')
    assert whole.look() == {"epoch": 1} and whole.look() is None
    path.write_text('{"epo')
    assert whole.look() is None
    other = tmp_path / "new"
    other.write_text('{"epoch": 2}')
    os.replace(other, path)
    assert whole.look() == {"epoch": 2}
