"""Every layer is heard as it is, in order, and the network is left as it was."""

import numpy as np
import pytest
import torch
from torch import nn

from profundo.inside.hooks import layers_of
from profundo.inside.layers import look
from profundo.networks import NETWORKS, build
from profundo.networks.cells import LSTMCell
from profundo.schema import Category, Image, Mask, Schema, Tokens

SCHEMA = Schema({"image": Image(3, 32, 32, (0.5,) * 3, (0.25,) * 3)}, {"label": Category(tuple("abcd"))})
TEXT = Schema({"text": Tokens(vocabulary=tuple("abcdefg"), length=9)}, {"label": Category(("x", "y"))})


@pytest.mark.parametrize("name", ["mlp", "convnet", "lenet5", "resnet20", "squeezenet1_1", "mobilenet_v1", "lecun1989"])
def test_the_last_layer_gives_what_the_network_gives_and_no_hook_stays(name):
    network = build(name, SCHEMA).train()
    x = torch.randn(1, 3, 32, 32)
    found = look(network, x)
    assert all(module.training for module in network.modules())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    with torch.no_grad():
        output = network.eval()(x).numpy().ravel()
    last = [each for each in found if each.values.size == output.size][-1]
    assert np.allclose(last.values.ravel(), output, atol=1e-6)
    assert sum(each.parameters for each in found) == sum(p.numel() for p in network.parameters())


def test_values_are_those_of_each_layer_in_order():
    network = build("convnet", SCHEMA).eval()
    x = torch.randn(1, 3, 32, 32)
    found = look(network, x)
    with torch.no_grad():
        for place, (name, layer) in enumerate(layers_of(network).items()):
            x = layer(x)
            assert found[place].name == name
            assert np.array_equal(found[place].values, x[0].numpy())


def test_a_layer_met_twice_has_two_names_and_counts_once():
    shared = nn.Linear(4, 4)
    network = nn.Sequential(shared, nn.ReLU(), shared)
    found = look(network, torch.randn(1, 4))
    assert [each.name for each in found] == ["0", "1", "0 (2)"]
    assert [each.parameters for each in found] == [20, 0, 0]


def test_an_activation_in_place_does_not_change_what_the_layer_before_gave():
    schema = Schema(SCHEMA.inputs, {"mask": Mask(("a", "b"))})
    found = look(build("unet", schema), torch.randn(1, 3, 32, 32))
    norm = next(each for each in found if each.type == "BatchNorm2d")
    assert norm.values.min() < 0 < next(each for each in found if each.type == "ReLU").values.max()


def test_main_layers_are_what_the_next_layer_with_weights_sees():
    found = {each.name: each for each in look(build("convnet", SCHEMA), torch.randn(1, 3, 32, 32))}
    names = ["conv1", "pool1", "norm1", "activation1"]
    assert [found[f"stage1.{name}"].main for name in names] == [True, False, False, True]
    assert {found[f"stage1.{name}"].weights for name in names} == {"stage1.conv1"}
    flat = {each.name: each for each in look(build("mlp", SCHEMA, dropout=0.2), torch.randn(1, 3, 32, 32))}
    assert [name for name, each in flat.items() if each.main] == ["activation1", "activation2", "output"]


def test_cells_give_what_they_say_and_remember_at_every_step():
    network = build("lstm", TEXT, hidden=6, embedding=5).eval()
    x = torch.tensor([[4.0, 5, 6, 7, 0, 0, 0, 0, 0]])
    cell = next(each for each in look(network, x) if each.type == "LSTMCell")
    assert cell.form == "steps" and cell.values.shape == cell.memory.shape == (4, 6)
    module = next(m for m in network.modules() if isinstance(m, LSTMCell))
    with torch.no_grad():
        sequence = network.reader(x).sequence
        state = module.start(sequence)
        for step in range(4):
            state = module.step(sequence[:, step], state)
            assert np.allclose(cell.values[step], state[0][0], atol=1e-6)
            assert np.allclose(cell.memory[step], state[1][0], atol=1e-6)


def test_convolutions_along_a_text_have_their_steps_first():
    network = build("conv1d", TEXT, channels=[6], kernel=3).eval()
    found = {each.name: each for each in look(network, torch.tensor([[4.0, 5, 6, 7, 5, 5, 0, 0, 0]]))}
    assert {found[f"layers.0.{i}"].values.shape for i in range(3)} == {(9, 6)}
    assert found["layers.0.0"].units == 6


def test_every_network_of_pictures_has_something_to_see():
    small = ("perceptron", "linear", "mlp", "convnet", "lenet1", "lenet4", "lenet5", "lecun1989", "resnet20", "alexnet")
    for name in small:
        assert NETWORKS[name].fits("image") and look(build(name, SCHEMA), torch.randn(1, 3, 32, 32)), name
