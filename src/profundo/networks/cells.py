"""Recurrent cells, written to be read: one step of each is its equations.

`step` maps (x, state) to the next state; the first tensor of a state is what the cell says. The parameters have the
names, shapes and order of gates of `torch.nn.RNNCell`, `LSTMCell` and `GRUCell`, so that `forward` can hand a whole
sequence to PyTorch's fused kernels, which give the same numbers (tests/networks/test_cells.py). `unroll` is the loop
that they replace.

Where the processor multiplies bfloat16 quicker, `profundo.precision` lets the fused LSTM and GRU take their products in
it, with the memory (c, h) kept in float32: rounded at every step, it would forget small changes. A batch is run in
`parts`, one for each thread.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .chains import elman_chain, gru_chain
from .side_by_side import side_by_side

State = tuple[Tensor, ...]  # (h,) or (h, c), each (B, hidden)
LEAST = 8  # examples of a part: fewer make the steps no shorter
WORTH = 65_536  # numbers that a part must give to be worth a thread


class Cell(nn.Module):
    """What the cells share: for each of `gates` parts, weights (hidden, inputs) and (hidden, hidden), and two biases.

    Weights of the inputs start as Glorot and Bengio 2010 say, those of the state orthogonal (Saxe et al. 2014, arXiv
    1312.6120), biases at zero.
    """

    gates = 1
    states = 1  # tensors of a state
    parts = 1
    bfloat16_products = False

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.weight_ih = nn.Parameter(torch.empty(self.gates * hidden, inputs))
        self.weight_hh = nn.Parameter(torch.empty(self.gates * hidden, hidden))
        self.bias_ih = nn.Parameter(torch.zeros(self.gates * hidden))
        self.bias_hh = nn.Parameter(torch.zeros(self.gates * hidden))
        for gate in range(self.gates):
            rows = slice(gate * hidden, (gate + 1) * hidden)
            nn.init.xavier_uniform_(self.weight_ih[rows])
            nn.init.orthogonal_(self.weight_hh[rows])

    @property
    def weights(self) -> tuple[Tensor, ...]:
        """The parameters in the order in which PyTorch's fused kernels want them."""
        return (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)

    def start(self, x: Tensor) -> State:
        """Return the state before the first step of a batch: zeros."""
        return tuple(self.weight_hh.new_zeros(x.shape[0], self.hidden) for _ in range(self.states))

    def step(self, x: Tensor, state: State) -> State:
        """Take one step: x (B, inputs) and a state to the next state."""
        raise NotImplementedError

    def fused(self, sequence: Tensor, state: State, weights: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Take every step by PyTorch's kernels: return what the cell says, (B, T, hidden), and the last state."""
        raise NotImplementedError

    def forward(self, sequence: Tensor, state: State) -> tuple[Tensor, State]:
        """Take every step of (B, T, inputs): return what the cell says, (B, T, hidden), and the last state."""
        parts = 1 if torch.compiler.is_compiling() else self.parts_of(len(sequence), sequence.shape[1])

        def run(examples: tuple[Tensor, ...], weights: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            return self.fused(examples[0], examples[1:], weights)

        with torch.autocast("cpu", enabled=False):  # it would round the state, and threads do not know of it
            examples = (sequence.to(state[0].dtype), *state)
            found = side_by_side(run, parts, examples, self.weights) if parts > 1 else run(examples, self.weights)
        return found[0], found[1:]

    @property
    def chained(self) -> bool:
        """Whether the gradients written out in chains.py are used: not where PyTorch makes a graph of its own."""
        return self.bfloat16_products and not torch.compiler.is_compiling()

    def parts_of(self, examples: int, steps: int) -> int:
        """Return into how many parts a batch is worth cutting."""
        return max(1, min(self.parts, examples // LEAST, examples * steps * self.hidden // WORTH))

    def unroll(self, sequence: Tensor, state: State) -> tuple[Tensor, State]:
        """Do what `forward` does, one step after the other."""
        said = []
        for x in sequence.unbind(1):
            state = self.step(x, state)
            said.append(state[0])
        return torch.stack(said, 1), state


class ElmanCell(Cell):
    """h' = tanh(W x + U h + b) (Elman 1990)."""

    def step(self, x: Tensor, state: State) -> State:
        """Return (h',)."""
        (h,) = state
        return (torch.tanh(F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)),)

    def fused(self, sequence: Tensor, state: State, weights: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Take every step at once."""
        if self.chained:
            return elman_chain(True, sequence, *state, *weights)
        said, h = torch.rnn_tanh(sequence, state[0].unsqueeze(0), weights, True, 1, 0.0, False, False, True)
        return said, h[0]


class LSTMCell(Cell):
    """Long short-term memory: gates decide what the memory c takes in, keeps and shows (Hochreiter, Schmidhuber 1997).

    i, f, o = sigmoid(W x + U h + b), g = tanh(W x + U h + b), c' = f c + i g, h' = o tanh(c'), in the rows i, f, g, o.
    The forget gate (Gers et al. 2000) starts with a bias of 1, so that memory is kept until learnt otherwise
    (Jozefowicz et al. 2015). With `peepholes`, i and f also see c, and o sees c', each through a weight of its own for
    each unit (Gers and Schmidhuber 2000); these start at zero, and the steps are then taken one by one.
    """

    gates = 4
    states = 2

    def __init__(self, inputs: int, hidden: int, *, peepholes: bool = False) -> None:
        super().__init__(inputs, hidden)
        self.peepholes = nn.Parameter(torch.zeros(3, hidden)) if peepholes else None
        with torch.no_grad():
            self.bias_ih[hidden : 2 * hidden] = 1

    def step(self, x: Tensor, state: State) -> State:
        """Return (h', c')."""
        h, c = state
        i, f, g, o = (F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)).chunk(4, 1)
        if self.peepholes is not None:
            i, f = i + self.peepholes[0] * c, f + self.peepholes[1] * c
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        if self.peepholes is not None:
            o = o + self.peepholes[2] * c
        return torch.sigmoid(o) * torch.tanh(c), c

    def forward(self, sequence: Tensor, state: State) -> tuple[Tensor, State]:
        """Take every step at once; with peepholes one by one."""
        return super().forward(sequence, state) if self.peepholes is None else self.unroll(sequence, state)

    def fused(self, sequence: Tensor, state: State, weights: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Take every step at once; the memory stays in float32 where the products are in bfloat16."""
        h, c = (s.unsqueeze(0) for s in state)
        if self.bfloat16_products:
            sequence, h, weights = sequence.bfloat16(), h.bfloat16(), tuple(w.bfloat16() for w in weights)
        said, h, c = torch.lstm(sequence, (h, c), weights, True, 1, 0.0, self.training, False, True)
        return said.to(c.dtype), h[0].to(c.dtype), c[0]


class GRUCell(Cell):
    """Gated recurrent unit (Cho et al. 2014, arXiv 1406.1078), with the reset gate after the product, as in cuDNN.

    r, z = sigmoid(W x + U h + b), n = tanh(W x + b + r (U h + b)), h' = (1 - z) n + z h, in the rows r, z, n.
    """

    gates = 3

    def step(self, x: Tensor, state: State) -> State:
        """Return (h',)."""
        (h,) = state
        of_x = F.linear(x, self.weight_ih, self.bias_ih).chunk(3, 1)
        of_h = F.linear(h, self.weight_hh, self.bias_hh).chunk(3, 1)
        r, z = torch.sigmoid(of_x[0] + of_h[0]), torch.sigmoid(of_x[1] + of_h[1])
        n = torch.tanh(of_x[2] + r * of_h[2])
        return (n + z * (h - n),)

    def fused(self, sequence: Tensor, state: State, weights: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Take every step at once."""
        if self.chained:
            return gru_chain(True, sequence, *state, *weights)
        said, h = torch.gru(sequence, state[0].unsqueeze(0), weights, True, 1, 0.0, False, False, True)
        return said, h[0]


CELLS: dict[str, type[Cell]] = {"rnn": ElmanCell, "lstm": LSTMCell, "gru": GRUCell}
