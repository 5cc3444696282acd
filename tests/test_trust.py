"""One command, every question of trust: what a run stores, says and answers with all the cards asked for."""

import json

import numpy as np
import pandas as pd
import pytest

from profundo import predict, train
from profundo.cli import execute
from profundo.errors import CheckFailed, UsageError
from profundo.evaluate import evaluate

QUICK = {"epochs": 8, "hidden": (16,), "lr": 0.01, "threads": 1, "budget": 60, "evaluate": "holdout"}


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Make a table in which few are hired, women more seldom, and the column `badge` gives the answer away."""
    generator = np.random.default_rng(0)
    n = 2400
    sex = generator.choice(["woman", "man"], n)
    skill = generator.normal(size=n)
    hired = (skill + 0.8 * (sex == "man") + 0.7 * generator.normal(size=n) > 2.2).astype(int)
    frame = pd.DataFrame({"skill": skill.round(3), "age": generator.integers(18, 65, n), "sex": sex})
    frame["hired"] = np.where(hired, "yes", "no")
    path = tmp_path_factory.mktemp("people") / "people.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def run(people, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    wishes = {"groups": ("sex",), "balance": "auto", "ensemble": True, **QUICK}
    return train(people, "hired", out=out, **wishes)


def test_every_card_is_stored_and_told(run):
    for name in ("findings", "diagnosis", "decision", "groups", "ensemble", "scores"):
        assert run.has(f"{name}.json"), name
    assert run.has("reference.npz") and run.has("vitals.jsonl")
    scores = run.read("scores.json")
    assert {"advice", "calibration", "balance", "groups", "ensemble", "findings", "diagnosis"} <= scores.keys()
    assert any("by sex" in line for line in scores["groups"])
    assert "class imbalance" in {f["name"] for f in run.read("findings.json")["findings"]}
    report = run.path("report.html").read_text()
    for section in ("findings", "diagnosis", "sure", "ensemble", "decision", "groups"):
        assert f'id="{section}"' in report, section


def test_balancing_finds_more_of_the_rare_and_says_what_it_cost(run):
    gained = run.read("decision.json")["balance"]["scores"]["balanced_accuracy"]
    assert gained["balanced"] > gained["plain"] + 0.05
    assert gained["difference"]["low"] > 0


def test_predicting_evaluating_and_training_answer_alike(run, people, tmp_path):
    with np.load(run.path("answers.npz"), allow_pickle=False) as stored:
        ids, said, shares = stored["ids"], stored["prediction"], stored["probabilities"]
    again = predict(run, people).set_index("row").loc[ids]
    assert (again["hired"].to_numpy().astype(str) == said).all()
    assert np.abs(again["probability of yes"].to_numpy() - shares[:, 1]).max() < 1e-6
    frame = pd.read_csv(people).loc[ids]
    frame.to_csv(tmp_path / "test.csv", index=False)
    scored = evaluate(run, tmp_path / "test.csv")["scores"]
    for name, score in run.read("scores.json")["scores"].items():
        assert scored[name]["value"] == pytest.approx(score["value"], abs=1e-6), name


def test_the_doctor_is_asked_when_the_loss_breaks(people, tmp_path):
    with pytest.raises(CheckFailed, match="The doctor: "):
        train(people, "hired", out=tmp_path / "run", **{**QUICK, "lr": 1e30, "optimizer": "sgd", "baselines": False})
    assert json.loads((tmp_path / "run" / "diagnosis.json").read_text())["failure"]


def test_a_group_that_is_not_there_is_refused_before_training(people, tmp_path):
    with pytest.raises(UsageError, match="'sex'"):
        train(people, "hired", out=tmp_path / "run", groups=("sexx",), **QUICK)


def test_nothing_is_looked_at_where_nothing_is_wanted(people, tmp_path):
    run = train(people, "hired", out=tmp_path / "run", check=False, calibrate="none", baselines=False, **QUICK)
    assert not run.has("findings.json")
    assert "temperature" not in run.read("decision.json")


def test_checking_can_fail_a_pipeline(people, tmp_path, capsys):
    frame = pd.read_csv(people)
    frame["badge"] = frame["hired"].map({"yes": "gold", "no": "grey"})
    frame.to_csv(tmp_path / "leak.csv", index=False)
    command = ["check", str(tmp_path / "leak.csv"), "--target", "hired", "--json"]
    assert execute(command) == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [f["place"] for f in found if f["name"] == "leaking column"] == ["badge"]
    assert execute([*command, "--fail-on", "serious"]) == 6
    assert json.loads(capsys.readouterr().out)["error"]["exit_code"] == 6  # one object, nothing else
    assert execute([*command, "--fail-on", "terrible"]) == 2
    assert execute([*command, "--drop", "badge", "--fail-on", "serious"]) == 0


def test_new_data_are_held_against_a_run(run, people, tmp_path, capsys):
    frame = pd.read_csv(people)
    frame["age"] = frame["age"] + 30
    frame.drop(columns="hired").to_csv(tmp_path / "new.csv", index=False)
    assert execute(["check", str(tmp_path / "new.csv"), "--against", str(run.folder), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["shift"]["alarm"]
    assert [f for f in result["findings"] if f.get("place") == "age"]


def test_the_verbs_answer(run, capsys):
    assert execute(["compare", str(run.folder)]) == 0
    assert "logistic regression" in capsys.readouterr().out
    assert execute(["diagnose", str(run.folder), "--json"]) == 0
    assert "findings" in json.loads(capsys.readouterr().out)
