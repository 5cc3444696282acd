"""Texts as passages: every token is scored once, and read with enough before it."""

import numpy as np
import pandas as pd
import pytest
import torch

from profundo.batch import cuts
from profundo.data import encode_new, load, read
from profundo.data.plain import is_tabular, read_plain
from profundo.errors import DataError, UsageError
from profundo.schema import BEGINNING, END, FILLING, NEVER_SEEN

TEXT = "".join(f"line {i}: the quick brown fox jumps over {i % 7} lazy dogs\n" for i in range(60))


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "book.txt"
    path.write_text(TEXT)
    return path


def test_every_token_is_scored_once_and_after_enough_others(book):
    data = load(book, context="32")
    assert data.task == "language" and data.schema.gives == "next"
    for split in ("validation", "test"):
        begin, end = data.parts[split]
        scored = []
        for batch in data.batches(split, size=3):
            for x, y in zip(batch.x.long(), batch.y, strict=True):
                assert not y[: data.warm].any()
                there = (y != FILLING).nonzero().flatten().tolist()
                scored += [(x[: step + 1].tolist(), int(y[step])) for step in there]
        stream = data.x.tolist()
        assert [code for _, code in scored] == stream[begin:end]
        for place, (before, _) in enumerate(scored, begin):
            assert before == stream[place - len(before) : place] and len(before) > data.warm


def test_training_passages_have_no_gap_and_begin_elsewhere_each_epoch(book):
    data = load(book, context="32", seed=3)
    epochs = [torch.cat([b.x for b in data.batches("train", size=4, epoch=e)]) for e in (0, 0, 1)]
    assert torch.equal(epochs[0], epochs[1]) and not torch.equal(epochs[0], epochs[2])
    starts = [data.order("train", e).sort().values for e in range(4)]
    assert all((s.diff() == 32).all() for s in starts) and len({int(s[0]) for s in starts}) > 1
    batch = next(iter(data.batches("train", size=4)))
    assert torch.equal(batch.x[:, 1:].long(), batch.y[:, :-1])  # y is x a step later
    assert (batch.y != FILLING).all()
    assert all(len(list(data.batches("train", size=4, epoch=e))) == len(cuts(data.count("train"), 4)) for e in range(3))


def test_a_text_is_split_where_it_stands_and_lines_are_traced(book):
    data = load(book, context="32", split="80/10/10")
    vocabulary = np.array(["", "?", "", "", *next(iter(data.schema.inputs.values())).vocabulary])
    begin, end = data.parts["test"]
    assert "".join(vocabulary[data.x[begin:end]]) == TEXT[-len(TEXT) // 10 :][-(end - begin) :]
    places = np.array([0, 100, len(TEXT) - 1])
    assert data.ids[places].tolist() == [TEXT[:p].count("\n") for p in places]


def test_rows_are_texts_of_their_own(tmp_path):
    texts = [f"text number {i} says {'ho ' * (i % 5)}" for i in range(40)]
    data = load(pd.DataFrame({"n": range(40), "said": texts}), task="language", target="said", context="16")
    stream = data.x.tolist()
    assert stream.count(BEGINNING) == stream.count(END) == 40
    learnt = torch.cat([b.y.flatten() for b in data.batches("train", size=8)])
    assert (learnt == END).any() and not (learnt == BEGINNING).any()
    rows = {int(i) for b in data.batches("test", size=4) for i in b.ids}
    assert rows <= set(data.ids[slice(*data.parts["test"])].tolist())


def test_what_training_never_saw_is_said(tmp_path):
    path = tmp_path / "odd.txt"
    path.write_text(TEXT + "\n" + "ø" * 40)
    data = load(path, context="16")
    assert (data.x[slice(*data.parts["test"])] == NEVER_SEEN).sum() >= 40
    assert any("training knows" in n.text for n in data.notes if n.warning)


def test_new_text_is_read_by_the_old_vocabulary(book, tmp_path):
    data = load(book, context="32")
    (tmp_path / "new.txt").write_text("the lazy fox\njumps")
    new = encode_new(data.schema, "language", read(tmp_path / "new.txt", task="language"), targets=False)
    batches = list(new.batches("test", size=8))
    assert sum(int((b.y != FILLING).sum()) for b in batches) == len("the lazy fox\njumps")
    assert new.splits.keys() == {"test"}


def test_words_and_bytes_are_tokens_too(book):
    words, raw = load(book, tokens="words", context="16"), load(book, tokens="bytes", context="16")
    assert words.schema.outputs < 120 and raw.schema.outputs == 260
    assert len(words.x) < len(raw.x) == len(TEXT)
    assert words.ids[-1] == TEXT.count("\n") - 1


def test_a_table_is_no_book(tmp_path):
    assert is_tabular("a\tb\n1\t2\n3\t4\n") and not is_tabular(TEXT)
    table = tmp_path / "table.txt"
    table.write_text("a,b\n1,2\n3,4\n")
    assert read_plain(table, "") is None and read_plain(table, "language") is not None
    assert read_plain(table, "classification") is None
    latin = tmp_path / "latin.txt"
    latin.write_bytes("caf\xe9 und so weiter".encode("latin-1"))
    raw = read_plain(latin, "")
    assert raw is not None and "é" in raw.frame["text"][0] and raw.notes[0].warning


def test_what_cannot_be_read_is_said(book, tmp_path):
    (tmp_path / "short.txt").write_text("too short")
    with pytest.raises(DataError, match="100 at least"):
        load(tmp_path / "short.txt")
    with pytest.raises(UsageError, match="--context"):
        load(book, context="many")
    with pytest.raises(DataError, match="too short for passages"):
        load(book, context="4000")
    with pytest.raises(UsageError, match="where it stands"):
        load(book, group="text")
    with pytest.raises(DataError, match="Did you mean 'said'"):
        load(pd.DataFrame({"said": ["some words here"] * 20}), task="language", target="sad")
    (tmp_path / "zero.txt").write_bytes(b"some\0thing")
    with pytest.raises(DataError, match="zero byte"):
        load(tmp_path / "zero.txt", task="language")
