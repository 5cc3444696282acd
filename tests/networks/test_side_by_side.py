"""A batch in parts gives what the whole batch gives, forward and back, and the same bytes every time."""

import pytest
import torch

from profundo.networks import cells
from profundo.networks.cells import CELLS, GRUCell, LSTMCell
from profundo.networks.chains import elman_chain, gru_chain
from profundo.networks.side_by_side import side_by_side


@pytest.fixture
def worth_it(monkeypatch):
    """Let small batches be cut too."""
    monkeypatch.setattr(cells, "WORTH", 1)


def learn(cell, x, states, parts):
    cell.parts = parts
    inputs = [t.clone().requires_grad_() for t in (x, *states)]
    said, last = cell(inputs[0], tuple(inputs[1:]))
    loss = (said**2).sum() + sum((s**3).sum() for s in last)
    return [said.detach(), *(s.detach() for s in last), *torch.autograd.grad(loss, [*inputs, *cell.parameters()])]


@pytest.mark.parametrize("batch", [16, 37])
@pytest.mark.parametrize("name", CELLS)
def test_parts_of_a_batch_equal_the_whole(name, batch, worth_it):
    torch.manual_seed(0)
    cell = CELLS[name](5, 7).double()
    x = torch.randn(batch, 9, 5, dtype=torch.float64)
    states = tuple(torch.randn(batch, 7, dtype=torch.float64) for _ in range(cell.states))
    whole, parts, again = (learn(cell, x, states, count) for count in (1, 4, 4))
    for a, b, c in zip(whole, parts, again, strict=True):
        torch.testing.assert_close(b, a, rtol=0, atol=1e-10)
        assert torch.equal(b, c)
    with torch.no_grad():
        torch.testing.assert_close(cell(x, states)[0], whole[0], rtol=0, atol=1e-12)


def test_small_batches_stay_whole():
    cell = LSTMCell(3, 4)
    cell.parts = 8
    assert cell.parts_of(64, 10) == 1 and cell.parts_of(7, 100_000) == 1
    assert cell.parts_of(64, 1024) == 4


def test_a_tensor_that_needs_no_gradient_gets_none(worth_it):
    weight = torch.ones(3, requires_grad=True)
    x = torch.arange(12.0).view(4, 3)
    (said,) = side_by_side(lambda examples, weights: (examples[0] * weights[0],), 2, (x,), (weight,))
    said.sum().backward()
    assert x.grad is None and torch.equal(weight.grad, x.sum(0))


def test_products_in_bfloat16_keep_the_memory_exact():
    """A memory that grows by a thousandth at each of 600 steps: rounded to bfloat16 it would stop growing."""
    cell = LSTMCell(1, 4)
    with torch.no_grad():
        for p in cell.parameters():
            p.zero_()
        cell.bias_ih.copy_(torch.tensor([-7.0, 12, 3, 5]).repeat_interleave(4))
    x = torch.zeros(32, 600, 1)
    exact = cell(x, cell.start(x))[1][1]
    cell.bfloat16_products = True
    torch.testing.assert_close(cell(x, cell.start(x))[1][1], exact, rtol=0.005, atol=0)


def test_the_state_of_a_gru_grows_by_small_steps_in_bfloat16_too():
    cell = GRUCell(1, 4)
    with torch.no_grad():
        for p in cell.parameters():
            p.zero_()
        cell.bias_ih.copy_(torch.tensor([0.0, 7, 3]).repeat_interleave(4))
    x = torch.zeros(32, 600, 1)
    exact = cell(x, cell.start(x))[0]
    cell.bfloat16_products = True
    torch.testing.assert_close(cell(x, cell.start(x))[0], exact, rtol=0.005, atol=0)


@pytest.mark.parametrize("name", CELLS)
def test_products_in_bfloat16_change_gradients_little(name, worth_it):
    torch.manual_seed(0)
    cell = CELLS[name](32, 32)
    x, states = torch.randn(16, 50, 32), tuple(0.5 * torch.randn(16, 32) for _ in range(cell.states))
    exact = learn(cell, x, states, 1)
    cell.bfloat16_products = True
    for found in (learn(cell, x, states, 1), learn(cell, x, states, 2)):
        for a, b in zip(found, exact, strict=True):
            assert a.dtype == torch.float32
            assert (a - b).norm() <= 0.02 * b.norm()


@pytest.mark.parametrize(("name", "chain"), [("rnn", elman_chain), ("gru", gru_chain)])
def test_chains_in_full_precision_equal_the_cells(name, chain):
    torch.manual_seed(0)
    cell = CELLS[name](5, 7).double()
    inputs = [torch.randn(3, 9, 5).double().requires_grad_(), torch.randn(3, 7).double().requires_grad_()]
    found, expected = chain(False, *inputs, *cell.weights), cell.unroll(inputs[0], (inputs[1],))
    weight = torch.randn(3, 9, 7).double()
    every = []
    for said, last in ((found[0], found[1]), (expected[0], expected[1][0])):
        loss = (said * weight).sum() + (last**2).sum()
        every.append([said, last, *torch.autograd.grad(loss, [*inputs, *cell.parameters()])])
    for a, b in zip(*every, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12)
