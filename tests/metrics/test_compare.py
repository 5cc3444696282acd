import numpy as np
import pytest

from profundo.errors import DataError
from profundo.metrics import Rival, compare_classifiers, compare_multilabel, compare_regressors, verdict
from profundo.metrics.compare import mcnemar


def answers(right):
    """Codes against a truth of zeros."""
    return (~np.asarray(right, bool)).astype(int)


def test_mcnemar_by_hand():
    from scipy.stats import binom

    assert mcnemar(0, 0) == 1
    assert mcnemar(4, 4) == pytest.approx(1)
    assert mcnemar(0, 5) == pytest.approx(2 * 0.5**5 * 0.5)
    assert mcnemar(3, 11) == pytest.approx(2 * binom.cdf(3, 14, 0.5) - binom.pmf(3, 14, 0.5))
    assert mcnemar(11, 3) == mcnemar(3, 11)


def test_classifiers_false_alarms_and_coverage():
    rng = np.random.default_rng(0)
    y = np.zeros(120, int)
    alarms, covered = [], []
    for _ in range(600):
        a, b = rng.random(120) < 0.85, rng.random(120) < 0.85
        comparison = compare_classifiers(y, answers(a), answers(b))
        alarms.append(comparison.result != "not distinguishable")
        covered.append(comparison.low <= 0 <= comparison.high)
    assert 0.01 <= np.mean(alarms) <= 0.07
    assert 0.93 <= np.mean(covered) <= 0.98


def test_classifiers_better_and_worse():
    y = np.zeros(200, int)
    good, bad = np.arange(200) % 20 != 0, np.arange(200) % 5 != 0
    comparison = compare_classifiers(y, answers(good), answers(bad))
    assert (comparison.result, comparison.value_a, comparison.value_b) == ("better", 0.95, 0.8)
    assert comparison.difference == pytest.approx(0.15) and comparison.p < 1e-6
    assert compare_classifiers(y, answers(bad), answers(good)).result == "worse"


def test_regressors_false_alarms_and_power():
    rng = np.random.default_rng(1)
    y = rng.normal(size=(150, 100))
    alarms = [compare_regressors(v, v + rng.normal(size=100), v + rng.normal(size=100), 0).result for v in y]
    assert np.mean([a != "not distinguishable" for a in alarms]) <= 0.1
    better = compare_regressors(y[0], y[0] + 0.1 * rng.normal(size=100), y[0] + rng.normal(size=100))
    assert better.result == "better" and better.metric == "r2" and 0 < better.low < better.difference < better.high
    assert better.p <= 0.002


def test_multilabel():
    rng = np.random.default_rng(2)
    y = rng.integers(0, 2, (200, 3))
    noisy = np.where(rng.random((200, 3)) < 0.3, 1 - y, y)
    assert compare_multilabel(y, y, noisy).result == "better"
    assert compare_multilabel(y, noisy, noisy).result == "not distinguishable"


def rivals(**right):
    return [Rival(name.replace("_", " "), v, answers(r)) for name, (v, r) in right.items()]


def test_the_best_baseline_is_chosen_on_the_validation_part():
    y, rows = np.zeros(300, int), np.arange(300)
    network = answers(rows % 30 != 0)
    found = verdict(y, network, rivals(random_forest=(0.9, rows % 4 != 0), SVM=(0.8, rows % 30 != 0)), "classification")
    assert (found["baseline"], found["result"], found["simpler"]) == ("random forest", "better", None)
    assert found["sentence"].startswith("The network is better than the best baseline (random forest): accuracy 0.967")
    assert "p < 0.001, n = 300)." in found["sentence"]


def test_a_simpler_model_as_good_is_named():
    y, rows = np.zeros(300, int), np.arange(300)
    network = answers(rows % 30 != 0)
    found = verdict(
        y,
        network,
        rivals(
            dummy=(0.5, rows % 2 == 0),
            gradient_boosting=(0.97, rows % 31 != 0),
            logistic_regression=(0.95, rows % 29 != 0),
        ),
        "classification",
    )
    assert (found["result"], found["simpler"]) == ("not distinguishable", "logistic regression")
    assert found["sentence"].endswith(
        "Logistic regression is as good, as far as these 300 test examples can tell, and simpler."
    )


def test_no_better_than_the_dummy_is_said():
    y, rows = np.zeros(100, int), np.arange(100)
    found = verdict(y, answers(rows % 10 != 0), rivals(dummy=(0.9, rows % 10 != 1)), "classification")
    assert "not shown to be better than always answering the most frequent answer" in found["sentence"]
    values = np.arange(40.0)
    found = verdict(values, np.full(40, 19.0), [Rival("dummy", 0.0, np.full(40, 19.5))], "regression")
    assert "always answering the mean" in found["sentence"] and "R2" in found["sentence"]


def test_no_baseline_and_unknown_tasks():
    y = np.zeros(3, int)
    assert verdict(y, y, [Rival("SVM", float("nan"), y)], "classification")["result"] == "not compared"
    with pytest.raises(DataError, match="Did you mean 'regression'"):
        verdict(y, y, [], "regresion")
    with pytest.raises(DataError, match="answers"):
        compare_classifiers(y, y[:2], y)
