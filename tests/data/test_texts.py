"""Which columns of text are read as tokens, what is told about it, and which network is guessed."""

import numpy as np
import pandas as pd
import pytest

from profundo.data.load import load
from profundo.data.new import encode_new
from profundo.data.source import read
from profundo.errors import UsageError
from profundo.plan import complete, wish


@pytest.fixture
def opinions() -> pd.DataFrame:
    """Made opinions of six words, some much longer."""
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(40)]
    texts = [" ".join(rng.choice(words, 60 if i % 40 == 0 else 6)) for i in range(200)]
    return pd.DataFrame({"title": texts[::-1], "text": texts, "liked": rng.choice(["yes", "no"], 200)})


def kinds(frame: pd.DataFrame, **options: object) -> dict[str, str]:
    """Return the kind of every input."""
    return {name: kind.name for name, kind in load(frame, target=("liked",), **options).schema.inputs.items()}


def test_texts_alone_are_tokens_and_beside_a_table_words(opinions: pd.DataFrame) -> None:
    assert kinds(opinions) == {"title": "tokens", "text": "tokens"}
    table = opinions.assign(age=np.random.default_rng(1).normal(size=200))
    assert kinds(table) == {"title": "text", "text": "text", "age": "number"}
    assert kinds(table, tokens="characters") == {"title": "tokens", "text": "tokens", "age": "number"}
    assert kinds(table, kinds={"text": "tokens"})["title"] == "text"
    assert kinds(opinions, kinds={"title": "text", "text": "text"}) == {"title": "text", "text": "text"}


def test_what_is_cut_is_told(opinions: pd.DataFrame) -> None:
    data = load(opinions, target=("liked",), drop=("title",), longest=20)
    told = {note.text: note.flag for note in data.notes}
    assert "5 values of text have 20 words or more; what comes after is not read" in told
    assert any("text is cut into words: 40 different ones, at most 20 of a text" in text for text in told)
    assert data.schema.tokens["text"].length == 20


def test_new_texts_that_are_empty_or_strange_are_told(opinions: pd.DataFrame) -> None:
    data = load(opinions, target=("liked",), drop=("title",))
    new = read(pd.DataFrame({"text": ["", "nothing here is known", "word1 word2"]}))
    told = [note.text for note in encode_new(data.schema, data.task, new, targets=False).notes]
    assert any("1 values of text hold no text" in text for text in told)
    assert any("4 of the 6 words of text are some that training never saw" in text for text in told)


def test_the_network_suits_texts_and_genes(opinions: pd.DataFrame) -> None:
    def guessed(frame: pd.DataFrame) -> str:
        plan = wish(frame, "liked")
        return complete(plan, load(frame, plan.data)).network

    rng = np.random.default_rng(0)
    genes = ["".join(rng.choice(list("ACGT"), 40)) for _ in range(1600)]
    many = pd.DataFrame({"gene": genes, "liked": rng.choice(["yes", "no"], 1600)})
    assert guessed(opinions) == "bag"
    assert guessed(many) == "conv1d"
    assert guessed(many.head(100)) == "textcnn"


def test_both_strands_are_for_genes(opinions: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match="--tokens bases"):
        load(opinions, target=("liked",), strands="both")
