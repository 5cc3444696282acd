"""Words and the words around them, as a data set for word vectors (Mikolov et al. 2013, 1301.3781 and 1310.4546)."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from ..batch import WHOLE, Batch, Shard, cuts
from ..errors import DataError, UsageError
from ..schema import FILLING, RESERVED, Schema, Tokens
from ..seeds import mix
from .corpus import Corpus, new_corpus
from .dataplan import DataPlan
from .dataset import Data, share
from .load import data_note
from .raw import Note, Raw
from .tokens import encode_stream, fit_tokens

WINDOW = 5  # words on either side, at most
NOISE = 20  # words drawn beside each word, which all its neighbours share
RARE = 5  # a word that occurs less often has no vector, where there is much text
MUCH = 50_000  # words
OFTEN = 1e-3  # the share of the text from which a word is thinned out
SOFTENED = 0.75  # the power of the frequencies by which noise is drawn


@dataclass(eq=False)
class Neighbours(Data):
    """Every word of a text with its neighbours.

    `x` is (words,) int64 codes; texts are kept apart by zeros. A batch's x is (B, 1) float32, the code of a word; its y
    (B, 2 window + NOISE) int64 holds the codes of its neighbours, 0 where there is none, and then those of words drawn
    by chance: in training by their share of the text (`shares` (words,)) to the power of 0.75, elsewhere by it, so
    that how frequent a word is tells nothing.

    In training, each epoch leaves out frequent words by chance (`kept` (words,) is how likely a word is to stay) and
    draws how far the neighbours of each word reach, 1 to `window`; elsewhere all words stay and reach `window`.
    """

    window: int = WINDOW
    kept: np.ndarray = field(default_factory=lambda: np.zeros(0))
    shares: np.ndarray = field(default_factory=lambda: np.zeros(0))
    parts: dict[str, tuple[int, int]] = field(default_factory=dict)

    def count(self, split: str) -> int:
        """Return how many words an epoch has; of training those that stay, the same number each epoch."""
        return round(float(self.kept.sum())) if split == "train" else len(self.positions(split))

    def batches(
        self, split: str, *, size: int, epoch: int = 0, shard: Shard = WHOLE, learner: object = None
    ) -> Iterator[Batch]:
        """Yield an epoch's batches."""
        generator = np.random.default_rng(mix(self.seed, epoch, split == "train"))
        begin, end = self.parts[split]
        codes, ids = self.x[begin:end].numpy(), self.ids[begin:end].numpy()
        stays = np.flatnonzero(codes != FILLING)
        if split == "train":
            chances = generator.random(len(stays)) / self.kept
            stays = np.sort(stays[np.argpartition(chances, self.count(split) - 1)[: self.count(split)]])
            kept = np.zeros(len(codes), bool)
            kept[stays] = True
            kept |= codes == FILLING
            codes, ids = codes[kept], ids[kept]
            stays = np.flatnonzero(codes != FILLING)
        noise = cumulated(self.shares, SOFTENED if split == "train" else 1.0)
        padded = np.pad(codes, self.window)
        order = generator.permutation(stays) if split == "train" else stays
        reach = generator.integers(1, self.window + 1, len(order)) if split == "train" else None
        for first, last in cuts(len(order), size):
            drawn = np.searchsorted(noise, generator.random((last - first, NOISE)), side="right") + RESERVED
            a, b = share(first, last, shard)
            own = None if reach is None else reach[a:b]
            y = np.concatenate([around(padded, order[a:b], self.window, own), drawn[a - first : b - first]], 1)
            x = torch.from_numpy(codes[order[a:b], None]).float()
            yield Batch(x, torch.from_numpy(y), torch.from_numpy(ids[order[a:b]]))


def cumulated(shares: np.ndarray, power: float) -> np.ndarray:
    """Return the cumulated shares (n,), each to a power first; the last is 1."""
    total = np.cumsum(shares**power)
    return np.asarray(total / total[-1])


def around(padded: np.ndarray, places: np.ndarray, window: int, reach: np.ndarray | None) -> np.ndarray:
    """Return the codes on either side of each place (n, 2 window), 0 beyond the reach (n,) and beyond a zero."""
    far = np.concatenate([np.arange(-window, 0), np.arange(1, window + 1)])
    found = padded[places[:, None] + window + far]
    before, after = found[:, window - 1 :: -1], found[:, window:]
    for side in (before, after):  # views: what lies beyond the end of a text is another text
        side *= np.logical_and.accumulate(side != FILLING, axis=1)
    if reach is not None:
        found *= np.abs(far) <= reach[:, None]
    return found


def load_neighbours(plan: DataPlan, raw: Raw, texts: Corpus) -> Data:
    """Load texts for word vectors."""
    if plan.tokens not in ("", "words"):
        raise UsageError(f"word vectors are of words, not of {plan.tokens}. Leave --tokens out.")
    window = asked_window(plan)
    kind = fit_tokens(texts.texts["train"], "words", vocabulary=plan.vocabulary, lower=True)
    kind = replace(kind, vocabulary=common(kind, texts.texts["train"]), length=1)
    schema = Schema({texts.column: kind}, {texts.column: kind})
    data = neighbours(raw, texts, kind, schema, window)
    words = {split: int((data.x[slice(*part)] != FILLING).sum()) for split, part in data.parts.items()}
    counts = ", ".join(f"{split} {count:,}" for split, count in words.items())
    notes = [
        data_note(raw),
        *raw.notes,
        *texts.notes,
        Note("kinds", f"{texts.column}: {len(kind.vocabulary):,} different words have a vector", "--vocabulary N"),
        Note("split", f"{counts} words", "--split 85/5/10"),
        Note("task", f"which words stand within {window} words of each", "--context N"),
    ]
    return replace(data, seed=plan.seed, notes=notes)


def asked_window(plan: DataPlan) -> int:
    """Return how many words on either side are neighbours."""
    if plan.context and (not plan.context.isdigit() or not 1 <= int(plan.context) <= 50):
        raise UsageError(f"--context {plan.context}: a whole number of words from 1 to 50 is wanted, such as 5.")
    return int(plan.context) if plan.context else WINDOW


def common(kind: Tokens, texts: list[str]) -> tuple[str, ...]:
    """Return the words of a vocabulary that have a letter or a digit, without rare ones where there is much text."""
    codes = np.concatenate([encode_stream(kind, text) for text in texts])
    counts = np.bincount(codes, minlength=kind.size)[RESERVED:]
    least = RARE if len(codes) >= MUCH else 2
    kept = tuple(w for w, n in zip(kind.vocabulary, counts, strict=True) if n >= least and any(map(str.isalnum, w)))
    if len(kept) < 3:
        raise DataError(f"only {len(kept)} words occur {least} times or more in the training part: too little text.")
    return kept


def new_neighbours(schema: Schema, raw: Raw) -> Data:
    """Encode new texts with the words that have a vector, as one part, "test"."""
    column, kind = next(iter(schema.inputs.items()))
    assert isinstance(kind, Tokens)
    texts = new_corpus(column, raw)
    data = neighbours(raw, texts, kind, schema, WINDOW)
    return replace(data, notes=[data_note(raw), *raw.notes])


def neighbours(raw: Raw, texts: Corpus, kind: Tokens, schema: Schema, window: int) -> Neighbours:
    """Put the words of all parts in one stream, the texts apart."""
    streams: list[np.ndarray] = []
    ids: list[np.ndarray] = []
    parts: dict[str, tuple[int, int]] = {}
    length = 0
    for split, found in texts.texts.items():
        begin = length
        for number, text in enumerate(found):
            codes = encode_stream(kind, text).astype(np.int64)
            codes = np.append(codes[codes >= RESERVED], FILLING)
            row = 0 if texts.rows is None else int(texts.rows[split][number])
            streams.append(codes)
            ids.append(np.full(len(codes), row, np.int64))
            length += len(codes)
        parts[split] = (begin, length)
    stream = np.concatenate(streams)
    places = {split: np.flatnonzero(stream[a:b] != FILLING) + a for split, (a, b) in parts.items()}
    for split, own in places.items():
        if not len(own):
            raise DataError(f"the {split} part of {raw.name} has no word that training knows.")
    train = stream[places["train" if "train" in places else "test"]]
    counts = np.bincount(train, minlength=kind.size)[RESERVED:].astype(float)
    shares = counts / counts.sum()
    share_of_each = shares[train - RESERVED]
    more: dict[str, Any] = {"window": window, "parts": parts}
    return Neighbours(
        name=raw.name,
        schema=schema,
        task="word_vectors",
        x=torch.from_numpy(stream),
        y=torch.zeros(0),
        ids=torch.from_numpy(np.concatenate(ids)),
        splits={split: torch.from_numpy(own) for split, own in places.items()},
        frame=raw.frame,
        summary={next(iter(schema.inputs)): described(kind, len(train))},
        kept=np.minimum(1.0, np.sqrt(OFTEN / share_of_each) + OFTEN / share_of_each),
        shares=shares,
        **more,
    )


def described(kind: Tokens, words: int) -> dict[str, Any]:
    """Describe the words for the report."""
    reason = f"{words:,} words of training text"
    return {"kind": kind.name, "role": "input", "reason": reason, "missing": 0, "distinct": len(kind.vocabulary)}
