"""The density of a move is a density, and what is drawn from it follows it."""

import math

import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from profundo.errors import DataError, UsageError
from profundo.networks import build
from profundo.schema import Category, Schema, Strokes
from profundo.tasks import build_task
from profundo.tasks.drawing import up_to_the_end
from profundo.tasks.mixture import STRAIGHTEST, Mixture, outputs

SCHEMA = Schema({"label": Category(("a", "b"), embed=True)}, {"drawing": Strokes(6, usual=4.0)})


def test_the_mixture_is_that_of_pytorch():
    generator = torch.Generator().manual_seed(0)
    output = torch.randn((50, outputs(4)), generator=generator).double()
    moves = torch.randn((50, 2), generator=generator).double()
    weights, mx, my, sx, sy, rho = output[:, :-3].chunk(6, -1)
    rho = STRAIGHTEST * rho.tanh()
    covariance = torch.stack([(2 * sx).exp(), rho * (sx + sy).exp(), rho * (sx + sy).exp(), (2 * sy).exp()], -1)
    parts = MultivariateNormal(torch.stack([mx, my], -1), covariance.unflatten(-1, (2, 2)))
    wanted = -MixtureSameFamily(Categorical(logits=weights), parts).log_prob(moves)
    assert torch.allclose(Mixture.of(output).move_losses(moves).double(), wanted, atol=1e-3, rtol=1e-3)
    states = torch.eye(3)[torch.arange(50) % 3]
    pen = torch.nn.functional.cross_entropy(output[:, -3:].float(), states.argmax(1), reduction="none")
    assert torch.allclose(Mixture.of(output).pen_losses(states), pen, atol=1e-6)


def test_moves_are_drawn_from_it():
    output = torch.zeros(20_000, outputs(2))
    output[:, 0], output[:, 2], output[:, 4] = 9.0, 1.0, -2.0  # the first Gaussian, its mean
    output[:, 6], output[:, 8], output[:, 10] = math.log(0.5), math.log(0.25), math.atanh(0.8 / STRAIGHTEST)
    output[:, -3:] = torch.tensor([2.0, 1.0, 0.0])
    made = Mixture.of(output).draw(1.0, torch.Generator().manual_seed(0))
    assert made[:, :2].mean(0).tolist() == pytest.approx([1, -2], abs=0.02)
    assert made[:, :2].std(0).tolist() == pytest.approx([0.5, 0.25], rel=0.05)
    assert float(torch.corrcoef(made[:, :2].T)[0, 1]) == pytest.approx(0.8, abs=0.02)
    shares = torch.softmax(torch.tensor([2.0, 1.0, 0.0]), 0)
    assert made[:, 2:].mean(0).tolist() == pytest.approx(shares.tolist(), abs=0.02)
    safe = Mixture.of(output).draw(0.25, torch.Generator().manual_seed(0))
    assert safe[:, :2].std(0).tolist() == pytest.approx([0.25, 0.125], rel=0.05)


def test_what_comes_after_the_end_does_not_count_and_nothing_is_seen_beforehand():
    network, task = build("pen", SCHEMA, hidden=8, mixtures=3), build_task("drawing", SCHEMA)
    y = torch.randn(2, 6, 5)
    y[..., 2:] = torch.tensor([1.0, 0, 0])
    y[0, 3:], y[1, 5:] = (torch.tensor([0.0, 0, 0, 0, 1]) for _ in range(2))
    x = torch.tensor([[0.0], [1.0]])
    one = task.example_losses(network(x, y), y)
    longer = torch.cat([y, torch.tensor([0.0, 0, 0, 0, 1]).expand(2, 3, 5)], 1)
    assert torch.allclose(task.example_losses(network(x, longer), longer), one, atol=1e-6)
    cut = up_to_the_end(longer)
    assert cut.shape[1] == 6
    other = y.clone()
    other[0, 2] = 9.0
    assert torch.equal(network(x, other)[0, :3], network(x, y)[0, :3])  # what is said of a move is said before it
    assert network(x).shape == (2, 1, outputs(3))


def test_step_by_step_is_the_same_as_at_once():
    network = build("pen", SCHEMA, hidden=8, layers=2, mixtures=3).eval()
    x, y = torch.tensor([[1.0]]), torch.randn(1, 5, 5)
    at_once, states, said = network(x, y), None, []
    for move in torch.cat([torch.tensor([[[0.0, 0, 1, 0, 0]]]), y[:, :-1]], 1).split(1, 1):
        made, states = network.go_on(x, move, states)
        said.append(made)
    assert torch.allclose(torch.cat(said, 1), at_once, atol=1e-5)


def test_errors_are_advice():
    with pytest.raises(DataError, match=r"strokes\.npz"):
        build_task("drawing", Schema({}, {"label": Category(("a", "b"))}))
    with pytest.raises(UsageError, match="no moves of a pen"):
        build_task("drawing", SCHEMA).example_losses(torch.zeros(2, 6, 7), torch.zeros(2, 6, 5))
