"""Sentinels in the validation and test rows change nothing in the fit: statistics, learning rate, weights."""

import numpy as np
import pandas as pd
import pytest

from profundo.train import train

ROWS = 120
FIT = ("schema.json", "finder.json", "weights.safetensors")
OPTIONS = {"target": "y", "split": "part", "epochs": 2, "batch_size": 16, "threads": 1, "baselines": False}


def table(task):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({f"n{i}": rng.normal(i, 1 + i, ROWS).round(4) for i in range(3)})
    frame["gap"] = np.where(rng.random(ROWS) < 0.3, np.nan, rng.normal(size=ROWS).round(3))
    frame["city"] = rng.choice(["Reus", "Vic", "Olot"], ROWS)
    frame["street"] = [f"street {i}" for i in rng.integers(0, 40, ROWS)]
    frame["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 500, ROWS), "D")
    words = ["the", "old", "red", "house", "stands", "near", "a", "wide", "green", "river"]
    frame["text"] = [" ".join(rng.choice(words, 9)) for _ in range(ROWS)]
    signal = frame["n0"] + (frame["city"] == "Vic")
    frame["y"] = np.where(signal > 0.3, "yes", "no") if task == "classification" else signal.round(4)
    frame["part"] = np.array(["train", "train", "train", "validation", "test"])[np.arange(ROWS) % 5]
    frame["day"] = frame["day"].dt.strftime("%Y-%m-%d")
    return frame


NUMBERS = [1e30, -1e30, 999.0, 0.0, np.nan]
TEXTS = ["POISON", "", "'; DROP TABLE", "Reus", "9999"]
DAYS = ["9999-12-31", "1677-09-22", "", "2020-01-01", "1970-01-01"]
POISONS = [
    *({"n0": v, "n1": v, "n2": v, "gap": v} for v in NUMBERS),
    *({"city": v, "street": v, "text": v} for v in TEXTS),
    *({"day": v} for v in DAYS),
    {"n0": "text", "n1": "1e999", "n2": "--", "gap": "inf"},
    *({"y": v} for v in (1e12, -1e12, 0.5)),
    *({"y": v} for v in ("no", "yes")),
]


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    fits = {}
    for task in ("classification", "regression"):
        folder = tmp_path_factory.mktemp(task)
        fits[task] = fit(table(task), folder)
    return fits


def fit(frame, folder):
    frame.to_csv(folder / "t.csv", index=False)
    run = train(folder / "t.csv", out=folder / "run", **OPTIONS)
    return {name: run.path(name).read_bytes() for name in FIT}


@pytest.mark.parametrize("poison", POISONS, ids=str)
def test_poisoned_rows_change_nothing_in_the_fit(poison, clean, tmp_path):
    task = "regression" if isinstance(poison.get("y"), float) else "classification"
    frame = table(task)
    held_out = frame["part"] != "train"
    for column, value in poison.items():
        frame[column] = frame[column].astype(object).where(~held_out, value)
    assert fit(frame, tmp_path) == clean[task]


def test_a_poisoned_training_row_does_change_it(clean, tmp_path):
    frame = table("classification")
    frame.loc[:30, "n0"] = 1e30
    left = fit(frame, tmp_path)
    assert all(left[name] != clean["classification"][name] for name in FIT)
