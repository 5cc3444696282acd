"""The choice of threads and number format is a function of the network and the batch; products in bfloat16 are near."""

import pytest
import torch
from torch import nn

from profundo import precision
from profundo.errors import UsageError
from profundo.networks.layers import Linear


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(precision, "cores", lambda: 2)
    monkeypatch.setattr(precision, "has_bfloat16", lambda device: True)


def wide():
    return nn.Sequential(Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


@pytest.mark.parametrize(
    ("network", "numbers", "threads", "format"),
    [
        (wide(), 784 * 128, 2, "bfloat16-products"),
        (nn.Sequential(Linear(20, 64), nn.Linear(64, 2)), 20 * 64, 1, "float32"),
        (nn.Conv2d(1, 32, 3), 28 * 28 * 128, 2, "bfloat16"),
        (nn.Conv2d(1, 32, 3), 64 * 32, 1, "bfloat16"),
        (nn.Conv2d(1, 6, 5), 28 * 28 * 128, 2, "float32"),
    ],
)
def test_the_choice_follows_the_network_and_the_batch(network, numbers, threads, format):
    machine = precision.choose(network, numbers=numbers, device="cpu")
    assert (machine.threads, machine.precision) == (threads, format)
    assert machine == precision.choose(network, numbers=numbers, device="cpu")


def test_what_is_asked_for_wins():
    machine = precision.choose(wide(), numbers=10, device="cpu", threads=3, precision="float32")
    assert machine == precision.Machine("cpu", 3, "float32", channels_last=False)
    with pytest.raises(UsageError, match="'bfloat16'"):
        precision.choose(wide(), numbers=10, precision="bfloat")
    with pytest.raises(UsageError, match="--device cpu"):
        precision.choose(wide(), numbers=10, device="quantum")


def test_products_in_bfloat16_and_their_gradients_are_near_those_in_float32():
    torch.manual_seed(0)
    layer, x = Linear(784, 128), torch.randn(64, 784)
    exact = layer(x)
    exact.square().mean().backward()
    gradient, layer.weight.grad = layer.weight.grad.clone(), None
    layer.bfloat16_product = True
    rounded = layer(x)
    rounded.square().mean().backward()
    assert rounded.dtype == torch.float32 and layer.weight.grad.dtype == torch.float32
    assert 0 < (rounded - exact).abs().max() < 0.02
    assert (layer.weight.grad - gradient).norm() < 0.02 * gradient.norm()
