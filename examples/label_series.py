"""From recordings of a sensor to their labels: each series is a piece of one long table, and has one answer.

python examples/label_series.py
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import profundo


def recordings(count: int, seed: int) -> pd.DataFrame:
    """Make recordings of different lengths: a machine that runs smoothly, one that knocks, one that slows down."""
    rng = np.random.default_rng(seed)
    pieces = []
    for number in range(count):
        length, state = int(rng.integers(40, 61)), ("smooth", "knocks", "slows down")[number % 3]
        t = np.arange(length)
        pace = np.cumsum(np.linspace(0.9, 0.4, length)) if state == "slows down" else 0.7 * t
        sway = np.sin(pace + rng.uniform(0, 6)) + rng.normal(0, 0.2, length)
        sway += 1.5 * (t % 10 == rng.integers(10)) if state == "knocks" else 0
        pieces.append(pd.DataFrame({"machine": f"m{seed}-{number}", "t": t, "sway": sway, "state": state}))
    return pd.concat(pieces, ignore_index=True)


def main() -> None:
    """Learn 300 recordings and name the state of six new ones."""
    with tempfile.TemporaryDirectory() as folder:
        how = {"series": "machine", "time": "t", "network": "gru", "epochs": 25, "evaluate": "holdout", "threads": 1}
        known = recordings(300, 0)
        run = profundo.train(known, "state", out=Path(folder) / "run", lr=0.01, budget=5, **how)
        print({name: round(s["value"], 3) for name, s in profundo.evaluate(run)["scores"].items()})
        print(profundo.predict(run, recordings(6, 1).drop(columns="state")).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
