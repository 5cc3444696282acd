"""Pairs of an input and a text: which column is written, what is read, in which pieces, and what is wrong with rows."""

import numpy as np
import pandas as pd
import pytest
import torch

from profundo.data import encode_new, load, read
from profundo.data.builtin import read as builtin
from profundo.data.pairs import guessed_unit
from profundo.data.tokens import decode
from profundo.errors import DataError, UsageError
from profundo.schema import FILLING, Image, Tokens

NOUNS, VERBS = ("dog", "cat", "bird", "horse", "child"), ("runs", "sleeps", "sings", "eats", "waits")
GERMAN = dict(
    zip(
        (*NOUNS, *VERBS),
        ("Hund", "Katze", "Vogel", "Pferd", "Kind", "rennt", "schläft", "singt", "frisst", "wartet"),
        strict=True,
    )
)


def sentences(rows: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    pairs = [(str(rng.choice(NOUNS)), str(rng.choice(VERBS)), int(rng.integers(90))) for _ in range(rows)]
    english = [f"the {n} {v} {k} times." for n, v, k in pairs]
    german = [f"das Tier {GERMAN[n]} {GERMAN[v]} {k} mal." for n, v, k in pairs]
    return pd.DataFrame({"id": range(rows), "en": english, "de": german})


def test_free_text_as_a_target_is_translation():
    data = load(sentences(), target=("de",))
    assert data.task == "translation" and list(data.schema.inputs) == ["en"]
    (kind,) = data.schema.targets.values()
    assert isinstance(kind, Tokens) and data.y.shape == (60, kind.length) and data.y.dtype == torch.int64
    assert (data.y[:, 0] == 2).all() and ((data.y == 3).sum(1) == 1).all()


def test_codes_are_the_text_and_statistics_are_of_the_training_part():
    frame = sentences()
    for unit in ("words", "characters", "bytes", "bpe"):
        data = load(frame, target=("de",), tokens=unit)
        (kind,) = data.schema.targets.values()
        train = data.positions("train")
        assert [decode(kind, row) for row in data.y[train]] == [frame.de[int(i)] for i in data.ids[train]]
    changed = frame.copy()
    test = data.ids[data.positions("test")].tolist()
    changed.loc[test, "de"] = "völlig anders"
    other = load(changed, target=("de",), tokens="words").schema.targets["de"]
    assert other == load(frame, target=("de",), tokens="words").schema.targets["de"]


def test_pieces_are_chosen_by_the_texts():
    assert guessed_unit(["2009-03-14", "2010-01-01"]) == "characters"
    assert guessed_unit(["a red circle above a blue square"] * 3) == "words"
    assert guessed_unit([f"the {word} cat sat down" for word in ("big", "small", "red")]) == "bpe"


def test_a_task_can_be_asked_for_where_the_texts_are_short():
    frame = pd.DataFrame({"name": [f"item {i}" for i in range(40)], "code": [f"i{i}" for i in range(40)]})
    data = load(frame, target=("code",), task="translation")
    assert data.task == "translation" and data.schema.targets["code"].unit == "characters"


def test_training_batches_hold_texts_of_similar_length():
    data = load("dates")
    batches = list(data.batches("train", size=32))
    assert torch.cat([b.ids for b in batches]).sort().values.equal(data.ids[data.positions("train")].sort().values)
    spread = [int((b.x != 0).sum(1).max() - (b.x != 0).sum(1).min()) for b in batches]
    assert np.median(spread) <= 4


def test_rows_without_a_text_are_left_out_and_named():
    frame = sentences()
    frame.loc[[7, 9], "de"] = [None, "  "]
    data = load(frame, target=("de",))
    assert len(data.ids) == 58 and not {7, 9} & set(data.ids.tolist())
    assert any(n.warning and "2 rows without a text in de" in n.text and "row 7" in n.text for n in data.notes)


def test_long_texts_are_cut_with_a_warning():
    frame = sentences()
    data = load(frame, target=("de",), tokens="words", longest=4)
    assert data.schema.targets["de"].length == 6
    assert any("longer than 4 words and are cut" in n.text and n.flag == "--longest 12" for n in data.notes)


def test_wrong_asks_say_what_to_type():
    with pytest.raises(DataError, match="Did you mean 'de'"):
        load(sentences(), target=("dee",), task="translation")
    with pytest.raises(UsageError, match="--target de"):
        load(sentences(), target=("de", "en"), task="translation")
    with pytest.raises(DataError, match=r"holds no pictures .* to write about.*--task translation"):
        load(sentences(), target=("de",), task="captioning")
    with pytest.raises(DataError, match="--kind COLUMN=tokens"):
        load(sentences()[["id", "de"]], target=("de",), task="translation")
    empty = sentences().assign(de="")
    with pytest.raises(DataError, match="holds no text at all"):
        load(empty, target=("de",), task="translation")


def test_columns_beside_the_text_are_read_where_asked():
    frame = sentences().assign(size=np.linspace(0, 1, 60))
    assert list(load(frame, target=("de",)).schema.inputs) == ["en"]
    assert set(load(frame, target=("de",), keep=("size",)).schema.inputs) == {"en", "size"}


def test_new_rows_are_read_as_in_training():
    data = load(sentences(), target=("de",))
    fresh = encode_new(data.schema, "translation", read(sentences().head(5)[["en"]]), targets=False)
    rows = [int((data.ids == i).nonzero()) for i in range(5)]
    assert fresh.x.equal(data.x[rows]) and not fresh.y.any()
    known = encode_new(data.schema, "translation", read(sentences().head(5)), targets=True)
    assert known.y.equal(data.y[rows])
    with pytest.raises(DataError, match="to score"):
        encode_new(data.schema, "translation", read(sentences()[["en"]]), targets=True)


def test_captions_of_one_picture_stay_in_one_part(tmp_path):
    from PIL import Image as Pillow

    rows = []
    for number in range(20):
        Pillow.new("RGB", (20, 16), (12 * number, 0, 0)).save(tmp_path / f"{number}.png")
        rows += [
            (f"{number}.png", f"a picture that is as red as {number}"),
            (f"{number}.png", f"a red of {number} here"),
        ]
    pd.DataFrame(rows, columns=["file", "said"]).to_csv(tmp_path / "captions.csv", index=False)
    data = load(tmp_path / "captions.csv", target=("said",))
    assert data.task == "captioning" and isinstance(data.schema.image, Image) and len(data.ids) == 40
    parts = [set((data.ids[data.positions(part)] // 2).tolist()) for part in data.splits]
    assert not parts[0] & parts[1] and not parts[1] & parts[2] and not parts[0] & parts[2]


@pytest.mark.parametrize(("name", "task"), [("dates", "translation"), ("shape_captions", "captioning")])
def test_made_sets(name, task):
    raw, again, other = builtin(name), builtin(name), builtin(name, seed=1)
    assert raw.task == task and raw.frame.equals(again.frame) and not raw.frame.equals(other.frame)
    data = load(raw, rows=60)
    assert data.task == task and (data.y != FILLING).any()


def test_intents_are_texts_with_a_label():
    raw = builtin("intents")
    assert raw.task == "classification" and raw.frame.intent.nunique() == 6 and raw.frame.said.nunique() > 1000
