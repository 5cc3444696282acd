"""The made sets have the shapes and ranges of the Playground's dataset.ts."""

import numpy as np
import pytest

from profundo.data.playground import CLASSES, REGRESSIONS, make
from profundo.errors import UsageError


def drawn(name, noise=0.0, seed=0):
    frame = make(name, seed=seed, noise=noise)
    return frame[["x1", "x2"]].to_numpy(), frame.iloc[:, 2].to_numpy()


@pytest.mark.parametrize("name", [*CLASSES, *REGRESSIONS])
def test_the_seed_decides_everything(name):
    assert make(name, seed=3, noise=0.2).equals(make(name, seed=3, noise=0.2))
    assert not make(name, seed=3).equals(make(name, seed=4))
    assert len(make(name)) == (500 if name in CLASSES else 1200)


def test_circle():
    points, colour = drawn("circle")
    radius = np.hypot(*points.T)
    assert (radius[colour == "blue"] < 2.5).all()
    outside = radius[colour == "orange"]
    assert outside.min() >= 3.5
    assert outside.max() <= 5
    assert (colour == "blue").sum() == 250
    points, colour = drawn("circle", noise=0.5)
    assert (np.hypot(*points[colour == "orange"].T) < 2.5).any()  # the noise moves labels


def test_xor():
    points, colour = drawn("xor")
    assert ((points.prod(1) >= 0) == (colour == "blue")).all()
    assert np.abs(points).min() >= 0.3
    assert np.abs(points).max() <= 5.3


def test_gauss():
    for noise in (0.0, 0.5):
        points, colour = drawn("gauss", noise)
        assert np.allclose(points[colour == "blue"].mean(0), 2, atol=0.4)
        assert np.allclose(points[colour == "orange"].mean(0), -2, atol=0.4)
        assert np.allclose(points[colour == "blue"].var(0), 0.5 + 7 * noise, rtol=0.25)


def test_spiral():
    points, colour = drawn("spiral")
    radius = np.hypot(*points.T)
    assert radius.max() < 5
    turn = 1.75 * radius / 5 * 2 * np.pi + np.where(colour == "blue", 0, np.pi)
    assert np.allclose(points, radius[:, None] * np.stack([np.sin(turn), np.cos(turn)], 1))
    assert (colour == "blue").sum() == 250


def test_regressions():
    points, value = drawn("plane")
    assert np.allclose(value, points.sum(1) / 10)
    assert np.abs(points).max() <= 6
    points, value = drawn("gauss_regression")
    near = np.linalg.norm(points - np.array([4, 2.5]), axis=1)
    assert np.allclose(value[near < 2], 1 - near[near < 2] / 2)
    far = np.abs(points - np.array([0, 0])).max(1) > 5.99
    assert (np.abs(value) <= 1).all()
    assert (value[far] >= -1).all()
    near = np.linalg.norm(points - np.array([0, 2.5]), axis=1)
    assert np.allclose(value[near < 2], -(1 - near[near < 2] / 2))


def test_noise_has_a_range():
    with pytest.raises(UsageError, match=r"0 to 0\.5"):
        make("xor", noise=0.9)
