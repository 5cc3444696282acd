"""Music is learnt by learning: a network that heard progressions of chords expects what comes next, and composes."""

import json

import numpy as np
import pytest
import torch

from profundo import evaluate, generate, train
from profundo.data import load
from profundo.data.midi import pitch_name, pitch_of, read_midi, to_midi
from profundo.data.progressions import piece
from profundo.errors import DataError, MissingExtra, UsageError

pytest.importorskip("mido")


def walking(steps=32, begin=60):
    """Two voices, one of which walks up and down."""
    roll = np.zeros((steps, 128), bool)
    roll[:, 48] = True
    for step in range(steps):
        roll[step, begin + abs(step % 8 - 4)] = True
    return roll


@pytest.fixture
def songs(tmp_path):
    folder = tmp_path / "songs"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number}.mid").write_bytes(to_midi(walking(begin=60 + number % 3), 4))
    return folder


def test_a_roll_is_written_as_midi_and_read_again():
    roll = piece(3, np.random.default_rng(0))
    assert np.array_equal(read_midi(to_midi(roll, 4), "song.mid", 4), roll)
    assert pitch_name(60) == "C4" and all(pitch_of(pitch_name(p)) == p for p in range(128))


def test_windows_tell_what_sounds_next(songs):
    data = load(str(songs), context="16")
    kind = data.schema.targets["roll"]
    assert data.task == "music" and data.schema.gives == "next" and kind.channels[0] == "C3"
    assert data.x.shape == (24, 16, len(kind.channels) + 1)
    assert torch.equal(data.x[:, 1:, :-1], data.y[:, :-1])
    assert torch.equal(data.x[1, 0, :-1], data.y[0, -1])  # a later window has heard the one before
    whole = {name: {data.frame["piece"].iloc[int(i)] for i in rows} for name, rows in data.splits.items()}
    assert not whole["train"] & whole["test"] and not whole["train"] & whole["validation"]


def test_few_pieces_are_split_in_time(songs):
    for number in range(4, 12):
        (songs / f"{number}.mid").unlink()
    data = load(str(songs), context="4")
    assert "few pieces" in " ".join(n.text for n in data.notes)
    firsts = {name: data.frame["begin"].iloc[rows.numpy()] for name, rows in data.splits.items()}
    assert firsts["train"].max() < firsts["test"].min()


def test_what_is_no_music_is_named(tmp_path, songs, monkeypatch):
    (songs / "broken.mid").write_bytes(b"MThd no")
    (songs / "empty.mid").write_bytes(to_midi(np.zeros((4, 128), bool), 4))
    warnings = [n.text for n in load(str(songs)).notes if n.warning]
    assert any(
        "2 of 14" in w and "broken.mid cannot be read" in w and "empty.mid holds no notes" in w for w in warnings
    )
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps({"train": [[[60, 64], [300]]]}))
    with pytest.raises(DataError, match=r"step 1.*\[300\]"):
        load(str(bad), task="music")
    with pytest.raises(UsageError, match="--context 64"):
        load(str(songs), context="four")
    monkeypatch.setitem(__import__("sys").modules, "mido", None)
    with pytest.raises(MissingExtra, match=r"profundo\[music\]"):
        load(str(songs))


def test_chorales_in_json_keep_their_split(tmp_path):
    pieces = [[[48, 60 + step % 4] for step in range(12)] for _ in range(5)]
    (tmp_path / "chorales.json").write_text(json.dumps({"train": pieces * 2, "valid": pieces, "test": pieces}))
    data = load(str(tmp_path / "chorales.json"), task="music")
    assert data.official and (data.count("train"), data.count("validation"), data.count("test")) == (10, 5, 5)


def test_a_network_learns_chords_and_composes(tmp_path):
    run = train("progressions", out=tmp_path / "run", epochs=40)
    result = run.read("scores.json")
    best = min(b["scores"]["nats"]["value"] for b in result["baselines"])
    assert result["scores"]["nats"]["value"] < best - 1
    made = generate(run.folder, seed=3, length=40)
    roll = read_midi(made.files["song.mid"], "song.mid", 4)
    assert 20 <= len(roll) <= 40 and roll.any(1).mean() > 0.8
    assert generate(run.folder, seed=3, length=40).files == made.files
    (tmp_path / "song.mid").write_bytes(made.files["song.mid"])
    on = generate(run.folder, seed=4, length=40, prompt=str(tmp_path / "song.mid"))
    assert np.array_equal(read_midi(on.files["song.mid"], "on", 4)[:16], roll[:16])
    with pytest.raises(UsageError, match="nothing"):
        generate(run.folder, prompt="nothing.mid")
    assert "nats" in evaluate(run.folder, str(tmp_path / "song.mid"))["scores"]
