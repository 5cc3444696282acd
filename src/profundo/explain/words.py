"""Texts cut into pieces, each with its weight."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from ..data.tokens import spans
from ..data.words import LONG, PIECE, WORD
from ..schema import Text, Tokens

Pieces = list[tuple[str, float]]


def token_pieces(kind: Tokens, written: str, weights: Mapping[int, float]) -> Pieces:
    """Cut a text as it was written into (piece, weight): `weights` of its tokens by their place.

    The weight of what lies between tokens is 0; the text ends with " ..." where no more of it has a weight.
    """
    cut: Pieces = []
    reached = 0
    for number, (begin, end) in enumerate(spans(kind, written)):
        if number not in weights or (begin < reached and kind.strands == 2):
            break
        if begin > reached:
            cut.append((written[reached:begin], 0.0))
        cut.append((written[max(begin, reached) : end], round(weights[number], 4)))
        reached = max(end, reached)
    return [*cut, (" ...", 0.0)] if reached < len(written.rstrip()) else cut


def bag_pieces(kind: Text, written: str, weights: np.ndarray) -> Pieces:
    """Cut a text into (piece, weight) by the weights of its bag of words, (words,).

    A word that stands there twice has half of the weight each time; a pair of words gives half to either.
    """
    known = {word: number for number, word in enumerate(kind.words)}
    found = [(m.start(), m.end(), m.group().lower()) for m in WORD.finditer(written)]
    shares = np.zeros(len(found))
    spread(shares, [(terms_of(word), [at]) for at, (_, _, word) in enumerate(found)], known, weights)
    if any(" " in word for word in known):
        pairs = [([f"{a[2]} {b[2]}"], [at, at + 1]) for at, (a, b) in enumerate(pairwise(found))]
        spread(shares, pairs, known, weights)
    cut: Pieces = []
    reached = 0
    for (begin, end, _), share in zip(found, shares.tolist(), strict=True):
        if begin > reached:
            cut.append((written[reached:begin], 0.0))
        cut.append((written[begin:end], round(share, 4)))
        reached = end
    return [*cut, (written[reached:], 0.0)] if reached < len(written) else cut


def terms_of(word: str) -> list[str]:
    """Return what counts of a word: the word, or the overlapping pieces of a long sequence."""
    return [word[i : i + PIECE] for i in range(len(word) - PIECE + 1)] if len(word) > LONG else [word]


def spread(
    shares: np.ndarray, places: list[tuple[list[str], list[int]]], known: Mapping[str, int], weights: np.ndarray
) -> None:
    """Share the weight of each term out among the words where it stands."""
    times: dict[str, int] = {}
    for terms, _ in places:
        for term in terms:
            times[term] = times.get(term, 0) + 1
    for terms, words in places:
        for term in terms:
            if term in known:
                shares[words] += weights[known[term]] / (times[term] * len(words))
