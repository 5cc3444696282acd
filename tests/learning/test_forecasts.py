"""From a table with a time column to a forecast with intervals; from series to their labels: both must be learnt."""

import json

import numpy as np
import pandas as pd
import pytest

import profundo
from profundo.cli import execute
from profundo.run import Run

DAYS = 50


def power(days=DAYS, seed=0):
    """Hours of a household: two cycles, a slow drift, and 4 kWh more at holidays, which are known ahead."""
    hours = 24 * days
    t = np.arange(hours)
    holiday = (np.random.default_rng(7).random(days) < 0.15).repeat(24) * 1.0
    noise = np.random.default_rng(seed).normal(0, 0.5, hours)
    kwh = 10 + 3 * np.sin(2 * np.pi * t / 24) + np.sin(2 * np.pi * t / 168) + 0.002 * t + 4 * holiday + noise
    return pd.DataFrame(
        {"date": pd.date_range("2024-01-01", periods=hours, freq="h").astype(str), "kWh": kwh, "holiday": holiday}
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forecast")
    power().to_csv(folder / "power.csv", index=False)
    how = {"time": "date", "forecast": "kWh", "known": "holiday", "horizon": "24", "epochs": 15, "threads": 1}
    return profundo.train(folder / "power.csv", out=folder / "run", **how)


def test_a_forecast_learns_what_is_known_ahead_and_keeps_its_promise(run):
    result = run.read("scores.json")
    scores = {name: s["value"] for name, s in result["scores"].items()}
    beside = {b["name"]: b["scores"]["MASE"]["value"] for b in result["baselines"]}
    assert scores["MASE"] < 0.55 and set(beside) >= {"naive", "seasonal naive", "linear regression"}
    assert scores["MASE"] < 0.8 * min(beside.values()) and "better than the best baseline" in result["verdict"]
    assert abs(scores["coverage of 80 %"] - 0.8) < 0.06 and abs(scores["coverage of 95 %"] - 0.95) < 0.04
    card = run.read("forecast.json")
    assert len(card["errors"]["network"]) == 24 and len(card["fans"]) == 3  # nothing is known of the holidays to come
    assert 'id="forecast"' in run.path("report.html").read_text(encoding="utf-8")


def test_what_comes_next_is_a_table_with_intervals(run, tmp_path, capsys):
    whole = power(DAYS + 1, seed=0)
    ahead = whole.copy()
    ahead.loc[24 * DAYS :, "kWh"] = np.nan
    ahead.to_csv(tmp_path / "ahead.csv", index=False)
    table = profundo.predict(run, tmp_path / "ahead.csv")
    ends = ["kWh 2.5 %", "kWh 10 %", "kWh 90 %", "kWh 97.5 %"]
    assert list(table.columns) == ["time", "step", "kWh", *ends] and len(table) == 24
    assert table["time"][0] == whole["date"][24 * DAYS]
    truth = whole["kWh"][24 * DAYS :].to_numpy()
    assert np.abs(table["kWh"] - truth).mean() < 1.2
    assert (np.diff(table[ends].to_numpy(), axis=1) >= 0).all()
    assert execute(["predict", str(run.folder), str(tmp_path / "ahead.csv"), "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)["predictions"]
    assert len(answers) == 24 and answers[0]["time"] == table["time"][0]


def test_the_same_file_gives_the_same_scores_again(run):
    stored = run.read("scores.json")["scores"]
    again = profundo.evaluate(run, run.folder.parent / "power.csv")["scores"]
    assert again["MASE"]["value"] == pytest.approx(stored["MASE"]["value"], rel=1e-5)


def test_a_run_that_is_stopped_goes_on_to_the_same_bytes(tmp_path):
    power(20).to_csv(tmp_path / "p.csv", index=False)
    how = {"time": "date", "forecast": "kWh", "horizon": "12", "context": "24", "epochs": 4, "threads": 1}
    how |= {"network": "gru_forecaster", "network_options": {"hidden": 8}, "baselines": False, "save_every": 0}

    class Stop(Exception):
        pass

    def stop(event, value):
        if event == "progress" and value.whole and value.epoch == 2:
            raise Stop

    whole = profundo.train(tmp_path / "p.csv", out=tmp_path / "whole", **how)
    with pytest.raises(Stop):
        profundo.train(tmp_path / "p.csv", out=tmp_path / "cut", watch=stop, **how)
    profundo.train(resume=tmp_path / "cut")
    files = [Run(tmp_path / name).path("best.safetensors").read_bytes() for name in ("whole", "cut")]
    assert files[0] == files[1] and whole.has("forecast.json")


def test_labels_of_series_are_learnt(tmp_path):
    rng = np.random.default_rng(0)
    pieces = []
    for i in range(240):
        length, kind = int(rng.integers(24, 33)), i % 2
        t = np.arange(length)
        value = np.sin(t / (2.0, 3.0)[kind] + rng.uniform(0, 6)) + rng.normal(0, 0.2, length)
        pieces.append(pd.DataFrame({"id": f"s{i}", "t": t, "value": value, "speed": ("fast", "slow")[kind]}))
    source = tmp_path / "waves.csv"
    pd.concat(pieces).to_csv(source, index=False)
    how = {"network": "gru", "network_options": {"hidden": 24}, "epochs": 25, "lr": 0.01, "threads": 1}
    run = profundo.train(
        source, "speed", series="id", time="t", out=tmp_path / "run", baselines=False, evaluate="holdout", **how
    )
    assert run.read("scores.json")["scores"]["accuracy"]["value"] >= 0.95
    table = profundo.predict(run, source)
    assert len(table) == 240 and (table["speed"] == ["fast", "slow"] * 120).mean() >= 0.95
