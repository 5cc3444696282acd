"""What each column becomes: the rules a practitioner would agree with, and the flags that change them."""

import uuid

import numpy as np
import pandas as pd
import pytest

from profundo.data import load
from profundo.data.kinds import infer
from profundo.data.raw import Raw
from profundo.data.target import choose
from profundo.errors import DataError

N = 200
RNG = np.random.default_rng(0)
NAMES = [f"{a}{b}" for a in "abcdefghij" for b in "klmnopqrst"]
COLUMNS = {
    "flag": (RNG.random(N) < 0.5, "category"),
    "two": (RNG.choice([0, 1], N), "category"),
    "gaps": (np.where(RNG.random(N) < 0.5, "x", None), "category"),
    "score": (RNG.integers(1, 6, N), "number"),
    "amount": (RNG.normal(size=N), "number"),
    "salary": (RNG.choice(10**6, N, replace=False), "number"),
    "color": (RNG.choice(["red", "green", "blue"], N), "category"),
    "city": (RNG.choice(NAMES[:50], N), "category"),
    "zip": (RNG.choice(["00501", "02138", "10001"], N), "category"),
    "typed": (RNG.normal(size=N).astype(str), "number"),
    "iso": (pd.date_range("2020-01-01", periods=N).strftime("%Y-%m-%d"), "date"),
    "european": (pd.date_range("2020-01-01", periods=N).strftime("%d.%m.%Y"), "date"),
    "american": (pd.date_range("2020-01-01", periods=N).strftime("%m/%d/%Y %H:%M"), "date"),
    "zoned": (
        pd.date_range("2020-01-01", periods=N, freq="h", tz="Asia/Tokyo").strftime("%Y-%m-%dT%H:%M:%S%z"),
        "date",
    ),
    "moment": (pd.date_range("2020-01-01", periods=N), "date"),
    "year": (RNG.integers(1950, 2020, N), "number"),
    "review": ([f"the film number {i} was {w} and long" for i, w in enumerate(RNG.choice(NAMES, N))], "text"),
    "dna": (["".join(RNG.choice(list("ACGT"), 40)) for _ in range(N)], "text"),
    "constant": (np.full(N, 3.0), ""),
    "empty": ([None] * N, ""),
    "row": (np.arange(N) + 100, ""),
    "shuffled": (RNG.permutation(N) + 1, ""),
    "customer_id": (RNG.choice(10**9, N, replace=False), ""),
    "uuid": ([str(uuid.UUID(int=int(i))) for i in RNG.choice(10**9, N, replace=False)], ""),
    "passenger": (NAMES * 2, "category"),
    "ticket": ([f"T{i}" for i in RNG.choice(10**6, N, replace=False)], ""),
    "lists": ([[1, 2]] * N, ""),
}
FRAME = pd.DataFrame({name: list(values) for name, (values, _) in COLUMNS.items()})


@pytest.mark.parametrize("name", COLUMNS)
def test_kind(name):
    column = infer(FRAME[[name, "amount"] if name != "amount" else [name]]).columns[name]
    assert column.kind == COLUMNS[name][1], column
    assert column.reason
    if not column.kind:
        assert column.flag == f"--keep {name}"


def test_mixed_column_is_a_number_with_a_warning_that_names_row_and_value():
    values = [str(i % 17) for i in range(N)]
    values[30] = "about ten"
    frame = pd.DataFrame({"age": values, "other": RNG.normal(size=N)})
    column = infer(frame).columns["age"]
    assert column.kind == "number" and "'about ten' in row 30" in column.warning
    assert column.flag == "--kind age=category"
    assert infer(frame, kinds={"age": "category"}).inputs["age"] == "category"
    values[50:90] = ["unknown"] * 40
    assert infer(pd.DataFrame({"age": values})).inputs["age"] == "category"


def test_keep_and_drop_and_reserved():
    decision = infer(FRAME, keep=["row", "uuid"], drop=["amount"], reserved={"city": "it says the group"})
    assert decision.inputs["row"] == "number" and decision.inputs["uuid"] == "category"
    assert "amount" in decision.left_out and decision.left_out["city"].reason == "it says the group"
    with pytest.raises(DataError, match="Did you mean 'amount'"):
        infer(FRAME, drop=["amont"])
    with pytest.raises(DataError, match="no column is left"):
        infer(FRAME[["constant", "row"]])


def test_only_training_rows_are_looked_at():
    frame = pd.DataFrame({"a": [1.5, 2.5] * 50 + ["text"] * 50, "b": RNG.normal(size=150)})
    assert infer(frame, rows_train=np.arange(100)).columns["a"].reason == "two values"
    frame["a"] = [str(v) for v in RNG.normal(size=100)] + ["text"] * 50
    column = infer(frame, rows_train=np.arange(100)).columns["a"]
    assert column.kind == "number" and not column.warning


def guessed(values, name="y", **options):
    frame = pd.DataFrame({"x": RNG.normal(size=len(values)), name: values})
    return choose(Raw("t", frame), **options)


@pytest.mark.parametrize(
    "values, task",
    [
        (["a", "b"] * 50, "classification"),
        ([True, False] * 50, "classification"),
        ([0.5, 1.5] * 50, "classification"),
        ([0, 1, 2] * 40, "classification"),
        ([3.0, 4.0, 5.0, None] * 40, "classification"),
        (list(RNG.integers(0, 10, 300)), "classification"),
        (list(RNG.integers(0, 100, 300)), "regression"),
        ([10, 200, 3000, 40000] * 40, "regression"),
        (list(RNG.normal(size=100)), "regression"),
        ([f"{v:.3f}" for v in RNG.normal(size=100)], "regression"),
    ],
)
def test_task(values, task):
    assert guessed(values).task == task


def test_task_asked_for_wins_and_the_flag_is_told():
    values = list(RNG.integers(3, 10, 300))
    found = guessed(values)
    assert found.task == "classification" and any(n.flag == "--task regression" for n in found.notes)
    assert guessed(values, task="regression").task == "regression"
    assert guessed(values, kinds={"y": "number"}).task == "regression"
    assert guessed(list(RNG.normal(size=30)), kinds={"y": "category"}, task="regression").task == "regression"


def test_target_is_guessed_by_name_then_place():
    frame = pd.DataFrame({"label": ["a", "b"] * 10, "x": range(20), "split": ["train"] * 20})
    assert choose(Raw("t", frame)).columns == ("label",)
    official = np.array(["train"] * 20)
    last = choose(Raw("t", frame.rename(columns={"label": "k"}), split=official))
    assert last.columns == ("x",) and any(n.flag == "--target COLUMN" for n in last.notes)
    assert choose(Raw("t", frame, target=("split",), task="regression"), ("x",)).columns == ("x",)


def test_targets_that_cannot_be_learnt():
    with pytest.raises(DataError, match="Did you mean 'y'"):
        guessed([1, 2] * 10, wanted=("Y2",))
    with pytest.raises(DataError, match="no value in any of the 20 rows"):
        guessed([None, np.nan] * 10)
    with pytest.raises(DataError, match="'a' in every row"):
        guessed(["a"] * 20)
    with pytest.raises(DataError, match="is 2 in every row"):
        guessed([2.0] * 20, task="regression")
    with pytest.raises(DataError, match="50 different values in 50 rows"):
        guessed(NAMES[:50])
    with pytest.raises(DataError, match=r"'a' in row 0"):
        guessed(["a", "b"] * 20, task="regression")


def test_rows_without_target_are_counted():
    found = guessed([1.5, np.nan, np.inf, 2.5, 3.5] * 10)
    assert found.present.tolist() == [True, False, False, True, True] * 10
    assert any(n.warning and n.text.startswith("20 rows") and "row 1" in n.text for n in found.notes)


def test_multilabel():
    frame = pd.DataFrame({"x": RNG.normal(size=60), "a": [0, 1] * 30, "b": ["yes", "no", "no"] * 20, "c": range(60)})
    assert choose(Raw("t", frame), ("a", "b")).task == "multilabel"
    assert choose(Raw("t", frame), ("a", "c")).task == "regression"
    with pytest.raises(DataError, match="two values each"):
        choose(Raw("t", frame), ("a", "c"), "multilabel")
    with pytest.raises(DataError, match="has one target"):
        choose(Raw("t", frame), ("a", "b"), "classification")


EXPECTED = {
    "tabular/titanic.csv": ("survived", "classification", {"age": "number", "deck": "category", "alone": "category"}),
    "tabular/adult_income.csv.gz": (
        "income",
        "classification",
        {"age": "number", "native_country": "category", "split": ""},
    ),
    "tabular/ames_house_prices.csv": (
        "SalePrice",
        "regression",
        {"Id": "", "YearBuilt": "number", "Alley": "category"},
    ),
    "tabular/california_housing.csv": ("median_house_value", "regression", {"ocean_proximity": "category"}),
    "tabular/wine_quality.csv": ("quality", "classification", {"colour": "category", "ph": "number"}),
    "tabular/iris.csv": ("species", "classification", {"petal_width": "number"}),
    "tabular/german_credit.csv": ("credit_risk", "classification", {"status": "category", "telephone": "category"}),
    "tabular/oil_spill_imbalanced.csv": ("spill", "classification", {"f22": "", "f1": "number"}),
    "tabular/pima_diabetes.csv": ("diabetes", "classification", {"pregnancies": "number"}),
    "tabular/mammography_imbalanced.csv": ("label", "classification", {"moment": "number"}),
    "tabular/bank_marketing.csv": ("y", "classification", {"month": "category", "pdays": "number"}),
    "text/sms_spam.csv": ("label", "classification", {"text": "tokens"}),
    "text/liar_fake_news.csv.gz": ("label", "classification", {"id": "", "statement": "text", "speaker": "category"}),
    "dna/splice_junctions.csv": ("label", "classification", {"name": "", "sequence": "tokens"}),
    "dna/promoters.csv": ("label", "classification", {"sequence": "tokens"}),
    "timeseries/ETTh1.csv.gz": ("OT", "regression", {"date": "date", "HUFL": "number"}),
    "timeseries/airline_passengers.csv": ("Passengers", "regression", {"Month": "date"}),
    "timeseries/beijing_pm25.csv.gz": ("pm2.5", "regression", {"No": "", "cbwd": "category", "year": "number"}),
    "timeseries/daily_min_temperatures.csv": ("Temp", "regression", {"Date": "date"}),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_real_tables(shared, name):
    target, task, kinds = EXPECTED[name]
    data = load(shared(name), target=target)
    assert data.task == task
    assert {c: data.summary[c]["kind"] for c in kinds} == kinds
    assert data.x.isfinite().all() and data.x.shape == (len(data.ids), *data.schema.shape)
    assert len(data.schema.features) == data.x.shape[1]


def test_what_a_source_knows_holds_for_its_own_target_only():
    raw = Raw("t", pd.DataFrame({"x": RNG.normal(size=60), "y": [0, 1] * 30}), target=("y",), task="classification")
    assert choose(raw).task == "classification" and choose(raw, ("x",)).task == "regression"
