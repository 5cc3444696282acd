"""The vital signs: right, without a trace, and few."""

import copy
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.dummy import DummyClassifier
from sklearn.metrics import log_loss, roc_auc_score
from torch import nn

from profundo.data import load
from profundo.doctor import Watcher
from profundo.doctor.probe import answers, constant_losses, input_scales
from profundo.doctor.vitals import look_at
from profundo.loop import training
from profundo.networks import build
from profundo.recipe import Recipe
from profundo.tasks import build_task

RECIPE = Recipe(epochs=3, batch_size=64, lr=0.01, precision="float32", threads=1)


@pytest.fixture(scope="module")
def digits():
    data = load("digits")
    return replace(data, splits={**data.splits, "train": data.splits["train"][:300]})


@pytest.fixture(scope="module")
def cancer():
    return load("breast_cancer")


def watcher_of(data, network, recipe=RECIPE):
    return Watcher(network, build_task(data.task, data.schema), data, recipe)


def mlp(data, seed=0, **options):
    return build("mlp", data.schema, seed=seed, **options)


def row(line, name):
    return next(layer for layer in line["layers"] if layer["name"] == name)


# without a trace ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("average", [None, 0.9])
def test_the_bytes_of_a_training_are_the_same_with_the_doctor(digits, average):
    """Dropout and batch normalisation on, and a look after every report, also within an epoch."""
    recipe = replace(RECIPE, average=average)
    ends = []
    for watched in (False, True):
        network = build("convnet", digits.schema, width=4, dropout=0.3)
        task = build_task("classification", digits.schema)
        watcher = Watcher(network, task, digits, recipe)
        lines = [watcher.look(0)] if watched else []
        for p in training(network, digits, task, recipe):
            lines += [watcher.look(p.epoch)] if watched else []
        ends.append(network.state_dict())
    assert len(lines) >= 4
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_a_look_leaves_everything_as_it_was(digits):
    network = build("convnet", digits.schema, width=4, dropout=0.3)
    network.train()
    network.stage2.eval()  # a mode of its own
    before, modes = copy.deepcopy(network.state_dict()), [m.training for m in network.modules()]
    watcher = watcher_of(digits, network)
    state = torch.get_rng_state()
    watcher.look(0)
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    assert [m.training for m in network.modules()] == modes
    assert all(m.track_running_stats for m in network.modules() if isinstance(m, nn.BatchNorm2d))
    assert all(p.grad is None for p in network.parameters())
    assert not any(m._forward_hooks for m in network.modules())
    assert torch.equal(state, torch.get_rng_state())


def test_the_hooks_are_taken_off_when_a_look_fails(digits):
    network = mlp(digits)
    watcher = watcher_of(digits, network)
    watcher.probe = replace(watcher.probe, x=watcher.probe.x[:, :, :4])
    with pytest.raises(RuntimeError):
        watcher.look(0)
    assert not any(m._forward_hooks for m in network.modules())


def test_the_same_seed_looks_at_the_same_examples(digits):
    lines = [watcher_of(digits, mlp(digits)).look(0) for _ in range(2)]
    assert lines[0] == lines[1]
    other = watcher_of(digits, mlp(digits), replace(RECIPE, seed=1))
    assert not torch.equal(other.probe.ids, watcher_of(digits, mlp(digits)).probe.ids)


def test_weights_that_are_not_finite_give_plain_json(cancer):
    network = mlp(cancer)
    watcher = watcher_of(cancer, network)
    with torch.no_grad():
        network.linear2.weight.fill_(torch.nan)
    line = watcher.look(1)
    assert json.loads(json.dumps(line, allow_nan=False)) == line
    assert line["loss"] is None and row(line, "linear2")["weight"] is None


# right ------------------------------------------------------------------------------------------------------


def test_errors_and_gradients_are_those_of_backward(cancer):
    network = mlp(cancer, hidden=[16, 8])
    watcher = watcher_of(cancer, network)
    line = watcher.look(0)
    outputs = {}
    for name, module in network.named_children():
        module.register_forward_hook(lambda m, i, o, name=name: outputs.update({name: o}))
    loss = nn.functional.cross_entropy(network(watcher.probe.x), watcher.probe.y)
    for output in outputs.values():
        output.retain_grad()
    loss.backward()
    assert line["loss"] == pytest.approx(loss.item(), rel=1e-5)
    for name in ("linear1", "linear2", "output"):
        layer, module = row(line, name), network.get_submodule(name)
        assert layer["gradient"] == pytest.approx(module.weight.grad.norm().item(), rel=1e-4)
        assert layer["error"] == pytest.approx(outputs[name].grad.norm().item(), rel=1e-4)
        assert layer["std"] == pytest.approx(outputs[name].std().item(), rel=1e-4)
    assert row(line, "linear1")["active_std"] == pytest.approx(outputs["activation1"].std().item(), rel=1e-4)
    assert (row(line, "linear1")["units"], row(line, "linear1")["inputs"]) == (16, 30)


def test_moved_is_the_way_from_the_first_weights(cancer):
    network = mlp(cancer)
    watcher = watcher_of(cancer, network)
    with torch.no_grad():
        network.linear1.weight *= 1.5
    line = watcher.look(1)
    assert row(line, "linear1")["moved"] == pytest.approx(0.5, rel=1e-5)
    assert row(line, "output")["moved"] == 0


@pytest.mark.parametrize(
    ("activation", "low", "high"),
    [("relu", 1e-30, torch.inf), ("tanh", -0.97, 0.97), ("sigmoid", 0.03, 0.97), ("scaled_tanh", -1.664, 1.664)],
)
def test_planted_dead_and_stuck_units_are_counted(cancer, activation, low, high):
    network = mlp(cancer, hidden=[40, 20], activation=activation)
    with torch.no_grad():
        network.linear1.bias[:10] -= 1e3
        network.linear2.bias[:15] -= 1e3
    watcher = watcher_of(cancer, network)
    line, name = watcher.look(0), "dead" if activation == "relu" else "saturated"
    with torch.no_grad():
        probe = torch.cat([watcher.probe.x, watcher.fresh.x]) if activation == "relu" else watcher.probe.x
        first = network.activation1(network.linear1(probe))
        second = network.activation2(network.linear2(first))
    for layer, values, planted in (("linear1", first, 10), ("linear2", second, 15)):
        stuck = (values < low).all(0) | (values > high).all(0)
        assert planted <= stuck.sum() <= planted + 2
        assert row(line, layer)[name] == pytest.approx(stuck.float().mean().item())


def test_a_dead_map_of_a_convolution_is_a_dead_unit(digits):
    network = build("convnet", digits.schema, width=8, normalisation="none")
    with torch.no_grad():
        network.stage1.conv1.bias[:3] -= 1e3
    line = watcher_of(digits, network).look(0)
    assert row(line, "stage1.conv1")["dead"] == pytest.approx(3 / 8)
    assert not row(line, "stage1.conv1")["normalised"]


def test_detector_flags_planted_dead_relus_and_hardly_any_living_one(cancer):
    from profundo.doctor.vitals import silent

    caught, planted, false, living = 0, 0, 0, 0
    for seed in range(4):
        network = mlp(cancer, seed=seed, hidden=[200])
        watcher = watcher_of(cancer, network, replace(RECIPE, seed=seed, epochs=200))
        probes = torch.cat([watcher.probe.x, watcher.fresh.x])
        kill = torch.rand(200, generator=torch.Generator().manual_seed(seed)) < 0.3
        with torch.no_grad():
            network.linear1.bias[kill] -= 1e3
            flagged, truly = (
                silent(network.activation1(network.linear1(x)), -1) for x in (probes, cancer.whole("train").x)
            )
        caught, planted = caught + int((flagged & kill).sum()), planted + int(kill.sum())
        false, living = false + int((flagged & ~truly).sum()), living + int((~truly).sum())
    assert caught >= 0.95 * planted and false < 0.01 * living


def test_constant_loss_is_that_of_a_dummy(cancer):
    x, y = cancer.matrix("train")
    dummy = DummyClassifier().fit(x, y)
    found = constant_losses(build_task("classification", cancer.schema), 2, cancer)
    assert found["constant_loss"] == pytest.approx(log_loss(y, dummy.predict_proba(x)), rel=1e-4)
    assert found["zero_loss"] == pytest.approx(np.log(2), rel=1e-5)


def test_mistakes_are_described_as_scikit_learn_would():
    random = np.random.default_rng(3)
    scores, y = torch.tensor(random.normal(size=(400, 5))), torch.tensor(random.integers(5, size=400))
    found = answers(scores, y)
    p = scores.softmax(1).numpy()
    right = p.argmax(1) == y.numpy()
    assert found["wrong"] == pytest.approx(1 - right.mean())
    assert found["sure"] == pytest.approx(roc_auc_score(right, p.max(1)), abs=1e-5)
    assert found["second"] == pytest.approx((p.argsort(1)[:, -2] == y.numpy())[~right].mean())
    assert found["rare"] == pytest.approx(1 - np.bincount(y).max() / 400)


def test_input_scale_names_the_column_that_is_furthest_off(cancer):
    x = cancer.whole("train").x.clone()
    assert input_scales(x, cancer.schema)["scale"] < 3
    x[:, 4] = 1000 * x[:, 4] + 300
    found = input_scales(x, cancer.schema)
    assert found["column"] == cancer.schema.features[4] and found["scale"] > 500


# signals through thirty layers, at the start --------------------------------------------------------------------------


@pytest.mark.parametrize(("activation", "start"), [("tanh", "glorot"), ("relu", "he")])
def test_a_good_start_keeps_the_variance_through_thirty_layers(digits, activation, start):
    ratios = [variance_ratio(digits, activation, start, seed) for seed in range(3)]
    assert 0.5 <= np.median(ratios) <= 2


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_start_that_is_too_small_loses_the_signal(digits, activation):
    assert variance_ratio(digits, activation, "normal", 0) < 1e-3


def variance_ratio(data, activation, start, seed):
    options = {"hidden": [384] * 30, "activation": activation, "initialisation": start}
    layers = watcher_of(data, mlp(data, seed, **options)).look(0)["layers"]
    return (layers[29]["active_std"] / layers[0]["active_std"]) ** 2


# few ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("epochs", [1, 2, 5, 20, 100, 1000])
@pytest.mark.parametrize("steps_an_epoch", [1, 10, 500])
def test_looks_are_few_and_hold_the_ends(epochs, steps_an_epoch):
    found = look_at(epochs, epochs * steps_an_epoch)
    assert {0, 1, epochs} <= found and len(found) <= 10 and max(found) == epochs
    if epochs * steps_an_epoch < 300:
        assert len(found) <= 3
