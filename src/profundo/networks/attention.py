"""Attention: what of a remembered sequence each step looks at, as weights that add up to 1, and their mean."""

import math

import torch
from torch import Tensor, nn

from .layers import Linear


class Attention(nn.Module):
    """What the two ways share: keys are made once of a memory (B, S, memory), then queries (B, T, query) look at it.

    `size` is the length of a key. A way says how well each query fits each key, (B, T, S).
    """

    def __init__(self, query: int, memory: int, size: int) -> None:
        super().__init__()
        self.query = Linear(query, size, bias=False)
        self.key = Linear(memory, size, bias=False)
        self.size = size

    def keys(self, memory: Tensor) -> Tensor:
        """Return the keys (B, S, size) of a memory (B, S, memory)."""
        found: Tensor = self.key(memory)
        return found

    def fits(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Return how well queries (B, T, query) fit keys (B, S, size), as scores (B, T, S)."""
        raise NotImplementedError

    def forward(self, queries: Tensor, keys: Tensor, memory: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean of the memory that each query looks at, (B, T, memory), and the weights (B, T, S).

        `there` (B, S) bool says which steps of the memory exist: the others have weight 0.
        """
        scores = self.fits(queries, keys).float().masked_fill(~there[:, None], float("-inf"))
        weights = torch.softmax(scores, 2)
        return torch.bmm(weights.to(memory.dtype), memory), weights


class DotAttention(Attention):
    """The product of query and key, both after a matrix (Luong, Pham and Manning 2015, arXiv 1508.04025, "general").

    Divided by the root of their length, so that it begins soft (Vaswani et al. 2017, arXiv 1706.03762).
    """

    def fits(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Return q . k / sqrt(size)."""
        return torch.bmm(self.query(queries), keys.transpose(1, 2)) / math.sqrt(self.size)


class AdditiveAttention(Attention):
    """A small network of query and key: v . tanh(W q + U m) (Bahdanau, Cho and Bengio 2015, arXiv 1409.0473).

    It keeps B x T x S x size numbers: more memory and time than the product.
    """

    def __init__(self, query: int, memory: int, size: int) -> None:
        super().__init__(query, memory, size)
        self.fit = nn.Linear(size, 1, bias=False)

    def fits(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Return v . tanh(W q + U m)."""
        fits: Tensor = self.fit(torch.tanh(self.query(queries)[:, :, None] + keys[:, None])).squeeze(3)
        return fits


ATTENTIONS: dict[str, type[Attention]] = {"dot": DotAttention, "additive": AdditiveAttention}
