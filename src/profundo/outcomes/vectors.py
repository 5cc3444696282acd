"""What word vectors say: neighbours, analogies, a picture of them in the plane, and whether they are biased."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb
from pathlib import Path

import numpy as np

from ..errors import DataError, unknown

PERMUTATIONS = 10_000


@dataclass(frozen=True, eq=False)
class Vectors:
    """A unit vector (words, width) for each word, the most frequent word first."""

    words: tuple[str, ...]
    matrix: np.ndarray

    @cached_property
    def place(self) -> dict[str, int]:
        """Where each word stands."""
        return {word: i for i, word in enumerate(self.words)}

    def find(self, word: str) -> int:
        """Return where a word stands. Raises DataError with the nearest words where it has no vector."""
        key = word.strip().lower()
        if key not in self.place:
            raise DataError(unknown("vector of the word", word.strip(), self.words))
        return self.place[key]

    def nearest(self, vector: np.ndarray, count: int, without: Sequence[int] = ()) -> list[tuple[str, float]]:
        """Return the words whose vectors have the largest cosine with a vector (width,), and the cosine."""
        cosines = self.matrix @ (vector / max(float(np.linalg.norm(vector)), 1e-12))
        cosines[list(without)] = -np.inf
        best = np.argsort(-cosines, kind="stable")[:count]
        return [(self.words[i], float(cosines[i])) for i in best if np.isfinite(cosines[i])]

    def sum_of(self, expression: str) -> tuple[np.ndarray, list[int]]:
        """Return the vector of "king - man + woman", and where its words stand."""
        vector, found, sign = np.zeros(self.matrix.shape[1]), list[int](), 1.0
        for part in expression.replace("+", " + ").replace(" - ", " \0 ").split():
            if part in ("+", "\0"):
                sign = 1.0 if part == "+" else -1.0
                continue
            found.append(self.find(part))
            vector = vector + sign * self.matrix[found[-1]]
        if not found:
            raise DataError("which word? Type for example: --prompt king, or --prompt 'king - man + woman'")
        return vector, found


def answered(vectors: Vectors, questions: Sequence[tuple[str, str, str, str]]) -> np.ndarray:
    """Say of each question a : b = c : d whether d is nearest to b - a + c (Mikolov et al. 2013), (n,) bool.

    The three given words are no answers. Questions with a word that has no vector count as wrong.
    """
    known = np.array([all(word in vectors.place for word in q) for q in questions], bool)
    right = np.zeros(len(questions), bool)
    if not known.any():
        return right
    places = np.array([[vectors.place[w] for w in q] for q, k in zip(questions, known, strict=True) if k])
    a, b, c, d = places.T
    m = vectors.matrix
    for begin in range(0, len(places), 256):
        rows = slice(begin, begin + 256)
        cosines = (m[b[rows]] - m[a[rows]] + m[c[rows]]) @ m.T
        each = np.arange(len(cosines))[:, None]
        cosines[each, places[rows, :3]] = -np.inf
        right[np.flatnonzero(known)[rows]] = cosines.argmax(1) == d[rows]
    return right


def read_questions(path: Path) -> list[tuple[str, str, str, str]]:
    """Read a file of analogies: four words a line; empty lines and lines that begin with ":" or "#" are passed over."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DataError(f"the analogies cannot be read: {error}.") from error
    found = []
    for number, line in enumerate(lines, 1):
        words = line.lower().split()
        if not words or line.startswith((":", "#")):
            continue
        if len(words) != 4:
            raise DataError(f"{path}, line {number}: four words are wanted (a is to b as c is to d), not {line!r}.")
        found.append((words[0], words[1], words[2], words[3]))
    if not found:
        raise DataError(f"{path} holds no question: four words a line are wanted, a is to b as c is to d.")
    return found


def plane(vectors: Vectors, count: int) -> np.ndarray:
    """Return the most frequent words' vectors in the plane of their two largest principal components, (n, 2)."""
    rows = vectors.matrix[:count]
    centred = rows - rows.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:2, None]  # the same picture on every machine
    return np.asarray(centred @ (axes[:2] * signs).T)


@dataclass(frozen=True)
class Bias:
    """The effect size of a WEAT, from -2 to 2, its one-sided p-value, and how many permutations that is of."""

    effect: float
    p: float
    permutations: int


def weat(vectors: Vectors, groups: Sequence[Sequence[str]], seed: int = 0) -> Bias:
    """Test whether words x are nearer to a than to b, as against words y (Caliskan et al. 2017, 1608.07187).

    `groups` are x, y, a, b, words each. The p-value is of all equal splits of x and y, or of 10,000 drawn ones.
    Raises DataError where x and y are not equally many words, at least two.
    """
    x, y, a, b = ([vectors.find(word) for word in words] for words in groups)
    if len(x) != len(y) or len(x) < 2 or not a or not b:
        raise DataError(f"x and y need equally many words, two at least; they have {len(x)} and {len(y)}.")
    m = vectors.matrix
    leaning = (m[x + y] @ m[a].T).mean(1) - (m[x + y] @ m[b].T).mean(1)  # s(w, a, b)
    n = len(x)
    spread = float(leaning.std(ddof=1))
    effect = float(leaning[:n].mean() - leaning[n:].mean()) / spread if spread > 0 else 0.0
    total = comb(2 * n, n)
    if total <= PERMUTATIONS:
        from itertools import combinations

        chosen = np.array(list(combinations(range(2 * n), n)))
    else:
        generator = np.random.default_rng(seed)
        chosen = np.argsort(generator.random((PERMUTATIONS, 2 * n)), axis=1)[:, :n]
    sums = leaning[chosen].sum(1)
    return Bias(effect, float(np.mean(sums >= leaning[:n].sum() - 1e-12)), len(chosen))
