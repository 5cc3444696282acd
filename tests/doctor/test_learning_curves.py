"""The word for a curve, on curves made by hand, and that noise and length do not change it."""

import numpy as np
import pytest

from profundo.doctor import curves

LABELS = np.log(10)  # the loss of a constant answer among ten labels
EPOCHS = np.arange(1, 31)
FALL = np.exp(-EPOCHS / 5)
WOBBLE = 0.02 * np.sin(2.3 * EPOCHS)

CANNED = {
    "falls fast, both levels low": (2.2 * FALL + 0.05, 2.2 * FALL + 0.12, curves.GOOD),
    "falls with a wobble, both levels low": (2.2 * FALL + 0.15 + WOBBLE, 2.2 * FALL + 0.25 + WOBBLE, curves.GOOD),
    "validation turns up": (2.2 * FALL + 0.02, 2.0 * FALL + 0.3 + 0.03 * EPOCHS, curves.OVERFITTING),
    "validation stays far above": (2.2 * FALL + 0.01, 1.2 * FALL + 1.1, curves.OVERFITTING),
    "both level off high": (0.6 * FALL + 1.7, 0.6 * FALL + 1.75, curves.UNDERFITTING),
    "both level off high, with a wobble": (0.9 * FALL + 1.4 + WOBBLE, 0.9 * FALL + 1.45, curves.UNDERFITTING),
    "explodes": (2.3 * 1.3**EPOCHS, 2.3 * 1.3**EPOCHS, curves.TOO_HIGH),
    "becomes infinite": ([2.3, 2.0, 9.0, float("inf")], [2.3, 2.1, 12.0, float("nan")], curves.TOO_HIGH),
    "jumps": (1.2 + 0.9 * np.abs(np.sin(1.9 * EPOCHS)), 1.3 + 0.9 * np.abs(np.sin(1.9 * EPOCHS)), curves.TOO_HIGH),
    "falls along a line, far from its end": (2.35 - 0.02 * EPOCHS, 2.36 - 0.02 * EPOCHS, curves.TOO_LOW),
    "still bending down at the end": (
        0.2 + 2.1 * np.exp(-EPOCHS / 25),
        0.3 + 2.1 * np.exp(-EPOCHS / 25),
        curves.TOO_LOW,
    ),
    "level from the start": (LABELS + WOBBLE / 2, LABELS + WOBBLE / 2, curves.NEVER),
}


def test_there_are_twelve_curves_and_every_word_is_among_them():
    assert len(CANNED) == 12
    assert {word for *_, word in CANNED.values()} == set(curves.WORDS)


@pytest.mark.parametrize("name", CANNED)
def test_each_canned_curve_gets_its_word(name):
    train, validation, word = CANNED[name]
    assert curves.read(list(train), list(validation), LABELS) == word


@pytest.mark.parametrize("name", [n for n, (t, *_) in CANNED.items() if len(t) == 30])
@pytest.mark.parametrize("seed", range(5))
def test_a_little_noise_does_not_change_the_word(name, seed):
    train, validation, word = CANNED[name]
    noise = 1 + 0.01 * np.random.default_rng([seed, 7]).standard_normal((2, 30))
    assert curves.read(list(train * noise[0]), list(validation * noise[1]), LABELS) == word


@pytest.mark.parametrize("scale", [0.01, 100.0])
@pytest.mark.parametrize("name", CANNED)
def test_the_unit_of_the_loss_does_not_matter(name, scale):
    train, validation, word = CANNED[name]
    assert curves.read([v * scale for v in train], [v * scale for v in validation], LABELS * scale) == word


def test_the_curve_before_its_turn_is_not_overfitting():
    train, validation, _ = CANNED["validation turns up"]
    assert curves.read(list(train[:5]), list(validation[:5]), LABELS) != curves.OVERFITTING
