"""Initialisations: what each promises about the first activations (Glorot and Bengio 2010, He et al. 2015)."""

import pytest
import torch
from torch import nn

from profundo.networks import INITIALISATIONS, build, initialise
from profundo.networks.layers import LinkedConv2d

WIDTH = 512


def deep(activation: type[nn.Module], layers: int = 30, width: int = WIDTH) -> nn.Sequential:
    return nn.Sequential(*(m for _ in range(layers) for m in (nn.Linear(width, width), activation())))


def variances(network: nn.Sequential, kind: type[nn.Module]) -> list[float]:
    """The variance of the output of each layer of a kind, for inputs N(0, 1)."""
    x = torch.randn(256, WIDTH, generator=torch.Generator().manual_seed(1))
    found = []
    with torch.no_grad():
        for layer in network:
            x = layer(x)
            if isinstance(layer, kind):
                found.append(float(x.var()))
    return found


@pytest.mark.parametrize(("how", "activation"), [("glorot", nn.Tanh), ("he", nn.ReLU)])
def test_the_signal_survives_thirty_layers(how, activation):
    """The mean of five seeds: with ReLU the ratio of one network varies by about exp(sqrt(5 layers / width))."""
    ratios = []
    for seed in range(5):
        network = deep(activation)
        initialise(network, how, seed=seed)
        found = variances(network, activation)
        ratios.append(found[-1] / found[0])
    assert 0.5 <= sum(ratios) / 5 <= 2


@pytest.mark.parametrize("activation", [nn.Tanh, nn.ReLU])
def test_small_weights_lose_the_signal(activation):
    network = deep(activation)
    initialise(network, "normal")
    found = variances(network, activation)
    assert found[-1] / found[0] < 1e-3


@pytest.mark.parametrize("activation", [nn.Tanh, nn.ReLU])
def test_lsuv_gives_every_layer_unit_variance(activation):
    network = deep(activation)
    x = torch.randn(256, WIDTH, generator=torch.Generator().manual_seed(1))
    initialise(network, "lsuv", x=x)
    assert all(abs(v - 1) < 1e-3 for v in variances(network, nn.Linear))


def test_lsuv_on_a_convolutional_network(pictures):
    x = torch.randn(64, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    network = build("convnet", pictures(), initialisation="lsuv", x=x, normalisation="none")
    found = []
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(lambda *call: found.append(float(call[2].var())))
    with torch.no_grad():
        network(x)
    assert len(found) >= 4 and all(abs(v - 1) < 1e-3 for v in found)
    assert network.training


def test_lsuv_leaves_a_layer_without_variance_as_it_is():
    network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    initialise(network, "lsuv", x=torch.zeros(5, 3))
    assert torch.isfinite(network[0].weight).all() and network[0].weight.abs().sum() > 0


@pytest.mark.parametrize("shape", [(6, 6), (4, 9), (9, 4)])
def test_orthogonal(shape):
    layer = nn.Linear(*shape)
    initialise(layer, "orthogonal")
    weight = layer.weight if shape[1] <= shape[0] else layer.weight.T
    torch.testing.assert_close(weight @ weight.T, torch.eye(len(weight)), atol=1e-5, rtol=0)


def test_orthogonal_kernels():
    layer = nn.Conv2d(3, 8, 3)
    initialise(layer, "orthogonal")
    rows = layer.weight.flatten(1)
    torch.testing.assert_close(rows @ rows.T, torch.eye(8), atol=1e-5, rtol=0)


def test_zeros_and_the_biases():
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Embedding(5, 2))
    vectors = network[2].weight.clone()
    initialise(network, "zeros")
    assert not network[0].weight.any() and not network[0].bias.any()
    assert network[1].weight.all() and torch.equal(network[2].weight, vectors)


def test_normal_has_its_standard_deviation():
    layer = nn.Linear(400, 400)
    initialise(layer, "normal")
    assert abs(float(layer.weight.detach().std()) - 0.01) < 1e-4


def test_linked_kernels_are_initialised_too():
    layer = LinkedConv2d(2, ((0,), (0, 1)), 3)
    initialise(layer, "zeros")
    assert not layer.weight.any()
    initialise(layer, "he", seed=1)
    assert layer.weight.abs().sum() > 0


@pytest.mark.parametrize("how", [how for how in INITIALISATIONS if how != "lsuv"])
def test_same_seed_same_weights_and_the_global_generator_is_left_alone(table, how):
    before = torch.random.get_rng_state()
    one, two = (build("mlp", table(), initialisation=how, seed=3) for _ in range(2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    other = build("mlp", table(), initialisation=how, seed=4)
    assert torch.equal(one.linear1.weight, other.linear1.weight) == (how == "zeros")
