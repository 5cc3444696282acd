"""Series that have one answer each: pieces of a long table, folders of tables."""

import numpy as np
import pandas as pd
import pytest
import torch

from profundo.data import encode_new, load, read
from profundo.data.columns import Columns
from profundo.data.shown import picture
from profundo.data.sketch import sketched
from profundo.errors import DataError, UsageError


def walks(count=60, seed=0):
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(count):
        length, up = int(rng.integers(20, 30)), i % 2
        value = np.cumsum(rng.normal(0.5 if up else -0.5, 1, length))
        rows.append(
            pd.DataFrame({"id": f"w{i}", "t": np.arange(length), "value": value, "way": ["down", "up"][up], "age": i})
        )
    return pd.concat(rows)


def test_a_long_table_becomes_a_row_for_each_series():
    frame = walks()
    shuffled = frame.sample(frac=1, random_state=0)
    data, same = (load(f, series="id", time="t", target="way", kinds={}) for f in (frame, shuffled))
    kind = data.schema.inputs["values"]
    assert data.task == "classification" and kind.channels == ("value",) and kind.ragged and kind.time == "t"
    assert data.x.shape == (60, kind.steps, 2) and sorted(data.frame.columns) == ["age", "id", "way"]
    first = int((same.frame["id"] == "w3").to_numpy().argmax())
    assert torch.allclose(data.x[3, :20], same.x[first, :20], atol=0.3)
    lengths = frame.groupby("id", sort=False).size().to_numpy()
    assert (data.x[..., -1].sum(1).numpy() == np.minimum(lengths, kind.steps)).all()


def test_new_series_are_read_as_the_schema_says():
    data = load(walks(), series="id", time="t", target="way")
    fresh = encode_new(data.schema, "classification", read(walks(8, 1).drop(columns="way")), targets=False)
    assert fresh.count("test") == 8 and fresh.x.shape[1:] == data.x.shape[1:]
    with pytest.raises(DataError, match="Did you mean 'values'"):
        encode_new(data.schema, "classification", read(walks(8, 1).rename(columns={"value": "values"})), targets=False)


def test_a_target_that_changes_is_refused():
    frame = walks()
    frame["way"] = np.where(frame["t"] == 7, "sideways", frame["way"])
    with pytest.raises(DataError, match=r"changes within the series w0: 'down' and 'sideways'.*--forecast way"):
        load(frame, series="id", time="t", target="way")
    with pytest.raises(UsageError, match="--rows"):
        load(walks(), series="id", time="t", target="way", rows=50)
    with pytest.raises(DataError, match="no column of numbers that changes"):
        load(walks().drop(columns="value"), series="id", time="t", target="way")


def test_a_folder_of_tables_is_a_series_each(tmp_path):
    for i, (name, piece) in enumerate(walks(20).groupby("id", sort=False)):
        file = tmp_path / ["down", "up"][i % 2] / f"{name}.csv"
        file.parent.mkdir(exist_ok=True)
        piece[["t", "value"]].to_csv(file, index=False)
    data = load(tmp_path)
    assert data.task == "classification" and data.schema.labels == ("down", "up")
    assert data.schema.inputs["series"].channels == ("value",) and data.frame["file"][0] == "down/w0.csv"


def test_rows_for_scikit_learn_are_few_numbers():
    data = load(walks(), series="id", time="t", target="way")
    rows = np.asarray(Columns(data, "train"))
    assert rows.shape[0] == data.count("train") and rows.shape[1] <= 260 and np.isfinite(rows).all()


def test_missing_values_have_a_flag():
    frame = walks()
    frame.iloc[5:9, frame.columns.get_loc("value")] = np.nan
    data = load(frame, series="id", time="t", target="way")
    assert data.schema.inputs["values"].missing and data.x[0, 5:9, 1].tolist() == [1, 1, 1, 1]
    assert (data.x[0, 5:9, 0] == data.x[0, 4, 0]).all()


def test_a_series_is_drawn_as_lines():
    data = load(walks(), series="id", time="t", target="way")
    pixels = sketched(data.x[0], data.schema.inputs["values"])
    assert pixels.shape == (3, 144, 144) and pixels.dtype == torch.uint8
    ink = (pixels.float().mean(0) < 250).any(0)
    length = int(data.x[0, :, -1].sum())
    assert ink[5 : int(134 * length / data.x.shape[1])].float().mean() > 0.9 and picture(data, 0) is not None
