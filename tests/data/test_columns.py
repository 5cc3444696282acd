import numpy as np
import pytest
import torch

from profundo.data import load
from profundo.data.columns import PIECE, SIDE, Columns


def table(rows):
    rng = np.random.default_rng(0)
    return {"a": rng.normal(size=rows), "c": rng.choice(list("xyz"), rows), "y": np.arange(rows) % 2}


@pytest.mark.parametrize("rows", [60, 3 * PIECE])
@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_they_are_the_matrix_of_the_split(rows, split):
    data = load(table(rows), target="y")
    x, _ = data.matrix(split)
    made = Columns(data, split)
    assert made.shape == x.shape and len(made) == len(x)
    assert np.array_equal(np.asarray(made), x) and np.asarray(made).dtype == np.float32
    some = np.array([0, 2, 3])
    assert np.array_equal(made[some], x[some])


def test_large_pictures_are_shrunk_and_small_ones_are_not():
    y = np.arange(60) % 2
    small = load((np.random.default_rng(0).integers(0, 255, (60, 12, 12), np.uint8), y))
    assert not Columns(small, "train").shrunk
    assert np.array_equal(np.asarray(Columns(small, "test")), small.matrix("test")[0])
    even = np.full((60, 2 * SIDE, 2 * SIDE), 80, np.uint8)
    even[:, SIDE:] = 200
    large = load((even, y))
    made = Columns(large, "train")
    assert made.shrunk and made.shape == (large.count("train"), SIDE * SIDE)
    below, above = made[np.arange(1)].reshape(SIDE, SIDE)[[0, -1], 0]
    whole = torch.from_numpy(large.matrix("train")[0][0])
    assert below == pytest.approx(float(whole.min())) and above == pytest.approx(float(whole.max()))
