"""Word vectors: a vector for each word as itself, and one for each word as a neighbour.

Mikolov et al. 2013 (1301.3781 for the two networks, 1310.4546 for negative sampling).
"""

import math

import torch
from torch import Tensor, nn

from ..errors import UsageError
from ..schema import Schema, Tokens
from .network import Network, whole


class WordVectors(nn.Module):
    """Two tables of vectors (words, width): `inner` of the words, `outer` of the words as neighbours, which start at 0.

    Code 0 is no word: its vectors are 0 and stay so.
    """

    def __init__(self, words: int, width: int) -> None:
        super().__init__()
        start = (torch.rand(words, width) - 0.5) / math.sqrt(width)
        start[0] = 0
        self.inner = nn.Embedding(words, width, padding_idx=0, _weight=start)
        self.outer = nn.Embedding(words, width, padding_idx=0, _weight=torch.zeros(words, width))

    def forward(self, x: Tensor) -> Tensor:
        """Return the vectors (B, width) of words (B, 1)."""
        return self.inner(x[:, 0].long())

    def agreement(self, x: Tensor, neighbours: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Score true pairs and drawn ones: (B, P), (B, K), and which of the true ones there are, (B, P) bool.

        x is (B, 1) codes, the neighbours (B, 2 window) codes with 0 for none, the noise (B, K) codes.
        """
        raise NotImplementedError


class SkipGram(WordVectors):
    """A word says its neighbours: the score of a pair is the product of inner[word] and outer[neighbour]."""

    def agreement(self, x: Tensor, neighbours: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Score each neighbour, P = 2 window, and each drawn word by the word."""
        word = self(x).unsqueeze(2)  # (B, width, 1)
        codes = torch.cat([neighbours, noise], 1)
        scores = torch.bmm(self.outer(codes), word).squeeze(2)
        count = neighbours.shape[1]
        return scores[:, :count], scores[:, count:], neighbours > 0


class ContinuousBag(WordVectors):
    """The neighbours together say the word: the mean of their inner vectors times outer[word]."""

    def agreement(self, x: Tensor, neighbours: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Score the word, P = 1, and each drawn word by the mean of the neighbours."""
        there = neighbours > 0
        mean = self.inner(neighbours).sum(1) / there.sum(1, keepdim=True).clamp_min(1)
        codes = torch.cat([x.long(), noise], 1)
        scores = torch.bmm(self.outer(codes), mean.unsqueeze(2)).squeeze(2)
        return scores[:, :1], scores[:, 1:], there.any(1, keepdim=True)


def words_of(schema: Schema) -> int:
    """Return the number of codes. Raises UsageError where the data are not words with neighbours."""
    kinds = list(schema.targets.values())
    if len(kinds) != 1 or not isinstance(kinds[0], Tokens) or schema.gives != "vectors":
        raise UsageError("word vectors are learnt from words and their neighbours: --task word_vectors.")
    return kinds[0].size


def skip_gram(schema: Schema, *, width: int = 100) -> SkipGram:
    """Build skip-gram vectors."""
    return SkipGram(words_of(schema), whole("width", width))


def cbow(schema: Schema, *, width: int = 100) -> ContinuousBag:
    """Build vectors by a continuous bag of words."""
    return ContinuousBag(words_of(schema), whole("width", width))


OPTIONS = {"width": "the length of a word's vector"}
PAPER = "Mikolov et al. 2013 (1301.3781, 1310.4546)"
NETWORKS = {
    "skip_gram": Network(
        "skip_gram", "word vectors: a word says its neighbours", "tokens", skip_gram, OPTIONS, PAPER, gives="vectors"
    ),
    "cbow": Network(
        "cbow", "word vectors: the neighbours say the word; quicker", "tokens", cbow, OPTIONS, PAPER, gives="vectors"
    ),
}
