"""LeNet: the counts of the papers, the table of links, and the pooling of the seed deck."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from profundo.networks import build
from profundo.networks.layers import LinkedConv2d, ScaledTanh, Subsample
from profundo.networks.lenet import LENET1_LINKS, LENET5_LINKS, lenet

PAPER = {"sparse": True, "pool": "subsample", "activation": "scaled_tanh"}


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def test_parameter_counts(pictures):
    """The papers: LeNet-1 has 2,578; LeNet-5 has 60,000 with its output layer fixed."""
    assert parameters(build("lenet5", pictures())) == 61_706
    assert parameters(build("lenet5", pictures(), **PAPER)) - parameters(nn.Linear(84, 10)) == 60_000
    assert parameters(build("lenet1", pictures(), **PAPER)) == 2_578
    assert parameters(build("lenet4", pictures())) == 51_050


def test_layers_of_lenet5_have_the_counts_of_the_paper(pictures):
    network = build("lenet5", pictures(), **PAPER)
    counts = {name: parameters(child) for name, child in network.named_children() if parameters(child)}
    assert counts == {
        "conv1": 156, "pool1": 12, "conv2": 1_516, "pool2": 32, "linear1": 48_120, "linear2": 10_164, "output": 850,
    }  # fmt: skip


def test_tables_of_links():
    assert len(LENET5_LINKS) == 16 and sum(map(len, LENET5_LINKS)) == 60
    assert len(LENET1_LINKS) == 12 and sum(map(len, LENET1_LINKS)) == 20
    assert len(set(LENET5_LINKS)) == 16
    assert all(sum(i in links for links in LENET5_LINKS) == 10 for i in range(6))


@pytest.mark.parametrize(("name", "size"), [("lenet1", (8, 8)), ("lenet4", (64, 50)), ("lenet5", (32, 32))])
def test_other_sizes_and_channels(pictures, name, size):
    schema = pictures(4, *size)
    assert build(name, schema)(torch.zeros(2, 4, *size)).shape == (2, 10)


def test_32_pixels_are_not_padded_and_28_are(pictures):
    assert build("lenet5", pictures(1, 32, 32)).conv1.padding == (0, 0)
    assert build("lenet5", pictures(1, 28, 28)).conv1.padding == (2, 2)
    assert build("lenet1", pictures(1, 28, 28)).conv1.padding == (0, 0)


def test_the_max_pool_of_deck_001(pictures):
    """The example of the lecture: 4 x 4 numbers, 2 x 2 max-pool."""
    x = torch.tensor([[12.0, 20, 30, 0], [8, 12, 2, 0], [34, 70, 37, 4], [112, 100, 25, 12]])
    pool = build("lenet5", pictures(), pool="max").pool1
    assert pool(x[None, None])[0, 0].tolist() == [[20, 30], [112, 37]]


def test_subsample_is_the_scaled_mean_plus_bias():
    layer = Subsample(2)
    with torch.no_grad():
        layer.weight[:], layer.bias[:] = torch.tensor([2.0, 0.5]), torch.tensor([1.0, -1.0])
    x = torch.arange(16.0).view(1, 2, 2, 4)
    assert layer(x).tolist() == [[[[6.0, 10.0]], [[4.25, 5.25]]]]


def test_a_linked_convolution_equals_one_convolution_for_each_map():
    links = ((0, 2), (1,), (0, 1, 2))
    layer = LinkedConv2d(3, links, 3)
    x = torch.randn(2, 3, 6, 5)
    kernels = layer.weight.split([len(inputs) for inputs in links])
    by_hand = [F.conv2d(x[:, list(inputs)], k[None]) for inputs, k in zip(links, kernels, strict=True)]
    torch.testing.assert_close(layer(x), torch.cat(by_hand, 1))
    assert torch.equal(layer.take(layer.dense()), layer.weight)


@pytest.mark.parametrize("layer", [Subsample(2), LinkedConv2d(2, ((0,), (0, 1)), 2), ScaledTanh()])
def test_gradients(layer):
    layer = layer.double()
    x = torch.randn(2, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, x)
    for parameter in layer.parameters():
        assert torch.autograd.gradcheck(lambda _: layer(x.detach()), parameter)


def test_scaled_tanh_keeps_one():
    torch.testing.assert_close(
        ScaledTanh()(torch.tensor([1.0, -1.0, 0.0])), torch.tensor([1.0, -1.0, 0.0]), atol=1e-4, rtol=0
    )


def test_the_options_of_lenet_are_read_from_one_function():
    assert lenet.__kwdefaults__ == {"activation": "tanh", "pool": "average", "sparse": False}
