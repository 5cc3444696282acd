"""A label for every pixel: its losses, what does not count, and that it learns."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from profundo.batch import Batch
from profundo.data.dataset import Data
from profundo.errors import DataError, UsageError
from profundo.loop import training
from profundo.metrics import segmentation_scores
from profundo.networks import build
from profundo.recipe import Recipe
from profundo.schema import Image, Mask, Schema
from profundo.tasks import build_task, median_frequency_weights

LABELS = ("ground", "disc", "square", "bar")
LOSSES = ("cross_entropy", "focal", "dice", "cross_entropy+dice")


def schema(side: int = 48) -> Schema:
    return Schema({"image": Image(3, side, side, (0.5,) * 3, (0.25,) * 3, "pad")}, {"mask": Mask(LABELS)})


class Scores(torch.nn.Module):
    """Gives the scores it was made with, whatever it sees."""

    def __init__(self, scores):
        super().__init__()
        self.scores = torch.nn.Parameter(scores)

    def forward(self, x):
        return self.scores


def some(seed: int = 0, count: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 4, (count, 6, 5), generator=generator, dtype=torch.uint8)
    y[:, :2] = 255
    return torch.randn(count, 4, 6, 5, generator=generator, dtype=torch.float32), y


def loss_of(task, scores, y, **more) -> torch.Tensor:
    batch = Batch(torch.zeros(len(y), 3, *y.shape[1:]), y, torch.arange(len(y)), **more)
    return next(task.losses(Scores(scores), batch)).value


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("weighted", [False, True])
def test_pixels_without_a_label_do_not_matter(loss, weighted):
    if weighted and loss == "dice":
        pytest.skip("dice takes no weights")
    task = build_task("segmentation", schema(), loss=loss, class_weights=(1, 2, 3, 4) if weighted else None)
    scores, y = some()
    value = loss_of(task, scores, y)
    changed = scores.clone()
    changed[:, :, :2] = 100 * torch.randn(3, 4, 2, 5)
    assert loss_of(task, changed, y).item() == pytest.approx(value.item(), rel=1e-6)
    network = Scores(scores)
    next(task.losses(network, Batch(torch.zeros(3, 3, 6, 5), y, torch.arange(3)))).value.backward()
    assert not network.scores.grad[:, :, :2].any() and network.scores.grad[:, :, 2:].any()


def test_losses_equal_their_formulas():
    scores, y = some(1)
    p, known = scores.softmax(1), y != 255
    chosen = p.gather(1, y.where(known, torch.zeros_like(y)).long()[:, None])[:, 0]
    entropy = torch.stack([-chosen[i][known[i]].log().mean() for i in range(3)]).mean()
    focal = torch.stack([(-((1 - chosen) ** 3) * chosen.log())[i][known[i]].mean() for i in range(3)]).mean()
    overlaps = []
    for i in range(3):
        each = []
        for label in range(4):
            true, given = (y[i] == label)[known[i]].float(), p[i, label][known[i]]
            if true.any():
                each.append(1 - 2 * (true * given).sum() / (true.sum() + given.sum()))
        overlaps.append(torch.stack(each).mean())
    dice = torch.stack(overlaps).mean()
    wanted = {"cross_entropy": entropy, "focal": focal, "dice": dice, "cross_entropy+dice": entropy + dice}
    for loss, value in wanted.items():
        task = build_task("segmentation", schema(), loss=loss, gamma=3.0)
        torch.testing.assert_close(loss_of(task, scores, y), value)


def test_class_weights_and_the_weights_of_examples():
    scores, y = some(2)
    weights = (1.0, 0.5, 2.0, 3.0)
    task = build_task("segmentation", schema(), class_weights=weights)
    each = F.cross_entropy(scores, y.long(), torch.tensor(weights), ignore_index=255, reduction="none").sum((1, 2)) / 20
    torch.testing.assert_close(loss_of(task, scores, y), each.mean())
    own = torch.tensor([0.0, 1.0, 2.0])
    torch.testing.assert_close(loss_of(task, scores, y, weights=own), (each * own).mean())


def test_shares_of_a_batch_add_up_and_an_empty_picture_is_nothing():
    scores, y = some(3, count=4)
    y[0] = 255
    for loss in LOSSES:
        task = build_task("segmentation", schema(), loss=loss)
        parts = [loss_of(task, scores[i : i + 1], y[i : i + 1]).item() for i in range(4)]
        assert parts[0] == 0
        assert loss_of(task, scores, y).item() == pytest.approx(np.mean(parts))


def test_predict_validate_and_the_loss_of_each_picture():
    scores, y = some(4)
    task = build_task("segmentation", schema())
    batch = Batch(torch.zeros(3, 3, 6, 5), y, torch.arange(3))
    network = Scores(scores)
    with torch.no_grad():
        prediction = task.predict(network, batch.x)
        measures = task.validate(network, iter([batch]))
    assert prediction.values.dtype == np.uint8 and prediction.labels == LABELS
    assert (prediction.values == scores.argmax(1).numpy()).all()
    wanted = segmentation_scores(y.numpy(), prediction.values, LABELS, resamples=0)["mean IoU"].value
    assert measures["mean IoU"] == pytest.approx(wanted, abs=1e-12)
    assert measures["loss"] == pytest.approx(loss_of(task, scores, y).item())
    one = segmentation_scores(y[:1].numpy(), prediction.values[:1], LABELS, resamples=0)["mean IoU"].value
    losses = task.example_losses(prediction.values, y)
    assert losses.shape == (3,) and losses[0].item() == pytest.approx(1 - one)
    assert task.decode(prediction.values)[0, 0, 0] in LABELS
    assert task.metrics()[0].name == "mean IoU" and task.validate(network, iter([])) == {}


def test_median_frequency_weights():
    y = torch.tensor([[[0, 0, 0, 1]], [[0, 0, 255, 255]], [[0, 2, 2, 2]]], dtype=torch.uint8)
    frequency = np.array([6 / 10, 1 / 4, 3 / 4])  # shares of the labelled pixels of the pictures that have the label
    wanted = np.median(frequency) / frequency
    wanted /= (wanted * [6, 1, 3]).sum() / 10
    assert median_frequency_weights(y, 4) == pytest.approx([*wanted, 1.0])
    root = np.sqrt(np.median(frequency) / frequency)
    assert median_frequency_weights(y, 4, 0.5)[:3] == pytest.approx((root / ((root * [6, 1, 3]).sum() / 10)).tolist())
    with pytest.raises(DataError, match="labelled pixel"):
        median_frequency_weights(torch.full((2, 3, 3), 255, dtype=torch.uint8), 2)


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"loss": "dise"}, "dice"),
        ({"gamma": -1.0}, "gamma"),
        ({"class_weights": (1.0,)}, "1 numbers for 4 labels"),
        ({"loss": "dice", "class_weights": (1.0,) * 4}, "do not go with the loss dice"),
    ],
)
def test_options_that_do_not_fit_are_named(options, advice):
    with pytest.raises(UsageError, match=advice):
        build_task("segmentation", schema(), **options)


def test_a_network_of_another_shape_is_named():
    task = build_task("segmentation", schema())
    with pytest.raises(UsageError, match=r"the network gives \(3, 4, 6, 4\)"):
        loss_of(task, torch.zeros(3, 4, 6, 4), some()[1])


def made_scenes(count: int, side: int = 48, seed: int = 0) -> Data:
    """Discs, squares and bars at random places on a noisy grey ground; discs and squares have the same colours."""
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[:side, :side]
    x = np.zeros((count, 3, side, side))
    y = np.zeros((count, side, side), np.uint8)
    for i in range(count):
        x[i] = generator.uniform(60, 190)
        for code in generator.permutation([1, 2, 3]):
            down, right = generator.integers(8, side - 8, 2)
            inside = {
                1: (rows - down) ** 2 + (columns - right) ** 2 < 49,
                2: (abs(rows - down) < 6) & (abs(columns - right) < 6),
                3: (abs(rows - down) < 2) & (abs(columns - right) < 12),
            }[int(code)]
            colour = (60, 60, 200) if code == 3 else (200, 60, 60)
            x[i][:, inside] = np.array(colour)[:, None] + generator.normal(0, 30, (3, 1))
            y[i][inside] = code
    x = np.clip(x + generator.normal(0, 8, x.shape), 0, 255).astype(np.uint8)
    test = count // 5
    splits = {
        "train": torch.arange(2 * test, count),
        "validation": torch.arange(test),
        "test": torch.arange(test, 2 * test),
    }
    made = (torch.from_numpy(x), torch.from_numpy(y), torch.arange(count), splits)
    return Data("scenes", schema(side), "segmentation", *made)


def test_it_learns_shapes():
    """Mean IoU of at least 0.85 on 40 test pictures, after 16 epochs of 120; discs and squares differ by shape."""
    data = made_scenes(200)
    task, network = build_task("segmentation", data.schema), build("unet", data.schema, width=12, depth=3, stride=2)
    recipe = Recipe(epochs=16, batch_size=8, lr=1e-2, weight_decay=0.01, threads=1, precision="float32")
    last = [p for p in training(network, data, task, recipe) if p.whole][-1]
    with torch.no_grad():
        found = np.concatenate([task.predict(network, b.x).values for b in data.batches("test", size=20)])
    scores = segmentation_scores(data.y[data.splits["test"]].numpy(), found, LABELS, resamples=0)
    assert scores["mean IoU"].value >= 0.85 and math.isfinite(last.validation["loss"])
