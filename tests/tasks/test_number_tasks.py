"""Regression and multilabel: losses, answers in the units of the data, advice."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from profundo.batch import Batch
from profundo.errors import DataError, UsageError
from profundo.schema import Audio, Boxes, Category, Image, Mask, Number, Schema, Series, Strokes, Tokens
from profundo.tasks import TASKS, build_task

INPUTS = {f"x{i}": Number() for i in range(4)}
ONE = Schema(INPUTS, {"price": Number(100.0, 20.0)})
TWO = Schema(INPUTS, {"price": Number(100.0, 20.0), "area": Number(-1.0, 0.5)})
TAGS = Schema(INPUTS, {"red": Category(("no", "yes")), "big": Category(("0",)), "old": Number()})


def batch(targets: int, *, binary: bool = False, weights: bool = False) -> Batch:
    generator = torch.Generator().manual_seed(0)
    y = torch.randn((8, targets) if targets else (8,), generator=generator)
    y = (y > 0).float() if binary else y
    given = torch.rand(8, generator=generator) + 0.5 if weights else None
    return Batch(torch.randn(8, 4, generator=generator), y, torch.arange(8), given)


def value(task, network, batch) -> torch.Tensor:
    (loss,) = task.losses(network, batch)
    return loss.value


def test_mse_of_one_target_does_not_broadcast():
    network, data = nn.Linear(4, 1), batch(0)
    expected = ((network(data.x)[:, 0] - data.y) ** 2).mean()
    torch.testing.assert_close(value(build_task("regression", ONE), network, data), expected)


@pytest.mark.parametrize(("loss", "outputs"), [("mse", 2), ("l1", 2), ("huber", 2), ("gaussian_nll", 4)])
def test_weights_and_shares(loss, outputs):
    network, data = nn.Linear(4, outputs), batch(2, weights=True)
    task = build_task("regression", TWO, loss=loss)
    each = task.example_losses(network(data.x), data.y) * data.weights
    torch.testing.assert_close(value(task, network, data), each.mean())
    shares = sum(value(task, network, part) * len(part) / 8 for part in data.split(3))
    torch.testing.assert_close(value(task, network, data), shares)


def test_fast_mse_equals_the_mean_of_the_examples():
    network, data = nn.Linear(4, 2), batch(2)
    task = build_task("regression", TWO)
    torch.testing.assert_close(value(task, network, data), task.example_losses(network(data.x), data.y).mean())


def test_answers_are_in_the_units_of_the_data():
    x = batch(0).x
    one, two = nn.Linear(4, 1), nn.Linear(4, 2)
    with torch.no_grad():
        found = build_task("regression", ONE).predict(one, x).values
        np.testing.assert_allclose(found, one(x)[:, 0].numpy() * 20 + 100, rtol=1e-6)
        found = build_task("regression", TWO).predict(two, x).values
        np.testing.assert_allclose(found, two(x).numpy() * [20, 0.5] + [100, -1], rtol=1e-5)
        both = build_task("regression", ONE, loss="gaussian_nll").predict(two, x).values
        np.testing.assert_allclose(both, two(x)[:, 0].numpy() * 20 + 100, rtol=1e-6)


def test_validation_of_regression():
    network, data = nn.Linear(4, 1), batch(0)
    task = build_task("regression", ONE)
    with torch.no_grad():
        measures = task.validate(network, iter([data.part(0, 3), data.part(3, 8)]))
        assert measures["loss"] == pytest.approx(float(value(task, network, data)), rel=1e-6)
        distance = np.abs(task.predict(network, data.x).values - (data.y.numpy() * 20 + 100)).mean()
    assert measures["mae"] == pytest.approx(distance, rel=1e-5)
    assert task.validate(network, iter([])) == {}


def test_multilabel_loss_answers_and_validation():
    network, data = nn.Linear(4, 3), batch(3, binary=True)
    task = build_task("multilabel", TAGS)
    with torch.no_grad():
        output = network(data.x)
        torch.testing.assert_close(value(task, network, data), F.binary_cross_entropy_with_logits(output, data.y))
        prediction = task.predict(network, data.x)
        measures = task.validate(network, iter(data.split(3)))
    assert prediction.labels == ("red", "big", "old")
    np.testing.assert_allclose(prediction.probabilities, output.sigmoid().numpy(), atol=1e-6)
    assert prediction.values[:, 0].tolist() == ["yes" if o > 0 else "no" for o in output[:, 0]]
    assert set(prediction.values[:, 1].tolist()) <= {"0", "1"}
    assert measures["loss"] == pytest.approx(float(value(task, network, data).detach()), rel=1e-6)
    assert measures["hamming_loss"] == pytest.approx(float(((output > 0).float() != data.y).float().mean()))
    weighted = batch(3, binary=True, weights=True)
    expected = (task.example_losses(network(weighted.x), weighted.y) * weighted.weights).mean()
    torch.testing.assert_close(value(task, network, weighted), expected)


def test_advice():
    with pytest.raises(DataError, match="the target 'y' is a category"):
        build_task("regression", Schema(INPUTS, {"y": Category(("a", "b"))}))
    with pytest.raises(DataError, match="--target"):
        build_task("regression", Schema(INPUTS, {}))
    with pytest.raises(DataError, match="--target"):
        build_task("multilabel", Schema(INPUTS, {}))
    with pytest.raises(DataError, match="'y' is not a yes-or-no column"):
        build_task("multilabel", Schema(INPUTS, {"y": Category(("a", "b", "c"))}))
    with pytest.raises(UsageError, match="Did you mean 'huber'"):
        build_task("regression", ONE, loss="hubert")
    with pytest.raises(UsageError, match="delta must be"):
        build_task("regression", ONE, loss="huber", delta=0)
    with pytest.raises(UsageError, match="no loss for several labels 'mse'"):
        build_task("multilabel", TAGS, loss="mse")
    with pytest.raises(UsageError, match=r"wants \(batch, 2\) for 1 target"):
        value(build_task("regression", ONE, loss="gaussian_nll"), nn.Linear(4, 1), batch(0))
    with pytest.raises(UsageError, match=r"gives \(8, 2\) for 3 targets"):
        value(build_task("multilabel", TAGS), nn.Linear(4, 2), batch(3, binary=True))


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_one_part_metrics_and_described_options(name):
    picture, labels = {"x": Image(3, 8, 8)}, ("a", "b")
    tokens, word = Tokens(vocabulary=labels, length=6), Tokens(vocabulary=labels, length=1)
    past, coded = Series(("a",), 8, (0.0,), (1.0,)), Category(labels, embed=True)
    schema = {
        "classification": Schema(INPUTS, {"y": Category(labels)}),
        "regression": TWO,
        "multilabel": TAGS,
        "localisation": Schema(picture, {"y": Boxes(labels, single=True)}),
        "detection": Schema(picture, {"y": Boxes(labels)}),
        "instances": Schema(picture, {"y": Boxes(labels, masks=True)}),
        "segmentation": Schema(picture, {"y": Mask(labels)}),
        "language": Schema({"y": tokens}, {"y": tokens}),
        "word_vectors": Schema({"y": word}, {"y": word}),
        "translation": Schema({"x": tokens}, {"y": tokens}),
        "captioning": Schema(picture, {"y": tokens}),
        "forecasting": Schema({"x": past}, {"y": Series(("a",), 3)}),
        "anomalies": Schema(INPUTS),
        "clustering": Schema(INPUTS),
        "recommendation": Schema({"u": coded, "i": coded}, {"y": Number()}),
        "drawing": Schema({"x": Category(labels)}, {"y": Strokes(5)}),
        "music": Schema({"y": past}, {"y": past}),
        "speech": Schema({"x": coded, "who": coded}, {"y": Audio(8000, 800, 4, units=((0.0,) * 4,) * 3)}),
    }[name]
    task = build_task(name, schema, **TASKS[name].defaults)
    least = 3 if name in ("classification", "regression", "multilabel") else 1
    assert tuple(task.parts) == ("",) and len(task.metrics()) >= least
    assert hash(task) == hash(build_task(name, schema))
