"""Forecasts on real series, each run from the command line's defaults but for what a row of `SETS` says.

etth1: 96 hours ahead of all seven columns, the split of the papers (12, 4 and 4 months of 30 days), mean squared error
in standard units. airline, temperatures, pm25: the split that `profundo train` makes, 70/15/15 by time. The scaled
error is held against repeating the value of a season before in the training part; the intervals of 80 and 95 % against
their own promise. Settings were chosen on the validation parts.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pandas as pd

import profundo
from hardware import hardware
from record import DATA, NUMBERS, figure, record, show, store

SERIES = DATA / "timeseries"
OIL = ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")
STANDARD = {"forecast": OIL, "time": "date", "horizon": "96", "context": "336", "split": "60/20/20"}
STANDARD |= {"drop": ("calendar",), "epochs": 6}
SETS: dict[str, tuple[str, dict[str, Any]]] = {
    "etth1 dlinear": ("ETTh1.csv.gz", {**STANDARD, "network": "dlinear"}),
    "etth1 nlinear": ("ETTh1.csv.gz", {**STANDARD, "network": "nlinear"}),
    "etth1 gru": ("ETTh1.csv.gz", {**STANDARD, "network": "gru_forecaster", "epochs": 3, "lr": 1e-3}),
    "airline": ("airline_passengers.csv", {"forecast": "Passengers", "horizon": "12"}),
    "temperatures": ("daily_min_temperatures.csv", {"forecast": "Temp", "horizon": "14"}),
    "pm25": ("beijing_pm25.csv.gz", {"forecast": "pm2.5", "horizon": "24h", "epochs": 8}),
}
MOST_ERROR = 0.39
CLOSE = 0.03


def main() -> None:
    asked = arguments()
    for name in asked.sets:
        here = hardware()
        runs = [one(name, seed, asked.threads) for seed in range(asked.seeds)]
        figures = measured(name, runs)
        settings = {k: list(v) if isinstance(v, tuple) else v for k, v in SETS[name][1].items()}
        settings |= {"seeds": asked.seeds, "threads": asked.threads, "test forecasts": runs[0]["forecasts"]}
        made = record(figures, runs, here, settings=settings, table=runs[0]["beside"], notes=runs[0]["notes"])
        store(asked.out, __doc__, {name: made})
        print(name)
        show(figures)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=NUMBERS / "forecasting.json")
    return parser.parse_args()


def one(name: str, seed: int, threads: int) -> dict[str, Any]:
    """Train once; returns the scores of the network and of what stands beside it."""
    file, options = SETS[name]
    frame: Any = SERIES / file
    if name.startswith("etth1"):
        frame = pd.read_csv(frame).iloc[: 20 * 30 * 24]
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run = profundo.train(frame, out=Path(folder) / "run", seed=seed, threads=threads, baselines=not seed, **options)
        found = run.read("scores.json")
    scores = {k: v["value"] for k, v in found["scores"].items()}
    beside = [row(found["network"], found["scores"], found["training_seconds"])]
    beside += [row(b["name"], b["scores"], b["seconds"]) for b in found["baselines"]]
    return {
        "seed": seed,
        "seconds": time.perf_counter() - began,
        "training_seconds": found["training_seconds"],
        "forecasts": found["scores"]["MASE"]["n"],
        "scores": scores,
        "beside": beside if not seed else [],
        "notes": [found["verdict"]] if found["verdict"] else [],
    }


def row(name: str, scores: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Return the row of a method."""
    kept = ("MASE", "mae", "sMAPE", "MSE in standard units", "MAE in standard units")
    return {"method": name} | {k: scores[k]["value"] for k in kept} | {"seconds": seconds}


def measured(name: str, runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the figures of a set."""

    def of(key: str) -> list[float]:
        return [r["scores"][key] for r in runs]

    if name.startswith("etth1"):
        best = name == "etth1 dlinear"
        figures = [figure("MSE in standard units", of("MSE in standard units"), at_most=MOST_ERROR if best else None)]
        figures.append(figure("MAE in standard units", of("MAE in standard units"), at_most=0.41 if best else None))
    else:
        figures = [figure("MASE", of("MASE"), at_most=1.0)]
    for level in (80, 95):
        key = f"coverage of {level} %"
        away = [abs(value - level / 100) for value in of(key)]
        figures.append(figure(key, of(key)))
        figures.append(figure(f"{key}, distance from {level} %", away, at_most=CLOSE))
    return [*figures, figure("one run", [r["seconds"] for r in runs], "s")]


if __name__ == "__main__":
    main()
