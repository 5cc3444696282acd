"""Statistics from the training rows alone, and the numbers that columns become."""

import math

import numpy as np
import pandas as pd
import pytest

from profundo.data import encode
from profundo.data.values import text
from profundo.data.words import bag, fit_words, terms
from profundo.errors import DataError
from profundo.schema import Category, Date, Number, Schema


def column(values, name="c"):
    return pd.DataFrame({name: values})


def one(values, kind="number"):
    frame = column(values)
    kinds = encode.fit(frame, {"c": kind})
    return kinds["c"], encode.transform(kinds, frame)[0]


def test_number_is_centred_on_the_median_and_scaled_by_the_interquartile_range():
    values = np.random.default_rng(0).normal(5, 2, 20_000)
    kind, x = one(values)
    assert kind.center == np.median(values) and kind.scale == pytest.approx(2, rel=0.03)
    z = (values - kind.center) / kind.scale
    np.testing.assert_allclose(x[:, 0], z / np.sqrt(1 + (z / 4) ** 2), rtol=1e-6)
    assert np.abs(x).max() < 4


@pytest.mark.parametrize(
    "values, center, scale",
    [
        ([3.0] * 10, 3, 1),  # constant
        ([0.0] * 9 + [10.0], 0, 3),  # no interquartile range: the standard deviation
        ([1e308, -1e308, 1e308, -1e308], 0, 1e308 / 1.349 * 2),  # the range overflows
        ([1, 2, 3, np.nan, np.inf, -np.inf], 2, 1 / 1.349),
        ([np.nan] * 3, 0, 1),
        ([5e-324, 0, 0, 0], 0, 1),  # a spread that one cannot divide by
    ],
)
def test_numbers_never_become_nan_or_infinite(values, center, scale):
    kind, x = one(values)
    assert (kind.center, kind.scale) == pytest.approx((center, scale))
    assert np.isfinite(x).all()
    missing = ~np.isfinite(values)
    assert kind.missing == missing.any()
    if kind.missing:
        assert x[:, 1].tolist() == missing.tolist() and not x[missing, 0].any()


def test_extreme_new_values_stay_in_order():
    kinds = encode.fit(column(np.arange(100.0)), {"c": "number"})
    x, unseen = encode.transform(kinds, column([-1e300, 0, 50, 1e30, np.inf, np.nan]))
    assert (np.diff(x[:4, 0]) > 0).all() and abs(x[:4]).max() <= 4
    assert x[4:, 0].tolist() == [0, 0] and unseen.missing == {"c": 2}


@pytest.mark.parametrize(
    "same, label",
    [
        ([3, 3.0, "3", "3.0", np.int8(3), np.float32(3), " 3 "], "3"),
        ([True, "True", "true", "TRUE", np.True_], "True"),
        ([0.1, np.float32(0.1), "0.10"], "0.1"),
        ([None, np.nan, "", "NA", "?", float("inf"), pd.NA, pd.NaT], ""),
        (["007"], "007"),
    ],
)
def test_one_text_form_for_every_source(same, label):
    assert [text(v) for v in same] == [label] * len(same)


def test_labels_are_sorted_naturally_and_agree_between_sources():
    kinds = encode.fit(column([10, 9, 2, 10, None]), {"c": "category"})
    assert kinds["c"] == Category(("2", "9", "10", ""))
    for values in ([9, 2], [9.0, 2.0], ["9", "2"], ["9.0", 2]):
        assert encode.transform(kinds, column(values))[0].tolist() == [[0, 1, 0, 0], [1, 0, 0, 0]]
    assert encode.fit(column(["b", "a", "10", "9"]), {"c": "category"})["c"].labels == ("9", "10", "a", "b")


def test_unseen_labels_are_zeros_or_the_last_code_and_counted():
    few = encode.fit(column(["a", "b"] * 5), {"c": "category"})
    x, unseen = encode.transform(few, column(["a", "new", "new", None]))
    assert x.tolist() == [[1, 0], [0, 0], [0, 0], [0, 0]]
    assert unseen.labels == {"c": 2} and unseen.missing == {"c": 1} and len(unseen.notes) == 2
    many = encode.fit(column([f"l{i}" for i in range(21)]), {"c": "category"})
    assert many["c"].embed and encode.transform(many, column(["l0", "new"]))[0].tolist() == [[0], [21]]


def test_order_is_that_of_the_features_with_embedded_codes_last():
    frame = pd.DataFrame({"e": [f"l{i:02}" for i in range(30)], "n": range(30), "c": ["x", "y", None] * 10})
    kinds = encode.fit(frame, {"e": "category", "n": "number", "c": "category"})
    x, _ = encode.transform(kinds, frame)
    assert Schema(kinds).features == ["n", "c=x", "c=y", "c is missing", "e"]
    assert x[:, 4].tolist() == list(range(30)) and x[:3, 1:4].tolist() == np.eye(3).tolist()


def test_columns_missing_and_extra():
    kinds = encode.fit(pd.DataFrame({"age": [1, 2, 3]}), {"age": "number"})
    with pytest.raises(DataError, match=r"no column 'age'\. Did you mean 'Age'"):
        encode.transform(kinds, pd.DataFrame({"Age": [1]}))
    _, unseen = encode.transform(kinds, pd.DataFrame({"age": ["2", "x"], "more": [1, 1]}))
    assert unseen.extra == ("more",) and unseen.unparsed == {"age": 1}


def test_date_becomes_a_number_and_cycles():
    stamps = pd.Series(pd.date_range("2020-01-01", periods=400, freq="D"))
    kind, x = one(stamps, "date")
    assert kind == Date(kind.center, kind.scale, hours=False) and x.shape == (400, 5)
    month = 2 * math.pi * (stamps.dt.month.to_numpy() - 1) / 12
    weekday = 2 * math.pi * stamps.dt.day_of_week.to_numpy() / 7
    np.testing.assert_allclose(x[:, 1:].T, [np.sin(month), np.cos(month), np.sin(weekday), np.cos(weekday)], atol=1e-6)
    hourly, x = one(pd.date_range("2020-01-01", periods=48, freq="h", tz="Europe/Madrid"), "date")
    assert hourly.hours and x.shape == (48, 7)
    np.testing.assert_allclose(x[7, 5:], [math.sin(2 * math.pi * 6 / 24), math.cos(2 * math.pi * 6 / 24)], atol=1e-6)


def test_the_format_of_dates_is_learnt_and_kept():
    kinds = encode.fit(column(["13/04/2020", "05/04/2020", None]), {"c": "date"})
    assert kinds["c"].format == "%d/%m/%Y"
    x, unseen = encode.transform(kinds, column(["05/04/2020", "2020-04-05", None]))
    april = 2 * math.pi * 3 / 12
    np.testing.assert_allclose(x[0, 1:3], [math.sin(april), math.cos(april)], atol=1e-6)
    assert unseen.unparsed == {"c": 1} and x[1].tolist() == x[2].tolist() == [0, 0, 0, 0, 0, 1]
    iso = encode.fit(column(["2020-01-31T10:00:00+02:00", "2020-02-01 08:00:00+00:00"]), {"c": "date"})
    assert iso["c"].format == "" and iso["c"].hours is False, "both are 8 o'clock UTC"


def test_words_agree_with_scikit_learn():
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = ["The cat sat", "the DOG sat down", "a cat, a dog", "", "dog dog dog"]
    kind = fit_words(texts)
    peer = TfidfVectorizer(token_pattern=r"\w+")
    np.testing.assert_allclose(bag(kind, texts), peer.fit_transform(texts).toarray(), atol=1e-6)
    assert kind.words == tuple(peer.get_feature_names_out())
    assert not bag(kind, ["unknown words only"]).any()


def test_pairs_sequences_and_the_limit():
    assert terms("Not so good", True) == ["not", "so", "good", "not so", "so good"]
    assert terms("ACGTACGTACGTACGTACGTACGTA", False)[:2] == ["acg", "cgt"]
    texts = [f"w{i} w{i + 1} common" for i in range(3000)]
    kind = fit_words(texts)
    assert len(kind.words) == 2000 and "common" in kind.words
    assert fit_words(["", "!"]).words == ()
    with pytest.raises(DataError, match="no words"):
        encode.fit(column(["!", "?"]), {"c": "text"})


def test_targets():
    frame = pd.DataFrame({"y": [1.0, 2.0, 3.0], "k": ["b", "a", "b"], "m": [0, 1, 1], "o": [0, 0, 0]})
    (number,) = encode.fit_target(frame[["y"]], "regression").values()
    assert number == Number(2.0, pytest.approx(np.std([1, 2, 3])), clip=False)
    y, usable = encode.transform_target({"y": number}, column([4.0, None, 1e300], "y"), "regression")
    assert y.dtype == np.float32 and np.isfinite(y).all() and usable.tolist() == [True, False, True]
    assert encode.decode(number, y)[0] == pytest.approx(4)
    labels = encode.fit_target(frame[["k"]], "classification")
    y, usable = encode.transform_target(labels, column(["a", "b", "z", None], "k"), "classification")
    assert y.dtype == np.int64 and y[:2].tolist() == [0, 1] and usable.tolist() == [True, True, False, False]
    many = encode.fit_target(frame[["m", "o"]], "multilabel")
    assert encode.transform_target(many, frame, "multilabel")[0].tolist() == [[0, 0], [1, 0], [1, 0]]
    with pytest.raises(DataError, match="one label of 'k' only"):
        encode.fit_target(column(["a", "a"], "k"), "classification")


def test_transform_in_pieces_is_the_same(monkeypatch):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"n": rng.normal(size=500), "c": rng.choice(["a", "b", None], 500)})
    kinds = encode.fit(frame, {"n": "number", "c": "category"})
    whole, _ = encode.transform(kinds, frame)
    monkeypatch.setattr(encode, "PIECE", 64)
    assert encode.transform(kinds, frame)[0].tobytes() == whole.tobytes()
