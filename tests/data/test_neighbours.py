"""Words and their neighbours as batches."""

import numpy as np
import pandas as pd
import pytest

from profundo.data import load
from profundo.data.neighbours import NOISE, around
from profundo.errors import DataError, UsageError

TEXTS = [
    f"the {a} sees the {b} near the {c}" for a in ["cat", "dog", "cow"] for b in ["sun", "moon"] for c in ["ox", "hen"]
]


@pytest.fixture
def words():
    return load(pd.DataFrame({"said": TEXTS * 5}), task="word_vectors", context="3", seed=1)


def test_neighbours_stay_within_their_text():
    padded = np.pad(np.array([5, 6, 7, 0, 8, 9]), 2)
    assert around(padded, np.array([0, 2, 4]), 2, None).tolist() == [[0, 0, 6, 7], [5, 6, 0, 0], [0, 0, 9, 0]]
    assert around(padded, np.array([1]), 2, np.array([1])).tolist() == [[0, 5, 7, 0]]


def test_batches_hold_words_neighbours_and_drawn_words(words):
    kind = next(iter(words.schema.inputs.values()))
    batch = next(iter(words.batches("test", size=4)))
    assert batch.x.shape == (4, 1) and batch.y.shape == (4, 2 * 3 + NOISE)
    assert "the" in kind.vocabulary and words.schema.gives == "vectors"
    text = [[*"   ", *TEXTS[0].split(), *"   "]]
    assert len(text) == 1 and (batch.y[:, 6:] >= 4).all() and (batch.y[:, 6:] < kind.size).all()


def test_epochs_are_as_long_as_said_and_repeat(words):
    seen = [[b.x for b in words.batches("train", size=16, epoch=e)] for e in (0, 0, 1)]
    counts = [sum(len(x) for x in epoch) for epoch in seen]
    assert set(counts) == {words.count("train")} and words.count("train") < words.parts["train"][1]
    assert all((a == b).all() for a, b in zip(seen[0], seen[1], strict=True))
    assert any((a != b).any() for a, b in zip(seen[0], seen[2], strict=True))


def test_frequent_words_are_thinned_out(words):
    kind = next(iter(words.schema.inputs.values()))
    the = kind.vocabulary.index("the") + 4
    whole = words.x[slice(*words.parts["train"])]
    share = float((whole == the).sum() / (whole > 0).sum())
    thinned = np.concatenate([b.x.numpy().ravel() for b in words.batches("train", size=64)])
    assert (thinned == the).mean() < 0.8 * share


def test_what_cannot_have_vectors_is_said():
    frame = pd.DataFrame({"said": TEXTS * 5})
    with pytest.raises(UsageError, match="of words, not of characters"):
        load(frame, task="word_vectors", tokens="characters")
    with pytest.raises(UsageError, match="--context"):
        load(frame, task="word_vectors", context="0")
    lonely = pd.DataFrame({"said": [f"word{i} other{i} thing{i} more{i} again{i}" for i in range(30)]})
    with pytest.raises(DataError, match="too little text"):
        load(lonely, task="word_vectors")
