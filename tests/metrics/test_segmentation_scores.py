"""Scores of maps of labels, against scikit-learn and against a slow count."""

import math

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, jaccard_score

from profundo.errors import DataError
from profundo.metrics.intervals import draws
from profundo.metrics.segmentation import (
    SEGMENTATION,
    confusions,
    picture_losses,
    segmentation_card,
    segmentation_scores,
)

NAMES = ("sky", "road", "car", "never")


def made(seed: int, pictures: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Maps of three of four labels, with pixels that have none, and answers of which about half are right."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 3, (pictures, 7, 5)).astype(np.uint8)
    found = np.where(generator.random(truth.shape) < 0.5, truth, generator.integers(0, 3, truth.shape)).astype(np.uint8)
    truth[generator.random(truth.shape) < 0.2] = 255
    return truth, found


@pytest.mark.parametrize("seed", range(20))
def test_values_equal_scikit_learns(seed):
    truth, found = made(seed)
    scores = segmentation_scores(truth, found, NAMES, resamples=0)
    known = truth != 255
    y, answer = truth[known], found[known]
    assert scores["mean IoU"].value == pytest.approx(jaccard_score(y, answer, average="macro"), abs=1e-12)
    assert scores["mean Dice"].value == pytest.approx(f1_score(y, answer, average="macro"), abs=1e-12)
    assert scores["pixel accuracy"].value == pytest.approx(accuracy_score(y, answer), abs=1e-12)
    for name, iou in zip(NAMES, jaccard_score(y, answer, average=None), strict=False):
        assert scores[f"IoU of {name}"].value == pytest.approx(iou, abs=1e-12)
    assert math.isnan(scores["IoU of never"].value)
    for metric in SEGMENTATION:
        assert metric.compute(truth, found) == pytest.approx(scores[metric.name].value, abs=1e-12)


def slow_mean_iou(truth: np.ndarray, found: np.ndarray, times: np.ndarray) -> float:
    """The definition, pixel by pixel, each picture counted `times`."""
    top, bottom = [0.0] * 4, [0.0] * 4
    for picture, given, count in zip(truth, found, times, strict=True):
        for t, f in zip(picture.ravel().tolist(), given.ravel().tolist(), strict=True):
            for label in range(4) if t != 255 else ():
                top[label] += count * (t == label and f == label)
                bottom[label] += count * (t == label or f == label)
    shares = [a / b for a, b in zip(top, bottom, strict=True) if b]
    return sum(shares) / len(shares)


def test_the_interval_is_the_bootstrap_over_pictures():
    truth, found = made(3)
    score = segmentation_scores(truth, found, NAMES, seed=5, resamples=200)["mean IoU"]
    (weights,) = draws(len(truth), 200, 5, 16)
    values = [slow_mean_iou(truth, found, w) for w in weights]
    assert score.value == pytest.approx(slow_mean_iou(truth, found, np.ones(len(truth))), abs=1e-12)
    assert [score.low, score.high] == pytest.approx(np.quantile(values, [0.025, 0.975]).tolist(), abs=1e-12)
    assert score.n == 6


def test_a_label_that_is_found_and_never_there_counts_as_0():
    truth, found = np.zeros((1, 2, 2), np.uint8), np.array([[[0, 0], [0, 1]]], np.uint8)
    scores = segmentation_scores(truth, found, ("a", "b", "c"), resamples=0)
    assert scores["IoU of b"].value == 0
    assert scores["mean IoU"].value == pytest.approx(0.75 / 2)


def test_confusions_count_the_labelled_pixels():
    truth = np.array([[[0, 1], [255, 1]], [[1, 1], [0, 0]]], np.uint8)
    found = np.array([[[0, 0], [0, 1]], [[1, 1], [1, 0]]], np.uint8)
    assert confusions(truth, found, 2).tolist() == [[[1, 0], [1, 1]], [[1, 1], [0, 2]]]
    assert picture_losses(confusions(truth, found, 2)).tolist() == pytest.approx([0.5, 1 - (1 / 2 + 2 / 3) / 2])


def test_a_picture_without_labels_is_not_wrong():
    truth = np.full((2, 3, 3), 255, np.uint8)
    assert picture_losses(confusions(truth, np.zeros_like(truth), 2)).tolist() == [0, 0]
    assert math.isnan(segmentation_scores(truth, np.zeros_like(truth), ("a", "b"), resamples=50)["mean IoU"].value)


def test_the_card():
    truth, found = made(1)
    found[2] = np.where(truth[2] == 0, 1, 0)
    card = segmentation_card(truth, found, NAMES, [10, 11, 12, 13, 14, 15], worst=2, resamples=100)
    assert card["worst"][0] == {"id": 12, "iou": 0.0} and len(card["worst"]) == 2
    assert np.array(card["confusion"]).sum() == (truth != 255).sum()
    assert sum(card["shares"]) == pytest.approx(1) and card["iou"]["never"]["value"] is None


@pytest.mark.parametrize(
    ("truth", "found", "advice"),
    [
        (np.zeros((0, 2, 2)), np.zeros((0, 2, 2)), "no picture"),
        (np.zeros((1, 2, 2)), np.zeros((1, 2, 3)), r"must be \(pictures, height, width\)"),
        (np.full((1, 2, 2), 7), np.zeros((1, 2, 2)), "the truth hold the code 7"),
        (np.zeros((1, 2, 2)), np.full((1, 2, 2), 2), "the answers hold the code 2"),
    ],
)
def test_what_cannot_be_scored_is_named(truth, found, advice):
    with pytest.raises(DataError, match=advice):
        segmentation_scores(truth.astype(np.uint8), found.astype(np.uint8), ("a", "b"))
