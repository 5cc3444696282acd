import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profundo.errors import DataError
from profundo.metrics import MULTILABEL, multilabel_scores


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 40), targets=st.integers(2, 4), seed=st.integers(0, 10**6), share=st.sampled_from([0.05, 0.5]))
def test_equals_scikit_learn(n, targets, seed, share):
    from sklearn import metrics as m

    rng = np.random.default_rng(seed)
    y = (rng.random((n, targets)) < share).astype(int)
    p = rng.random((n, targets)).round(1)
    predicted = (p >= 0.5).astype(int)
    options = {"average": "macro", "zero_division": 0}
    both = [t for t in range(targets) if 0 < y[:, t].sum() < n]
    some = [t for t in range(targets) if y[:, t].any()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = {
            "f1": m.f1_score(y, predicted, **options),
            "precision": m.precision_score(y, predicted, **options),
            "recall": m.recall_score(y, predicted, **options),
            "accuracy": m.accuracy_score(y, predicted),
            "hamming_loss": m.hamming_loss(y, predicted),
            "roc_auc": np.mean([m.roc_auc_score(y[:, t], p[:, t]) for t in both]) if both else np.nan,
            "average_precision": np.mean([m.average_precision_score(y[:, t], p[:, t]) for t in some])
            if some
            else np.nan,
            "log_loss": np.mean([m.log_loss(y[:, t], p[:, t], labels=[0, 1]) for t in range(targets)]),
            "brier": ((y - p) ** 2).mean(),
        }
    scores = multilabel_scores(y, p, resamples=0)
    assert list(scores) == list(expected) == [metric.name for metric in MULTILABEL]
    for metric in MULTILABEL:
        value = scores[metric.name].value
        np.testing.assert_allclose(value, expected[metric.name], rtol=1e-12, atol=1e-12, err_msg=metric.name)
        np.testing.assert_allclose(metric.compute(y, p), value, rtol=1e-13)


def test_intervals_hold_the_values():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (60, 3))
    scores = multilabel_scores(y, rng.random((60, 3)), ("a", "b", "c"), seed=1)
    assert all(s.low < s.high and s.low <= s.value <= s.high and s.n == 60 for s in scores.values())


def test_what_cannot_be_scored_is_refused():
    y = np.array([[0, 1], [1, 0]])
    with pytest.raises(DataError, match="3 target names"):
        multilabel_scores(y, y, ("a", "b", "c"))
    with pytest.raises(DataError, match="0 and 1 only"):
        multilabel_scores(y * 2, y)
    with pytest.raises(DataError, match=r"\(2, 2\)"):
        multilabel_scores(y, y[:, :1])
