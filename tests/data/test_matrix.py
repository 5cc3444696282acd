import numpy as np
import pandas as pd
import pytest

from profundo.data.encode import fit_number, transform
from profundo.data.matrix import centers_and_scales, encode_matrix, fit_matrix, spread
from profundo.schema import Category


@pytest.fixture
def x():
    generator = np.random.default_rng(0)
    columns = [generator.normal(5, 2, 301), generator.exponential(size=301), generator.random(301) < 0.1, np.ones(301)]
    return np.stack(columns, 1).astype(float)


NAMES = ["normal", "skewed", "rare", "constant"]


def test_it_encodes_as_the_columns_of_a_table_are_encoded(x):
    kinds = fit_matrix(NAMES, x)
    wanted, _ = transform(kinds, pd.DataFrame(x, columns=NAMES))
    np.testing.assert_allclose(encode_matrix(x, kinds, np.dtype("float32")), wanted, rtol=1e-6)


def test_its_statistics_are_those_of_a_column_of_a_table(x):
    kinds = fit_matrix(NAMES, x)
    for index, name in enumerate(NAMES):  # 301 rows: the quartiles are values, nothing is interpolated
        single = fit_number(x[:, index])
        assert kinds[name].center == single.center
        assert kinds[name].scale == pytest.approx(single.scale, rel=1e-12)


def test_a_row_of_weight_two_counts_as_two_rows(x):
    weights = np.random.default_rng(1).integers(1, 4, len(x))
    weighted, repeated = fit_matrix(NAMES, x, weights.astype(float)), fit_matrix(NAMES, x.repeat(weights, 0))
    for name in NAMES:
        assert weighted[name].center == repeated[name].center
        assert weighted[name].scale == pytest.approx(repeated[name].scale, rel=1e-12)


def test_a_scale_can_always_be_divided_by():
    x = np.array([[0.1, 1e308, 0.0], [0.1, -1e308, 1e-320], [0.1, 1e308, 0.0]])
    np.testing.assert_array_equal(spread(x), 1.0)
    encoded = encode_matrix(x, fit_matrix(["a", "b", "c"], x), np.dtype("float64"))
    assert np.isfinite(encoded).all()


def test_only_numbers_have_centers_and_scales(x):
    kinds = fit_matrix(NAMES, x)
    centers, scales = centers_and_scales({**kinds, "label": Category(("a", "b"))})
    assert centers.shape == scales.shape == (4,)
