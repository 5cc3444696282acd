"""The multilayer perceptron and its input part."""

import pytest
import torch
from torch import nn

from profundo.networks import build
from profundo.networks.layers import ACTIVATIONS, Linear
from profundo.networks.mlp import PeriodicNumbers, TableInputs, number_columns
from profundo.schema import Category, Date, Number, Schema, Text


def test_a_plain_table_is_a_plain_chain(table):
    network = build("mlp", table(3), hidden=[4])
    assert [type(m) for m in network] == [Linear, nn.ReLU, nn.Linear]


def test_sizes_of_784_128_10(pictures):
    network = build("mlp", pictures(), hidden=128)
    assert sum(p.numel() for p in network.parameters()) == 784 * 128 + 128 + 1280 + 10


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_learns(table, activation):
    network = build("mlp", table(2), hidden=(3,), activation=activation)
    network(torch.ones(2, 5)).sum().backward()
    assert network.linear1.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("normalisation", ["batch", "layer"])
def test_dropout_and_normalisation(table, normalisation):
    network = build("mlp", table(2), hidden=(8, 8), dropout=0.5, normalisation=normalisation)
    names = [name for name, _ in network.named_children()]
    assert names[:4] == ["linear1", "norm1", "activation1", "dropout1"] and names[-1] == "output"
    assert (network.linear1.bias is None) == (normalisation == "batch")
    x = torch.randn(16, 5)
    assert not torch.equal(network(x), network(x))
    network.eval()
    assert torch.equal(network(x), network(x))


def test_no_hidden_layer_is_linear(table):
    assert [name for name, _ in build("mlp", table(2), hidden=[]).named_children()] == ["output"]


def test_codes_are_looked_up():
    inputs = TableInputs(2, (3, 4))
    x = torch.tensor([[0.5, -1.0, 0, 3], [0.5, -1.0, 2, 1]])
    output = inputs(x)
    assert output.shape == (2, inputs.width)
    assert torch.equal(output[:, :2], x[:, :2])
    assert torch.equal(output[0, 2:], torch.cat([inputs.codes[0].weight[0], inputs.codes[1].weight[3]]))
    assert output[1, 2 : 2 + inputs.codes[0].embedding_dim].abs().sum() == 0  # the unseen label's vector


def test_number_columns_leave_flags_labels_words_and_codes_alone():
    inputs = {
        "code": Category(("a", "b", "c"), embed=True),
        "price": Number(missing=True),
        "city": Category(("x", "y")),
        "day": Date(hours=True),
        "note": Text(("word", "other")),
        "age": Number(),
    }
    schema = Schema(inputs, {})
    found = [schema.features[i] for i in number_columns(schema)]
    assert found == ["price", "day", "age"]


def test_periodic_numbers_equal_the_formula():
    layer = PeriodicNumbers([0, 2], sigma=1.0, frequencies=3, width=3)
    x = torch.randn(5, 4)
    output = layer(x).view(5, 2, 2)
    for place, column in enumerate([0, 2]):
        waves = torch.cos(2 * torch.pi * (x[:, column, None] * layer.frequency[place] + layer.phase[place]))
        torch.testing.assert_close(output[:, place], waves @ layer.weight[place] + layer.bias[place])


def test_periodic_numbers_in_a_network(table):
    schema = table(3, codes=1)
    network = build("mlp", schema, numbers="periodic")
    assert network.inputs.numbers.columns.tolist() == [2, 4, 5]  # two columns of the category, n0, its flag, n1, n2
    x = torch.rand(4, *schema.shape).round()
    network(x).sum().backward()
    assert all(p.grad is not None for p in network.parameters())


def test_gradients_of_the_input_part():
    torch.manual_seed(0)
    inputs = TableInputs(2, (3,), PeriodicNumbers([0, 1], 0.5)).double()
    codes = torch.tensor([[0.0], [2.0], [1.0]], dtype=torch.float64)
    x = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: inputs(torch.cat([x, codes], 1)), x)
    for parameter in inputs.parameters():
        assert torch.autograd.gradcheck(lambda _: inputs(torch.cat([x.detach(), codes], 1)), parameter)
