"""One object a picture: label and box."""

import numpy as np
import pytest

from profundo.errors import DataError
from profundo.metrics.localisation import LOCALISATION, localisation_scores
from profundo.objects import Objects, nothing


def one(box: list[float], code: int, scores: bool = False) -> Objects:
    return Objects(40, 40, np.array([box]), np.array([code]), np.ones(1) if scores else None)


def test_scores_by_hand():
    truth = [one([0, 0, 10, 10], 0), one([10, 10, 20, 20], 1), one([0, 0, 8, 8], 1), one([0, 0, 8, 8], 1)]
    found = [one([0, 0, 10, 10], 0, True), one([10, 10, 20, 14], 1, True), one([0, 0, 8, 8], 0, True), nothing(40, 40)]
    scores = localisation_scores(truth, found, ("a", "b"))
    assert [scores[name].value for name in ("accuracy at IoU 0.5", "accuracy", "mean IoU")] == [0.25, 0.5, 0.6]
    assert list(scores) == [m.name for m in LOCALISATION]
    assert all(s.low < s.value < s.high and s.n == 4 for s in scores.values())
    assert [m.compute(truth, found) for m in LOCALISATION] == [0.25, 0.5, 0.6]


def test_the_best_of_several_is_the_answer():
    several = Objects(40, 40, np.array([[0.0, 0, 1, 1], [0, 0, 8, 8]]), np.array([0, 1]), np.array([0.2, 0.9]))
    assert localisation_scores([one([0, 0, 8, 8], 1)], [several])["accuracy at IoU 0.5"].value == 1


def test_a_picture_of_two_objects_is_refused():
    with pytest.raises(DataError, match="--task detection"):
        localisation_scores([nothing(4, 4)], [nothing(4, 4)])
