"""Parameters as views of one tensor keep their names, shapes and memory formats, and training sees them."""

import pytest
import torch
from torch import nn

from profundo.errors import UsageError
from profundo.flat import Flat


def test_parameters_are_views_and_keep_their_values_and_formats():
    network = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 3))
    network.to(memory_format=torch.channels_last)
    before = {k: (v.clone(), v.stride()) for k, v in network.state_dict().items()}
    x = torch.randn(2, 2, 4, 4)
    wanted = network.eval()(x)
    flat = Flat(network)
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name][0]) and value.stride() == before[name][1]
    assert torch.equal(network(x), wanted)
    assert flat.intact() and flat.decayed == 4 * 2 * 9 + 16 * 3
    flat.values.zero_()
    assert all(not p.any() for p in network.parameters())


def test_gradients_arrive_in_the_flat_tensor():
    network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    reference = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    reference.load_state_dict(network.state_dict())
    flat, x = Flat(network), torch.randn(5, 3).double()
    network(x).square().mean().backward()
    reference(x).square().mean().backward()
    flat.collect_gradients()
    wanted = torch.cat(
        [
            reference[0].weight.grad.ravel(),
            reference[2].weight.grad.ravel(),
            reference[0].bias.grad,
            reference[2].bias.grad,
        ]
    )
    assert torch.allclose(flat.grads, wanted)


def test_a_parameter_that_the_loss_does_not_reach_has_gradient_zero():
    network = nn.ModuleList([nn.Linear(2, 1), nn.Linear(2, 1)])
    flat = Flat(network)
    flat.grads.fill_(7)
    network[0](torch.ones(1, 2)).sum().backward()
    flat.collect_gradients()
    assert flat.grads.tolist() == [1, 1, 0, 0, 1, 0]
    flat.forget_gradients()
    assert all(p.grad is None for p in network.parameters())


def test_a_moved_parameter_is_noticed_and_an_odd_module_is_refused():
    network = nn.Linear(2, 2)
    flat = Flat(network)
    network.weight.data = network.weight.data.clone()
    assert not flat.intact()
    with pytest.raises(UsageError, match="no parameter to train"):
        Flat(nn.ReLU())
    with pytest.raises(UsageError, match="share a type"):
        Flat(nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1).double()))
