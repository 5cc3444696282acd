"""Schedules are functions of progress; each stopping criterion fires alone on a curve made for it."""

import itertools
import math

import pytest

from profundo.errors import UsageError
from profundo.schedules import SCHEDULES, find
from profundo.stopping import FLAT, ITERATIONS, OVERFITTING, SMALL, TIME, Limits, Point, reason


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_stay_between_0_and_1_and_are_pure(name):
    schedule = find(name)
    values = [schedule(i / 100) for i in range(101)]
    assert all(0 <= v <= 1 for v in values) and max(values) == pytest.approx(1)
    assert values == [schedule(i / 100) for i in range(101)]


def test_schedules_have_their_shapes():
    assert [find("step")(p) for p in (0.0, 0.49, 0.5, 0.75, 1.0)] == [1, 1, 0.1, 0.01, 0.01]
    assert find("cosine")(0.5) == pytest.approx(0.5) and find("cosine")(1) == pytest.approx(0)
    cycle = [find("one-cycle")(i / 100) for i in range(101)]
    top = cycle.index(max(cycle))
    assert cycle[0] == pytest.approx(0.04) and top == 25 and cycle[-1] == pytest.approx(0)
    assert all(a < b for a, b in itertools.pairwise(cycle[: top + 1]))
    assert all(a > b for a, b in itertools.pairwise(cycle[top:]))
    line = [find("linear")(p) for p in (0, 0.01, 0.02, 0.51, 1)]
    assert line == pytest.approx([0, 0.5, 1, 0.5, 0])
    with pytest.raises(UsageError, match="'cosine'"):
        find("cosin")


def curve(train, validation=None):
    return [Point(t, v) for t, v in zip(train, validation or [None] * len(train), strict=True)]


FALLING = [1 / (i + 1) for i in range(10)]
CASES = {
    SMALL: (curve(FALLING, [0.5 - 0.045 * i for i in range(10)]), {"stop_loss": 0.1}),
    FLAT: (curve([1.0, 0.5, *[0.4] * 8]), {"patience": 5}),
    OVERFITTING: (curve(FALLING, [1, 0.6, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 1, 1.1]), {"overfit": 4}),
    ITERATIONS: (curve(FALLING), {"epochs": 10}),
    TIME: (curve(FALLING), {"time_limit": 5.0}),
}


@pytest.mark.parametrize("wanted", CASES)
def test_each_criterion_fires_alone(wanted):
    points, limit = CASES[wanted]
    limits = Limits(**{"epochs": 1000, **limit})
    fired = [reason(points[: n + 1], limits, seconds=n) for n in range(len(points))]
    assert wanted in fired and set(fired) == {None, wanted}
    for other, (_, limit) in CASES.items():
        if other != wanted:  # the other criteria, switched on in turn with this curve, stay silent or are right
            quiet = reason(CASES[wanted][0][:2], Limits(**{"epochs": 1000, **limit}), seconds=0)
            assert quiet is None


def test_overfitting_asks_that_the_training_loss_still_falls():
    both_rise = curve([1, 0.5, 0.6, 0.7, 0.8, 0.9], [1, 0.5, 0.6, 0.7, 0.8, 0.9])
    assert reason(both_rise, Limits(100, overfit=3)) is None
    assert reason(both_rise, Limits(100, patience=3)) == FLAT


def test_the_small_error_uses_the_training_loss_without_a_validation_part():
    assert reason(curve([0.05]), Limits(100, stop_loss=0.1)) == SMALL
    assert reason(curve([0.05], [math.inf]), Limits(100, stop_loss=0.1)) is None
