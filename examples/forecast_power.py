"""From a table with a time column to tomorrow's hours, with intervals: make some data, learn, score, look ahead.

python examples/forecast_power.py
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import profundo


def power(days: int) -> pd.DataFrame:
    """Make the hours of a household: cycles of a day and a week, and more on holidays, which are known ahead."""
    hours = np.arange(24 * days)
    rng = np.random.default_rng(0)
    holiday = np.repeat(rng.random(days) < 0.15, 24).astype(float)
    cycles = 3 * np.sin(2 * np.pi * hours / 24) + np.sin(2 * np.pi * hours / 168)
    kwh = 10 + cycles + 4 * holiday + rng.normal(0, 0.5, len(hours))
    dates = pd.date_range("2024-01-01", periods=len(hours), freq="h")
    return pd.DataFrame({"date": dates, "kWh": kwh, "holiday": holiday})


def main() -> None:
    """Learn 60 days, say what the 61st will be, and compare it with what came."""
    whole = power(61)
    ahead = whole.assign(kWh=whole["kWh"].where(whole.index < 24 * 60))  # of the last day, the holiday alone is known
    with tempfile.TemporaryDirectory() as folder:
        past = whole[: 24 * 60]
        how = {"time": "date", "forecast": "kWh", "known": "holiday", "horizon": "24"}
        run = profundo.train(past, out=Path(folder) / "run", epochs=15, threads=1, **how)
        scores = profundo.evaluate(run)["scores"]
        print({name: round(score["value"], 3) for name, score in scores.items()})
        found = profundo.predict(run, ahead)
        print(found.assign(truth=whole["kWh"][24 * 60 :].to_numpy().round(2)).to_string(index=False))
        print("the report draws the forecasts as fans: report.html in the run's folder")


if __name__ == "__main__":
    main()
