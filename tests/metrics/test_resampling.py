import math

import numpy as np
import pytest
from scipy import stats

from profundo.errors import DataError
from profundo.metrics import Score, wilson
from profundo.metrics.resampling import METHODS, OUT, Round, no_information, summarise


def rounds(scores, train=None, chance=None, n_train=80, n_test=20, name="accuracy"):
    return [
        Round(
            {name: s},
            None if train is None else {name: train},
            None if chance is None else {name: chance},
            n_train,
            n_test,
        )
        for s in scores
    ]


def test_repeated_is_the_corrected_t():
    values = np.array([0.4, 0.5, 0.45, 0.6, 0.55])
    found = summarise("repeated:5", rounds(values, name="r2"))["r2"]
    half = stats.t.ppf(0.975, 4) * values.std(ddof=1) * math.sqrt(1 / 5 + 20 / 80)
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.5 - half, 0.5 + half))
    assert found.n == 100


def test_folds_are_the_plain_t_around_the_pooled_value():
    values = np.array([1.0, 1.2, 0.9, 1.1])
    pooled = {"rmse": Score(1.06, 0.9, 1.2, 100)}
    found = summarise("kfold:4", rounds(values, name="rmse", n_test=25), pooled)["rmse"]
    low, high = stats.t.interval(0.95, 3, 1.06, stats.sem(values))
    assert (found.value, found.low, found.high, found.n) == pytest.approx((1.06, low, high, 100))
    assert summarise("nested:4x3", rounds(values, name="rmse", n_test=25), pooled)["rmse"] == found


def test_a_proportion_is_never_surer_than_its_rows():
    alike = [0.8, 0.8, 0.8, 0.81, 0.8]
    for method in ("repeated", "5x2", "bootstrap"):
        found = summarise(method, rounds(alike))["accuracy"]
        floor = wilson(found.value * found.n, found.n)
        assert found.low <= floor.low + 1e-12 and found.high >= floor.high - 1e-12
    perfect = summarise("repeated", rounds([1.0] * 5))["accuracy"]
    assert perfect.value == perfect.high == 1 and perfect.low == pytest.approx(wilson(100, 100).low)


def test_the_share_of_k_folds():
    """Folds that differ as tosses do: Wilson's interval with the t of 2 (k - 1) degrees of freedom; else wider."""
    k, n, share = 5, 100, 0.8
    values = share + np.array([-1, -0.5, 0, 0.5, 1])
    values = share + (values - share) / values.std(ddof=1) * math.sqrt(share * (1 - share) / n * k)
    found = summarise("kfold:5", rounds(values))["accuracy"]
    t = stats.t.ppf(0.975, 8)
    middle, half = (share + t * t / 200) / (1 + t * t / 100), t / (1 + t * t / 100) * math.sqrt(0.0016 + t * t / 40000)
    assert (found.low, found.high) == pytest.approx((middle - half, middle + half))
    wider = summarise("kfold:5", rounds(share + 2 * (values - share)))["accuracy"]
    assert wider.low < found.low and wider.high > found.high
    perfect = summarise("nested:5x3", rounds([1.0] * 5))["accuracy"]
    assert perfect.high == 1 and 0.94 < perfect.low < wilson(100, 100).low


def test_holdout_and_loo_are_the_pooled_scores():
    pooled = {"accuracy": wilson(80, 100)}
    for method in ("holdout", "loo"):
        assert summarise(method, rounds([1.0, 0.0]), pooled) == pooled
        with pytest.raises(DataError, match="held-out answers"):
            summarise(method, rounds([1.0]))


def test_leaving_groups_out_is_as_sure_as_the_groups_are_alike():
    pooled = {"accuracy": wilson(240, 300)}
    found = summarise("leave-one-group-out", rounds([0.9, 0.8, 0.7]), pooled)["accuracy"]
    half = 4.302653 * 0.1 / math.sqrt(3)
    assert found.value == pooled["accuracy"].value
    assert (found.low, found.high) == pytest.approx((0.8 - half, 1.0)) and found.n == 60


def test_632_by_hand():
    found = summarise(".632", rounds([0.6, 0.7, 0.65], train=1.0))["accuracy"]
    assert found.value == pytest.approx(0.368 * 1.0 + 0.632 * 0.65)
    assert found.low < found.value < found.high
    with pytest.raises(DataError, match="train_scores"):
        summarise(".632", rounds([0.6, 0.7]))


def plus(out, train, chance, name="accuracy"):
    return summarise(".632+", rounds([out - 0.01, out + 0.01], train, chance, name=name))[name].value


def test_632_plus_as_efron_and_tibshirani_wrote_it():
    """Their formulas are for an error rate: err = 1 - accuracy."""
    for out, train, chance in [(0.65, 1.0, 0.5), (0.7, 0.8, 0.5), (0.55, 0.95, 0.52)]:
        err1, err, gamma = 1 - out, 1 - train, 1 - chance
        overfitting = (err1 - err) / (gamma - err)
        weight = 0.632 / (1 - 0.368 * overfitting)
        assert plus(out, train, chance) == pytest.approx(1 - ((1 - weight) * err + weight * err1))


def test_632_plus_does_not_care_which_way_is_better():
    """The same numbers as an accuracy, and turned round and scaled as a loss."""
    score = plus(0.65, 1.0, 0.5)
    loss = summarise(".632+", rounds([3.4, 3.6], 0.0, 5.0, name="log_loss"))["log_loss"].value
    assert loss == pytest.approx(10 * (1 - score))


def test_632_plus_at_its_ends():
    assert plus(0.5, 1.0, 0.5) == pytest.approx(0.5)  # learnt nothing: chance
    assert plus(0.4, 1.0, 0.5) == pytest.approx(0.5)  # no worse than chance
    assert plus(0.9, 0.8, 0.5) == pytest.approx(0.368 * 0.8 + 0.632 * 0.9)  # not overfitted: .632


def test_632_plus_of_1nn_without_signal():
    """True accuracy 0.5: .632 is far too good, .632+ is not."""
    found = {".632": [], ".632+": []}
    for seed in range(40):
        random = np.random.default_rng([3, seed])
        x, y = random.normal(size=(40, 4)), random.integers(0, 2, 40)
        near = ((x[:, None] - x[None]) ** 2).sum(2)
        made = []
        for _ in range(25):
            drawn = random.integers(0, 40, 40)
            out = np.setdiff1d(np.arange(40), drawn)
            said = y[drawn[near[np.ix_(out, drawn)].argmin(1)]]
            p, q = y[out].mean(), said.mean()
            made.append(
                Round(
                    {"accuracy": (said == y[out]).mean()},
                    {"accuracy": 1.0},
                    {"accuracy": p * q + (1 - p) * (1 - q)},
                    40,
                    len(out),
                )
            )
        for method, values in found.items():
            values.append(summarise(method, made)["accuracy"].value)
    assert np.mean(found[".632"]) > 0.65
    assert abs(np.mean(found[".632+"]) - 0.5) < 0.05


def test_what_cannot_be_told_is_nan():
    one = summarise("repeated", rounds([0.4], name="r2"))["r2"]
    assert one.value == 0.4 and math.isnan(one.low) and math.isnan(one.high)
    alike = summarise("bootstrap", rounds([0.4, 0.4], name="f1"))["f1"]
    assert math.isnan(alike.low)
    missing = summarise("kfold", rounds([math.nan, 0.4, 0.6], name="roc_auc"))["roc_auc"]
    assert missing.value == pytest.approx(0.5) and missing.low == 0 and missing.high == 1  # never beyond its ends
    pooled = {"roc_auc": Score(0.7, 0.6, 0.8, 60)}
    assert summarise("kfold", rounds([math.nan, 0.4], name="roc_auc"), pooled)["roc_auc"] == Score(0.7, 0.6, 0.8, 40)


def test_wrong_words():
    with pytest.raises(DataError, match=r"kfold"):
        summarise("k-fold", rounds([0.5]))
    with pytest.raises(DataError, match="no round"):
        summarise("kfold", [])
    assert set(METHODS) >= {"holdout", "5x2", ".632+"} and pytest.approx(0.582, abs=1e-3) == OUT


def test_no_information_is_gamma():
    random = np.random.default_rng(0)
    y, said = random.integers(0, 3, 50), random.integers(0, 3, 50)
    gamma = sum((y == k).mean() * (said == k).mean() for k in range(3))
    measure = lambda a, b: {"accuracy": (a == b).mean()}  # noqa: E731
    assert no_information(y, said, measure)["accuracy"] == pytest.approx(gamma, rel=1e-12)
    y, said = random.integers(0, 3, 2000), random.integers(0, 3, 2000)
    gamma = sum((y == k).mean() * (said == k).mean() for k in range(3))
    many = no_information(y, said, measure)
    assert many["accuracy"] == pytest.approx(gamma, abs=0.005) and many == no_information(y, said, measure)
    with pytest.raises(DataError, match="3 true values and 2"):
        no_information(y[:3], said[:2], measure)


def test_coverage():
    """The interval of the mean of ten rounds holds the truth in about 95 of 100 data sets (in full: benchmarks)."""
    held = []
    for seed in range(400):
        random = np.random.default_rng([9, seed])
        right = random.random(100) < 0.8
        scores = [right[random.permutation(100)[:20]].mean() for _ in range(10)]
        found = summarise("repeated", rounds(scores))["accuracy"]
        held.append(found.low <= 0.8 <= found.high)
    assert 0.92 <= np.mean(held) <= 0.985
