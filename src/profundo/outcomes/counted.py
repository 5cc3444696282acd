"""Word vectors without a network: how often words stand together, and the largest directions of that table."""

import numpy as np

from ..data.neighbours import Neighbours, around
from ..schema import FILLING, RESERVED, Tokens

WIDTH = 100


def counted_vectors(data: Neighbours) -> tuple[np.ndarray, np.ndarray]:
    """Return vectors (words, width) of the words and of the words as neighbours.

    They are the singular vectors of the positive pointwise mutual information, each side times the root of the singular
    values (Levy and Goldberg 2014), neighbours within the window counted alike.
    """
    from scipy import sparse
    from sklearn.utils.extmath import randomized_svd

    kind = next(iter(data.schema.inputs.values()))
    assert isinstance(kind, Tokens)
    size = len(kind.vocabulary)
    begin, end = data.parts["train"]
    codes = data.x[begin:end].numpy()
    padded, places = np.pad(codes, data.window), np.flatnonzero(codes != FILLING)
    counts = sparse.csr_matrix((size, size))
    for first in range(0, len(places), 200_000):
        own = places[first : first + 200_000]
        beside = around(padded, own, data.window, None)
        there = beside != FILLING
        words = np.repeat(codes[own], there.sum(1)) - RESERVED
        pairs = (np.ones(len(words)), (words, beside[there] - RESERVED))
        counts = counts + sparse.csr_matrix(pairs, shape=(size, size))
    table = counts.tocoo()
    total, words, others = table.data.sum(), counts.sum(1).A1, counts.sum(0).A1
    information = np.log(table.data * total / (words[table.row] * others[table.col]))
    kept = information > 0
    positive = sparse.csr_matrix((information[kept], (table.row[kept], table.col[kept])), shape=(size, size))
    left, values, right = randomized_svd(positive, min(WIDTH, size - 1), random_state=0)
    return left * np.sqrt(values), right.T * np.sqrt(values)
