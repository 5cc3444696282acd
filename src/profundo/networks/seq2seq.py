"""From a sequence or a picture to a text: an encoder remembers the input, a decoder with attention writes."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..schema import BEGINNING, Schema, Tokens
from .attention import ATTENTIONS
from .backbone import maps, named, shapes, usable
from .beam import Written, search
from .locked import LockedDropout
from .network import Network, choice, share, whole
from .reader import Reader
from .recurrent import Recurrent
from .writer import Memory, States, Writer, rows_of

CELLS = ("gru", "lstm")
CELL_PIXELS = 8  # the least width of a place of a picture that attention looks at


class SequenceEncoder(nn.Module):
    """Reads a sequence from both ends: a vector for each of its steps, of `width` numbers.

    The columns that stand beside texts become one more vector, the last.
    """

    def __init__(self, schema: Schema, embedding: int, hidden: int, layers: int, cell: str, dropout: float) -> None:
        super().__init__()
        self.reader = Reader(schema, embedding=embedding)
        self.recurrent = Recurrent(cell, self.reader.width, hidden // 2, layers, bidirectional=True, dropout=dropout)
        self.dropout = LockedDropout(dropout)
        self.width = self.recurrent.width
        self.table = nn.Linear(self.reader.table_width, self.width) if self.reader.table_width else None

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return values (B, S, width), and which of the S steps exist (B, S)."""
        read = self.reader(x)
        said, _ = self.recurrent(self.dropout(read.sequence), read.lengths)
        values, there = self.dropout(said), read.lasting
        if self.table is None or read.table is None:
            return values, there
        beside = torch.tanh(self.table(read.table))[:, None]
        return torch.cat([values, beside], 1), torch.cat([there, there.new_ones(len(x), 1)], 1)


class PictureEncoder(nn.Module):
    """Looks at a picture with a network of the zoo: a vector for each place of a map, marked by where it is."""

    def __init__(self, schema: Schema, backbone: str, hidden: int, dropout: float) -> None:
        super().__init__()
        self.backbone = named(backbone, schema)
        found = shapes(self.backbone, schema)
        self.which, _ = usable(found, schema, CELL_PIXELS)
        channels, self.height, self.columns = found[self.which]
        self.project = nn.Linear(channels, hidden)
        self.place = nn.Parameter(torch.randn(self.height * self.columns, hidden) / math.sqrt(hidden))
        self.dropout = LockedDropout(dropout)
        self.width = hidden

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return values (B, height x columns, width) of a picture (B, C, H, W); every place exists."""
        found = maps(self.backbone, x)[self.which].flatten(2).transpose(1, 2)
        values = torch.relu(self.project(found) + self.place)
        return self.dropout(values), torch.ones(values.shape[:2], dtype=torch.bool, device=x.device)


class Seq2Seq(nn.Module):
    """An encoder and a `Writer`; the texts have at most `length` codes, with those of beginning and end."""

    def __init__(self, encoder: SequenceEncoder | PictureEncoder, writer: Writer, length: int) -> None:
        super().__init__()
        self.encoder, self.writer, self.length = encoder, writer, length

    def forward(self, x: Tensor) -> Tensor:
        """Write greedily: return the scores of each next code, (B, length - 1, codes).

        The text is their largest, up to the first 3; what is scored after it means nothing.
        """
        memory, codes, scores = self.remember(x), torch.full((len(x), 1), BEGINNING, device=x.device), []
        states = self.writer.begin(memory)
        for _ in range(self.length - 1):
            of_code, _, states = self.writer(codes, memory, states)
            scores.append(of_code)
            codes = of_code.argmax(2)
        return torch.cat(scores, 1)

    def remember(self, x: Tensor) -> Memory:
        """Return what the decoder looks at."""
        return self.writer.remember(*self.encoder(x))

    def scores(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the scores (B, T, codes) of each next code of known texts y (B, T + 1 or more).

        T is the length of the longest of them, without the filling.
        """
        return self.read(x, y)[0]

    def looks(self, x: Tensor, y: Tensor) -> Tensor:
        """Return what each code of y after its first looks at, (B, T, S): weights that add up to 1 over the input."""
        return self.read(x, y)[1]

    def read(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return the scores and the weights for known texts."""
        memory = self.remember(x)
        last = max(1, int((y > 0).sum(1).max()) - 1)
        scores, weights, _ = self.writer(y[:, :last], memory, self.writer.begin(memory))
        return scores, weights

    def first_step(self, x: Tensor) -> Tensor:
        """Return the scores of the first code (B, 1, codes): each layer works once."""
        return self.scores(x, torch.full((len(x), 2), BEGINNING, device=x.device))

    @torch.no_grad()
    def write(self, x: Tensor, *, beams: int = 1, penalty: float = 1.0, length: int = 0) -> Written:
        """Write the likeliest texts, `beams` of each; `length` is how long they get at most, 0 for the usual."""
        memory = self.remember(x)

        def step(codes: Tensor, state: Step) -> tuple[Tensor, Step]:
            scores, _, states = self.writer(codes.to(x.device)[:, None], state.memory, state.states)
            return scores[:, 0].float().cpu(), Step(state.memory, states)

        begin = Step(memory, self.writer.begin(memory))
        how = {"beams": beams, "length": min(length or self.length, self.length)}
        return search(step, begin, chosen, len(x), penalty=penalty, **how)


class Step(NamedTuple):
    """Where the writing of several texts stands."""

    memory: Memory
    states: States


def chosen(state: Step, rows: Tensor) -> Step:
    """Return where other rows stand."""
    rows = rows.to(state.memory.values.device)
    return Step(state.memory.take(rows), rows_of(state.states, rows))


def seq2seq(  # noqa: PLR0913
    schema: Schema,
    *,
    hidden: int = 256,
    embedding: int = 128,
    layers: int = 1,
    cell: str = "gru",
    attention: str = "dot",
    dropout: float = 0.2,
    backbone: str = "convnet",
) -> Seq2Seq:
    """Build an encoder and a decoder for a schema whose target is a text."""
    (target,) = schema.targets.values()
    assert isinstance(target, Tokens)
    cell, drop = choice("cell", cell, CELLS), share("dropout", dropout)
    hidden, embedding = whole("hidden", hidden, 2), whole("embedding", embedding)
    encoder: SequenceEncoder | PictureEncoder
    if schema.image is not None:
        encoder = PictureEncoder(schema, backbone, hidden, drop)
    else:
        encoder = SequenceEncoder(schema, embedding, hidden, whole("layers", layers), cell, drop)
    how = {"cell": cell, "attention": choice("attention", attention, ATTENTIONS)}
    writer = Writer(target.size, embedding, hidden, encoder.width, dropout=drop, **how)
    return Seq2Seq(encoder, writer, target.length)


NETWORKS = {
    "seq2seq": Network(
        "seq2seq",
        "an encoder and a decoder with attention: a text from a text, a picture or another sequence",
        "sequence|image",
        seq2seq,
        {
            "hidden": "the units of each layer of the decoder, and of both directions of the encoder together",
            "embedding": "the length of the vector that each code becomes",
            "layers": "the recurrent layers of the encoder of a sequence",
            "cell": "gru or lstm",
            "attention": "dot or additive",
            "dropout": "the share of values silenced while training",
            "backbone": "for pictures: the network of the zoo that looks at them",
        },
        "Bahdanau, Cho and Bengio 2015 (1409.0473); pictures: Xu et al. 2015 (1502.03044)",
        "text",
    )
}
