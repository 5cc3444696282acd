"""From x to a sequence of vectors: how a network of sequences reads text, series, sounds, drawings and clips."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..errors import UsageError
from ..schema import Audio, Category, Schema, Series, Strokes, Video
from .frames import FrameSequence
from .mlp import TableInputs


class Read(NamedTuple):
    """`sequence` (B, T, width) with `lengths` (B,) int64, at least 1; steps after an example's length say nothing.

    `table` (B, columns) is what stands beside a text in the table; None where nothing does.
    """

    sequence: Tensor
    lengths: Tensor
    table: Tensor | None = None

    @property
    def lasting(self) -> Tensor:
        """Whether a step is within its example: (B, T) bool."""
        steps = torch.arange(self.sequence.shape[1], device=self.lengths.device)
        return steps < self.lengths[:, None]


class Reader(nn.Module):
    """Turns x of a schema into a `Read`; `width` and `table_width` are the numbers of its columns.

    Codes of tokens become vectors of `embedding` numbers; the texts of several columns stand one after the other, each
    marked by a vector of its own. The sequence is cut to the longest of the batch, which makes short texts quick;
    without `cut` it keeps the length of x, for what is learnt at every step. A series is read step by step, a sound
    frame by frame, a drawing point by point; each picture of a clip becomes a vector of `embedding` numbers.

    Raises UsageError for data that are no sequence.
    """

    def __init__(self, schema: Schema, *, embedding: int = 128, cut: bool = True) -> None:
        super().__init__()
        self.kind, self.cut = schema.shaped, cut
        self.table_width = 0
        self.table: TableInputs | None = None
        self.texts = [kind.length for kind in schema.tokens.values()]
        if self.kind is None and not self.texts:
            raise UsageError(f"the data are no sequence: the shape of x is {schema.shape}.")
        if isinstance(self.kind, Video):
            self.frames = FrameSequence(self.kind.channels, embedding)
            self.width = embedding
            return
        if self.kind is not None:
            self.width = values_of_a_step(schema)
            return
        self.width = embedding
        self.sizes = [kind.size for kind in schema.tokens.values()]
        self.tokens = nn.ModuleList(token_vectors(size, embedding) for size in self.sizes)
        if len(self.texts) > 1:
            self.columns = nn.Embedding(len(self.texts), embedding)
        coded = sum(isinstance(k, Category) and k.embed for k in schema.inputs.values())
        plain = math.prod(schema.shape) - sum(self.texts) - coded
        self.before = plain + coded
        if self.before:
            self.table = TableInputs(plain, schema.embedded)
            self.table_width = self.table.width

    def forward(self, x: Tensor) -> Read:
        """Read a batch."""
        match self.kind:
            case Series(ragged=True):
                return self.shortened(x[..., :-1], x[..., -1].sum(1).long())
            case Strokes():
                return self.shortened(x, (x[..., 4] < 0.5).sum(1))
            case Series():
                return Read(x, whole_lengths(x, x.shape[1]))
            case Audio():
                frames = x.squeeze(1).transpose(1, 2)  # (B, frames, mels)
                return Read(frames, whole_lengths(x, frames.shape[1]))
            case Video():
                vectors = self.frames(x)
                return Read(vectors, whole_lengths(x, x.shape[1]))
            case _:
                return self.read_texts(x)

    def read_texts(self, x: Tensor) -> Read:
        """Read the codes of every text column, and the columns beside them."""
        table = None if self.table is None else self.table(x[:, : self.before])
        codes = x[:, self.before :].long()
        if len(self.texts) == 1:
            read = self.shortened(codes, (codes > 0).sum(1))
            return Read(self.tokens[0](read.sequence), read.lengths, table)
        marks = self.columns(torch.arange(len(self.texts), device=x.device))
        parts = [
            vectors(own) + mark
            for vectors, own, mark in zip(self.tokens, torch.split(codes, self.texts, 1), marks, strict=True)
        ]
        read = self.shortened(closed_up(torch.cat(parts, 1), codes > 0), (codes > 0).sum(1))
        return Read(read.sequence, read.lengths, table)

    def shortened(self, sequence: Tensor, lengths: Tensor) -> Read:
        """Cut what no example of the batch reaches."""
        lengths = lengths.clamp(min=1)
        if self.cut and not torch.compiler.is_compiling():  # a length that depends on the data cannot be exported
            sequence = sequence[:, : int(lengths.max())]
        return Read(sequence, lengths)


def values_of_a_step(schema: Schema) -> int:
    """Return the number of values that one step of a shaped input has."""
    match schema.shaped:
        case Series() as kind:
            return kind.values - kind.ragged
        case Strokes():
            return 5
        case Audio() as kind:
            return kind.mels
    raise UsageError(f"the data are no sequence: the shape of x is {schema.shape}.")


def token_vectors(size: int, width: int) -> nn.Embedding:
    """Build a table of vectors from N(0, 1 / width); that of the filling is 0 and stays so."""
    vectors = torch.randn(size, width) / math.sqrt(width)
    vectors[0] = 0
    return nn.Embedding(size, width, padding_idx=0, _weight=vectors)


def whole_lengths(x: Tensor, steps: int) -> Tensor:
    """Return (B,) lengths of sequences that all last to the end."""
    return torch.full((x.shape[0],), steps, dtype=torch.int64, device=x.device)


def closed_up(sequence: Tensor, kept: Tensor) -> Tensor:
    """Move the steps (B, T, width) that are kept (B, T) to the front, in their order; zeros follow."""
    steps = kept.shape[1]
    places = torch.where(kept, kept.cumsum(1) - 1, steps)  # what is not kept goes behind the end
    target = sequence.new_zeros(sequence.shape[0], steps + 1, sequence.shape[2])
    return target.scatter(1, places.unsqueeze(2).expand_as(sequence), sequence)[:, :steps]
