"""Texts as rows of numbers for scikit-learn: few columns for looking at data, all words for methods that learn."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..schema import Schema, Text, Tokens
from .dataset import Data
from .encode import texts_of
from .words import terms

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MOST = 1_000  # pieces of a text that are counted, the first of its vocabulary (the most frequent words)
PLACES = 5_000  # places times letters up to which a gene is one-hot at every place
WORDS = 200_000  # words and pairs of words that the methods see, at most
LABELS = 50  # the codes of an embedded category that get a column


def token_rows(schema: Schema, x: Tensor) -> Tensor:
    """Return x (B, columns) with every text as numbers: plain columns, then texts, then embedded codes.

    A gene on one strand is one-hot at every place. Any other text is how often it has each of the first 1,000 pieces of
    its vocabulary, as 1 + ln(count), each row of length 1 (genes: every run of three letters).
    """
    kinds = list(schema.tokens.values())
    begin = x.shape[1] - sum(kind.length for kind in kinds)
    plain = begin - len(schema.embedded)
    parts = torch.split(x[:, begin:].long(), [kind.length for kind in kinds], 1)
    counted = [one_text(kind, codes) for kind, codes in zip(kinds, parts, strict=True)]
    return torch.cat([x[:, :plain], *counted, x[:, plain:begin]], 1)


def one_text(kind: Tokens, codes: Tensor) -> Tensor:
    """Return the numbers of one column of texts, (B, numbers) float32."""
    size = kind.size
    if kind.unit == "bases" and kind.strands == 1 and size * kind.length <= PLACES:
        return F.one_hot(codes, size)[:, :, 4:].flatten(1).float()
    if kind.unit == "bases" and size**3 <= PLACES:
        codes = torch.where(codes[:, 2:] > 0, (codes[:, :-2] * size + codes[:, 1:-1]) * size + codes[:, 2:], 0)
        size = size**3
    width = min(size, MOST + 4)
    counts = torch.zeros(len(codes), width, device=codes.device)
    counts.scatter_add_(1, codes.clamp(max=width - 1), ((codes > 0) & (codes < width)).float())
    return F.normalize((1 + counts.log()).clamp(min=0), dim=1)


@dataclass(frozen=True, eq=False)
class Counted:
    """The words of a data set's texts, learnt from its training part, and rows of them for methods that learn.

    `words` are a scikit-learn vectoriser for each column of text. The last `texts` columns of the rows are how often a
    text has each word or pair of words, as 1 + ln(count), times its inverse document frequency, each text of length 1;
    before them stand the other columns of the table.
    """

    schema: Schema
    words: dict[str, Any]

    @property
    def texts(self) -> int:
        """The number of columns that are words."""
        return sum(len(vectoriser.vocabulary_) for vectoriser in self.words.values())

    def rows(self, data: Data, split: str) -> "csr_matrix":
        """Return the rows of a split of this data set, or of new data of its schema: (n, columns) float32, sparse."""
        from scipy.sparse import csr_matrix, hstack

        positions = data.positions(split).cpu()
        assert data.frame is not None
        frame = data.frame.take(positions.numpy())
        table = csr_matrix(self.table(data.x[positions]).numpy())
        found = [vectoriser.transform(texts_of(frame[name])) for name, vectoriser in self.words.items()]
        return csr_matrix(hstack([table, *found], dtype=np.float32))

    def table(self, x: Tensor) -> Tensor:
        """Return the columns of x that are no text, embedded categories one-hot."""
        plain = [i for i, name in enumerate(self.plain) if name not in self.words]
        codes = x[:, len(self.plain) : len(self.plain) + len(self.schema.embedded)].long()
        sizes = [min(size, LABELS) for size in self.schema.embedded]
        hot = [F.one_hot(c.clamp(max=s), s + 1)[:, :s].float() for c, s in zip(codes.T, sizes, strict=True)]
        return torch.cat([x[:, plain], *hot], 1)

    @property
    def plain(self) -> list[str]:
        """The name of the column of the table behind each plain column of x, in order."""
        embedded = [n for n, k in self.schema.inputs.items() if getattr(k, "embed", False)]
        names = [
            (n, k.width) for n, k in self.schema.inputs.items() if n not in self.schema.tokens and n not in embedded
        ]
        return [name for name, width in names for _ in range(width)]


def counted(data: Data) -> Counted | None:
    """Learn the words of a data set from its training part; None where it holds no texts of words."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    kinds = data.schema.inputs.items()
    names = [n for n, k in kinds if isinstance(k, Text) or (isinstance(k, Tokens) and k.unit != "bases")]
    if not names or data.frame is None:
        return None
    train = data.frame.take(data.positions("train").cpu().numpy())
    words: dict[str, Any] = {}
    for name in names:
        least = 2 if len(train) >= 100 else 1
        vectoriser = TfidfVectorizer(
            analyzer=both, min_df=least, max_features=WORDS, sublinear_tf=True, dtype=np.float32
        )
        try:
            words[name] = vectoriser.fit(texts_of(train[name]))
        except ValueError:  # no word at all, such as texts of signs
            continue
    return Counted(data.schema, words) if words else None


def both(text: str) -> list[str]:
    """Cut a text into words and pairs of neighbours."""
    return terms(text, True)
