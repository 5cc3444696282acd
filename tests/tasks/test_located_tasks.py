"""Localisation and detection: losses, answers, and that they learn."""

import numpy as np
import pytest
import torch

from profundo.batch import Batch
from profundo.data.dataset import Data
from profundo.errors import DataError, UsageError
from profundo.loop import training
from profundo.metrics.detection import detection_scores
from profundo.metrics.localisation import localisation_scores
from profundo.networks import build
from profundo.recipe import Recipe
from profundo.schema import Boxes, Category, Image, Schema
from profundo.tasks import build_task

LABELS = ("disc", "square")
SIDE = 64


def schema(single: bool = False, most: int = 3) -> Schema:
    image = Image(3, SIDE, SIDE, (0.3,) * 3, (0.25,) * 3, "pad")
    return Schema({"image": image}, {"objects": Boxes(LABELS, 1 if single else most, single=single)})


def scenes(count: int, *, single: bool = False, seed: int = 0) -> Data:
    """Coloured discs and squares of 12 to 24 pixels on noise, one or up to three; every tenth picture is empty."""
    rng = np.random.default_rng(seed)
    most = 1 if single else 3
    x, y = rng.integers(0, 60, (count, 3, SIDE, SIDE)).astype(np.uint8), np.full((count, most, 5), -1, np.float32)
    grid = np.mgrid[:SIDE, :SIDE] + 0.5
    for i in range(count):
        wanted = 1 if single else 0 if i % 10 == 9 else int(rng.integers(1, most + 1))
        for k in range(wanted):
            side = int(rng.integers(12, 25))
            left, top = rng.integers(0, SIDE - side + 1, 2).tolist()
            code = int(rng.integers(2))
            middle = np.array([top, left]).reshape(2, 1, 1) + side / 2
            away = np.abs(grid - middle)
            inside = (away**2).sum(0) < (side / 2) ** 2 if code == 0 else away.max(0) < side / 2
            x[i][:, inside] = rng.integers(90, 255, (3, 1))
            y[i, k] = [left, top, left + side, top + side, code]
    parts = {"train": torch.arange(count * 4 // 5), "validation": torch.arange(count * 4 // 5, count)}
    return Data(
        "made", schema(single), "detection", torch.from_numpy(x), torch.from_numpy(y), torch.arange(count), parts
    )


def train(network, data, task, **recipe) -> dict[str, float]:
    torch.set_num_threads(1)
    last = {}
    for progress in training(network, data, task, Recipe(threads=1, **recipe)):
        last = dict(progress.validation) or last
    return last


def test_a_detector_learns():
    data = scenes(500)
    network, task = build("one_stage", data.schema, width=16, pyramid=32), build_task("detection", data.schema)
    train(network, data, task, epochs=8, batch_size=16, lr=5e-3, average=0.97)
    batch = data.whole("validation")
    with torch.no_grad():
        prediction = task.predict(network, batch.x)
    truth = [of(rows) for rows in batch.y.numpy()]
    scores = detection_scores(truth, list(prediction.values), LABELS, resamples=0)
    assert scores["mAP50"].value > 0.85
    wrong = task.example_losses(prediction.values, batch.y)
    assert wrong.shape == (100,) and wrong.min() >= 0 and wrong.mean() < 0.4


def of(rows: np.ndarray):
    from profundo.tasks.detection import truth_of

    return truth_of(rows, SIDE, SIDE)


def test_one_object_is_found():
    data = scenes(400, single=True)
    network, task = build("localiser", data.schema, width=16, pyramid=32), build_task("localisation", data.schema)
    train(network, data, task, epochs=8, batch_size=16, lr=4e-3)
    batch = data.whole("validation")
    with torch.no_grad():
        prediction = task.predict(network, batch.x)
    scores = localisation_scores([of(r) for r in batch.y.numpy()], list(prediction.values))
    assert scores["accuracy"].value > 0.85 and scores["mean IoU"].value > 0.75
    wrong = task.example_losses(prediction.values, batch.y)
    assert wrong.shape == (80,) and wrong.mean() < 0.5


def test_a_classifier_learns_where_the_object_is():
    data = scenes(200, single=True)
    network, task = build("convnet", data.schema, width=16), build_task("localisation", data.schema)
    before = task.validate(network.eval(), data.batches("validation", size=40))
    after = train(network, data, task, epochs=3, batch_size=16, lr=2e-3)
    assert set(after) == {"loss", "accuracy", "iou"} and after["iou"] > before["iou"] + 0.05


def test_an_untrained_detector_finds_nothing_of_worth_and_is_measured():
    data = scenes(40)
    network, task = build("one_stage", data.schema, width=8, pyramid=16).eval(), build_task("detection", data.schema)
    with torch.no_grad():
        measures = task.validate(network, data.batches("validation", size=4))
    assert set(measures) == {"loss", "map", "map50"} and measures["loss"] == pytest.approx(1, abs=0.1)
    assert task.validate(network, iter(())) == {}


def test_the_loss_of_a_batch_is_the_mean_of_its_parts():
    data = scenes(20)
    batch, task = data.whole("train"), build_task("detection", data.schema, term_weights={"box": 0.5})
    network = build("one_stage", data.schema, width=8, pyramid=16).eval()
    whole = next(task.losses(network, batch))
    parts = [next(task.losses(network, micro)).value.item() for micro in batch.split(2)]
    assert whole.value.item() == pytest.approx(sum(parts) / 2, rel=1e-4)
    assert whole.value.item() == pytest.approx(float(whole.terms["score"] + 0.5 * whole.terms["box"]), rel=1e-5)


def test_the_terms_of_localisation_by_hand():
    task = build_task("localisation", schema(single=True))
    y = torch.tensor([[[0.0, 0, 32, 32, 1]]])
    batch = Batch(torch.zeros(1, 3, SIDE, SIDE), y, torch.arange(1))
    label, box = task.terms(torch.tensor([[0.0, 20, 0, 0, 0.5, 0.5]]), batch)
    assert label.item() == pytest.approx(0, abs=1e-6) and box.item() == pytest.approx(0, abs=1e-6)
    label, box = task.terms(torch.tensor([[0.0, 0, 0, 0, 0.5, 1.0]]), batch)
    assert label.item() == pytest.approx(np.log(2)) and box.item() == pytest.approx(5 * 0.49 / 4 + 2 * 0.5, abs=1e-4)
    turned = task.boxes(torch.tensor([[0.0, 0, 0.5, 0.75, 0.25, -1]]), SIDE, SIDE)
    assert turned.tolist() == [[16, 0, 32, 48]]


def test_what_does_not_fit_is_named():
    words = Schema(schema().inputs, {"label": Category(LABELS)})
    with pytest.raises(DataError, match="--annotations"):
        build_task("detection", words)
    with pytest.raises(DataError, match="--task detection"):
        build_task("localisation", schema())
    data = scenes(10)
    task = build_task("detection", data.schema, term_weights={"boxes": 2})
    with pytest.raises(UsageError, match="no term 'boxes'"):
        next(task.losses(build("one_stage", data.schema, width=8, pyramid=8), data.whole("train")))
    with pytest.raises(UsageError, match="one_stage"):
        next(task.losses(torch.nn.Flatten(), data.whole("train")))
    with pytest.raises(UsageError, match="--network localiser"):
        one = scenes(10, single=True)
        next(build_task("localisation", one.schema).losses(torch.nn.Flatten(), one.whole("train")))
