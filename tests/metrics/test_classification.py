import json
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profundo.errors import DataError
from profundo.files import finite
from profundo.metrics import CLASSIFICATION, classification_scores

NAMES = [m.name for m in CLASSIFICATION]


def problem(n, k, seed, ties=False, classes=None):
    rng = np.random.default_rng(seed)
    y = rng.choice(classes if classes is not None else k, n)
    z = rng.normal(size=(n, k))
    z[np.arange(n), y] += 1
    if ties:
        z = z.round()
    p = np.exp(z)
    return y, p / p.sum(1, keepdims=True)


def reference(y, p):
    from sklearn import metrics as m

    k, predicted = p.shape[1], p.argmax(1)
    average = "binary" if k == 2 else "macro"
    options = {"average": average, "zero_division": 0}
    one_hot = np.eye(k)[y]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        classes = [1] if k == 2 else range(k)
        both = [c for c in classes if 0 < (y == c).sum() < len(y)]
        some = [c for c in classes if (y == c).any()]
        occurring = [1] if k == 2 else np.union1d(y, predicted)
        found = {
            "accuracy": m.accuracy_score(y, predicted),
            "balanced_accuracy": m.balanced_accuracy_score(y, predicted),
            "precision": m.precision_score(y, predicted, **options),
            "recall": m.recall_score(y, predicted, **options),
            "f1": m.f1_score(y, predicted, **options),
            "mcc": m.matthews_corrcoef(y, predicted),
            "specificity": np.mean([m.recall_score(y != c, predicted != c, zero_division=0) for c in occurring]),
            "roc_auc": np.mean([m.roc_auc_score(y == c, p[:, c]) for c in both]) if both else np.nan,
            "average_precision": np.mean([m.average_precision_score(y == c, p[:, c]) for c in some])
            if some
            else np.nan,
            "log_loss": m.log_loss(y, p, labels=range(k)),
            "brier": ((p - one_hot) ** 2).sum(1).mean() / (2 if k == 2 else 1),
        }
    return found


def check(y, p):
    scores = classification_scores(y, p, [str(c) for c in range(p.shape[1])], resamples=0)
    for name, value in reference(y, p).items():
        np.testing.assert_allclose(scores[name].value, value, rtol=1e-12, atol=1e-12, err_msg=name)
    for metric in CLASSIFICATION:
        np.testing.assert_allclose(metric.compute(y, p), scores[metric.name].value, rtol=1e-13, err_msg=metric.name)


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 60), k=st.integers(2, 5), seed=st.integers(0, 10**6), ties=st.booleans())
def test_equals_scikit_learn(n, k, seed, ties):
    check(*problem(n, k, seed, ties))


@pytest.mark.parametrize(("k", "classes"), [(2, [0]), (2, [1]), (4, [0, 2]), (4, [3]), (3, [1, 2])])
def test_equals_scikit_learn_where_classes_are_absent(k, classes):
    check(*problem(30, k, 1, classes=classes))


def test_equals_scikit_learn_where_all_probabilities_are_alike_or_certain():
    y = np.array([0, 1, 2, 0, 1, 2, 0])
    check(y, np.full((7, 3), 1 / 3))
    check(y, np.eye(3)[y])
    check(y, np.eye(3)[(y + 1) % 3])


def test_roc_auc_is_macro_one_against_the_rest():
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

    y, p = problem(200, 4, 3)
    scores = classification_scores(y, p, "abcd", resamples=0)
    assert scores["roc_auc"].value == pytest.approx(roc_auc_score(y, p, multi_class="ovr"), abs=1e-12)
    assert scores["average_precision"].value == pytest.approx(average_precision_score(y, p), abs=1e-12)
    assert scores["brier"].value == pytest.approx(brier_score_loss(y, p), abs=1e-12)


def test_the_bootstrap_equals_scikit_learn_on_the_same_resamples():
    from profundo.metrics.intervals import draws

    y, p = problem(40, 3, 5, ties=True)
    rows = [np.repeat(np.arange(40), w.astype(int)) for block in draws(40, 100, 7, 40) for w in block]
    expected = [reference(y[r], p[r]) for r in rows]
    scores = classification_scores(y, p, "abc", seed=7, resamples=100)
    for name in ("balanced_accuracy", "precision", "specificity", "f1", "mcc", "roc_auc", "average_precision", "brier"):
        low, high = np.quantile([e[name] for e in expected], [0.025, 0.975])
        assert (scores[name].low, scores[name].high) == pytest.approx((low, high), abs=1e-9), name


def test_calibration_error_by_hand():
    p = np.array([0.9, 0.9, 0.9, 0.9, 0.7, 0.7])
    y = np.array([1, 1, 1, 0, 1, 0])
    scores = classification_scores(y, np.stack([1 - p, p], 1), "ab")
    assert scores["ece"].value == pytest.approx((4 * abs(0.9 - 0.75) + 2 * abs(0.7 - 0.5)) / 6)


def test_with_two_labels_the_second_is_positive_and_proportions_have_wilson_intervals():
    p = np.array([0.9, 0.8, 0.2, 0.6, 0.1])
    y = np.array([1, 1, 1, 0, 0])
    scores = classification_scores(y, np.stack([1 - p, p], 1), ["no", "yes"])
    assert (scores["recall"].value, scores["recall"].n) == (pytest.approx(2 / 3), 3)
    assert (scores["specificity"].value, scores["specificity"].n) == (0.5, 2)
    assert (scores["precision"].value, scores["precision"].n) == (pytest.approx(2 / 3), 3)
    assert scores["accuracy"].low == pytest.approx(0.2307, abs=1e-4)
    assert scores["accuracy"].high == pytest.approx(0.8824, abs=1e-4)


def test_all_right_is_still_uncertain():
    y = np.array([0, 1] * 10)
    scores = classification_scores(y, np.eye(2)[y], "ab")
    assert scores["accuracy"].value == scores["accuracy"].high == 1
    assert scores["accuracy"].low == pytest.approx(0.8389, abs=1e-4)
    assert scores["recall"].low == pytest.approx(0.7225, abs=1e-4)


def test_same_seed_same_interval_and_the_interval_holds_the_value():
    y, p = problem(80, 3, 0)
    first, second = (classification_scores(y, p, "abc", seed=4) for _ in range(2))
    assert first == second
    assert classification_scores(y, p, "abc", seed=5)["f1"] != first["f1"]
    assert list(first) == NAMES
    assert all(s.low <= s.value <= s.high and s.low < s.high for s in first.values())


def test_what_is_not_defined_is_null_in_json():
    scores = classification_scores(np.array([0, 0]), np.array([[0.6, 0.4], [0.7, 0.3]]), "ab")
    stored = json.loads(json.dumps({k: s.to_dict() for k, s in scores.items()}, allow_nan=False))
    assert stored["roc_auc"] == {"value": None, "low": None, "high": None, "n": 2}
    assert finite(stored) == stored
    one = classification_scores(np.array([1]), np.array([[0.4, 0.6]]), "ab")
    assert np.isnan(one["brier"].low) and one["accuracy"].low < 1


@pytest.mark.parametrize(
    ("y", "p", "words"),
    [
        (np.array([], int), np.zeros((0, 2)), "no example"),
        (np.array([0, 1]), np.full((2, 3), 1 / 3), r"need probabilities \(2, 2\)"),
        (np.array([0, 2]), np.full((2, 2), 0.5), "codes from 0 to 1"),
        (np.array([0.0, 1.0]), np.full((2, 2), 0.5), "float64"),
        (np.array([0, 1]), np.array([[0.5, 0.5], [np.nan, 0.5]]), "first at row 1"),
    ],
)
def test_what_cannot_be_scored_is_refused(y, p, words):
    with pytest.raises(DataError, match=words):
        classification_scores(y, p, "ab")


def test_every_metric_says_what_it_is():
    for metric in CLASSIFICATION:
        assert metric.definition.endswith(".") and metric.better in ("higher", "lower")
    definitions = {m.name: m.definition for m in CLASSIFICATION}
    assert "sensitivity" in definitions["recall"] and "true-positive rate" in definitions["recall"]
    assert "true-negative rate" in definitions["specificity"]
