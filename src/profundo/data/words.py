"""Free text as a bag of words: which words count, and how much (tf-idf)."""

import itertools
import re
from collections.abc import Sequence

import numpy as np

from ..schema import Text

WORD = re.compile(r"\w+")
LONG = 24  # letters from which a token is no word but a sequence (DNA, proteins)
PIECE = 3  # letters of the overlapping pieces of a sequence
MOST = 2_000  # words kept, at most
VALUES = 100e6  # numbers that the training rows of one text column become, at most
PAIRS_FROM = 1_000  # rows from which pairs of words count too


def terms(text: str, pairs: bool) -> list[str]:
    """Cut a text into lower-case words, and pairs of neighbours where asked; a sequence into its overlapping pieces."""
    words: list[str] = []
    for word in WORD.findall(text.lower()):
        if len(word) > LONG:
            words.extend(word[i : i + PIECE] for i in range(len(word) - PIECE + 1))
        else:
            words.append(word)
    return words + [f"{a} {b}" for a, b in itertools.pairwise(words)] if pairs else words


def fit_words(texts: Sequence[str]) -> Text:
    """Choose the words of the training texts that stand in the most of them, with their inverse document frequency.

    idf is ln((1 + n) / (1 + rows with the word)) + 1, as in scikit-learn.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    pairs = len(texts) >= PAIRS_FROM
    counter = CountVectorizer(analyzer=lambda t: terms(t, pairs), min_df=2 if len(texts) >= 100 else 1, binary=True)
    try:
        found = counter.fit_transform(texts)
    except ValueError:  # no word at all
        return Text()
    rows = np.asarray(found.sum(axis=0)).ravel()
    names = counter.get_feature_names_out()
    most = int(min(MOST, max(200, VALUES // max(1, len(texts)))))
    kept = np.sort(np.lexsort((names, -rows))[:most])  # alphabetical among equals
    idf = np.log((1 + len(texts)) / (1 + rows[kept])) + 1
    return Text(tuple(str(n) for n in names[kept]), tuple(float(i) for i in idf))


def bag(kind: Text, texts: Sequence[str]) -> np.ndarray:
    """Return (n, words) float32: term frequency times idf, each row of length 1, or 0 where no word is known."""
    from sklearn.feature_extraction.text import CountVectorizer

    if not kind.words:
        return np.zeros((len(texts), 0), np.float32)
    pairs = any(" " in word for word in kind.words)
    counter = CountVectorizer(analyzer=lambda t: terms(t, pairs), vocabulary=kind.words, dtype=np.float32)
    counts = counter.transform(texts).toarray()
    counts *= np.asarray(kind.idf, np.float32)
    length = np.linalg.norm(counts, axis=1, keepdims=True)
    return np.divide(counts, length, out=counts, where=length > 0)
