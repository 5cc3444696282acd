"""Taste that was planted, learnt from ratings; lists without what was rated; advice."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import profundo
from profundo.cli import execute
from profundo.data import load
from profundo.errors import DataError, UsageError

NOISE = 0.3


def ratings(people: int = 150, things: int = 80, count: int = 6000, seed: int = 0) -> pd.DataFrame:
    """Everyone likes their own sort of things, of two sorts, more or less; some things are better than others."""
    rng = np.random.default_rng(seed)
    taste, sort = rng.normal(0, 1, people), rng.choice([-1.0, 1.0], things)
    better = rng.normal(0, 0.5, things)
    cells = rng.permutation(people * things)[:count]
    who, what = cells // things, cells % things
    rating = 3 + better[what] + taste[who] * sort[what] + rng.normal(0, NOISE, count)
    return pd.DataFrame({"user": [f"u{i}" for i in who], "item": [f"i{i}" for i in what], "rating": rating.round(2)})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("taste")
    ratings().to_csv(folder / "ratings.csv", index=False)
    columns = ("--user", "user", "--item", "item", "--target", "rating")
    options = ("--task", "recommendation", *columns, "--option", "factors=2", "--threads", "1")
    execute(["train", str(folder / "ratings.csv"), *options, "--out", str(folder / "run")])
    return folder / "run"


def test_planted_taste_is_learnt(run):
    found = json.loads((run / "scores.json").read_text())
    assert found["network"] == "matrix_factorisation" and found["main"] == "rmse"
    assert found["scores"]["rmse"]["value"] <= 1.25 * NOISE
    recall = {b["name"]: b["scores"]["recall_at_10"]["value"] for b in found["baselines"] if b["name"] != "mean"}
    assert found["scores"]["recall_at_10"]["value"] > 1.5 * recall["popularity"]
    assert found["verdict"].startswith("The network is better")
    assert 'id="taste"' in (run / "report.html").read_text()


def test_new_pairs_and_new_people(run):
    new = pd.DataFrame({"user": ["u0", "u0", "nobody"], "item": ["i0", "never", "i1"]})
    answer = profundo.predict(run, new)
    assert list(answer) == ["row", "user", "item", "rating"] and answer.rating.notna().all()
    assert any("never saw" in note for note in answer.attrs["notes"])
    assert profundo.evaluate(run, ratings(seed=0).head(500))["main"] == "rmse"


def test_a_list_for_a_person(run, capsys):
    frame = ratings()
    execute(["generate", str(run), "--label", "u3", "--count", "5", "--json"])
    made = json.loads(capsys.readouterr().out)["made"]
    assert len(made) == 5 and [m["rating"] for m in made] == sorted((m["rating"] for m in made), reverse=True)
    assert not {m["item"] for m in made} & set(frame.item[frame.user == "u3"])
    with pytest.raises(UsageError, match="u3"):
        profundo.generate(run, label="u33333")


def test_neural_factorisation(tmp_path):
    run = profundo.train(
        ratings(),
        task="recommendation",
        network="neural_factorisation",
        out=tmp_path / "run",
        baselines=False,
        threads=1,
    )
    assert run.read("scores.json")["scores"]["rmse"]["value"] <= 1.6 * NOISE


def test_advice():
    frame = ratings(count=300)
    with pytest.raises(DataError, match="user"):
        load(frame, task="recommendation", user="usr")
    with pytest.raises(UsageError, match="--user"):
        load(frame.rename(columns={"user": "a"}), task="recommendation")
    with pytest.raises(DataError, match="no taste"):
        load(frame.assign(rating=1), task="recommendation")
    twice = load(pd.concat([frame, frame.head(3)]), task="recommendation")
    assert any("rated before" in note.text for note in twice.notes)
    assert load(frame, task="recommendation").schema.embedded[0] > 20
