import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profundo.errors import DataError
from profundo.metrics import REGRESSION, regression_scores


def check(y, prediction):
    from sklearn import metrics as m

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = {
            "mse": m.mean_squared_error(y, prediction),
            "rmse": m.root_mean_squared_error(y, prediction),
            "mae": m.mean_absolute_error(y, prediction),
            "r2": m.r2_score(y, prediction),
        }
    scores = regression_scores(y, prediction, resamples=0)
    assert list(scores) == [metric.name for metric in REGRESSION]
    for metric in REGRESSION:
        value = scores[metric.name].value
        np.testing.assert_allclose(value, expected[metric.name], rtol=1e-12, atol=1e-12, err_msg=metric.name)
        np.testing.assert_allclose(metric.compute(y, prediction), value, rtol=1e-13)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 50),
    targets=st.integers(0, 3),
    seed=st.integers(0, 10**6),
    offset=st.sampled_from([0.0, 3.0, -1e3]),
)
def test_equals_scikit_learn(n, targets, seed, offset):
    rng = np.random.default_rng(seed)
    shape = (n, targets) if targets else (n,)
    y = rng.normal(size=shape) + offset
    check(y, y + rng.normal(size=shape))


def test_equals_scikit_learn_where_y_is_constant_or_the_prediction_perfect():
    check(np.full(5, 2.0), np.full(5, 2.0))
    check(np.full(5, 2.0), np.arange(5.0))
    check(np.arange(5.0), np.arange(5.0))
    check(np.arange(5.0), np.full(5, 2.0))
    check(np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 4.0]]), np.array([[1.0, 1.0], [1.0, 2.5], [1.0, 3.0]]))


def test_a_large_offset_does_not_spoil_r2():
    rng = np.random.default_rng(0)
    y = rng.normal(size=200)
    prediction = y + rng.normal(size=200)
    plain, moved = regression_scores(y, prediction)["r2"], regression_scores(y + 1e6, prediction + 1e6)["r2"]
    assert (moved.value, moved.low, moved.high) == pytest.approx((plain.value, plain.low, plain.high), abs=1e-8)


def test_the_bootstrap_equals_scikit_learn_on_the_same_resamples():
    from sklearn.metrics import mean_absolute_error, r2_score

    from profundo.metrics.intervals import draws

    rng = np.random.default_rng(2)
    y = rng.normal(size=(30, 2))
    prediction = y + rng.normal(size=(30, 2))
    rows = [np.repeat(np.arange(30), w.astype(int)) for block in draws(30, 300, 9, 30) for w in block]
    scores = regression_scores(y, prediction, seed=9, resamples=300)
    for name, measure in {"r2": r2_score, "mae": mean_absolute_error}.items():
        low, high = np.quantile([measure(y[r], prediction[r]) for r in rows], [0.025, 0.975])
        assert (scores[name].low, scores[name].high) == pytest.approx((low, high), abs=1e-9)


@pytest.mark.parametrize(
    ("y", "prediction", "words"),
    [
        ([], [], "no example"),
        ([1.0, 2.0], [1.0], "must be alike"),
        ([1.0, 2.0], [1.0, np.inf], "rows of the prediction are not finite, the first is row 1"),
        ([np.nan, 2.0], [1.0, 1.0], "rows of y"),
    ],
)
def test_what_cannot_be_scored_is_refused(y, prediction, words):
    with pytest.raises(DataError, match=words):
        regression_scores(np.array(y), np.array(prediction))
