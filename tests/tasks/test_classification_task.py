"""Classification: its loss, weights, answers and advice."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from profundo.batch import Batch
from profundo.errors import DataError, UsageError
from profundo.schema import Category, Number, Schema
from profundo.tasks import Classification, balanced_weights, build_task

LABELS = ("cat", "dog", "eel")


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Linear(4, 3)


@pytest.fixture
def batch() -> Batch:
    generator = torch.Generator().manual_seed(0)
    y = torch.tensor([0, 0, 0, 0, 1, 1, 2, 0])
    return Batch(torch.randn(8, 4, generator=generator), y, torch.arange(8))


def value(task, network, batch) -> torch.Tensor:
    (loss,) = task.losses(network, batch)
    assert loss.part == "" and loss.value.shape == ()
    return loss.value


def test_the_default_is_the_mean_cross_entropy(network, batch):
    torch.testing.assert_close(
        value(Classification(LABELS), network, batch), F.cross_entropy(network(batch.x), batch.y)
    )


@pytest.mark.parametrize("loss", ["cross_entropy", "nll", "focal", "hinge", "perceptron"])
def test_weights_multiply_and_shares_add_up(network, batch, loss):
    task = Classification(LABELS, loss, class_weights=(0.5, 1.0, 3.0))
    weights = torch.rand(8) + 0.5
    batch = Batch(batch.x, batch.y, batch.ids, weights)
    each = task.example_losses(network(batch.x), batch.y) * torch.tensor([0.5, 1.0, 3.0])[batch.y] * weights
    torch.testing.assert_close(value(task, network, batch), each.mean())
    shares = sum(value(task, network, part) * len(part) / 8 for part in batch.split(3))
    torch.testing.assert_close(value(task, network, batch), shares)


def test_weights_of_one_change_nothing(network, batch):
    plain = value(Classification(LABELS, label_smoothing=0.1), network, batch)
    ones = value(Classification(LABELS, label_smoothing=0.1, class_weights=(1.0, 1.0, 1.0)), network, batch)
    torch.testing.assert_close(plain, ones)


def test_balanced_weights(batch):
    weights = balanced_weights(batch.y, 3)
    assert weights == pytest.approx((8 / 15, 8 / 6, 8 / 3))
    assert float(torch.tensor(weights)[batch.y].mean()) == pytest.approx(1)
    assert balanced_weights(torch.tensor([0, 0, 2]), 3) == pytest.approx((0.75, 1.0, 1.5))
    with pytest.raises(DataError):
        balanced_weights(torch.tensor([], dtype=torch.long), 3)


def test_prediction_is_decoded(network, batch):
    with torch.no_grad():
        prediction = Classification(LABELS).predict(network, batch.x)
        scores = network(batch.x)
    assert prediction.labels == LABELS and len(prediction) == 8
    np.testing.assert_allclose(prediction.probabilities.sum(1), 1, atol=1e-12)
    np.testing.assert_allclose(prediction.probabilities, scores.softmax(1).numpy(), atol=1e-6)
    assert prediction.values.tolist() == [LABELS[i] for i in scores.argmax(1)]


def test_one_score_for_two_labels_is_logistic_regression(batch):
    single = nn.Linear(4, 1)
    task = Classification(("no", "yes"))
    y = (batch.y > 0).long()
    found = value(task, single, Batch(batch.x, y, batch.ids))
    torch.testing.assert_close(found, F.binary_cross_entropy_with_logits(single(batch.x)[:, 0], y.float()))
    prediction = task.predict(single, batch.x)
    np.testing.assert_allclose(
        prediction.probabilities[:, 1], single(batch.x).sigmoid().detach().numpy()[:, 0], atol=1e-6
    )


def test_validate_averages_over_examples_not_batches(network, batch):
    task = Classification(LABELS, class_weights=(1.0, 2.0, 3.0))
    with torch.no_grad():
        measures = task.validate(network, iter([batch.part(0, 5), batch.part(5, 8)]))
        expected = value(task, network, batch)
    assert measures["loss"] == pytest.approx(float(expected), rel=1e-6)
    assert measures["accuracy"] == pytest.approx(float((network(batch.x).argmax(1) == batch.y).float().mean()))
    assert task.validate(network, iter([])) == {}


def test_metrics_start_with_accuracy():
    assert Classification(LABELS).metrics()[0].name == "accuracy"


def test_advice():
    schema = Schema({"x": Number()}, {"y": Category(LABELS)})
    with pytest.raises(UsageError, match="Did you mean 'hinge'"):
        build_task("classification", schema, loss="hing")
    with pytest.raises(UsageError, match="no loss for labels 'mse'"):
        build_task("classification", schema, loss="mse")
    with pytest.raises(UsageError, match="goes with the loss cross_entropy"):
        build_task("classification", schema, loss="hinge", label_smoothing=0.1)
    with pytest.raises(UsageError, match="below 1"):
        build_task("classification", schema, label_smoothing=1.0)
    with pytest.raises(UsageError, match="2 numbers for 3 labels"):
        build_task("classification", schema, class_weights=[1, 2])
    with pytest.raises(UsageError, match="Did you mean 'gamma'"):
        build_task("classification", schema, gama=1)
    with pytest.raises(UsageError, match="Did you mean 'classification'"):
        build_task("clasification", schema)
    with pytest.raises(DataError, match="not one category"):
        build_task("classification", Schema({"x": Number()}, {"y": Number()}))


def test_a_network_of_the_wrong_width_is_named(batch):
    with pytest.raises(UsageError, match=r"gives \(8, 5\), and classification wants \(batch, 3\)"):
        value(Classification(LABELS), nn.Linear(4, 5), batch)
