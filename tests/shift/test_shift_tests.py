"""The tests by themselves: oracles, exactness of p-values where nothing changed, and planted changes."""

import numpy as np
import pytest
from scipy import stats

from profundo.metrics.hypothesis import holm
from profundo.schema import Category, Number, Schema
from profundo.shift.columns import changed_unit, chi_square, compare_labels, compare_numbers
from profundo.shift.compare import Compared, Test, compare
from profundo.shift.joint import mmd_test
from profundo.shift.labels import calibrate, entropies, far_from, label_shares, logarithms, maximise, strange
from profundo.shift.rows import Rows


def test_numbers_are_compared_as_scipy_does():
    random = np.random.default_rng(0)
    a, b = random.normal(size=300), random.normal(0.2, size=200)
    found = compare_numbers("a", a, b)
    assert found.p == stats.ks_2samp(a, b, method="asymp").pvalue
    assert found.after["median"] == np.median(b)


def test_missing_values_are_a_shift_of_their_own():
    values = np.arange(200.0)
    gaps = np.where(np.arange(200) % 5 == 0, np.nan, values)
    found = compare_numbers("a", values, gaps)
    assert found.p == 2 * stats.fisher_exact([[0, 200], [40, 160]])[1] < 1e-6
    assert found.after["missing"] == pytest.approx(0.2)


def test_a_column_without_any_value_is_compared():
    found = compare_numbers("a", np.arange(100.0), np.full(50, np.nan))
    assert found.p < 1e-6 and found.statistic == 1 and found.after["median"] is None


def test_labels_are_compared_as_scipy_does():
    table = np.array([[30.0, 50, 20, 60], [40, 20, 30, 60]])
    assert chi_square(table)[0] == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    two = table[:, :2]
    assert chi_square(two)[0] == pytest.approx(stats.fisher_exact(two)[1])


def test_labels_never_seen_are_noticed_among_many_rows():
    before, after = np.repeat([0, 1], 500), np.repeat([0, 1, 2], [150, 140, 10])
    found = compare_labels("c", before, after, ("a", "b"))
    assert found.p <= 2 * stats.fisher_exact([[0, 1000], [10, 290]])[1] < 1e-5
    assert found.after["never seen"] == pytest.approx(1 / 30)
    assert found.before["shares"] == {"a": 0.5, "b": 0.5}


def test_rare_labels_are_put_together_so_that_p_holds():
    random = np.random.default_rng(1)
    shares = random.dirichlet(np.full(60, 0.3))
    p = [
        compare_labels("c", *(random.choice(60, n, p=shares) for n in (500, 100)), [str(i) for i in range(60)]).p
        for _ in range(400)
    ]
    assert np.mean(np.array(p) <= 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)
    assert np.mean(np.array(p) <= 0.01) < 0.01 + 3 * np.sqrt(0.01 * 0.99 / 400)


@pytest.mark.parametrize("factor", [1000.0, 0.1, 2.54])
def test_another_unit_is_seen(factor):
    random = np.random.default_rng(2)
    assert changed_unit(random.normal(170, 10, 500), random.normal(170, 10, 300) * factor) == pytest.approx(factor)


def test_a_moved_column_is_not_another_unit():
    random = np.random.default_rng(3)
    assert changed_unit(random.normal(170, 10, 500), random.normal(200, 10, 300)) is None
    assert changed_unit(np.zeros(50), random.normal(size=50)) is None
    assert changed_unit(random.normal(1, 0.1, 500), random.lognormal(2.3, 2, 300)) is None  # ten times, other shape


def test_the_joint_test_sees_what_no_column_shows():
    random = np.random.default_rng(4)
    a, b = random.normal(size=(400, 4)), random.normal(size=(400, 4))
    b[:, 1] = 0.8 * b[:, 0] + 0.6 * b[:, 1]
    assert mmd_test(a, b).p <= 0.01
    assert all(stats.ks_2samp(a[:, i], b[:, i]).pvalue > 0.01 for i in range(4))


def test_the_joint_discrepancy_is_its_definition():
    random = np.random.default_rng(5)
    a, b = random.normal(size=(9, 2)).astype(np.float32), random.normal(1, size=(7, 2)).astype(np.float32)
    pooled = np.concatenate([a, b])
    distances = ((pooled[:, None] - pooled[None]) ** 2).sum(2)
    width = np.median(distances)
    kernel = sum(np.exp(-distances / (2 * width * factor**2)) for factor in (0.5, 1, 2))
    np.fill_diagonal(kernel, 0)
    wanted = kernel[:9, :9].sum() / 72 + kernel[9:, 9:].sum() / 42 - 2 * kernel[:9, 9:].mean()
    assert mmd_test(a, b, permutations=9).statistic == pytest.approx(wanted, abs=1e-5)


def test_the_joint_test_keeps_its_level():
    random = np.random.default_rng(6)
    p = [mmd_test(random.normal(size=(40, 3)), random.normal(size=(25, 3)), permutations=39).p for _ in range(200)]
    assert 0.005 <= np.mean(np.array(p) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
    assert mmd_test(np.zeros((5, 2)), np.zeros((5, 2))).p == 1


def test_a_joint_test_of_one_row_says_nothing():
    assert mmd_test(np.zeros((50, 2)), np.ones((1, 2))).p == 1


def known_classes(random: np.random.Generator, n: int, shares: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Draw rows of three overlapping classes, with probabilities that are too sure and were fitted to equal shares."""
    y = random.choice(3, n, p=shares)
    x = random.normal(size=(n, 2)) + np.array([[0, 0], [2.5, 0], [0, 2.5]])[y]
    scores = -((x[:, None] - np.array([[0, 0], [2.5, 0], [0, 2.5]])) ** 2).sum(2)  # twice the true ones
    p = np.exp(scores - scores.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True), y


def test_the_shares_of_the_classes_are_estimated_within_3_points():
    random = np.random.default_rng(7)
    errors, held = [], []
    for _ in range(20):
        p, y = known_classes(random, 1500, [0.5, 0.3, 0.2])
        new, true = known_classes(random, 1000, random.dirichlet(np.ones(3)))
        found = label_shares(p, y, new, resamples=40)
        shares = np.bincount(true, minlength=3) / 1000
        errors.append(np.abs(found.after - shares).max())
        held.append((found.low <= shares) & (shares <= found.high))
        naive = np.bincount(new.argmax(1), minlength=3) / 1000
        errors[-1] = (errors[-1], np.abs(naive - shares).max())
    ours, counting = np.mean(errors, 0)
    assert ours < 0.03 < counting
    assert np.mean(held) > 0.85


def test_calibration_finds_the_temperature():
    p, y = known_classes(np.random.default_rng(8), 4000, [1 / 3] * 3)
    found = calibrate(logarithms(p), y, np.ones(4000))
    assert found.scale == pytest.approx(0.5, abs=0.05) and np.abs(found.bias).max() < 0.2


def test_the_shares_are_those_of_maximum_likelihood():
    from scipy.optimize import minimize_scalar

    random = np.random.default_rng(9)
    ratios = random.lognormal(0, 0.5, (300, 2))
    best = minimize_scalar(lambda q: -np.log(ratios @ [q, 1 - q]).sum(), bounds=(0, 1), method="bounded").x
    assert maximise(ratios, np.ones(300), np.array([0.5, 0.5]))[0] == pytest.approx(best, abs=2e-3)


def test_a_class_without_a_reference_row_does_no_harm():
    p, y = known_classes(np.random.default_rng(10), 200, [0.6, 0.4, 0.0])
    found = label_shares(p, y, p, resamples=10)
    assert np.isfinite(found.after).all() and found.after.sum() == pytest.approx(1)


def test_rows_far_out_are_counted_exactly():
    random = np.random.default_rng(11)
    p = np.array([strange(*(random.normal(size=n) for n in (100, 60))).p for _ in range(2000)])
    for level in (0.05, 0.01):
        assert np.mean(p <= level) <= level + 3 * np.sqrt(level / 2000)
    assert np.mean(p <= 0.05) > 0.015
    assert strange(random.normal(size=100), random.normal(3, size=60)).p < 1e-6


def test_far_out_rows_are_explained_by_the_shares_of_the_classes():
    random = np.random.default_rng(12)
    y = random.choice(2, 2000, p=[0.9, 0.1])
    before = random.normal(size=2000) + y
    rare = random.choice(2, 1000, p=[0.5, 0.5])
    after = random.normal(size=1000) + rare
    plain = strange(before, after)
    weighted = strange(before, after, np.array([0.5 / 0.9, 0.5 / 0.1])[y])
    assert plain.p < 1e-4 and plain.excess_p < 1e-4 < weighted.excess_p
    assert weighted.expected == pytest.approx(weighted.share_after, abs=0.04)


def test_distances_leave_a_row_itself_out():
    rows = np.random.default_rng(13).normal(size=(50, 3))
    distances = np.sort(np.sqrt(((rows[:, None] - rows[None]) ** 2).sum(2)), 1)
    np.testing.assert_allclose(far_from(rows, rows, same=True), distances[:, 5], atol=1e-6)
    np.testing.assert_allclose(far_from(rows, rows + 0), distances[:, 4], atol=1e-6)
    np.testing.assert_allclose(entropies(np.array([[1, 0], [0.5, 0.5]])), [0, np.log(2)], atol=1e-9)


def test_each_block_has_an_equal_part_of_the_level_and_holm_within():
    tests = [Test(str(p), "", 0.1, p) for p in (0.004, 0.01, 0.5)]
    found = Compared({"columns": tuple(tests), "outputs": (), "joint": (Test("j", "", 0.1, 0.02),)}, 0.05)
    assert found.corrected["columns"] == pytest.approx([0.024, 0.04, 1.0])
    assert found.corrected["joint"] == pytest.approx([0.04])
    assert [t.name for t in found.shifted("columns")] == ["0.004", "0.01"] and found.alarm


def test_holm_is_that_of_statsmodels():
    from statsmodels.stats.multitest import multipletests

    p = np.random.default_rng(17).beta(0.3, 1, 12)
    assert holm(list(p)) == pytest.approx(multipletests(p, method="holm")[1])
    assert holm([]) == []


def table_rows(random: np.random.Generator, n: int) -> Rows:
    features = random.normal(size=(n, 3)).astype(np.float32)
    p = np.exp(features)
    p /= p.sum(1, keepdims=True)
    codes = random.choice(4, n, p=[0.4, 0.4, 0.19, 0.01])
    holes = np.where(random.random(n) < 0.1, np.nan, features[:, 0])
    return Rows({"a": holes, "b": random.poisson(2, n) * 1.0}, {"c": codes}, p, features, p.argmax(1))


SCHEMA = Schema({"a": Number(), "b": Number(), "c": Category(("x", "y", "z"))}, {"t": Category(("k", "l", "m"))})


def test_without_a_shift_the_alarm_is_false_at_most_one_time_in_twenty(monkeypatch):
    from profundo.shift import joint

    monkeypatch.setattr(joint, "MOST", 60)
    random = np.random.default_rng(14)
    alarms = [compare(table_rows(random, 200), table_rows(random, 100), SCHEMA).alarm for _ in range(150)]
    assert np.mean(alarms) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 150)


def test_every_column_can_raise_the_alarm():
    random = np.random.default_rng(15)
    old = table_rows(random, 500)
    for name, change in (("a", 1.0), ("b", 2.0)):
        new = table_rows(random, 300)
        new.numbers[name][:] += change
        assert [t.name for t in compare(old, new, SCHEMA).shifted("columns")] == [name]
    new = table_rows(random, 300)
    new.categories["c"][:60] = 3
    assert [t.name for t in compare(old, new, SCHEMA).shifted("columns")] == ["c"]
