"""What is odd, learnt without a label: rows of a table, pictures, steps of a series. The labels only score."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import profundo
from profundo.cli import execute
from profundo.data import load
from profundo.errors import DataError, UsageError

QUICK = ("--threads", "1", "--seed", "0")


def people(rows: int = 1500, seed: int = 0) -> pd.DataFrame:
    """Height, weight and a town that go together; in three of a hundred rows the weight is another person's."""
    rng = np.random.default_rng(seed)
    town = rng.integers(0, 3, rows)
    height = rng.normal(160 + 10 * town, 4)
    weight = height - 100 + rng.normal(0, 2, rows)
    odd = rng.random(rows) < 0.03
    weight[odd] += rng.choice([-25, 25], int(odd.sum()))
    names = np.array(["north", "middle", "south"])[town]
    return pd.DataFrame({"height": height, "weight": weight, "town": names, "odd": odd.astype(int)})


def train(folder: Path, source: str | Path, *options: str) -> dict:
    execute(["train", str(source), "--task", "anomalies", *options, "--out", str(folder), *QUICK])
    return json.loads((folder / "scores.json").read_text())


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    people().to_csv(folder / "people.csv", index=False)
    train(folder / "run", folder / "people.csv", "--target", "odd", "--normal", "0", "--epochs", "40")
    return folder


def test_odd_rows_of_a_table_are_found_and_said_why(table):
    found = json.loads((table / "run" / "scores.json").read_text())
    assert found["main"] == "average_precision"
    assert found["scores"]["average_precision"]["value"] >= 0.9 and found["scores"]["roc_auc"]["value"] >= 0.97
    assert found["scores"]["false_alarms"]["value"] <= 0.02
    assert {b["name"] for b in found["baselines"]} == {"principal components", "isolation forest"}
    assert "average precision" in found["verdict"]
    new = people(rows=200, seed=1)
    answer = profundo.predict(table / "run", new.drop(columns="odd"))
    assert list(answer) == ["row", "oddness", "odd", "rarity", "where"]
    worst = answer.sort_values("oddness", ascending=False).head(int(new.odd.sum()))
    assert new.odd[worst.row].mean() >= 0.8
    assert worst["where"].str.contains("weight").mean() >= 0.8
    assert (answer.odd == (answer.oddness > 1)).all() and answer.rarity.between(0, 1).all()


def test_the_label_is_never_learnt_from(table):
    frame = pd.read_csv(table / "people.csv")
    other = frame.assign(odd=np.roll(frame.odd.to_numpy(), 7))
    one, two = (load(f, task="anomalies", target="odd", split="70/15/15") for f in (frame, other))
    assert list(one.schema.inputs) == ["height", "weight", "town"] and one.schema.targets == {}
    assert one.x.shape == two.x.shape == (1500, 5)
    blind = load(frame.drop(columns="odd"), task="anomalies")
    assert blind.schema.truth == {} and blind.y.sum() == 0
    assert one.schema.truth["odd"].labels == ("0", "1")


def test_without_a_label_the_alarms_are_counted(table):
    frame = pd.read_csv(table / "people.csv").drop(columns="odd")
    frame.to_csv(table / "blind.csv", index=False)
    found = train(table / "blind", table / "blind.csv", "--epochs", "5", "--false-alarms", "0.05")
    assert found["main"] == "alarms" and list(found["scores"]) == ["alarms"]
    assert 0.01 <= found["scores"]["alarms"]["value"] <= 0.12
    assert "isolation forest" in found["verdict"]
    assert profundo.evaluate(table / "run", frame)["main"] == "alarms"
    scored = profundo.evaluate(table / "run", table / "people.csv")
    assert scored["main"] == "average_precision" and scored["n"] == 1500


def test_the_report_shows_oddness(table):
    page = (table / "run" / "report.html").read_text()
    assert 'id="oddness"' in page and "threshold" in page


def pictures(folder: Path) -> None:
    """Horizontal bars; the last ones are vertical."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 60, (330, 12, 12), dtype=np.uint8)
    for i, place in enumerate(rng.integers(1, 10, 330).tolist()):
        x[(i, slice(place, place + 2)) if i < 300 else (i, slice(None), slice(place, place + 2))] = 230
    np.savez(folder / "bars.npz", x=x, y=np.array(["flat"] * 300 + ["upright"] * 30))


def test_odd_pictures_are_found(tmp_path):
    pictures(tmp_path)
    found = train(tmp_path / "run", tmp_path / "bars.npz", "--epochs", "60", "--normal", "flat")
    assert found["scores"]["roc_auc"]["value"] >= 0.9


def waves(rows: int = 2000, odd: Sequence[int] = (1720, 1800, 1900)) -> pd.DataFrame:
    """A wave of a day with noise; at some hours it stands still for a while."""
    rng = np.random.default_rng(0)
    hours = np.arange(rows)
    value = np.sin(2 * np.pi * hours / 24) + rng.normal(0, 0.1, rows)
    label = np.zeros(rows, int)
    for begin in odd:
        value[begin : begin + 12] = 1.5 + rng.normal(0, 0.1, 12)
        label[begin : begin + 12] = 1
    return pd.DataFrame({"time": pd.date_range("2024-01-01", periods=rows, freq="h"), "value": value, "odd": label})


@pytest.mark.parametrize("network", ["autoencoder", "next_step"])
def test_odd_steps_of_a_series_are_found(tmp_path, network):
    frame = waves()
    frame.to_csv(tmp_path / "waves.csv", index=False)
    options = ("--time", "time", "--target", "odd", "--normal", "0", "--network", network, "--epochs", "15")
    found = train(tmp_path / "run", tmp_path / "waves.csv", *options, "--context", "24")
    assert found["scores"]["roc_auc"]["value"] >= 0.75 and found["scores"]["average_precision"]["value"] >= 0.2
    answer = profundo.predict(tmp_path / "run", tmp_path / "waves.csv")
    assert list(answer)[:3] == ["row", "time", "oddness"] and len(answer) == 2000 - 23
    assert answer.row.iloc[0] == 23
    assert answer.set_index("row").oddness.loc[1900:1911].max() > 1


def test_advice(tmp_path):
    frame = people(100)
    with pytest.raises(DataError, match="normal"):
        load(frame, task="anomalies", target="odd", normal="2")
    with pytest.raises(UsageError, match="--target"):
        load(frame, task="anomalies", normal="0")
    with pytest.raises(UsageError, match="--false-alarms"):
        profundo.train(frame, task="anomalies", false_alarms=2.0, out=tmp_path / "run")
    with pytest.raises(UsageError, match="context"):
        load(waves(100, odd=()), task="anomalies", time="time", context="90")
    with pytest.raises(DataError, match="numbers"):
        load(waves(100, odd=())[["time"]].assign(what="a"), task="anomalies", time="time")
