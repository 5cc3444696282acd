"""The linear network against the formulas that it stands for."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from profundo.networks import build
from profundo.schema import Category, Number, Schema


def test_codes_stand_for_one_hot_vectors(table):
    schema = table(2, codes=2)
    network = build("linear", schema)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(generator=torch.Generator().manual_seed(parameter.numel()))
    plain = torch.randn(6, 5)
    codes = torch.stack([torch.randint(6, (6,)), torch.randint(7, (6,))], 1)
    one_hot = torch.cat([plain, F.one_hot(codes[:, 0], 6), F.one_hot(codes[:, 1], 7)], 1)
    weight = torch.cat([network.output.weight, *(t.weight.T for t in network.codes)], 1)
    torch.testing.assert_close(network(torch.cat([plain, codes], 1)), one_hot @ weight.T + network.output.bias)


def test_only_embedded_columns():
    schema = Schema({"code": Category(("a", "b"), embed=True)}, {"y": Number()})
    network = build("linear", schema)
    network(torch.tensor([[0.0], [2.0]])).sum().backward()
    assert network.codes[0].weight.grad[:, 0].tolist() == [1, 0, 1]


def test_it_starts_at_zeros(pictures):
    network = build("linear", pictures())
    assert not network(torch.randn(3, 1, 28, 28)).any()


def test_gradient_descent_reaches_the_normal_equations():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(200, 3, generator=generator, dtype=torch.float64)
    y = x @ torch.tensor([1.5, -2.0, 0.3], dtype=torch.float64) + 0.7 + 0.1 * torch.randn(200, generator=generator)
    ones = torch.cat([x, torch.ones(200, 1)], 1)
    exact = torch.linalg.solve(ones.T @ ones, ones.T @ y)
    schema = Schema({n: Number() for n in "abc"}, {"y": Number()})
    network = build("linear", schema).double()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.2)
    for _ in range(300):
        optimizer.zero_grad()
        F.mse_loss(network(x)[:, 0], y).backward()
        optimizer.step()
    found = torch.cat([network.output.weight.detach()[0], network.output.bias.detach()])
    torch.testing.assert_close(found, exact, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("m", "b"), [(0.0, 0.0), (2.0, -1.0)])
def test_the_gradient_of_y_is_m_x_plus_b_three_ways(m, b):
    """Analytic, automatic and finite differences of the mean of (m x + b - y)^2."""
    x = torch.tensor([0.0, 1.0, 2.0, 4.0], dtype=torch.float64)
    y = torch.tensor([1.0, 3.0, 4.0, 9.0], dtype=torch.float64)
    line = nn.Linear(1, 1).double()
    with torch.no_grad():
        line.weight.fill_(m), line.bias.fill_(b)
    F.mse_loss(line(x[:, None])[:, 0], y).backward()
    error = m * x + b - y
    analytic = torch.stack([2 * (error * x).mean(), 2 * error.mean()])

    def cost(m, b):
        return float(((m * x + b - y) ** 2).mean())

    step = 1e-5
    finite = [
        (cost(m + step, b) - cost(m - step, b)) / (2 * step),
        (cost(m, b + step) - cost(m, b - step)) / (2 * step),
    ]
    automatic = torch.stack([line.weight.grad[0, 0], line.bias.grad[0]])
    torch.testing.assert_close(automatic, analytic, atol=1e-12, rtol=0)
    torch.testing.assert_close(torch.tensor(finite, dtype=torch.float64), analytic, atol=1e-6, rtol=0)
