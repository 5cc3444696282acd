"""Maps of labels without a network."""

import numpy as np
import pytest
import torch

from profundo.errors import DataError
from profundo.metrics import segmentation_scores
from profundo.pixel_baselines import block_means, features, most_common, segmentation_baselines


def pictures(count: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Sky above, ground below, the horizon anywhere; and a border without a label."""
    generator = np.random.default_rng(seed)
    x, y = np.zeros((count, 3, 20, 24)), np.zeros((count, 20, 24), np.uint8)
    for i, horizon in enumerate(generator.integers(5, 15, count)):
        x[i, 2, :horizon], x[i, 1, horizon:], y[i, horizon:] = 200, 150, 1
    y[:, :, 22:] = 255
    x = np.clip(x + generator.normal(0, 20, x.shape), 0, 255)
    return torch.from_numpy(x.astype(np.uint8)), torch.from_numpy(y)


def test_a_pixel_classifier_beats_the_average_picture_where_colour_tells():
    (x, y), (x_test, y_test) = pictures(30), pictures(10, 1)
    average, pixel = segmentation_baselines(x, y, x_test, seed=3)
    first, second = (
        segmentation_scores(y_test.numpy(), a.found, ("sky", "ground"), resamples=0)["mean IoU"].value
        for a in (average, pixel)
    )
    assert (average.name, pixel.name) == ("average picture", "pixel classifier") and "random forest" in pixel.note
    assert average.found.shape == pixel.found.shape == (10, 20, 24) and pixel.found.dtype == np.uint8
    assert 0.5 < first < second and second > 0.95
    again = list(segmentation_baselines(x, y, x_test, seed=3))[1]
    assert (again.found == pixel.found).all()


def test_many_pixels_are_asked_about_on_a_grid(monkeypatch):
    monkeypatch.setattr("profundo.pixel_baselines.ANSWERED", 700)
    (x, y), (x_test, y_test) = pictures(30), pictures(10, 1)
    pixel = list(segmentation_baselines(x, y, x_test))[1]
    assert "every 3 x 3" in pixel.note
    scores = segmentation_scores(y_test.numpy(), pixel.found, ("sky", "ground"), resamples=0)
    assert scores["mean IoU"].value > 0.85


def test_the_most_common_label_at_each_place():
    y = torch.tensor([[[0, 1, 255]], [[0, 1, 255]], [[1, 0, 255]], [[0, 255, 255]]], dtype=torch.uint8)
    assert most_common(y).tolist() == [[0, 1, 0]]


def test_features_are_colour_surroundings_and_place():
    x = torch.full((2, 1, 6, 7), 51, dtype=torch.uint8)
    seen = features(x)
    assert seen.shape == (2, 6, 7, 5) and seen[0, 5, 0].tolist() == pytest.approx([0.2, 0.2, 0.2, 1, 0])


def test_block_means_of_a_side_that_is_not_a_multiple():
    x = torch.arange(15.0).view(1, 1, 3, 5)
    assert block_means(x, 2)[0, 0].tolist() == [[3, 3, 5, 5, 6.5], [3, 3, 5, 5, 6.5], [10.5, 10.5, 12.5, 12.5, 14]]


def test_nothing_to_learn_from():
    with pytest.raises(DataError, match="labelled pixel"):
        list(segmentation_baselines(pictures(2)[0], torch.full((2, 20, 24), 255, dtype=torch.uint8), pictures(1)[0]))
