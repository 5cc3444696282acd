"""Resampling: rounds that run side by side, go on after an interruption, and say the same as one after the other."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification

from profundo import train
from profundo.candidates import candidates
from profundo.data import load
from profundo.errors import UsageError
from profundo.files import read_json
from profundo.plan import complete, wish
from profundo.plan import plan as planned
from profundo.resample import resample
from profundo.run import Run

QUICK = {"epochs": 2, "hidden": (8,), "lr": 0.01, "threads": 1, "baselines": False, "check": False}


@pytest.fixture
def table(tmp_path):
    x, y = make_classification(160, 6, n_informative=3, class_sep=1.5, random_state=0)
    path = tmp_path / "table.csv"
    pd.DataFrame(x, columns=list("abcdef")).assign(y=y, who=np.arange(160) % 8).to_csv(path, index=False)
    return path


def test_small_data_are_resampled_by_default_and_large_ones_are_not(table, tmp_path):
    assert planned(table, "y").evaluate == "kfold:5"
    pd.concat([pd.read_csv(table)] * 13).to_csv(tmp_path / "large.csv")
    assert planned(tmp_path / "large.csv", "y").evaluate == "holdout"
    assert planned(table, "y", split="60/20/20").evaluate == "holdout"
    assert planned(table, "y", evaluate="loo").evaluate == "loo"


@pytest.mark.parametrize("how", ["kfold:3", "repeated:3", "5x2", "bootstrap:3", ".632:3", ".632+:3", "nested:2x2"])
def test_every_way_gives_a_score_with_an_interval(table, tmp_path, how):
    candidate = ("hidden=4",) if how.startswith("nested") else ()
    run = train(table, "y", out=tmp_path / "run", evaluate=how, candidates=candidate, **QUICK)
    found = run.read("folds.json")
    assert found["method"] == how
    assert found["failed"] == []
    score = found["scores"]["accuracy"]
    assert 0.3 < score["value"] <= 1
    assert score["low"] <= score["value"] <= score["high"]
    assert run.read("scores.json")["evaluation"]["scores"] == found["scores"]
    assert all(r["chosen"] in ("mlp", "hidden=4") for r in found["rounds"])


def test_leave_one_out_leaves_one_group_out(table, tmp_path):
    run = train(table, "y", out=tmp_path / "run", evaluate="loo", group="who", **QUICK)
    found = run.read("folds.json")
    assert [r["n_test"] for r in found["rounds"]] == [20] * 8
    assert found["scores"]["accuracy"]["n"] == 160


def test_side_by_side_or_one_after_the_other_or_interrupted_the_figures_are_the_same(table, tmp_path, monkeypatch):
    side_by_side = train(table, "y", out=tmp_path / "a", evaluate="kfold:4", **QUICK).read("folds.json")
    monkeypatch.setattr("profundo.resample.workers", lambda waiting: 1)
    after = train(table, "y", out=tmp_path / "b", evaluate="kfold:4", **QUICK).read("folds.json")

    class Enough(Exception):
        pass

    def stop(event, value):
        if event == "rounds" and value[0] == 2:
            raise Enough

    with pytest.raises(Enough):
        train(table, "y", out=tmp_path / "c", evaluate="kfold:4", watch=stop, **QUICK)
    assert len(list((tmp_path / "c" / "rounds").glob("*.json"))) == 2
    resumed = train(resume=tmp_path / "c").read("folds.json")
    assert json.dumps(side_by_side) == json.dumps(after) == json.dumps(resumed)
    assert not (tmp_path / "c" / "rounds").exists()


def test_data_in_memory_are_resampled_too(table, tmp_path):
    frame = pd.read_csv(table)
    found = train(frame, "y", out=tmp_path / "run", evaluate="kfold:3", **QUICK).read("folds.json")
    stored = train(table, "y", out=tmp_path / "stored", evaluate="kfold:3", **QUICK).read("folds.json")
    assert found["scores"] == stored["scores"]


def test_baselines_are_fitted_on_the_rows_of_each_round(table, tmp_path):
    options = {**QUICK, "baselines": True, "budget": 60}
    run = train(table, "y", out=tmp_path / "run", evaluate="kfold:2", **options)
    for found in run.read("folds.json")["rounds"]:
        assert "naive Bayes" in found["baselines"]
        assert found["best_baseline"] in found["baselines"]


def test_a_nested_round_may_choose_a_baseline_and_its_answers_count(table, tmp_path):
    noise = pd.read_csv(table)
    options = {**QUICK, "baselines": True, "budget": 60, "epochs": 1, "lr": 1e-9}  # a network that learns nothing
    run = train(noise, "y", out=tmp_path / "run", evaluate="nested:2x2", **options)
    rounds = run.read("folds.json")["rounds"]
    for found in rounds:
        assert found["chosen"] in found["baselines"]
        assert found["scores"]["accuracy"] == found["baselines"][found["chosen"]]["accuracy"]


def test_a_round_that_cannot_be_trained_is_named_and_left_out(table, tmp_path):
    frame = pd.read_csv(table)
    frame["who"] = np.where(np.arange(160) < 80, 0, np.arange(160) % 2 + 1)  # a round of "loo" has two groups left
    frame.loc[frame["who"] == 0, "y"] = 0
    frame.loc[frame["who"] == 1, "y"] = 0
    frame.loc[frame["who"] == 2, "y"] = 1
    run = Run.create(tmp_path / "run")
    data = load(frame, target=("y",))
    wanted = complete(wish(frame, "y", group="who", evaluate="loo", **QUICK), data)
    found = resample(run, wanted, frame, data, lambda event, value: None)
    assert found["failed"]
    assert {f["number"] for f in found["failed"]} | {r["number"] for r in found["rounds"]} == {1, 2, 3}


def test_candidates_differ_in_what_they_name(table):
    made = planned(table, "y", candidates=("hidden=32,16 dropout=0.2", "lr=0.1 network=linear"), **QUICK)
    found = candidates(made)
    assert found["hidden=32,16 dropout=0.2"].network_options["hidden"] == [32, 16]
    assert found["hidden=32,16 dropout=0.2"].network_options["dropout"] == 0.2
    assert found["lr=0.1 network=linear"].network == "linear"
    assert found["lr=0.1 network=linear"].recipe.lr == 0.1
    assert found["lr=0.1 network=linear"].recipe.epochs == made.recipe.epochs
    for wrong in ("hiden=3", "dropout", "=3"):
        with pytest.raises(UsageError):
            candidates(planned(table, "y", candidates=(wrong,)))


def test_the_plan_of_a_round_repeats_it(table, tmp_path):
    run = train(table, "y", out=tmp_path / "run", evaluate="kfold:3", **QUICK)
    second = run.read("folds.json")["rounds"][1]
    alone = train(table, "y", out=tmp_path / "alone", fold="kfold:3/2", **{**QUICK, "seed": second["seed"]})
    assert alone.read("scores.json")["scores"]["accuracy"]["n"] == second["n_test"]
    assert read_json(tmp_path / "alone" / "data.json")["counts"]["test"] == second["n_test"]


def test_a_split_that_mixes_the_speakers_is_called_optimistic(tmp_path):
    generator = np.random.default_rng(0)
    voices, words = generator.normal(size=(6, 4, 5)), 40  # every speaker says each of four words in a way of their own
    rows = [
        {**{f"f{i}": v for i, v in enumerate(voices[s, w] * 2 + generator.normal(size=5) * 0.4)}, "word": f"w{w}",
         "speaker": f"s{s}", "split": "test" if n < 10 else "train"}
        for s in range(6) for w in range(4) for n in range(words)
    ]  # fmt: skip
    path = tmp_path / "spoken.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    options = {**QUICK, "epochs": 12}
    official = train(path, "word", out=tmp_path / "official", **{**options, "check": True})
    named = {f["name"]: f for f in official.read("findings.json")["findings"]}
    assert named["straddling group"]["flag"] == "--group speaker"
    apart = train(path, "word", out=tmp_path / "apart", group="speaker", evaluate="loo", **options).read("scores.json")
    found = apart["optimism"]
    assert found["split"] == "official"
    assert found["mixed"]["value"] == pytest.approx(
        official.read("scores.json")["scores"]["accuracy"]["value"], abs=0.05
    )
    assert found["mixed"]["low"] > found["apart"]["high"]
    assert "The first is optimistic" in found["sentence"]


def test_a_run_in_a_folder_named_like_its_data_does_not_read_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = train("iris", out="iris", evaluate="kfold:2", **QUICK)
    assert run.read("folds.json")["failed"] == []
