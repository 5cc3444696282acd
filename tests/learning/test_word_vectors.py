"""Planted analogies are learnt; neighbours, sums of words and biases are answered."""

import json
from pathlib import Path

import pandas as pd
import pytest

import profundo
from profundo.cli import execute
from profundo.data.made_words import analogies, questions


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vectors")
    asked = "\n".join(" ".join(words) for words in questions())
    (folder / "questions.txt").write_text(asked)
    analogies(rows=4_000).frame.to_csv(folder / "lands.csv", index=False)
    how = ("--task", "word_vectors", "--epochs", "10", "--option", "width=50", "--threads", "1")
    option = ("--option", f"analogies={folder / 'questions.txt'}")
    execute(["train", str(folder / "lands.csv"), *how, *option, "--out", str(folder / "run")])
    return folder / "run"


def test_planted_analogies_are_answered(run):
    found = json.loads((run / "scores.json").read_text())
    assert found["scores"]["analogies"]["value"] >= 0.9 and found["scores"]["analogies"]["n"] == 4560
    assert found["scores"]["told_apart"]["value"] > 0.75
    assert {b["name"] for b in found["baselines"]} == {"frequencies", "counts and SVD"}
    page = (run / "report.html").read_text()
    assert "Words in the plane" in page and "questions such as" in page


def test_neighbours_and_sums_are_said(run, capsys):
    assert profundo.generate(run, prompt="tokyo - japan + france", count=1).rows[0]["word"] == "paris"
    execute(["generate", str(run), "--prompt", "yen", "--count", "3", "--json"])
    assert len(json.loads(capsys.readouterr().out)["made"]) == 3
    with pytest.raises(profundo.DataError, match="Did you mean 'tokyo'"):
        profundo.generate(run, prompt="toky")


def test_a_bias_that_was_planted_is_found(run):
    lists = {"x": "paris,tokyo,moscow,warsaw", "y": "franc,yen,rouble,zloty", "a": "city,station", "b": "merchant,pays"}
    found = profundo.generate(run, **lists).rows[0]
    assert found["effect"] > 1 and found["p"] < 0.05
    with pytest.raises(profundo.UsageError, match="four lists"):
        profundo.generate(run, x="paris,tokyo")


def test_words_of_a_new_text_are_told_of(run):
    frame = profundo.predict(run, pd.DataFrame({"sentence": ["the country of japan elects"] * 3}))
    assert set(frame["word"]) >= {"japan", "country"} and (frame["count"] == 3).all()


def test_a_bag_of_neighbours_says_the_word(tmp_path):
    how = {"epochs": 8, "lr": 0.02, "width": 30, "threads": 1, "baselines": False}
    made = profundo.train(analogies(rows=1_500).frame, task="word_vectors", network="cbow", out=tmp_path / "run", **how)
    assert json.loads((made.folder / "scores.json").read_text())["scores"]["told_apart"]["value"] > 0.7
