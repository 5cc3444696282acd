"""Texts as rows of numbers: places of a gene, shares of words, and the sparse rows of the methods beside a network."""

import numpy as np
import pandas as pd
import torch

from profundo.baselines import run_baselines
from profundo.data.columns import Columns
from profundo.data.counted import counted
from profundo.data.load import load
from profundo.plan import complete, wish
from profundo.rivals import rivals

GOOD, BAD = "a fine and lovely film", "a dull and boring film"


def reviews(rows: int = 240) -> pd.DataFrame:
    """Return made reviews with a column of numbers and a category of many labels beside them."""
    rng = np.random.default_rng(0)
    good = rng.random(rows) < 0.5
    return pd.DataFrame(
        {
            "review": [f"{GOOD if g else BAD} number {i}" for i, g in enumerate(good)],
            "stars": rng.integers(1, 6, rows),
            "town": rng.choice([f"town {i}" for i in range(30)], rows),
            "liked": np.where(good, "yes", "no"),
        }
    )


def test_a_gene_is_one_hot_at_every_place():
    rng = np.random.default_rng(0)
    genes = ["".join(rng.choice(list("ACGT"), 40)) for _ in range(60)]
    data = load(pd.DataFrame({"gene": genes, "y": ["a", "b"] * 30}), target=("y",))
    rows = np.asarray(Columns(data, "train"))
    assert rows.shape[1] == 40 * 4
    assert (rows.sum(1) == 40).all()


def test_words_are_shares_and_the_table_stands_before_them():
    data = load(reviews(), target=("liked",), kinds={"review": "tokens"})
    rows = np.asarray(Columns(data, "test"))
    embedded = len(data.schema.embedded)
    plain = data.x.shape[1] - data.schema.inputs["review"].width - embedded
    test = data.x[data.splits["test"]]
    assert np.array_equal(rows[:, :plain], test[:, :plain].numpy())
    assert np.array_equal(rows[:, rows.shape[1] - embedded :], test[:, plain : plain + embedded].numpy())
    words = rows[:, plain : rows.shape[1] - embedded]
    assert np.allclose(np.linalg.norm(words, axis=1), 1)


def test_sparse_rows_know_the_words_of_the_training_part_alone():
    frame = reviews()
    data = load(frame, target=("liked",))
    words = counted(data)
    assert words is not None
    train = set(" ".join(data.frame["review"].take(data.splits["train"].numpy())).split())
    assert {w for term in words.words["review"].vocabulary_ for w in term.split()} <= train
    rows = words.rows(data, "test")
    assert rows.shape[0] == data.count("test")
    assert np.isfinite(rows.data).all()
    assert counted(load(frame.drop(columns="review"), target=("liked",))) is None


def test_every_method_learns_words_and_what_stands_beside_them():
    p = wish(reviews(), "liked", budget=60.0)
    data = load(reviews(), p.data)
    found = {r.name: r for r in rivals(complete(p, data), data)}
    assert list(found) == [
        *("dummy", "naive Bayes", "logistic regression", "linear SVM", "gradient boosting", "random forest"),
    ]
    assert [r.note for r in found.values() if "could not" in r.note] == []
    for name in ("naive Bayes", "logistic regression", "linear SVM"):
        assert found[name].scores["accuracy"].value == 1.0, name
    assert found["gradient boosting"].scores["accuracy"].value > 0.9


def test_a_number_is_learnt_from_words():
    frame = pd.DataFrame(
        {"text": reviews(200)["review"], "y": [1.0 if "fine" in t else 3.0 for t in reviews(200).review]}
    )
    data = load(frame, target=("y",), task="regression")
    words = counted(data)
    parts = {s: (words.rows(data, s), data.y[data.splits[s]].numpy()) for s in data.splits}
    found = {r.name: r for r in run_baselines(parts, "regression", ("y",), texts=words.texts)}
    assert list(found) == ["dummy", "linear regression", "linear SVM"]
    assert found["linear regression"].scores["r2"].value > 0.9
    assert torch.isfinite(torch.tensor(found["linear SVM"].prediction)).all()
