"""Runs to look into: digits, texts and a table, each trained for a second."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import profundo

QUICK = {"baselines": False, "check": False, "robustness": False, "evaluate": "holdout", "calibrate": "none"}
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory) -> Path:
    """A convolutional network on digits."""
    folder = tmp_path_factory.mktemp("inside") / "digits"
    profundo.train("digits", network="convnet", epochs=6, lr=0.01, out=folder, **QUICK)
    return folder


@pytest.fixture(scope="session")
def texts_run(tmp_path_factory) -> Path:
    """An LSTM on texts whose first word says the label."""
    words = np.random.default_rng(0).choice(["red", "green", "blue", "cold", "warm"], (200, 4))
    good = np.random.default_rng(1).integers(0, 2, 200)
    texts = [" ".join([("yes" if g else "no"), *w]) for g, w in zip(good, words, strict=True)]
    frame = pd.DataFrame({"text": texts, "label": np.where(good == 1, "good", EVIL)})
    top = tmp_path_factory.mktemp("inside")
    frame.to_csv(top / "texts.csv", index=False)
    options = {"tokens": "words", "hidden": 6, "embedding": 5, "epochs": 3, "lr": 0.02}
    profundo.train(top / "texts.csv", "label", network="lstm", out=top / "run", **options, **QUICK)
    return top / "run"


@pytest.fixture(scope="session")
def table_run(tmp_path_factory) -> Path:
    """A network of two hidden layers on a table, to a number."""
    x = np.random.default_rng(0).normal(size=(200, 2))
    top = tmp_path_factory.mktemp("inside")
    pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": x.sum(1)}).to_csv(top / "table.csv", index=False)
    profundo.train(top / "table.csv", "y", hidden=[8, 4], epochs=2, lr=0.01, out=top / "run", **QUICK)
    return top / "run"
