"""Texts as sequences of codes: the vocabulary is learnt from the training part, and the same code reads new texts."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..errors import DataError, UsageError
from ..schema import BEGINNING, END, FILLING, NEVER_SEEN, Tokens
from .tokenisers import Tokeniser, alphabet, learn, reverse_complement, sequence, tokeniser

LONGEST = {"words": 1_000, "characters": 2_000, "bytes": 2_000, "bpe": 1_000, "bases": 5_000}


def fit_tokens(
    texts: Sequence[str],
    unit: str,
    *,
    vocabulary: int | None = None,
    longest: int | None = None,
    lower: bool = False,
    letters: int = 1,
    strands: int = 1,
) -> Tokens:
    """Learn from the texts of the training part how text becomes codes.

    `vocabulary` is how many different pieces get a code, at most; `longest` how many pieces of a text are kept. What is
    not given is the usual: all of the longest training text, up to 1,000 words (`LONGEST`). `strands` 2 reads a gene
    from either end, one after the other. Raises DataError where the texts hold nothing at all.
    """
    if strands == 2 and unit != "bases":
        raise UsageError(f"--strands both is for genes, and the text is cut into {unit}. Type: --tokens bases")
    kind = Tokens(
        unit=unit, lower=lower and unit != "bases", letters=letters if unit == "bases" else 1, strands=strands
    )
    known, merges = learn(kind, texts, vocabulary)
    kind = replace(kind, vocabulary=known, merges=merges)
    found = tokeniser(kind)
    most = max((len(found.codes(text)) for text in texts), default=0)
    if not most or not known:
        raise DataError(f"the {len(texts):,} training texts hold no {unit}. Is it the right column? Try --drop it.")
    if strands == 2 and alphabet(texts) != frozenset("ACGT"):
        raise DataError("the sequences are no genes (their letters are not A, C, G, T): they have one strand.")
    length = min(most, longest or LONGEST[unit])
    return replace(kind, length=length if strands == 1 else 2 * length + 1)


def encode_texts(kind: Tokens, texts: Sequence[str], *, ends: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return (codes (n, length) int32, unseen (n,) int64: how many pieces of each text training never saw).

    Texts that are longer are cut, shorter ones filled up with 0. With `ends`, each begins with 2 and ends with 3, also
    where it is cut.
    """
    room = kind.length - 2 if ends else kind.length
    found = tokeniser(kind)
    rows = [pieces(kind, found, text, room) for text in texts]
    unseen = np.array([np.count_nonzero(row == NEVER_SEEN) for row in rows], np.int64)
    if ends:
        rows = [np.concatenate([[BEGINNING], row, [END]]) for row in rows]
    codes = np.full((len(rows), kind.length), FILLING, np.int32)
    if rows:
        lengths = np.array([len(row) for row in rows])
        codes[np.arange(kind.length) < lengths[:, None]] = np.concatenate(rows)
    return codes, unseen


def pieces(kind: Tokens, found: Tokeniser, text: str, room: int) -> np.ndarray:
    """Return the codes of a text, at most `room` of them; both strands of a gene where the kind has two."""
    if kind.strands == 1:
        return found.codes(text)[:room]
    kept = sequence(text)[: (room - 1) // 2 + kind.letters - 1]
    if not kept:
        return np.empty(0, np.int32)
    return np.concatenate([found.codes(kept), [BEGINNING], found.codes(reverse_complement(kept))]).astype(np.int32)


def encode_stream(kind: Tokens, text: str) -> np.ndarray:
    """Return the codes of a whole text (n,) int32, however long."""
    return tokeniser(kind).codes(text)


def decode(kind: Tokens, codes: Sequence[int] | np.ndarray) -> str:
    """Return the text of codes, up to the first 3 (the end); 0 and 2 are skipped, and 1 reads as "�".

    Of a gene with both strands it is the first.
    """
    kept: list[int] = []
    for code in np.asarray(codes).ravel().tolist():
        if code == END or (code == BEGINNING and kept and kind.strands == 2):
            break
        if code not in (FILLING, BEGINNING):
            kept.append(int(code))
    return tokeniser(kind).text(kept)


def spans(kind: Tokens, text: str) -> list[tuple[int, int]]:
    """Return where in a text each of its codes comes from, as (begin, end); at most `length` of them.

    For a gene with both strands, the codes of the other strand come from the same letters, last first.
    """
    found = tokeniser(kind).spans(text)
    if kind.strands == 1:
        return found[: kind.length]
    kept = found[: (kind.length - 1) // 2]
    return [*kept, (0, 0), *kept[::-1]] if kept else []
