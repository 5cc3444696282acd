"""One switch for rare answers: what each method trains, that rare answers are found, and what it cost."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from profundo.balance import HEAVIEST, METHODS, balanced, rarity, repeat_factors
from profundo.data.dataset import Data
from profundo.decision import fit_decision
from profundo.errors import DataError, UsageError
from profundo.evaluate import answer
from profundo.gains import balance_result
from profundo.loop import training
from profundo.metrics import regression_scores
from profundo.networks import build
from profundo.recipe import Recipe
from profundo.schema import Category, Image, Mask, Number, Schema
from profundo.tasks import median_frequency_weights
from profundo.tasks.classification import classification
from profundo.tasks.multilabel import multilabel
from profundo.tasks.regression import regression

INPUTS = {"a": Number(), "b": Number()}
MAKE = {"classification": classification, "multilabel": multilabel, "regression": regression}


def data(task, x, y, targets, train=0.5):
    count = len(x)
    cuts = [0, int(train * count), int((train + 0.2) * count), count]
    splits = {s: torch.arange(a, b) for s, a, b in zip(("train", "validation", "test"), cuts, cuts[1:], strict=False)}
    tensor = torch.tensor(x, dtype=torch.float32)
    return Data("made", Schema(INPUTS, targets), task, tensor, torch.as_tensor(y), torch.arange(count), splits)


def classes(count=3000, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.choice(3, count, p=[0.9, 0.08, 0.02])
    x = rng.normal(size=(count, 2)) + np.array([[0, 0], [1.6, 0], [0, 1.6]])[y]
    return data("classification", x, y, {"y": Category(("a", "b", "c"))})


def tags(count=3000, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 2))
    chance = 1 / (1 + np.exp(-(2 * x - [4.0, 0.0])))
    y = (rng.random(x.shape) < chance).astype(np.float32)
    return data("multilabel", x, y, {"rare": Number(), "often": Number()})


def numbers(count=3000, seed=0):
    rng = np.random.default_rng(seed)
    y = np.exp(rng.normal(size=count))  # large ones are rare
    x = np.stack([np.log(y) + rng.normal(size=count) * 0.6, rng.normal(size=count)], 1)
    scale = y[: count // 2].std()
    return data("regression", x, ((y - y.mean()) / scale).astype(np.float32), {"y": Number(float(y.mean()), scale)})


MADE = {"classification": classes, "multilabel": tags, "regression": numbers}


def learn(found, method):
    """Train a small network; returns (its answers, those that are decided, the truth) on the test part."""
    given = balanced(method, found.task, {}, found)
    task = MAKE[found.task](found.schema, **given.task_options)
    network = build("mlp", found.schema, seed=0, hidden=[16])
    for _ in training(network, given.data, task, Recipe(epochs=8, batch_size=64, lr=0.01)):
        pass
    validation, test = (answer(network, task, found, part) for part in ("validation", "test"))
    if found.task == "regression":
        return test.prediction.values, test.prediction.values, test.y
    own = validation.prediction.probabilities
    decision = fit_decision(own, validation.y, task=found.task, move=given.move, shift=given.shift)
    shown = decision.calibrated(test.prediction.probabilities)
    return shown, decision.choose(shown), test.y


@pytest.mark.parametrize("task", MADE)
@pytest.mark.parametrize("method", METHODS)
def test_the_validation_and_test_parts_keep_their_rows_and_nothing_is_changed_in_place(task, method):
    found = MADE[task](300)
    before, options = found.splits["train"].clone(), {}
    if task == "regression" and method in ("focal", "threshold"):
        with pytest.raises(UsageError, match="--balance weights"):
            balanced(method, task, options, found)
        return
    given = balanced(method, task, options, found)
    assert options == {} and torch.equal(found.splits["train"], before) and found.weights is None
    for part in ("validation", "test"):
        assert torch.equal(given.data.splits[part], found.splits[part])
    again = balanced(method, task, options, found)
    assert torch.equal(given.data.splits["train"], again.data.splits["train"]) and given.shift == again.shift
    assert given.move == (task != "regression" and method != "none")
    assert set(given.data.splits["train"].tolist()) <= set(before.tolist())
    assert given.method != "auto" and balanced("", task, options, found).method == "none"


def test_class_weights_are_square_roots_of_mean_1():
    found = classes()
    given = balanced("weights", "classification", {"gamma": 1.0}, found)
    counts = np.bincount(found.y[found.splits["train"]])
    weights = np.array(given.task_options["class_weights"])
    np.testing.assert_allclose(weights * np.sqrt(counts), weights[0] * np.sqrt(counts[0]))
    assert (weights * counts).sum() / counts.sum() == pytest.approx(1)
    assert given.task_options["gamma"] == 1.0 and given.shift == tuple(weights)
    assert balanced("focal", "classification", {}, found).task_options["loss"] == "focal"


def test_resampling_repeats_the_rare_classes_and_keeps_the_rows_of_the_frequent_ones():
    found = classes()
    train = found.splits["train"]
    drawn = balanced("resample", "classification", {}, found)
    rows = drawn.data.splits["train"]
    counts, after = np.bincount(found.y[train]), np.bincount(found.y[rows])
    np.testing.assert_allclose(after, np.sqrt(counts.max() * counts), atol=1.01)
    np.testing.assert_allclose(after / counts, drawn.shift, rtol=0.03)
    times = torch.bincount(rows, minlength=len(found.y))[train]
    for label in range(3):
        own = times[found.y[train] == label]
        assert own.min() >= 1 and own.max() - own.min() <= 1  # each row as often as the others of its class
    other = balanced("resample", "classification", {}, replace(found, seed=1)).data.splits["train"]
    assert not torch.equal(other, rows)


def test_the_training_part_grows_at_most_twofold():
    counts = torch.tensor([1000.0, *[1.0] * 500])
    factors = repeat_factors(counts)
    assert 1.9 < float(factors @ counts) / 1500 <= 2 and factors[0] == 1
    assert repeat_factors(torch.tensor([5.0, 0.0, 5.0])).tolist() == [1, 1, 1]


def test_a_class_without_a_training_row_does_no_harm():
    found = classes(400)
    train = found.splits["train"]
    found = replace(found, splits={**found.splits, "train": train[found.y[train] != 2]})
    for method in ("weights", "resample", "focal"):
        given = balanced(method, "classification", {}, found)
        assert np.isfinite(given.shift).all() and min(given.shift) > 0 and len(given.data.splits["train"])


def test_yes_weights_and_repeats_of_targets():
    found = tags()
    y = found.y[found.splits["train"]].numpy()
    given = balanced("weights", "multilabel", {}, found)
    rare, often = given.task_options["yes_weights"]
    assert rare == pytest.approx(np.sqrt((1 - y[:, 0].mean()) / y[:, 0].mean()), rel=1e-6)
    assert 1 <= often < 1.15
    drawn = balanced("resample", "multilabel", {}, found)
    after = found.y[drawn.data.splits["train"]].numpy()
    odds = [p.mean(0) / (1 - p.mean(0)) for p in (y, after)]
    assert odds[1][0] > 1.9 * odds[0][0]
    np.testing.assert_allclose(drawn.shift, odds[1] / odds[0], rtol=1e-6)


def test_yes_weights_multiply_the_losses_of_yes_alone():
    schema = tags(100).schema
    plain, weighted = (multilabel(schema, yes_weights=w) for w in (None, (5.0, 1.0)))
    found = tags(100).whole("train")
    network = torch.nn.Linear(2, 2)
    with torch.no_grad():
        output = network(found.x)
        (loss,) = weighted.losses(network, found)
        extra = 4 * torch.nn.functional.softplus(-output[:, 0]) * found.y[:, 0] / 2
        expected = plain.example_losses(output, found.y) + extra
        torch.testing.assert_close(loss.value, expected.mean())
        assert weighted.validate(network, iter([found]))["loss"] == pytest.approx(float(loss.value), rel=1e-5)
        torch.testing.assert_close(weighted.example_losses(output, found.y), plain.example_losses(output, found.y))


def test_the_binary_focal_loss_is_that_of_two_labels():
    from profundo.tasks.losses import binary_cross_entropy, binary_focal, focal

    z = torch.linspace(-4, 4, 9, dtype=torch.float64)
    y = (torch.arange(9) % 2).double()
    two = focal(torch.stack([torch.zeros_like(z), z], 1), y.long())
    torch.testing.assert_close(binary_focal(z, y), two)
    torch.testing.assert_close(binary_focal(z, y, gamma=0.0), binary_cross_entropy(z, y))


def test_the_weights_of_numbers_are_heavy_where_they_are_rare():
    found = numbers()
    train = found.splits["train"].numpy()
    weights = rarity(found.y.double().numpy(), train)
    assert weights[train].mean() == pytest.approx(1) and weights.max() / weights.min() <= HEAVIEST * 1.01
    y = found.y.numpy()
    assert weights[y > np.quantile(y, 0.98)].mean() > 2 * weights[np.abs(y - np.median(y)) < 0.2].mean()
    flat = rarity(np.linspace(0, 1, 500), np.arange(500))
    assert flat.max() / flat.min() < 1.6
    assert (rarity(np.ones(50), np.arange(50)) == 1).all()
    assert rarity(np.stack([y, y], 1), train) == pytest.approx(weights)
    kept = balanced("weights", "regression", {}, replace(found, weights=torch.full((len(y),), 2.0))).data.weights
    assert kept[found.splits["train"]].mean() == pytest.approx(1)


@pytest.mark.parametrize("method", ["weights", "resample", "focal", "threshold", "auto"])
def test_rare_classes_are_found_and_the_probabilities_stay_honest(method):
    found = classes()
    plain, codes, y = learn(found, "none")
    probabilities, answers, _ = learn(found, method)
    result = balance_result(codes, answers, y, ("a", "b", "c"), method=method)
    gain = result["scores"]["balanced_accuracy"]["difference"]
    assert gain["low"] > 0.05, result["sentence"]
    assert result["classes"][2]["recall"]["difference"]["value"] > 0.2
    assert np.abs(probabilities.mean(0) - np.bincount(y, minlength=3) / len(y)).max() < 0.03
    assert np.abs(plain.mean(0) - np.bincount(y, minlength=3) / len(y)).max() < 0.03


@pytest.mark.parametrize("method", ["weights", "resample", "focal", "threshold", "auto"])
def test_rare_targets_are_found(method):
    found = tags()
    _, codes, y = learn(found, "none")
    _, answers, _ = learn(found, method)
    result = balance_result(codes, answers, y, ("rare", "often"), task="multilabel", method=method)
    assert result["main"] == "f1" and result["classes"][0]["n"] == y[:, 0].sum()
    assert result["classes"][0]["recall"]["difference"]["low"] > 0, result["sentence"]
    assert result["scores"]["f1"]["difference"]["value"] > 0.02, result["sentence"]


@pytest.mark.parametrize("method", ["weights", "resample", "auto"])
def test_rare_numbers_are_met_better(method):
    found = numbers()
    plain, _, y = learn(found, "none")
    better, _, _ = learn(found, method)
    result = balance_result(plain, better, y, task="regression", method=method)
    assert result["scores"]["balanced_mae"]["difference"]["high"] < 0, result["sentence"]
    assert result["scores"]["mae"]["plain"] == pytest.approx(regression_scores(y, plain, resamples=0)["mae"].value)
    assert sum(c["n"] for c in result["classes"]) == len(y)


def test_the_result_equals_scikit_learn():
    from sklearn import metrics as m

    rng = np.random.default_rng(0)
    y, a, b = rng.choice(3, 200, p=[0.7, 0.2, 0.1]), rng.integers(0, 3, 200), rng.integers(0, 3, 200)
    result = balance_result(a, b, y, "xyz")
    for side, codes in (("plain", a), ("balanced", b)):
        assert result["scores"]["balanced_accuracy"][side] == pytest.approx(m.balanced_accuracy_score(y, codes))
        assert result["scores"]["accuracy"][side] == pytest.approx(m.accuracy_score(y, codes))
        for name, scorer in (("recall", m.recall_score), ("precision", m.precision_score)):
            expected = scorer(y, codes, average=None, zero_division=0)
            np.testing.assert_allclose([c[name][side] for c in result["classes"]], expected)
    assert [c["n"] for c in result["classes"]] == np.bincount(y).tolist()
    same = balance_result(a, a, y, "xyz")["scores"]["accuracy"]["difference"]
    assert (same["value"], same["low"], same["high"]) == (0, 0, 0)


def test_a_class_that_the_test_part_lacks_has_no_recall():
    result = balance_result(np.array([0, 1]), np.array([0, 0]), np.array([0, 0]), ("a", "b"))
    assert result["classes"][1]["recall"]["plain"] is None and result["classes"][1]["n"] == 0


def test_nonsense_is_refused_with_advice():
    found = classes(100)
    with pytest.raises(UsageError, match="Did you mean 'weights'"):
        balanced("weight", "classification", {}, found)
    with pytest.raises(UsageError, match="Leave out --loss hinge"):
        balanced("focal", "classification", {"loss": "hinge"}, found)
    with pytest.raises(UsageError, match="label-smoothing"):
        balanced("focal", "classification", {"label_smoothing": 0.1}, found)
    with pytest.raises(UsageError, match="class_weights gives them"):
        balanced("weights", "classification", {"class_weights": (1, 2, 3)}, found)
    with pytest.raises(UsageError, match="a number has no threshold"):
        balanced("threshold", "regression", {}, numbers(100))
    with pytest.raises(UsageError, match="the task is clustering"):
        balanced("weights", "clustering", {}, found)
    with pytest.raises(UsageError, match="yes_weights has 1 numbers for 2 targets"):
        multilabel(tags(20).schema, yes_weights=(1.0,))
    with pytest.raises(DataError, match="not for ranking"):
        balance_result(np.zeros(2), np.zeros(2), np.zeros(2), task="ranking")


def test_pixels_of_rare_labels_weigh_more():
    y = torch.zeros(4, 6, 6, dtype=torch.uint8)
    y[:, 0, 0], y[3] = 1, 255
    image = Image(1, 6, 6, (0.5,), (0.25,), "pad")
    schema = Schema({"image": image}, {"mask": Mask(("ground", "thing"))})
    splits = {"train": torch.arange(3), "validation": torch.tensor([3]), "test": torch.tensor([3])}
    data = Data("masks", schema, "segmentation", torch.zeros(4, 1, 6, 6), y, torch.arange(4), splits)
    even = balanced("auto", "segmentation", {}, data)
    assert even.method == "weights" and not even.move
    assert even.task_options["class_weights"] == median_frequency_weights(y[:3], 2, 0.5)
    assert balanced("focal", "segmentation", {}, data).task_options["loss"] == "focal"
    for method, options in (
        ("resample", {}),
        ("threshold", {}),
        ("weights", {"loss": "dice"}),
        ("focal", {"loss": "dice"}),
    ):
        with pytest.raises(UsageError, match=r"segmentation|dice"):
            balanced(method, "segmentation", options, data)
