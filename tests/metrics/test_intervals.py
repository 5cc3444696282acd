import subprocess
import sys

import numpy as np
import pytest

from profundo.metrics import mean_score, regression_scores, wilson
from profundo.metrics.intervals import draws


def test_wilson_holds_the_truth_in_95_of_100_cases():
    rng = np.random.default_rng(0)
    for share, n in [(0.5, 25), (0.85, 60), (0.97, 200)]:
        hits = rng.binomial(n, share, 3000)
        intervals = [wilson(h, n) for h in hits]
        assert 0.92 <= np.mean([s.low <= share <= s.high for s in intervals]) <= 0.98


def test_the_bootstrap_of_the_mae_holds_the_truth_in_95_of_100_cases():
    rng = np.random.default_rng(1)
    truth = np.sqrt(2 / np.pi)  # of a standard normal error
    errors = rng.normal(size=(500, 80))
    scores = [regression_scores(np.zeros(80), e, seed=i, resamples=400)["mae"] for i, e in enumerate(errors)]
    assert 0.92 <= np.mean([s.low <= truth <= s.high for s in scores]) <= 0.98


def test_resamples_draw_n_examples_each_and_do_not_depend_on_memory(monkeypatch):
    whole = np.concatenate(list(draws(50, 40, 3, 50)))
    assert (whole.sum(1) == 50).all() and whole.shape == (40, 50)
    monkeypatch.setattr("profundo.metrics.intervals.BLOCK", 350)
    blocks = list(draws(50, 40, 3, 50))
    assert [len(b) for b in blocks] == [7, 7, 7, 7, 7, 5]
    np.testing.assert_array_equal(np.concatenate(blocks), whole)


def test_mean_of_losses():
    losses = np.random.default_rng(0).exponential(size=400)
    score = mean_score(losses, seed=1)
    half = 1.96 * losses.std() / 20
    assert score.value == pytest.approx(losses.mean())
    assert (score.low, score.high) == pytest.approx((score.value - half, score.value + half), abs=0.02)
    assert np.isnan(mean_score(np.array([2.0])).low)


def test_scoring_imports_neither_torch_nor_scikit_learn():
    code = "import sys, profundo.baselines; print(sorted({'torch', 'sklearn', 'scipy', 'pandas'} & {*sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
