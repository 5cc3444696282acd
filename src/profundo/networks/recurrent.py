"""Recurrent networks: Elman's, LSTM and GRU, stacked, in one direction or both, over any sequence."""

from typing import Any

import torch
from torch import Tensor, nn

from ..errors import UsageError
from ..schema import Schema
from .cells import CELLS, LSTMCell, State
from .layers import Linear
from .network import Network, choice, flag, share, whole
from .reader import Read, Reader

POOLS = ("last", "mean", "max", "all")
States = list[State]  # one for each layer


class Recurrent(nn.Module):
    """Layers of recurrent cells over sequences (B, T, inputs) of different lengths; gives (B, T, width).

    `width` is hidden, twice that when `bidirectional` (Schuster and Paliwal 1997): then a second cell of each layer
    reads every sequence from its own last step to its first, and both are put side by side. `dropout` is between the
    layers. What is given for steps after a sequence's length means nothing.
    """

    def __init__(
        self,
        cell: str,
        inputs: int,
        hidden: int,
        layers: int = 1,
        *,
        bidirectional: bool = False,
        dropout: float = 0.0,
        peepholes: bool = False,
    ) -> None:
        super().__init__()
        make: Any = CELLS[choice("cell", cell, CELLS)]
        if peepholes and make is not LSTMCell:
            raise UsageError(f"peepholes are for the cell lstm, not for {cell}. Leave them out.")
        options = {"peepholes": True} if peepholes else {}
        self.hidden, self.width = hidden, hidden * (2 if bidirectional else 1)
        widths = [inputs, *[self.width] * (layers - 1)]
        self.cells = nn.ModuleList(make(width, hidden, **options) for width in widths)
        self.back = nn.ModuleList(make(width, hidden, **options) for width in widths) if bidirectional else None
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, sequence: Tensor, lengths: Tensor | None = None, states: States | None = None
    ) -> tuple[Tensor, States]:
        """Return what the last layer says at each step, and the state of each layer after step T.

        Hand the states in again to go on where a sequence stopped. Without `lengths` (B,) all sequences last T steps.
        Raises UsageError for states of a network that reads in both directions.
        """
        if self.back is not None and states is not None:
            raise UsageError("a network that reads in both directions cannot go on from a state.")
        after: States = []
        for layer, cell in enumerate(self.cells):
            if layer:
                sequence = self.dropout(sequence)
            said, state = cell(sequence, states[layer] if states else cell.start(sequence))  # type: ignore[operator]
            after.append(state)
            if self.back is not None:
                cell = self.back[layer]
                other, _ = cell(reversed_steps(sequence, lengths), cell.start(sequence))  # type: ignore[operator]
                said = torch.cat([said, reversed_steps(other, lengths)], 2)
            sequence = said
        return sequence, after


def reversed_steps(sequence: Tensor, lengths: Tensor | None) -> Tensor:
    """Turn each sequence (B, T, width) round within its length; the steps after it stay where they are."""
    if lengths is None:
        return sequence.flip(1)
    steps = torch.arange(sequence.shape[1], device=sequence.device).expand(sequence.shape[:2])
    mirrored = lengths[:, None] - 1 - steps
    places = torch.where(mirrored >= 0, mirrored, steps)
    return sequence.gather(1, places.unsqueeze(2).expand_as(sequence))


def last_steps(said: Tensor, lengths: Tensor, hidden: int) -> Tensor:
    """Return what each direction says after its whole sequence, (B, width): the last step, and back at the first."""
    places = (lengths - 1)[:, None, None].expand(-1, 1, said.shape[2])
    last = said.gather(1, places).squeeze(1)
    return last if said.shape[2] == hidden else torch.cat([last[:, :hidden], said[:, 0, hidden:]], 1)


def pooled(said: Tensor, read: Read, how: str, hidden: int) -> Tensor:
    """Return one vector for each sequence from (B, T, width): its last step, its mean, its largest values, or all.

    "all" puts the three side by side (Howard and Ruder 2018, arXiv 1801.06146).
    """
    parts = []
    if how in ("last", "all"):
        parts.append(last_steps(said, read.lengths, hidden))
    lasting = read.lasting.unsqueeze(2)
    if how in ("mean", "all"):
        parts.append((said * lasting).sum(1) / read.lengths[:, None])
    if how in ("max", "all"):
        parts.append(said.masked_fill(~lasting, float("-inf")).amax(1))
    return torch.cat(parts, 1)


class RecurrentNet(nn.Module):
    """A reader, recurrent layers, and a linear layer: scores for a sequence, or for what comes next at each step."""

    def __init__(self, reader: Reader, layers: Recurrent, outputs: int, pool: str, dropout: float) -> None:
        super().__init__()
        self.reader, self.recurrent, self.pool = reader, layers, pool
        self.dropout = nn.Dropout(dropout)
        width = layers.width * (3 if pool == "all" else 1)
        self.output = Linear(width + reader.table_width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs), or (B, T, outputs) where the network learns what comes next."""
        if not self.pool:
            return self.go_on(x)[0]
        read = self.reader(x)
        said, _ = self.recurrent(read.sequence, read.lengths)
        features = self.dropout(pooled(said, read, self.pool, self.recurrent.hidden))
        return self.output(features if read.table is None else torch.cat([features, read.table], 1))

    def go_on(self, x: Tensor, states: States | None = None) -> tuple[Tensor, States]:
        """Return the scores of what comes next at each step (B, T, outputs), and the states to go on from.

        For a network that gives what comes next. `states` are those returned for what came before x.
        """
        read = self.reader(x)
        said, after = self.recurrent(read.sequence, None, states)
        return self.output(self.dropout(said)), after

    def said(self, x: Tensor, states: States | None = None) -> tuple[Tensor, States]:
        """Return the activations of the last layer at each step, (B, T, width), and the states to go on from."""
        read = self.reader(x)
        found: tuple[Tensor, States] = self.recurrent(read.sequence, None, states)
        return found


def enlarge(reader: Reader) -> None:
    """Let the vectors of tokens start from N(0, 1): a language is learnt far quicker than from small ones."""
    for vectors in getattr(reader, "tokens", ()):
        with torch.no_grad():
            vectors.weight.mul_(vectors.embedding_dim**0.5)


def rnn(
    schema: Schema,
    *,
    hidden: int = 128,
    layers: int = 1,
    bidirectional: bool = False,
    dropout: float = 0.0,
    embedding: int = 128,
    pool: str = "last",
) -> RecurrentNet:
    """Build a network of Elman's cells."""
    stack = {"hidden": hidden, "layers": layers, "bidirectional": bidirectional, "dropout": dropout}
    return recurrent("rnn", schema, embedding, pool, **stack)


def lstm(  # noqa: PLR0913
    schema: Schema,
    *,
    hidden: int = 128,
    layers: int = 1,
    bidirectional: bool = False,
    dropout: float = 0.0,
    embedding: int = 128,
    pool: str = "last",
    peepholes: bool = False,
) -> RecurrentNet:
    """Build a network of LSTM cells."""
    stack = {"hidden": hidden, "layers": layers, "bidirectional": bidirectional, "dropout": dropout}
    return recurrent("lstm", schema, embedding, pool, **stack, peepholes=flag("peepholes", peepholes))


def gru(
    schema: Schema,
    *,
    hidden: int = 128,
    layers: int = 1,
    bidirectional: bool = False,
    dropout: float = 0.0,
    embedding: int = 128,
    pool: str = "last",
) -> RecurrentNet:
    """Build a network of gated recurrent units."""
    stack = {"hidden": hidden, "layers": layers, "bidirectional": bidirectional, "dropout": dropout}
    return recurrent("gru", schema, embedding, pool, **stack)


def recurrent(cell: str, schema: Schema, embedding: int, pool: str, **options: Any) -> RecurrentNet:
    """Build a network of one kind of cell; `options` are those of `Recurrent`."""
    stepwise = schema.gives == "next"
    if flag("bidirectional", options["bidirectional"]) and stepwise:
        raise UsageError("a network that reads in both directions has seen what comes next. Leave bidirectional out.")
    hidden, layers, drop = (
        whole("hidden", options.pop("hidden")),
        whole("layers", options.pop("layers")),
        share("dropout", options["dropout"]),
    )
    reader = Reader(schema, embedding=whole("embedding", embedding), cut=not stepwise)
    if stepwise:
        enlarge(reader)
    stack = Recurrent(cell, reader.width, hidden, layers, **options)
    return RecurrentNet(reader, stack, schema.outputs, "" if stepwise else choice("pool", pool, POOLS), drop)


OPTIONS = {
    "hidden": "the number of units of each layer and direction",
    "layers": "the number of layers, one above the other",
    "bidirectional": "true to read from both ends",
    "dropout": "the share of values silenced while training, between the layers and before the last",
    "embedding": "the length of the vector that each token becomes",
    "pool": "last, mean, max or all: what of the sequence the scores are made from",
}
NETWORKS = {
    "rnn": Network("rnn", "Elman's recurrent network", "sequence", rnn, OPTIONS, "Elman 1990", "scores|next"),
    "lstm": Network(
        "lstm",
        "long short-term memory: remembers over many steps",
        "sequence",
        lstm,
        {**OPTIONS, "peepholes": "true to let the gates see the memory; slower"},
        "Hochreiter and Schmidhuber 1997; peepholes: Gers and Schmidhuber 2000",
        "scores|next",
    ),
    "gru": Network(
        "gru", "gated recurrent unit: a smaller LSTM", "sequence", gru, OPTIONS,
        "Cho et al. 2014 (1406.1078)", "scores|next",
    ),
}  # fmt: skip
