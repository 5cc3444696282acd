"""Methods of scikit-learn as a last layer: what they answer, how they are stored, what is refused."""

import numpy as np
import pytest
import torch

from profundo.errors import UsageError
from profundo.networks.classical_head import ClassicalHead, method


def blobs(seed=0, labels=3, n=90, inputs=5):
    random = np.random.default_rng(seed)
    codes = random.integers(labels, size=n)
    x = random.normal(size=(n, inputs)) + 4 * np.eye(labels, inputs)[codes]
    return torch.from_numpy(x).float(), torch.from_numpy(codes)


@pytest.mark.parametrize("name", ["svm", "logistic", "knn", "forest", "lda", "ridge", "NearestCentroid", "LinearSVC"])
def test_a_classifier_learns_and_comes_back_from_its_buffers(name):
    x, y = blobs()
    head = ClassicalHead(name, "classification", 5, 3)
    assert torch.equal(head(x), torch.zeros(len(x), 3)) and not list(head.parameters())
    head.take(x, y)
    scores = head(x)
    assert scores.shape == (90, 3) and (scores.argmax(1) == y).float().mean() > 0.9
    again = ClassicalHead(name, "classification", 5, 3)
    again.load_state_dict(head.state_dict())
    assert torch.equal(again(x), scores)


def test_maps_are_answered_by_their_means():
    x, y = blobs()
    head = ClassicalHead("lda", "classification", 5, 3)
    head.take(x, y)
    assert torch.equal(head(x[:, :, None, None].expand(-1, -1, 2, 2)).argmax(1), head(x).argmax(1))


def test_a_label_that_was_never_seen_is_never_answered():
    x, y = blobs(labels=2)
    head = ClassicalHead("svm", "classification", 5, 4)
    head.take(x, y)
    assert set(head(x).argmax(1).tolist()) == {0, 1}


def test_numbers_and_several_answers():
    x, y = blobs()
    number = ClassicalHead("ridge", "regression", 5, 1)
    number.take(x, y.float())
    assert number(x).shape == (90,) and torch.corrcoef(torch.stack([number(x), y.float()]))[0, 1] > 0.8
    several = ClassicalHead("logistic", "multilabel", 5, 2)
    several.take(x, torch.stack([y == 0, y == 1], 1).float())
    assert several(x).shape == (90, 2) and ((several(x)[:, 0] > 0) == (y == 0)).float().mean() > 0.9


def test_unknown_and_unfit_names_are_answered_with_advice():
    with pytest.raises(UsageError, match="logistic"):
        method("logistik", "classification")
    with pytest.raises(UsageError, match="regression, and the task is classification"):
        method("svr", "classification")
    with pytest.raises(UsageError, match="Ridge"):
        method("Ridgee", "regression")
    assert method("RandomForestClassifier", "multilabel") == "RandomForestClassifier"
