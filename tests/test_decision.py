"""Calibration and moved thresholds: planted truths are found again, tiny and damaged inputs are met with advice."""

import json
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from profundo.decision import Decision, fit_decision
from profundo.errors import DataError, UsageError
from profundo.files import write_json
from profundo.gains import balance_result, decision_result
from profundo.metrics import classification_scores, multilabel_scores
from profundo.report.decision import decision_section
from profundo.report.stored import read_run
from profundo.schema import Category, Number, Schema
from profundo.tasks import build_task
from profundo.tasks.task import Prediction
from run_folders import digits_run, multilabel_run

BALANCED = ("classification", "multilabel")


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def labels_of(p, rng):
    """Draw a label of each row by its probabilities."""
    return (p.cumsum(1) > rng.random((len(p), 1))).argmax(1)


def overconfident(n, k=4, times=3.0, seed=0, bias=0.0):
    """Return (stated probabilities, y): the logits are `times` as large as they should be."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, k)) * 1.5 + np.asarray(bias)
    return softmax(times * z), labels_of(softmax(z), rng)


def rare(n, seed=0, k=3):
    """Return calibrated (probabilities, y) with labels of 90, 9 and 1 %."""
    rng = np.random.default_rng(seed)
    y = rng.choice(k, n, p=[0.9, 0.09, 0.01])
    x = rng.normal(size=(n, k)) + 2 * np.eye(k)[y]
    logs = 2 * x + np.log([0.9, 0.09, 0.01])  # the density ratio of unit Gaussians at 2 e_k, so exactly calibrated
    return softmax(logs), y


@pytest.mark.parametrize("times", [0.5, 1.0, 3.0])
def test_a_planted_temperature_is_found_and_no_answer_changes(times):
    p, y = overconfident(4000, times=times)
    decision = fit_decision(p, y, task="classification")
    assert decision.temperature == pytest.approx(times, rel=0.06)
    shown = decision.calibrated(p)
    np.testing.assert_allclose(shown.sum(1), 1)
    assert (decision.choose(shown) == p.argmax(1)).all()


def test_the_temperature_is_that_of_the_least_log_loss():
    from scipy.optimize import minimize_scalar

    p, y = overconfident(3000, seed=1)
    logs = torch.tensor(np.log(p))
    losses = lambda t: float(nn.functional.cross_entropy(logs / t, torch.tensor(y)))  # noqa: E731
    oracle = minimize_scalar(losses, bounds=(0.1, 20), method="bounded").x
    assert fit_decision(p, y, task="classification").temperature == pytest.approx(oracle, rel=0.003)


def test_multilabel_has_one_temperature_on_the_logit():
    rng = np.random.default_rng(2)
    z = rng.normal(size=(2000, 3)) * 2
    y = (rng.random(z.shape) < sigmoid(z)).astype(int)
    decision = fit_decision(sigmoid(2.5 * z), y, task="multilabel")
    assert decision.temperature == pytest.approx(2.5, rel=0.06)
    np.testing.assert_allclose(
        decision.calibrated(sigmoid(2.5 * z)), sigmoid(2.5 * z / decision.temperature), rtol=1e-9
    )


@pytest.mark.parametrize("right", [True, False])
def test_temperature_stays_finite_where_every_row_is_right_or_wrong_and_with_zeros(right):
    y = np.arange(40) % 2
    sure = np.eye(2)[y if right else 1 - y]
    decision = fit_decision(sure, y, task="classification")
    assert 0.05 <= decision.temperature <= 50
    shown = decision.calibrated(sure)
    assert np.isfinite(shown).all() and (decision.choose(shown) == sure.argmax(1)).all()
    gentle = np.where(sure == 1, 0.9, 0.1)
    assert fit_decision(gentle, y, task="classification").temperature > 0.2 or not right


def test_few_rows_leave_the_probabilities_alone_and_say_so():
    p, y = overconfident(19)
    decision = fit_decision(p, y, task="classification")
    assert decision.temperature is None and "20 are needed" in decision.notes[0]
    prediction = Prediction(np.array(["a"] * 19), p, tuple("abcd"))
    assert decision.apply(prediction, lambda codes: codes) is prediction


def test_isotonic_equals_scikit_learn_and_is_renormalised():
    from sklearn.isotonic import IsotonicRegression

    p, y = overconfident(1500, k=3)
    decision = fit_decision(p, y, task="classification", calibrate="isotonic")
    columns = [
        IsotonicRegression(y_min=1 / 1502, y_max=1501 / 1502, out_of_bounds="clip").fit(p[:, k], y == k)
        for k in range(3)
    ]
    new = softmax(np.random.default_rng(5).normal(size=(50, 3)) * 9)
    expected = np.stack([c.predict(new[:, k]) for k, c in enumerate(columns)], 1)
    np.testing.assert_allclose(decision.calibrated(new), expected / expected.sum(1, keepdims=True), rtol=1e-9)
    assert decision.temperature is None


def test_isotonic_of_two_labels_has_one_table_and_few_rows_take_a_temperature():
    p, y = overconfident(800, k=2)
    decision = fit_decision(p, y, task="classification", calibrate="isotonic")
    assert len(decision.isotonic) == 1
    shown = decision.calibrated(p)
    assert shown.min() > 0 and (np.diff(shown[np.argsort(p[:, 1], kind="stable"), 1]) >= -1e-12).all()
    few = fit_decision(p[:60], np.r_[np.ones(10, int), np.zeros(50, int)], task="classification", calibrate="isotonic")
    assert few.isotonic is None and few.temperature is not None and "one has 10" in few.notes[0]


def test_the_prior_of_a_balanced_training_is_undone():
    p, y = rare(20_000)
    shift = (0.37, 3.7, 37.0)
    seen = p * shift / (p * shift).sum(1, keepdims=True)
    decision = fit_decision(seen, y, task="classification", shift=shift)
    np.testing.assert_allclose(decision.calibrated(seen), p, atol=0.03)
    assert decision.calibrated(seen).mean(0) == pytest.approx(np.bincount(y) / len(y), abs=0.003)
    exact = fit_decision(seen, y, task="classification", calibrate="none", shift=shift)
    np.testing.assert_allclose(exact.calibrated(seen), p, rtol=1e-9)


def test_a_shift_that_the_network_never_felt_is_not_undone():
    p, y = rare(20_000)
    decision = fit_decision(p, y, task="classification", shift=(0.37, 3.7, 37.0))
    np.testing.assert_allclose(decision.calibrated(p), p, atol=0.03)


def test_the_shift_of_multilabel_is_one_of_odds():
    p = np.array([[0.2, 0.5], [0.9, 0.01]])
    odds = p / (1 - p) * [4.0, 9.0]
    decision = fit_decision(odds / (1 + odds), np.eye(2, dtype=int), task="multilabel", calibrate="none", shift=(4, 9))
    np.testing.assert_allclose(decision.calibrated(odds / (1 + odds)), p, rtol=1e-9)


def test_moved_thresholds_find_the_rare_labels_and_the_probabilities_stay():
    p, y = rare(4000)
    decision = fit_decision(p, y, task="classification", calibrate="none", move=True)
    new, truth = rare(4000, seed=1)
    moved = decision.choose(new)
    recall = lambda codes: np.mean([(codes[truth == k] == k).mean() for k in range(3)])  # noqa: E731
    ideal = recall((new / [0.9, 0.09, 0.01]).argmax(1))  # the answer of the highest balanced accuracy
    assert recall(moved) > recall(new.argmax(1)) + 0.1
    assert recall(moved) == pytest.approx(ideal, abs=0.02)
    np.testing.assert_array_equal(decision.calibrated(new), new)


def test_a_class_without_a_validation_row_is_still_answered():
    p, y = rare(300)
    kept = y != 2
    decision = fit_decision(p[kept], y[kept], task="classification", move=True)
    assert decision.weights[2] > decision.weights[1] > decision.weights[0]


def test_the_threshold_of_each_target_has_a_higher_f1():
    rng = np.random.default_rng(3)
    z = rng.normal(size=(6000, 2)) * 1.5 - [3.0, 0.0]
    y = (rng.random(z.shape) < sigmoid(z)).astype(int)
    p = sigmoid(z)
    decision = fit_decision(p[:3000], y[:3000], task="multilabel", move=True)
    shown = decision.calibrated(p[3000:])
    moved, plain = (
        multilabel_scores(y[3000:], shown, decided=d, resamples=0)["f1"].value for d in (decision.choose(shown), None)
    )
    assert moved > plain + 0.05
    assert all(0 < t < 0.5 for t in decision.thresholds)
    best = max(
        multilabel_scores(y[3000:, :1], p[3000:, :1], decided=(p[3000:, :1] > t).astype(int), resamples=0)["f1"].value
        for t in np.linspace(0.05, 0.6, 56)
    )
    own = multilabel_scores(y[3000:, :1], p[3000:, :1], decided=decision.choose(shown)[:, :1], resamples=0)["f1"].value
    assert own > best - 0.03


def test_a_target_that_is_never_true_keeps_a_finite_threshold():
    p = np.full((50, 1), 0.001)
    decision = fit_decision(p, np.zeros((50, 1), int), task="multilabel", move=True)
    assert 0 < decision.thresholds[0] < 1
    assert not decision.choose(decision.calibrated(p)).any()


@pytest.mark.parametrize("calibrate", ["temperature", "isotonic", "none"])
@pytest.mark.parametrize("task", BALANCED)
def test_a_decision_survives_json_to_the_last_bit(task, calibrate):
    p, y = overconfident(600, k=3)
    y = np.eye(3, dtype=int)[y] if task == "multilabel" else y
    decision = fit_decision(p, y, task=task, calibrate=calibrate, move=True, shift=(1.0, 2.0, 3.0))
    stored = json.loads(json.dumps({**decision.to_dict(), "calibration": {"n": 3}, "balance": None}))
    again = Decision.from_dict(stored)
    assert again == decision
    np.testing.assert_array_equal(again.calibrated(p), decision.calibrated(p))
    assert fit_decision(p, y, task=task, calibrate=calibrate, move=True, shift=(1.0, 2.0, 3.0)) == decision


@pytest.mark.parametrize(
    "damage",
    [
        {"task": "clustering"},
        {"temperature": 0},
        {"temperature": float("nan")},
        {"weights": [1, -1]},
        {"weights": "heavy"},
        {"isotonic": [{"x": [0.5, 0.1], "y": [0, 1]}]},
        {"isotonic": [{"x": [0.1], "y": [0, 1]}]},
        {"isotonic": [{"x": [], "y": []}]},
        {"isotonic": [{"x": [0.1], "y": [2]}]},
    ],
)
def test_a_damaged_file_is_named(damage):
    with pytest.raises(DataError, match=r"runs/a/decision\.json is damaged: .*(" + next(iter(damage)) + "|whole)"):
        Decision.from_dict({"task": "classification", **damage}, "runs/a/decision.json")
    for broken in (None, [], "x", {}):
        with pytest.raises(DataError, match="is damaged"):
            Decision.from_dict(broken)


def test_what_cannot_be_decided_is_refused_with_advice():
    p, y = overconfident(50)
    with pytest.raises(UsageError, match="Did you mean 'isotonic'"):
        fit_decision(p, y, task="classification", calibrate="isotonics")
    with pytest.raises(DataError, match="no validation row"):
        fit_decision(p[:0], y[:0], task="classification")
    with pytest.raises(DataError, match="code below 4"):
        fit_decision(p, y + 1, task="classification")
    with pytest.raises(DataError, match="not all finite"):
        fit_decision(p * np.nan, y, task="classification")
    with pytest.raises(DataError, match="fitted for 2 labels"):
        Decision("classification", weights=(1.0, 2.0)).choose(p)


def test_numbers_stay_as_they_are():
    decision = fit_decision(np.zeros(3), np.zeros(3), task="regression")
    prediction = Prediction(np.array([1.5, 2.0]))
    assert decision.apply(prediction, lambda codes: codes) is prediction


def test_a_decision_is_applied_in_the_words_of_the_task():
    inputs = {"x": Number()}
    one = build_task("classification", Schema(inputs, {"y": Category(("ham", "spam"))}))
    decision = Decision("classification", weights=(1.0, 9.0))
    found = decision.apply(Prediction(np.array(["ham"]), np.array([[0.8, 0.2]]), ("ham", "spam")), one.decode)
    assert found.values.tolist() == ["spam"] and decision.thresholds == [0.1]
    several = build_task("multilabel", Schema(inputs, {"red": Category(("no", "yes")), "old": Number()}))
    decision = Decision("multilabel", weights=(9.0, 1.0))
    own = several.outputs_to_prediction(torch.tensor([[-1.0, -1.0]]))
    assert own.values.tolist() == [["no", "0"]]
    assert decision.apply(own, several.decode).values.tolist() == [["yes", "0"]]


def test_scores_take_the_decided_answers_and_calibration_stays_that_of_the_probabilities():
    p, y = rare(500)
    plain = classification_scores(y, p, "abc", resamples=0)
    same = classification_scores(y, p, "abc", decided=p.argmax(1), resamples=0)
    moved = classification_scores(y, p, "abc", decided=np.full(500, 2), resamples=0)
    assert same == plain
    assert moved["accuracy"].value == pytest.approx((y == 2).mean())
    assert all(moved[name] == plain[name] for name in ("log_loss", "brier", "ece", "roc_auc"))
    with pytest.raises(DataError, match="the answers must hold codes"):
        classification_scores(y, p, "abc", decided=np.full(500, 3))


def test_the_result_says_what_calibration_changed():
    p, y = overconfident(2000, seed=7)
    decision = fit_decision(*overconfident(1000, seed=8), task="classification")
    result = decision_result(decision, p, y)
    before, after = (classification_scores(y, q, "abcd", resamples=0) for q in (p, decision.calibrated(p)))
    for name, found in result["scores"].items():
        assert found["before"] == pytest.approx(before[name].value, rel=1e-12)
        assert found["after"] == pytest.approx(after[name].value, rel=1e-12)
        assert found["difference"]["high"] < 0 and found["difference"]["n"] == 2000
    assert result["scores"]["ece"]["after"] < result["scores"]["ece"]["before"] / 2
    assert sum(result["bins"]["after"]["count"]) == 2000
    assert "temperature of" in result["sentence"] and "1,000 validation rows" in result["sentence"]
    json.dumps(result, allow_nan=False)


def test_the_result_of_multilabel():
    rng = np.random.default_rng(2)
    z = rng.normal(size=(800, 3)) * 2
    y = (rng.random(z.shape) < sigmoid(z)).astype(int)
    p = sigmoid(3 * z)
    result = decision_result(fit_decision(p, y, task="multilabel"), p, y)
    scores = multilabel_scores(y, p, resamples=0)
    for name in ("log_loss", "brier"):
        assert result["scores"][name]["before"] == pytest.approx(scores[name].value, rel=1e-12)
    flat = classification_scores(y.ravel(), np.stack([1 - p.ravel(), p.ravel()], 1), "ab", resamples=0)
    assert result["scores"]["ece"]["before"] == pytest.approx(flat["ece"].value, rel=1e-9)
    assert sum(result["bins"]["before"]["count"]) == 2400


def test_the_result_of_nothing_is_no_difference():
    p, y = overconfident(100)
    result = decision_result(Decision("classification"), p, y)
    assert result["scores"]["ece"]["difference"]["value"] == 0
    assert "network's own" in result["sentence"]


def test_nothing_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        p, y = np.eye(3)[[0, 1, 2] * 10], np.array([0, 1, 2] * 10)
        for calibrate in ("temperature", "isotonic", "none"):
            decision = fit_decision(p, y, task="classification", calibrate=calibrate, move=True)
            assert np.isfinite(decision.calibrated(p)).all()


@pytest.mark.parametrize("make", [digits_run, multilabel_run])
def test_the_report_shows_what_was_decided(tmp_path, make):
    run = read_run(make(tmp_path))
    assert decision_section(run) == ""
    task = "classification" if make is digits_run else "multilabel"
    labels = run.schema.labels if make is digits_run else tuple(run.schema.targets)
    p, codes = overconfident(600, k=len(labels))
    y = codes if make is digits_run else np.eye(len(labels), dtype=int)[codes]
    decision = fit_decision(p, y, task=task, move=True)
    shown = decision.calibrated(p)
    plain = Decision(task).choose(shown)
    balance = balance_result(plain, decision.choose(shown), y, ["<b>", *labels[1:]], task=task, method="threshold")
    told = {**decision.to_dict(), "calibration": decision_result(decision, p, y), "balance": balance}
    write_json(run.path / "decision.json", told)
    page = decision_section(run)
    for words in ("Calibration", "Reliability diagram", "Moved thresholds", "(threshold)", "In numbers", "&lt;b&gt;"):
        assert words in page
    assert "<b>" not in page.replace("<b>0</b>", "")
    write_json(run.path / "decision.json", told | {"calibration": {"n": -1}})
    with pytest.raises(DataError, match=r"decision\.json is damaged: calibration"):
        decision_section(run)
