"""Texts that are nearly the same: equal but for case and punctuation, or for a few words."""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

NONE = np.empty((0, 2), np.int64)
ALIKE = 0.6  # of the words and pairs of words, by weight, that either text has
SURE = 10  # bits beyond those that tell one pair of texts from all others
WORD = re.compile(r"\w+")
LONG = 24  # letters from which a word is a sequence (DNA, proteins), cut into pieces
PIECE = 8  # letters of such a piece
NEIGHBOURS = 8  # later texts with the same rare word that a text is compared with
AT_ONCE = 50_000  # pairs compared at a time


def near_texts(texts: Sequence[str]) -> np.ndarray:
    """Return pairs (m, 2) of texts that are nearly the same, the most alike first, each pair ascending.

    Of the words and pairs of neighbouring words that either text has, both have `ALIKE` (the index of Jaccard 1912,
    each weighted by its bits: -log2 of the share of texts that have it); and the words that both have hold more bits
    than two texts share by chance, 2 log2(n) + `SURE`. Texts of a few common words are never near.
    """
    table, weight, single = bags(texts)
    if not table.nnz:
        return NONE
    total = table @ weight
    pairs = candidates(table, weight, total)
    shared, alone = np.empty(len(pairs)), np.empty(len(pairs))
    for begin in range(0, len(pairs), AT_ONCE):
        part = slice(begin, begin + AT_ONCE)
        both = table[pairs[part, 0]].multiply(table[pairs[part, 1]]).tocsr()
        shared[part], alone[part] = both @ weight, both @ (weight * single)
    likeness = shared / np.maximum(total[pairs].sum(1) - shared, 1e-9)
    kept = (likeness >= ALIKE) & (alone >= 2 * np.log2(len(texts)) + SURE)
    return pairs[kept][np.argsort(-likeness[kept], kind="stable")]


def bags(texts: Sequence[str]) -> tuple[Any, np.ndarray, np.ndarray]:
    """Return a sparse table (texts, shingles) of 0 and 1, the rarest shingle first; their bits; which are one word."""
    from scipy.sparse import csr_matrix

    places: dict[str, int] = {}
    found = [[places.setdefault(s, len(places)) for s in dict.fromkeys(shingles(text))] for text in texts]
    codes = np.fromiter(itertools.chain.from_iterable(found), np.int64)
    starts = np.cumsum([0, *map(len, found)])
    counts = np.bincount(codes, minlength=len(places))
    order = np.argsort(counts, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    table = csr_matrix((np.ones(len(codes)), rank[codes], starts), shape=(len(texts), len(places)))
    table.sort_indices()
    single = np.array([" " not in name for name in places], dtype=bool)[order]
    return table, np.log2((len(texts) + 1) / np.maximum(counts[order], 1)), single


def shingles(text: str) -> Iterator[str]:
    """Yield the words of a text in lower case, and pairs of neighbours; of a sequence, its overlapping pieces."""
    words = WORD.findall(text.lower())
    if any(len(word) > LONG for word in words):
        for word in words:
            yield from (word[i : i + PIECE] for i in range(max(1, len(word) - PIECE + 1)))
        return
    yield from words
    yield from (f"{a} {b}" for a, b in itertools.pairwise(words))


def candidates(table: Any, weight: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Return pairs (m, 2) of texts that share one of their rarest shingles.

    A text's rarest are those without which less than `ALIKE` of its weight is left: two texts that are near share one
    (prefix filtering, Chaudhuri et al. 2006). Of many texts with the same shingle, neighbours are paired.
    """
    rows = np.repeat(np.arange(len(total)), np.diff(table.indptr))
    sums = np.concatenate([[0], np.cumsum(weight[table.indices])])
    before = sums[:-1] - sums[table.indptr[:-1]][rows]
    rare = before <= (1 - ALIKE) * total[rows] + 1e-9
    keys, rows = table.indices[rare], rows[rare]
    order = np.lexsort((rows, keys))
    keys, rows = keys[order], rows[order]
    found = [NONE]
    for step in range(1, NEIGHBOURS + 1):
        same = np.flatnonzero(keys[step:] == keys[:-step])
        found.append(np.stack([rows[same], rows[same + step]], 1))
    one = np.unique(np.concatenate(found) @ np.array([len(total), 1]))
    return np.stack([one // len(total), one % len(total)], 1)
