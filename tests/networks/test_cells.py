"""Our cells, step by step as written, against PyTorch's fused ones: the same numbers and the same gradients."""

import random

import pytest
import torch
from torch import Tensor, nn

from profundo.networks.cells import CELLS, Cell, LSTMCell

FUSED = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
CASES = 100


def random_case(name: str, number: int, dtype: torch.dtype) -> tuple[Cell, nn.RNNBase, Tensor, tuple[Tensor, ...]]:
    """A cell and PyTorch's layer with the same weights, drawn anew, a batch of sequences and states to begin with."""
    draw = random.Random(number)
    batch, steps, inputs, hidden = (draw.randint(1, most) for most in (6, 12, 9, 11))
    generator = torch.Generator().manual_seed(number)
    cell, fused = CELLS[name](inputs, hidden).to(dtype), FUSED[name](inputs, hidden, batch_first=True).to(dtype)
    with torch.no_grad():
        for own, other in zip(cell.weights, fused.parameters(), strict=True):
            assert own.shape == other.shape
            other.copy_(own.copy_(torch.randn(own.shape, generator=generator, dtype=dtype) / hidden**0.5))
    x = torch.randn(batch, steps, inputs, generator=generator, dtype=dtype)
    states = tuple(torch.randn(batch, hidden, generator=generator, dtype=dtype) for _ in range(cell.states))
    return cell, fused, x, states


def gradients(module: nn.Module, said: Tensor, last: tuple[Tensor, ...], wanted: list[Tensor]) -> tuple[Tensor, ...]:
    """The gradients of a number that depends on all that was said and on the last state."""
    said_part = (said * torch.linspace(-1, 1, said.numel(), dtype=said.dtype).view_as(said)).sum()
    return torch.autograd.grad(said_part + sum((s**2).sum() for s in last), [*wanted, *module.parameters()])


@pytest.mark.parametrize("way", ["unroll", "forward"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-10)])
@pytest.mark.parametrize("name", CELLS)
def test_a_hundred_random_cases_equal_pytorch(name, dtype, tolerance, way):
    for number in range(CASES):
        cell, fused, x, states = random_case(name, number, dtype)
        mine, other = (([t.clone().requires_grad_() for t in (x, *states)]) for _ in range(2))
        said, last = getattr(cell, way)(mine[0], tuple(mine[1:]))
        first = tuple(s.unsqueeze(0) for s in other[1:])
        expected, state = fused(other[0], first if name == "lstm" else first[0])
        after = tuple(s[0] for s in (state if name == "lstm" else (state,)))
        close(said, expected, tolerance)
        for a, b in zip(last, after, strict=True):
            close(a, b, tolerance)
        found, wanted = gradients(cell, said, last, mine), gradients(fused, expected, after, other)
        for a, b in zip(found, wanted, strict=True):
            close(a, b, tolerance)


def close(a: Tensor, b: Tensor, tolerance: float) -> None:
    """Within the tolerance, of the number itself or, where it is large, of its size."""
    assert a.shape == b.shape and (a - b).abs().max() <= tolerance * max(1.0, float(b.detach().abs().max()))


@pytest.mark.parametrize("name", CELLS)
def test_one_step_equals_the_cells_of_pytorch(name):
    cell, _, x, states = random_case(name, 5, torch.float64)
    single = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}[name](x.shape[2], cell.hidden).double()
    single.load_state_dict(cell.state_dict())
    expected = single(x[:, 0], states if name == "lstm" else states[0])
    found = cell.step(x[:, 0], states)
    torch.testing.assert_close(found, expected if name == "lstm" else (expected,), rtol=0, atol=1e-12)


def test_peepholes_let_the_gates_see_the_memory():
    """The equations (7) to (11) of Graves 2013 (1308.0850), written out for one unit and one step."""
    cell = LSTMCell(1, 1, peepholes=True).double()
    with torch.no_grad():
        for p in cell.parameters():
            p.copy_(torch.linspace(-0.8, 0.9, p.numel(), dtype=torch.float64).view_as(p))
    x, h, c = (torch.tensor([[v]], dtype=torch.float64) for v in (0.7, -0.3, 1.2))
    sums = cell.weight_ih * x + cell.bias_ih[:, None] + cell.weight_hh * h + cell.bias_hh[:, None]
    before = sums.flatten().tolist()
    peep_i, peep_f, peep_o = cell.peepholes.flatten().tolist()
    i, f = sigmoid(before[0] + peep_i * 1.2), sigmoid(before[1] + peep_f * 1.2)
    memory = f * 1.2 + i * float(torch.tanh(torch.tensor(before[2], dtype=torch.float64)))
    o = sigmoid(before[3] + peep_o * memory)
    found_h, found_c = cell.step(x, (h, c))
    assert found_c.item() == pytest.approx(memory, abs=1e-12)
    assert found_h.item() == pytest.approx(o * torch.tanh(found_c).item(), abs=1e-12)


def test_peepholes_at_zero_are_the_plain_cell():
    plain, _, x, states = random_case("lstm", 3, torch.float64)
    peeping = LSTMCell(x.shape[2], plain.hidden, peepholes=True).double()
    peeping.load_state_dict(plain.state_dict(), strict=False)
    torch.testing.assert_close(peeping(x, states), plain(x, states), rtol=0, atol=1e-12)


def test_the_gradients_of_peepholes_are_those_of_finite_differences():
    torch.manual_seed(0)
    cell = LSTMCell(2, 3, peepholes=True).double()
    nn.init.normal_(cell.peepholes)
    x, h, c = torch.randn(2, 4, 2), torch.randn(2, 3), torch.randn(2, 3)
    inputs = [t.double().requires_grad_() for t in (x, h, c)]
    assert torch.autograd.gradcheck(lambda x, h, c: cell(x, (h, c))[0], inputs)
    names, values = zip(*cell.named_parameters(), strict=True)

    def of_weights(*weights: Tensor) -> Tensor:
        named = dict(zip(names, weights, strict=True))
        return torch.func.functional_call(cell, named, (x.double(), (h.double(), c.double())))[0]

    assert torch.autograd.gradcheck(of_weights, values)


def sigmoid(value: float) -> float:
    return float(torch.sigmoid(torch.tensor(value, dtype=torch.float64)))
