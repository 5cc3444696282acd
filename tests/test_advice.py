import json

import numpy as np
import pandas as pd
import pytest

from profundo.advice import advice_lines, after, before
from profundo.data import load
from profundo.metrics import Rival, verdict
from profundo.report.advice import advice_section
from profundo.report.stored import read_run
from run_folders import digits_run


def result(own=0.85, rivals=None, *, n=2000, seconds=10.0, seed=0, spread=None):
    """scores.json of a run whose network and rivals are right with these chances, each independently."""
    rng = np.random.default_rng(seed)
    rivals = {"logistic regression": 0.80, "random forest": 0.82} if rivals is None else rivals
    y = np.zeros(n, int)
    answers = {name: (rng.random(n) > p).astype(int) for name, p in {"network": own, **rivals}.items()}
    able = [Rival(name, p, answers[name]) for name, p in rivals.items()]
    found = {
        "main": "accuracy",
        "network": "mlp",
        "parameters": 1000,
        "training_seconds": seconds,
        "scores": {"accuracy": {"value": float(np.mean(answers["network"] == y))}},
        "baselines": [
            {"name": name, "seconds": 0.5, "scores": {"accuracy": {"value": float(np.mean(answers[name] == y))}}}
            for name in rivals
        ],
        "comparison": verdict(y, answers["network"], able, "classification"),
    }
    return found | ({"spread": {"accuracy": spread}} if spread else {})


def folds(differences, *, plain=0.1, best="random forest"):
    """folds.json whose rounds differ so: the network minus the best baseline; `plain` minus logistic regression."""
    rounds = [
        {
            "number": i + 1,
            "n_train": 800,
            "n_test": 200,
            "scores": {"accuracy": 0.8 + d},
            "baselines": {
                "dummy": {"accuracy": 0.3 + d},
                "logistic regression": {"accuracy": 0.8 + d - plain - 0.001 * i},
                best: {"accuracy": 0.8},
            },
            "best_baseline": best,
        }
        for i, d in enumerate(differences)
    ]
    return {"method": "kfold:5", "main": "accuracy", "rounds": rounds}


def test_a_network_that_is_better_than_all_is_advised():
    advice = after(result(0.92))
    assert advice["recommend"] == "network" and advice["model"] == "mlp"
    assert advice["sentence"].startswith("Deep learning is the tool here: the network is better than the best")
    assert any("Trees are below the network" in r for r in advice["reasons"])
    assert json.loads(json.dumps(advice, allow_nan=False)) == advice


def test_a_network_that_is_worse_or_not_shown_to_be_better_is_not():
    worse = after(result(0.70))
    assert worse["recommend"] == "simpler model" and worse["model"] == "random forest"
    assert "the network is worse than" in worse["sentence"]
    alike = after(result(0.82))
    assert alike["recommend"] == "simpler model" and "not shown to be better" in alike["sentence"]
    assert any("20 times as long" in r for r in alike["reasons"])
    assert any(r.startswith("Trees are") for r in alike["reasons"])


def test_where_the_simpler_model_costs_as_much_either_will_do():
    advice = after(result(0.82, seconds=0.6))
    assert advice["recommend"] == "either" and advice["sentence"].startswith("Take either")
    assert after(result(0.70, seconds=0.6))["recommend"] == "simpler model"  # worse is worse, at any cost


def test_a_plainer_model_that_is_not_beaten_is_advised_before_the_network():
    advice = after(result(0.85, {"logistic regression": 0.85, "random forest": 0.86, "SVM": 0.5}))
    assert advice["recommend"] == "simpler model"
    found = result(0.9, {"random forest": 0.8})
    found["comparison"] |= {"simpler": "logistic regression"}
    advice = after(found)
    assert (advice["recommend"], advice["model"]) == ("simpler model", "logistic regression")
    assert "is not shown to be better than the logistic regression" in advice["sentence"]
    found["comparison"] |= {"simpler": "dummy"}
    advice = after(found)
    assert (advice["recommend"], advice["model"]) == ("simpler model", "random forest")
    assert any("always giving the same answer" in r for r in advice["reasons"])


def test_a_lead_that_other_seeds_do_not_have_is_none():
    steady = {"mean": 0.92, "std": 0.004, "low": 0.91, "high": 0.93, "min": 0.915, "max": 0.925, "n": 5}
    assert after(result(0.92, spread=steady))["recommend"] == "network"
    shaky = {"mean": 0.85, "std": 0.05, "low": 0.79, "high": 0.91, "min": 0.78, "max": 0.92, "n": 5}
    advice = after(result(0.92, spread=shaky))
    assert advice["recommend"] == "simpler model" and "is not shown to be with others" in advice["sentence"]
    assert any("Over 5 seeds" in r and "0.050" in r for r in advice["reasons"])
    assert after(result(0.92, spread=shaky | {"n": 2}))["recommend"] == "network"  # two seeds tell nothing


def test_rounds_outweigh_one_test_part():
    against = after(result(0.92), folds([0.01, -0.02, 0.0, -0.01, 0.01]))
    assert against["recommend"] == "simpler model" and "over the 5 rounds of kfold:5" in against["sentence"]
    for_it = after(result(0.80), folds([0.05, 0.06, 0.05, 0.055, 0.06]))
    assert for_it["recommend"] == "network" and for_it["evidence"]["p"] < 0.001
    assert for_it["evidence"]["difference"] == pytest.approx(0.055)
    plainer = after(result(0.80), folds([0.05, 0.06, 0.05, 0.055, 0.06], plain=0.0))
    assert (plainer["recommend"], plainer["model"]) == ("simpler model", "logistic regression")
    one = folds([0.05])
    assert after(result(0.70), one)["sentence"] == after(result(0.70))["sentence"]  # one round is no evidence
    lost = folds([0.05, 0.06, 0.05])
    lost["rounds"][1]["baselines"].pop("logistic regression")  # it did not finish there
    assert after(result(0.80), lost)["recommend"] == "network"


def test_the_corrected_test_asks_for_more_than_the_naive_one():
    rng = np.random.default_rng(0)
    shared = [after(result(0.8), folds(list(rng.normal(0.0, 0.02, 5))))["recommend"] for _ in range(200)]
    assert shared.count("network") <= 10  # no difference: at most about 1 in 40 for the network


def test_without_baselines_nothing_is_said():
    found = result(0.8) | {"comparison": None, "baselines": []}
    advice = after(found)
    assert advice["recommend"] == "either" and advice["model"] is None
    assert after({k: v for k, v in found.items() if k != "comparison"})["model"] is None
    assert advice_lines(after(result(0.9)))[1].startswith("- The network took 10 s (20 times as long)")


def frame(rows, columns, labels=2):
    rng = np.random.default_rng(0)
    x = pd.DataFrame(rng.normal(size=(rows, columns)), columns=[f"c{i}" for i in range(columns)])
    return x.assign(y=[f"label {i % labels}" for i in range(rows)])


def test_before_training_small_data_are_named_in_one_finding():
    assert before(load(frame(4000, 3), target=("y",))) == []
    (small,) = before(load(frame(700, 3), target=("y",)))
    assert (small.name, small.severity) == ("adviser", "minor") and "490 training rows of a table" in small.text
    (wide,) = before(load(frame(60, 100), target=("y",)))
    assert wide.severity == "warning" and "100 columns for 42 training rows" in wide.text
    (many,) = before(load(frame(160, 3, labels=40), target=("y",), kinds={"y": "category"}))
    assert many.severity == "warning" and "40 labels have" in many.text and many.facts["labels"] == 40


def test_before_training_two_hundred_pictures_get_a_warning():
    pixels = np.random.default_rng(0).integers(0, 256, (200, 8, 8)).astype(np.uint8)
    (found,) = before(load((pixels, np.arange(200) % 2)))
    assert found.severity == "warning" and "a support-vector machine" in found.text
    assert found.flag == "--evaluate kfold:5"


def test_the_box_of_the_report(tmp_path):
    run = digits_run(tmp_path)
    assert advice_section(read_run(run)) == ""
    stored = json.loads((run / "scores.json").read_text())
    stored["advice"] = after(result(0.82))
    stored["advice"]["reasons"].append("<script>")
    (run / "scores.json").write_text(json.dumps(stored))
    page = advice_section(read_run(run))
    assert "Is deep learning the tool here? Not shown: a simpler model does." in page
    assert "<script>" not in page and "&lt;script&gt;" in page
