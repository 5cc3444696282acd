"""A bag of embeddings: the mean of the vectors of a text's tokens, in any order."""

import torch
from torch import Tensor, nn

from ..schema import Schema
from .network import Network, share, whole
from .reader import Reader


class Bag(nn.Module):
    """The mean of a sequence's vectors and the columns beside it, then a linear layer."""

    def __init__(self, reader: Reader, outputs: int, dropout: float) -> None:
        super().__init__()
        self.reader = reader
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(reader.width + reader.table_width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs)."""
        read = self.reader(x)
        mean = (read.sequence * read.lasting.unsqueeze(2)).sum(1) / read.lengths[:, None]
        features = self.dropout(mean)
        return self.output(features if read.table is None else torch.cat([features, read.table], 1))


def bag(schema: Schema, *, embedding: int = 128, dropout: float = 0.0) -> Bag:
    """Build a bag of embeddings."""
    reader = Reader(schema, embedding=whole("embedding", embedding))
    return Bag(reader, schema.outputs, share("dropout", dropout))


NETWORKS = {
    "bag": Network(
        "bag",
        "the mean of the words' vectors, then a linear layer: quick, and hard to beat on short texts",
        "tokens",
        bag,
        {
            "embedding": "the length of the vector that each token becomes",
            "dropout": "the share of values silenced while training, before the last layer",
        },
        "Joulin et al. 2016 (1607.01759)",
    )
}
