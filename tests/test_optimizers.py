"""Every optimiser against the published update rule, written again in NumPy float64, for 100 steps."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from profundo.errors import UsageError
from profundo.flat import Flat
from profundo.optimizers import OPTIMIZERS, Optimizer, orthogonal

B1, B2, EPS, MU, RHO = 0.9, 0.999, 1e-8, 0.9, 0.9


def oracle(name, gradient, theta, lr, steps):
    """Run the published rule on theta (n,) float64; yields theta after each step."""
    v, m, s, d, u, big = (np.zeros_like(theta) for _ in range(6))
    for t in range(1, steps + 1):
        # Nesterov's gradient is taken ahead; the implementation's own parameters are the point ahead
        ahead = theta - MU * v if name == "nesterov" else theta
        g = gradient(ahead)
        match name:
            case "sgd" | "batch-gradient-descent" | "stochastic-gradient-descent":
                theta = theta - lr * g
            case "momentum" | "nesterov":
                v = MU * v + lr * g
                theta = theta - v
            case "adagrad":
                s = s + g**2
                theta = theta - lr * g / (np.sqrt(s) + 1e-8)
            case "adadelta":
                s = 0.95 * s + 0.05 * g**2
                step = np.sqrt(d + 1e-6) / np.sqrt(s + 1e-6) * g
                d = 0.95 * d + 0.05 * step**2
                theta = theta - lr * step
            case "rmsprop":
                s = RHO * s + (1 - RHO) * g**2
                theta = theta - lr * g / (np.sqrt(s) + EPS)
            case "adam" | "adamw":
                m, s = B1 * m + (1 - B1) * g, B2 * s + (1 - B2) * g**2
                theta = theta - lr * (m / (1 - B1**t)) / (np.sqrt(s / (1 - B2**t)) + EPS)
            case "amsgrad":
                m, s = B1 * m + (1 - B1) * g, B2 * s + (1 - B2) * g**2
                big = np.maximum(big, s)
                theta = theta - lr * (m / (1 - B1**t)) / (np.sqrt(big / (1 - B2**t)) + EPS)
            case "adamax":
                m, u = B1 * m + (1 - B1) * g, np.maximum(B2 * u, np.abs(g))
                theta = theta - lr / (1 - B1**t) * m / u
            case "nadam":
                m, s = B1 * m + (1 - B1) * g, B2 * s + (1 - B2) * g**2
                look = B1 * m / (1 - B1 ** (t + 1)) + (1 - B1) * g / (1 - B1**t)
                theta = theta - lr * look / (np.sqrt(s / (1 - B2**t)) + EPS)
            case "muon":
                m = 0.9 * m + g
                x = (g + 0.9 * m).reshape(3, 4)
                x = x / np.linalg.norm(x)
                for _ in range(5):
                    a = x @ x.T
                    x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
                theta = theta - lr * 0.2 * np.sqrt(4) * x.ravel()
            case _:
                raise AssertionError(f"no published rule written down for {name}")
        yield theta - MU * v if name == "nesterov" else theta


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_equals_the_published_rule_for_100_steps(name):
    rng = np.random.default_rng(0)
    curvature, start = rng.uniform(0.5, 3, 12), rng.normal(size=12)

    def gradient(theta):
        return curvature * theta + 0.3 * np.cos(theta)

    module = nn.Linear(4, 3, bias=False).double()
    module.weight.data = torch.tensor(start.reshape(3, 4))
    lr = OPTIMIZERS[name].lr
    optimizer = Optimizer(Flat(module), name, {})
    for wanted in oracle(name, gradient, start.copy(), lr, 100):
        optimizer.flat.grads.copy_(torch.tensor(gradient(optimizer.flat.values.numpy())))
        optimizer.step(lr)
        assert np.abs(optimizer.flat.values.numpy() - wanted).max() < 1e-6
    assert np.abs(module.weight.detach().numpy().ravel() - wanted).max() < 1e-6  # the parameters are the flat values


def test_muon_makes_steps_orthogonal_and_leaves_biases_to_adam():
    generator = torch.Generator().manual_seed(0)
    for shape in ((16, 40), (40, 16)):
        values = torch.linalg.svdvals(orthogonal(torch.randn(shape, generator=generator)))
        assert float(values.min()) > 0.6 and float(values.max()) < 1.3
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)).to(memory_format=torch.channels_last)
    ours, theirs = (
        Optimizer(Flat(network), "muon", {}),
        Optimizer(Flat(copy.deepcopy(network)), "adam", {"beta2": 0.99}),
    )
    weight, rest = network[0].weight.detach().clone(), slice(ours.flat.decayed, None)
    for optimizer in (ours, theirs):
        optimizer.flat.grads.copy_(torch.randn(len(optimizer.flat.grads), generator=generator.manual_seed(1)))
        optimizer.step(0.01)
    assert torch.allclose(ours.flat.values[rest], theirs.flat.values[rest])
    step = (weight - network[0].weight.detach()).flatten(1) / (0.01 * 0.2 * 27**0.5)
    values = torch.linalg.svdvals(step)  # the shape is seen through the memory format
    assert float(values.min()) > 0.6 and float(values.max()) < 1.3


def test_muon_in_bfloat16_makes_steps_as_orthogonal():
    network = nn.Linear(64, 96)
    optimizer = Optimizer(Flat(network), "muon", {"bfloat16": 1.0})
    before = network.weight.detach().clone()
    optimizer.flat.grads.copy_(torch.randn(len(optimizer.flat.grads), generator=torch.Generator().manual_seed(0)))
    optimizer.step(0.01)
    values = torch.linalg.svdvals((before - network.weight.detach()) / (0.01 * 0.2 * 96**0.5))
    assert network.weight.dtype == torch.float32
    assert float(values.min()) > 0.6 and float(values.max()) < 1.3


def test_penalties_touch_weights_and_not_biases():
    module = nn.Linear(3, 2).double()
    before = {k: v.clone() for k, v in module.state_dict().items()}
    optimizer = Optimizer(Flat(module), "sgd", {}, l1=0.5, l2=0.25)
    optimizer.flat.grads.zero_()
    optimizer.step(0.1)
    w = before["weight"]
    assert torch.allclose(module.weight, w - 0.1 * (0.25 * w + 0.5 * w.sign()), atol=1e-12)
    assert torch.equal(module.bias, before["bias"])


def test_decoupled_decay_shrinks_weights_by_lr_times_decay():
    module = nn.Linear(3, 2).double()
    before = module.weight.detach().clone()
    optimizer = Optimizer(Flat(module), "adamw", {}, decay=0.1)
    optimizer.flat.grads.zero_()
    optimizer.step(0.01)
    assert torch.allclose(module.weight, before * (1 - 0.001), atol=1e-12)


def test_unknown_names_are_answered_with_the_nearest():
    flat = Flat(nn.Linear(2, 1))
    with pytest.raises(UsageError, match="'adam'"):
        Optimizer(flat, "adm", {})
    with pytest.raises(UsageError, match="'beta1'"):
        Optimizer(flat, "adam", {"beta_1": 0.5})
