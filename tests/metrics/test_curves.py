import numpy as np
import pytest

from profundo.metrics import curves


def problem(n, k, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, k, n)
    p = rng.random((n, k)) + 0.3 * np.eye(k)[y]
    return y, p / p.sum(1, keepdims=True)


def test_roc_and_precision_recall_equal_scikit_learn():
    from sklearn.metrics import precision_recall_curve, roc_curve

    y, p = problem(60, 2)
    score = p[:, 1].round(2)
    ours = curves.roc_curve(y == 1, score)
    x, t, threshold = roc_curve(y, score, drop_intermediate=False)
    np.testing.assert_allclose(ours["false_positive_rate"], x)
    np.testing.assert_allclose(ours["true_positive_rate"], t)
    np.testing.assert_allclose(ours["threshold"], threshold)
    precision, recall, threshold = precision_recall_curve(y, score)
    found = curves.precision_recall_curve(y == 1, score)
    np.testing.assert_allclose(found["precision"], precision[:-1][::-1])
    np.testing.assert_allclose(found["recall"], recall[:-1][::-1])
    np.testing.assert_allclose(found["threshold"], threshold[::-1])


def test_long_curves_are_thinned_and_keep_their_area():
    y, p = problem(5000, 2)
    from sklearn.metrics import auc, roc_auc_score

    curve = curves.roc_curve(y == 1, p[:, 1])
    assert len(curve["threshold"]) <= 200
    assert (curve["false_positive_rate"][0], curve["true_positive_rate"][-1]) == (0, 1)
    area = auc(curve["false_positive_rate"], curve["true_positive_rate"])
    assert area == pytest.approx(roc_auc_score(y, p[:, 1]), abs=0.005)


def test_one_curve_for_two_labels_and_none_for_labels_that_are_absent():
    y, p = problem(50, 2)
    assert list(curves.roc_curves(y, p, ["no", "yes"])) == ["yes"]
    y, p = problem(50, 4)
    y[y == 2] = 0
    assert list(curves.precision_recall_curves(y, p, "abcd")) == ["a", "b", "d"]


def test_calibration_counts_every_example_once():
    y, p = problem(300, 3)
    curve = curves.calibration_curve(y, p)
    count = np.array(curve["count"])
    assert count.sum() == 300
    assert (count * curve["accuracy"]).sum() == pytest.approx((p.argmax(1) == y).sum())
    assert (count * curve["confidence"]).sum() == pytest.approx(p.max(1).sum())


def test_confusion_matrix_rows_are_the_truth():
    found = curves.confusion_matrix(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1]), ["a", "b", "c"])
    assert found == {"labels": ["a", "b", "c"], "counts": [[1, 1, 0], [0, 1, 0], [0, 1, 0]]}
