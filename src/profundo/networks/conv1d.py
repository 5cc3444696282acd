"""Convolutions along a sequence: over words side by side (Kim 2014), or in layers that may keep every place."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..errors import UsageError
from ..schema import Schema
from .network import Network, choice, share, whole
from .reader import Read, Reader

POOLS = ("places", "max", "mean")


class TextCNN(nn.Module):
    """Filters of several widths, each of which says how strongly it is found anywhere in the sequence."""

    def __init__(self, reader: Reader, outputs: int, widths: Sequence[int], channels: int, dropout: float) -> None:
        super().__init__()
        self.reader = reader
        self.filters = nn.ModuleList(nn.Conv1d(reader.width, channels, w, padding=w // 2) for w in widths)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(channels * len(widths) + reader.table_width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs)."""
        read = self.reader(x)
        steps = along(read)  # (B, width, T)
        lasting = read.lasting.unsqueeze(1)
        found = [
            (F.relu(f(steps))[..., : steps.shape[2]] * lasting).amax(2) for f in self.filters
        ]  # an even width gives a step more
        return self.output(beside(self.dropout(torch.cat(found, 1)), read))


class Conv1dNet(nn.Module):
    """Layers of convolution, batch normalisation, ReLU and a maximum over each two steps; then a linear layer.

    With `pool` "places" the linear layer sees every place that is left, which tells where in the sequence something
    was found; with "max" or "mean" it is found anywhere.
    """

    def __init__(
        self, reader: Reader, outputs: int, steps: int, channels: Sequence[int], kernel: int, pool: str, dropout: float
    ) -> None:
        super().__init__()
        self.reader, self.pool = reader, pool
        widths = [reader.width, *channels]
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Conv1d(a, b, kernel, padding=kernel // 2, bias=False), nn.BatchNorm1d(b), nn.ReLU())
            for a, b in zip(widths, channels, strict=False)
        )
        for _ in channels:
            steps = (steps + 1) // 2
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(channels[-1] * (steps if pool == "places" else 1) + reader.table_width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs)."""
        read = self.reader(x)
        lasting = read.lasting.unsqueeze(1).float()
        steps = along(read)  # (B, width, T)
        for layer in self.layers:
            steps = F.max_pool1d(layer(steps) * lasting, 2, ceil_mode=True)
            lasting = F.max_pool1d(lasting, 2, ceil_mode=True)
        steps = steps * lasting
        if self.pool == "places":
            features = steps.flatten(1)
        else:
            features = steps.amax(2) if self.pool == "max" else steps.sum(2) / lasting.sum(2)
        return self.output(beside(self.dropout(features), read))


def along(read: Read) -> Tensor:
    """Return the sequence as (B, width, T), 0 after each example's end."""
    return (read.sequence * read.lasting.unsqueeze(2)).transpose(1, 2)


def beside(features: Tensor, read: Read) -> Tensor:
    """Put the columns of the table beside the features of the sequence."""
    return features if read.table is None else torch.cat([features, read.table], 1)


def textcnn(
    schema: Schema,
    *,
    widths: Sequence[int] = (3, 4, 5),
    channels: int = 100,
    embedding: int = 128,
    dropout: float = 0.5,
) -> TextCNN:
    """Build a network of filters side by side."""
    reader = Reader(schema, embedding=whole("embedding", embedding))
    found = wholes("widths", widths)
    return TextCNN(reader, schema.outputs, found, whole("channels", channels), share("dropout", dropout))


def conv1d(
    schema: Schema,
    *,
    channels: Sequence[int] = (64, 64),
    kernel: int = 7,
    pool: str = "places",
    embedding: int = 32,
    dropout: float = 0.3,
) -> Conv1dNet:
    """Build layers of convolutions along the sequence. Raises UsageError for an even `kernel`."""
    places = choice("pool", pool, POOLS) == "places"
    if whole("kernel", kernel) % 2 == 0:
        raise UsageError(f"kernel must be odd, not {kernel}, so that it has a middle. Type: kernel={kernel + 1}")
    reader = Reader(schema, embedding=whole("embedding", embedding), cut=not places)
    return Conv1dNet(
        reader, schema.outputs, steps_of(schema), wholes("channels", channels), kernel, pool, share("dropout", dropout)
    )


def wholes(name: str, values: Sequence[int] | int) -> list[int]:
    """Return a list of whole numbers of at least 1; one number is a list of one."""
    found = [values] if isinstance(values, int) else list(values)
    if not found:
        raise UsageError(f"{name} must hold at least one whole number.")
    return [whole(name, value) for value in found]


def steps_of(schema: Schema) -> int:
    """Return the number of steps of the sequence that the reader gives without cutting."""
    match schema.takes:
        case "tokens":
            return sum(kind.length for kind in schema.tokens.values())
        case "audio":
            return schema.shape[2]
    return schema.shape[0]


NETWORKS = {
    "textcnn": Network(
        "textcnn",
        "filters of a few widths over words, each a phrase that is looked for anywhere",
        "sequence",
        textcnn,
        {
            "widths": "how many steps the filters of each group see",
            "channels": "the number of filters of each width",
            "embedding": "the length of the vector that each token becomes",
            "dropout": "the share of values silenced while training, before the last layer",
        },
        "Kim 2014 (1408.5882)",
    ),
    "conv1d": Network(
        "conv1d",
        "layers of convolution along a sequence, which know where in it something stands",
        "sequence",
        conv1d,
        {
            "channels": "the number of filters of each layer",
            "kernel": "how many steps a filter sees, an odd number",
            "pool": "places, max or mean: whether the last layer knows where something was found",
            "embedding": "the length of the vector that each token becomes",
            "dropout": "the share of values silenced while training, before the last layer",
        },
        "Kelley, Snoek and Rinn 2016 (Basset)",
    ),
}
