import math

import numpy as np
import pytest
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin

from profundo.errors import DataError
from profundo.metrics import hypothesis as h


def pairs(seed, n=60, k=2):
    random = np.random.default_rng(seed)
    y = random.integers(0, 3, n)
    return y, [np.where(random.random(n) < 0.75, y, random.integers(0, 3, n)) for _ in range(k)]


@pytest.mark.parametrize("seed", range(12))
def test_mcnemar_equals_mlxtend_and_statsmodels(seed):
    from mlxtend.evaluate import mcnemar, mcnemar_table
    from statsmodels.stats.contingency_tables import mcnemar as other

    y, (a, b) = pairs(seed)
    table = mcnemar_table(y, a, b)
    statistic, p = mcnemar(table, corrected=True)
    found = h.mcnemar(y, a, b, "chi2")
    assert (found.statistic, found.p) == pytest.approx((statistic, p), rel=1e-12)
    exact = mcnemar(table, exact=True)[1]
    assert h.mcnemar(y, a, b, "exact").p == pytest.approx(exact, rel=1e-12)
    assert h.mcnemar(y, a, b, "exact").p == pytest.approx(other(table, exact=True).pvalue, rel=1e-12)
    only_a, only_b = ((a == y) & (b != y)).sum(), ((b == y) & (a != y)).sum()
    mid = exact - stats.binom.pmf(min(only_a, only_b), only_a + only_b, 0.5)
    if only_a != only_b:
        assert h.mcnemar(y, a, b).p == pytest.approx(mid, rel=1e-12)
    assert found.effect == pytest.approx((a == y).mean() - (b == y).mean())
    assert found.low <= found.effect <= found.high


def test_mcnemar_without_disagreement():
    y = np.array([0, 1, 1])
    for kind in ("mid-p", "exact", "chi2"):
        assert h.mcnemar(y, y, y, kind).p == 1


@pytest.mark.parametrize("seed", range(8))
def test_two_proportions(seed):
    from statsmodels.stats.proportion import proportions_ztest

    random = np.random.default_rng(seed)
    n_a, n_b = random.integers(20, 200, 2).tolist()
    a, b = random.binomial(n_a, 0.8), random.binomial(n_b, 0.7)
    found = h.two_proportions(a, n_a, b, n_b)
    assert (found.statistic, found.p) == pytest.approx(proportions_ztest([a, b], [n_a, n_b]), rel=1e-12)
    chi2 = stats.chi2_contingency([[a, n_a - a], [b, n_b - b]], correction=False)
    assert found.p == pytest.approx(chi2.pvalue, rel=1e-9)


def test_two_proportions_as_newcombe_published():
    # Newcombe 1998, Statistics in Medicine 17, table II, method 10: 56/70 - 48/80 and 9/10 - 3/10
    found = h.two_proportions(56, 70, 48, 80)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)
    found = h.two_proportions(9, 10, 3, 10)
    assert (round(found.low, 4), round(found.high, 4)) == (0.1705, 0.8090)


def test_two_proportions_at_the_ends():
    assert h.two_proportions(10, 10, 20, 20).p == 1
    assert h.two_proportions(0, 10, 0, 20).p == 1
    with pytest.raises(DataError, match="no example"):
        h.two_proportions(0, 0, 1, 2)


@pytest.mark.parametrize("seed", range(8))
def test_cochrans_q_equals_mlxtend(seed):
    from mlxtend.evaluate import cochrans_q

    y, given = pairs(seed, k=4)
    q, p = cochrans_q(y, *given)
    right = np.stack([g == y for g in given], 1)
    found = h.cochrans_q(right)
    assert (found.statistic, found.p) == pytest.approx((q, p), rel=1e-12)
    assert found.effect == pytest.approx(q / (60 * 3)) and 0 <= found.low <= found.effect <= found.high <= 1
    assert h.cochrans_q(right) == found


def test_the_effect_of_cochrans_q():
    right = np.random.default_rng(0).random((50, 3)) < [0.9, 0.7, 0.5]
    x = right.astype(float)
    effect = h.eta_squared(x.sum(0)[None], (x.sum(1) ** 2).sum()[None], 50)
    assert effect[0] == pytest.approx(h.cochrans_q(right).effect, rel=1e-12)
    same = np.repeat(right[:, :1], 3, 1)
    assert (h.cochrans_q(same).p, h.cochrans_q(same).effect) == (1, 0)


class Fixed(ClassifierMixin, BaseEstimator):
    """An estimator whose accuracy on a part of the data is that of a fixed answer."""

    def __init__(self, answers):
        self.answers = answers

    def fit(self, x, y):
        return self

    def predict(self, x):
        return self.answers[x[:, 0].astype(int)]


def mlxtend_differences(seed):
    """The answers of two estimators, and the ten differences that mlxtend's splits give them."""
    from sklearn.model_selection import train_test_split

    random = np.random.default_rng(seed)
    y = random.integers(0, 2, 90)
    a, b = (np.where(random.random(90) < share, y, 1 - y) for share in (0.85, 0.7))
    x = np.arange(90.0)[:, None]
    seeds, d = np.random.RandomState(5), []
    for _ in range(5):
        one, two, y1, y2 = train_test_split(x, y, test_size=0.5, random_state=seeds.randint(low=0, high=32767))
        halves = [
            ((a[p[:, 0].astype(int)] == t).mean() - (b[p[:, 0].astype(int)] == t).mean())
            for p, t in ((two, y2), (one, y1))
        ]
        d.append(halves)
    return Fixed(a), Fixed(b), x, y, np.array(d)


@pytest.mark.parametrize("seed", range(6))
def test_5x2cv_equals_mlxtend(seed):
    from mlxtend.evaluate import combined_ftest_5x2cv, paired_ttest_5x2cv

    a, b, x, y, d = mlxtend_differences(seed)
    share = lambda model, x, y: (model.predict(x) == y).mean()  # noqa: E731
    t, p = paired_ttest_5x2cv(a, b, x, y, scoring=share, random_seed=5)
    found = h.five_by_two_t(d)
    assert (found.statistic, found.p) == pytest.approx((t, p), rel=1e-12)
    f, p = combined_ftest_5x2cv(a, b, x, y, scoring=share, random_seed=5)
    found = h.five_by_two_f(d)
    assert (found.statistic, found.p) == pytest.approx((f, p), rel=1e-12)
    assert found.effect == pytest.approx(d.mean())


def test_5x2cv_where_all_are_alike():
    assert h.five_by_two_t(np.zeros((5, 2))).p == h.five_by_two_f(np.zeros((5, 2))).p == 1
    sure = h.five_by_two_t(np.full((5, 2), 0.25))
    assert (sure.statistic, sure.p, sure.to_dict()["statistic"]) == (math.inf, 0, None)
    with pytest.raises(DataError, match="ten numbers"):
        h.five_by_two_t(np.zeros((2, 5)))


def test_the_naive_t_is_scipys():
    d = np.random.default_rng(0).normal(0.02, 0.05, 10)
    found, known = h.naive_resampled_t(d), stats.ttest_1samp(d, 0)
    assert (found.statistic, found.p) == pytest.approx((known.statistic, known.pvalue), rel=1e-12)
    assert (found.low, found.high) == pytest.approx(tuple(known.confidence_interval()), rel=1e-12)


def test_the_corrected_t_as_scikit_learn_published():
    """Its example "Statistical comparison of models using grid search" prints 0.750 and, one-sided, 0.227."""
    from sklearn.datasets import make_moons
    from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
    from sklearn.svm import SVC

    x, y = make_moons(noise=0.352, random_state=1, n_samples=100)
    folds = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    rbf, linear = (
        cross_val_score(SVC(kernel=k, random_state=0), x, y, scoring="roc_auc", cv=folds) for k in ("rbf", "linear")
    )
    found = h.resampled_t(rbf - linear, 10 / 90)
    assert round(found.statistic, 3) == 0.750 and round(found.p / 2, 3) == 0.227


def test_the_correction_widens():
    d = np.random.default_rng(1).normal(0.02, 0.05, 10)
    plain, corrected = h.naive_resampled_t(d), h.resampled_t(d, 0.25)
    assert corrected.statistic == pytest.approx(plain.statistic / math.sqrt(1 + 10 * 0.25), rel=1e-12)
    assert corrected.high - corrected.low == pytest.approx(math.sqrt(3.5) * (plain.high - plain.low), rel=1e-12)
    with pytest.raises(DataError, match="two or more"):
        h.resampled_t([0.1], 0.25)
    assert h.resampled_t([0.0, 0.0, 0.0], 0.25).p == 1


def test_holm_by_hand():
    assert h.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert h.holm([]) == []


def test_false_alarms():
    """Equal methods: the corrected t keeps its 5 %, the naive one does not (the full count: benchmarks)."""
    alarms = {"corrected": 0, "naive": 0}
    for seed in range(300):
        random = np.random.default_rng([7, seed])
        d = random.normal(size=100) + 0.0  # what each row adds to the difference
        rounds = np.array([d[random.permutation(100)[:20]].mean() for _ in range(10)])
        alarms["corrected"] += h.resampled_t(rounds, 0.25).p < 0.05
        alarms["naive"] += h.naive_resampled_t(rounds).p < 0.05
    assert 0.02 <= alarms["corrected"] / 300 <= 0.08
    assert alarms["naive"] / 300 > 0.15
