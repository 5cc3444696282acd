"""The step view's numbers against autograd, against the loop itself, and against a page that works one example out."""

import copy
import math

import pytest
import torch
from torch import nn

from profundo import UsageError
from profundo.batch import Batch
from profundo.data import DataPlan, load
from profundo.files import finite
from profundo.learner import Learner
from profundo.networks import build
from profundo.networks.layers import ACTIVATIONS
from profundo.optimizers import OPTIMIZERS
from profundo.play.trace import Moment, trace
from profundo.precision import Machine
from profundo.recipe import Recipe
from profundo.tasks import Classification, Regression

MACHINE = Machine("cpu", 1, "float32", channels_last=False)


def learner(network="mlp", *, recipe=None, loss="cross_entropy", **options):
    data = load("spiral", DataPlan(source="spiral"))
    made = build(network, data.schema, seed=3, **options)
    task = Classification(data.schema.labels, loss)
    return Learner(made, task, Recipe(**{"optimizer": "sgd", "lr": 0.1, **(recipe or {})}), MACHINE), data


def first_batch(data, size=5):
    return next(iter(data.batches("train", size=size)))


def close(a, b, tolerance=1e-6):
    return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("unit", [(0, 2), (1, 0), (-1, 1)])
def test_every_partial_is_that_of_autograd(activation, unit):
    one, data = learner(hidden=(4, 3), activation=activation)
    batch = first_batch(data)
    found = trace(one, batch, unit, at=2, names=data.schema.features)

    network = copy.deepcopy(one.network)
    example = batch.part(2, 3)
    signals, x = [], example.x
    for module in network:
        x = module(x)
        x.retain_grad()
        signals.append(x)
    loss = nn.functional.cross_entropy(x, example.y)
    loss.backward()
    place = found["unit"]["layer"]
    linear, z = network[2 * place], signals[2 * place]
    a = z if place == 2 else signals[2 * place + 1]
    index = unit[1]

    assert close(found["loss"]["value"], loss.item())
    assert close(found["forward"]["z"], z[0, index].item())
    assert close(found["forward"]["out"], a[0, index].item())
    assert close(found["backward"]["dL_dz"], float(z.grad[0, index]))
    assert close(found["backward"]["dL_da"], float(a.grad[0, index]))
    assert close(found["backward"]["dL_da"] * found["backward"]["da_dz"], found["backward"]["dL_dz"])
    assert close(sum(row["product"] for row in found["rows"]), found["forward"]["z"])
    bias, *rows = found["rows"]
    assert close(bias["dL_dw"], float(linear.bias.grad[index]))
    for row, gradient in zip(rows, linear.weight.grad[index].tolist(), strict=True):
        assert close(row["dL_dw"], gradient)
        assert close(row["dL_dw"], found["backward"]["dL_dz"] * row["dz_dw"])
    if place < 2:
        assert close(sum(s["product"] for s in found["backward"]["sources"]), found["backward"]["dL_dout"])
    else:
        assert found["backward"]["sources"] == []


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_the_weights_it_foretells_are_those_that_the_learner_reaches(name):
    recipe = {"optimizer": name, "lr": None, "l1": 1e-3, "l2": 1e-2, "weight_decay": 0.1, "clip": 0.5}
    one, data = learner(recipe=recipe, hidden=(6, 5), activation="tanh", dropout=0.3, normalisation="batch")
    for batch in list(data.batches("train", size=7))[:3]:
        one.learn(batch, 0.01)  # so that the optimiser remembers something
    batch = first_batch(data, 7)
    before = {k: v.clone() for k, v in one.tensors().items()}
    state = torch.random.get_rng_state()
    found = [trace(one, batch, (place, 1), at=3, moment=Moment(0.02, seed=11)) for place in (0, 1, 2)]
    assert all(torch.equal(before[k], v) for k, v in one.tensors().items()), "the learner is not changed"
    assert torch.equal(state, torch.random.get_rng_state())

    torch.manual_seed(11)
    one.network.train()
    one.learn(batch, 0.02)
    layers = [one.network.linear1, one.network.linear2, one.network.output]
    for told, layer in zip(found, layers, strict=True):
        rows = [row for row in told["rows"] if row["from"] != "1"]
        assert [row["new"] for row in rows] == layer.weight.detach()[1].tolist()
        assert all(close(row["w"] + row["step"], row["new"]) for row in rows)
        assert (layer.bias is None) == (len(rows) == len(told["rows"]))


def test_the_mean_gradient_grows_to_that_of_the_batch():
    one, data = learner(hidden=(4,))
    batch = first_batch(data, 6)
    found = [trace(one, batch, (0, 1), at=at) for at in range(6)]
    for row in range(3):
        each = [f["rows"][row]["dL_dw"] for f in found]
        for at, f in enumerate(found):
            assert close(f["rows"][row]["so_far"], sum(each[: at + 1]) / (at + 1))
            assert close(f["rows"][row]["mean"], sum(each) / 6)
            assert close(f["rows"][row]["gradient"], f["rows"][row]["mean"])
    assert [f["example"]["id"] for f in found] == batch.ids.tolist()


@pytest.mark.parametrize("loss", ["focal", "hinge", "perceptron", "nll"])
def test_the_loss_is_the_tasks_own(loss):
    one, data = learner(hidden=(4,), loss=loss)
    batch = first_batch(data)
    for at in range(5):
        found = trace(one, batch, (-1, 0), at=at)["loss"]
        wanted = one.task.example_losses(one.network(batch.x), batch.y)[at]
        assert close(found["value"], wanted.item())
        assert found["labels"] == ["blue", "orange"]
        assert close(sum(found["probabilities"]), 1)


def test_normalisation_and_dropout_stand_between_the_sum_and_the_output():
    one, data = learner(hidden=(16,), normalisation="layer", dropout=0.5)
    batch = first_batch(data)
    told = [trace(one, batch, (0, i), moment=Moment(seed=1)) for i in range(16)]
    kept = [t["forward"]["kept"] for t in told if t["forward"]["kept"] is not None]
    assert set(kept) == {0.0, 2.0}
    for t in told:
        f, b = t["forward"], t["backward"]
        assert f["n"] is not None
        assert close(b["dL_da"] * b["da_dz"], b["dL_dn"])
        if f["kept"] is not None:
            assert close(f["out"], f["a"] * f["kept"])
            assert close(b["dL_dout"] * f["kept"], b["dL_da"])
    calm = trace(one, batch, (0, 0))
    assert calm["layers"][0]["dropout"] == 0.5
    assert calm["forward"]["out"] == calm["forward"]["a"], "nothing is silenced in predicting"


def test_backpropagation_step_by_step():
    """The network of hmkcode.com/ai/backpropagation-step-by-step: inputs 2 and 3, target 1, half the square, rate 0.05.

    The weights and inputs are the page's; the results are worked out here by hand, in exact decimals.
    """
    network = nn.Sequential()
    network.add_module("linear1", nn.Linear(2, 2, bias=False))
    network.add_module("output", nn.Linear(2, 1, bias=False))
    with torch.no_grad():
        network.linear1.weight.copy_(torch.tensor([[0.11, 0.21], [0.12, 0.08]]))
        network.output.weight.copy_(torch.tensor([[0.14, 0.15]]))
    one = Learner(network, Regression((0.0,), (1.0,), "huber"), Recipe(optimizer="sgd", lr=0.05), MACHINE)
    batch = Batch(torch.tensor([[2.0, 3.0]]), torch.tensor([1.0]), torch.tensor([0]))
    h1, h2, out = (trace(one, batch, unit, names=["i1", "i2"]) for unit in ((0, 0), (0, 1), (1, 0)))
    assert (close(h1["forward"]["out"], 0.85), close(h2["forward"]["out"], 0.48)) == (True, True)
    assert close(out["forward"]["out"], 0.191)
    assert close(out["loss"]["value"], 0.3272405)
    assert close(out["backward"]["dL_dz"], -0.809)
    new = [row["new"] for told in (h1, h2, out) for row in told["rows"]]
    by_hand = [0.121326, 0.226989, 0.132135, 0.0982025, 0.1743825, 0.169416]
    assert all(close(a, b) for a, b in zip(new, by_hand, strict=True)), new
    assert [row["from"] for row in out["rows"]] == ["linear1[0]", "linear1[1]"]
    one.learn(batch, 0.05)
    assert close(network(batch.x).item(), 0.25574577), "nearer to 1 than 0.191"


def test_a_wide_unit_is_told_by_its_largest_terms():
    data = load("digits", DataPlan(source="digits", rows=200))
    one = Learner(build("mlp", data.schema, hidden=(200,)), Classification(data.schema.labels), Recipe(), MACHINE)
    batch = next(iter(data.batches("train", size=4)))
    found = trace(one, batch, (0, 5))
    assert len(found["layers"][0]["out"]) == 128
    inputs = one.network.linear1.in_features
    assert found["left_out"]["rows"] == max(inputs - 128, 0)
    wide = trace(one, batch, (1, 3))
    assert wide["left_out"]["rows"] == 72
    told = sum(row["product"] for row in wide["rows"])
    assert close(told + wide["left_out"]["product"], wide["forward"]["z"], 1e-5)
    assert finite(wide) == wide, "JSON as it is"


def test_waves_and_vectors_are_named_by_their_column(tmp_path):
    many = [f"town {i % 40}" for i in range(400)]
    rows = [f"{i % 7},{i * 0.5},{town},{'yes' if i % 3 else 'no'}" for i, town in enumerate(many)]
    table = tmp_path / "towns.csv"
    table.write_text("age,size,town,answer\n" + "\n".join(rows) + "\n")
    data = load(str(table), DataPlan(source=str(table), target=("answer",)))
    assert data.schema.embedded
    network = build("mlp", data.schema, hidden=(3,), numbers="periodic")
    one = Learner(network, Classification(data.schema.labels), Recipe(), MACHINE)
    found = trace(one, next(iter(data.batches("train", size=4))), (0, 0), names=data.schema.features)
    told = [row["from"] for row in found["rows"][1:]]
    assert len(told) == network.linear1.in_features == len(set(told))
    assert {"age", "size", "age~1", "size~3", "town[0]"} <= set(told)


def test_what_is_no_chain_is_told():
    data = load("digits", DataPlan(source="digits", rows=100))
    one = Learner(build("lenet5", data.schema), Classification(data.schema.labels), Recipe(), MACHINE)
    with pytest.raises(UsageError, match="chains of linear layers"):
        trace(one, next(iter(data.batches("train", size=2))), (0, 0))
    flat, spiral = learner(hidden=(4,))
    for unit, words in (((2, 0), "no layer 2"), ((0, 4), "no unit 4"), ((-3, 0), "no layer -3")):
        with pytest.raises(UsageError, match=words):
            trace(flat, first_batch(spiral), unit)
