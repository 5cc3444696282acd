"""The decoder: writes a text a piece at a time while it looks at what was remembered of the input."""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .attention import ATTENTIONS
from .cells import CELLS, State
from .layers import Linear
from .locked import LockedDropout

States = tuple[State, State]


class Memory(NamedTuple):
    """What is remembered of inputs: `values` (B, S, width), their `keys` (B, S, size), and which exist, (B, S) bool."""

    values: Tensor
    keys: Tensor
    there: Tensor

    def take(self, rows: Tensor) -> "Memory":
        """Return the memory of some rows."""
        return Memory(*(part.index_select(0, rows) for part in self))


class Scores(Linear):
    """The scores of codes: products with the very vectors that they are read as, plus a bias for each.

    The vectors are those of an embedding, whose parameter they stay. While training in bfloat16, so are the scores.
    """

    def __init__(self, vectors: nn.Embedding) -> None:
        nn.Module.__init__(self)  # without a weight of its own
        self.of = [vectors]  # a list, so that it is no submodule here
        self.in_features, self.out_features = vectors.embedding_dim, vectors.num_embeddings
        self.bias = nn.Parameter(torch.zeros(vectors.num_embeddings))

    @property
    def weight(self) -> Tensor:  # type: ignore[override]
        """The vectors (codes, width)."""
        return self.of[0].weight

    def forward(self, said: Tensor) -> Tensor:
        """Return (..., codes) for what is said, (..., width)."""
        if self.bfloat16_product and self.training:
            return F.linear(said.bfloat16(), self.weight.bfloat16(), self.bias.bfloat16())
        return super().forward(said)


class Writer(nn.Module):
    """A recurrent cell reads what was written, its state asks the memory, a second cell reads both.

    So the second cell knows what was looked at before, and still every step of a known text is computed at once (as the
    lowest layer of Wu et al. 2016, arXiv 1609.08144). The scores of the codes are products with the very vectors that
    the codes are read as (Press and Wolf 2017, arXiv 1608.05859). Dropout silences vectors, what is looked at, and what
    the scores are made of.
    """

    def __init__(
        self, size: int, embedding: int, hidden: int, memory: int, *, cell: str, attention: str, dropout: float
    ) -> None:
        super().__init__()
        self.codes = nn.Embedding(size, embedding, padding_idx=0)
        nn.init.normal_(self.codes.weight, std=1 / math.sqrt(embedding))
        self.start = Linear(memory, 2 * hidden)
        self.first = CELLS[cell](embedding, hidden)
        self.attention = ATTENTIONS[attention](hidden, memory, hidden)
        self.second = CELLS[cell](hidden + memory, hidden)
        self.output = Linear(2 * hidden + memory, embedding)
        self.dropout = LockedDropout(dropout)
        self.scores = Scores(self.codes)

    def remember(self, values: Tensor, there: Tensor) -> Memory:
        """Make a memory of values (B, S, memory), of which only those that are `there` (B, S) exist."""
        return Memory(values, self.attention.keys(values), there)

    def begin(self, memory: Memory) -> States:
        """Return the states before the first code: made of the mean of the memory."""
        there = memory.there.unsqueeze(2)
        mean = (memory.values * there).sum(1) / there.sum(1)
        one, two = torch.tanh(self.start(mean)).float().chunk(2, 1)
        return self.filled(one), self.filled(two)

    def filled(self, said: Tensor) -> State:
        """Return a state that says this, any further tensors of it zero."""
        return (said, *(torch.zeros_like(said) for _ in range(self.first.states - 1)))

    def forward(self, codes: Tensor, memory: Memory, states: States) -> tuple[Tensor, Tensor, States]:
        """Read codes (B, T): return the scores of the code after each, (B, T, codes), what was looked at as weights
        (B, T, S), and the states to go on from.
        """
        read = self.dropout(self.codes(codes))
        one, after = self.first(read, states[0])
        seen, weights = self.attention(one, memory.keys, memory.values, memory.there)
        two, last = self.second(torch.cat([one, self.dropout(seen)], 2), states[1])
        said = torch.tanh(self.output(self.dropout(torch.cat([two, one, seen], 2))))
        return self.scores(self.dropout(said)), weights, (after, last)


def rows_of(states: States, rows: Tensor) -> States:
    """Return the states of some rows."""
    one, two = (tuple(part.index_select(0, rows) for part in state) for state in states)
    return one, two
