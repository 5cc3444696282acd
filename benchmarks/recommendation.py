"""Planted taste: ratings of low rank with noise, of which the best possible error is known.

A thousand people and a thousand things have vectors of three numbers; a rating is 3, a bias of each, half the product
of the vectors, and normal noise of 0.5. 400,000 of the million pairs are rated: 70 % are learnt from, 15 % choose, 15 %
are scored. No model is better than the noise of the test part itself, which is the floor. `factors` was chosen on the
validation part of seed 0 among 3, 4, 8 and 16. Popularity and averages stand beside.
"""

import argparse
import os
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

import profundo
from hardware import hardware
from record import NUMBERS, figure, record, show, store

PEOPLE, THINGS, RANK, COUNT, NOISE = 1_000, 1_000, 3, 400_000, 0.5


def main() -> None:
    asked = arguments()
    here = hardware()
    runs = [one(seed, asked) for seed in range(asked.seeds)]
    part = "test" if asked.part == "test" else "validation"
    figures = [
        figure("RMSE", [r["rmse"] for r in runs]),
        figure("noise floor of the same ratings", [r["floor"] for r in runs]),
        figure("RMSE in shares of the noise floor", [r["rmse"] / r["floor"] for r in runs], at_most=1.02),
    ]
    if asked.part == "test":
        figures += [
            figure("RMSE of averages", [r["averages"] for r in runs]),
            figure("recall at 10", [r["recall"] for r in runs]),
            figure("recall at 10 of popularity", [r["popularity"] for r in runs]),
        ]
    figures.append(figure("seconds of training", [r["seconds"] for r in runs], "s"))
    show(figures)
    if asked.part == "test":
        settings = {"factors": asked.factors, "part": part, "network": asked.network}
        store(asked.out, __doc__, {asked.network: record(figures, runs, here, settings=settings)})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--factors", type=int, default=3)
    parser.add_argument("--network", default="matrix_factorisation")
    parser.add_argument("--part", default="test", choices=["validation", "test"], help="validation: nothing is stored")
    parser.add_argument("--out", type=Path, default=NUMBERS / "recommendation.json")
    return parser.parse_args()


def planted(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return ratings and the noise in each."""
    rng = np.random.default_rng(seed)
    p, q = rng.normal(0, 1, (PEOPLE, RANK)), rng.normal(0, 1, (THINGS, RANK))
    person, thing = rng.normal(0, 0.3, PEOPLE), rng.normal(0, 0.5, THINGS)
    cells = rng.permutation(PEOPLE * THINGS)[:COUNT]
    who, what = cells // THINGS, cells % THINGS
    noise = rng.normal(0, NOISE, COUNT)
    rating = 3 + person[who] + thing[what] + (p[who] * q[what]).sum(1) / 2 + noise
    names = {"user": [f"u{i}" for i in who], "item": [f"i{i}" for i in what], "rating": rating}
    return pd.DataFrame(names), noise


def one(seed: int, asked: argparse.Namespace) -> dict[str, Any]:
    """Train on planted ratings and score."""
    import tempfile

    frame, noise = planted(seed)
    options = {"network": asked.network, "network_options": {"factors": asked.factors}, "seed": seed}
    began = time.time()
    with tempfile.TemporaryDirectory() as folder:
        run = profundo.train(frame, "rating", task="recommendation", out=Path(folder) / "run", **options)
        seconds, found = time.time() - began, run.read("scores.json")
        validation = min(line["validation"]["rmse"] for line in run.lines("progress.jsonl"))
        rows = np.load(run.path("answers.npz"))["ids"]
    if asked.part == "validation":
        return {"seed": seed, "rmse": validation, "floor": NOISE, "seconds": seconds}
    beside = {b["name"]: b["scores"] for b in found["baselines"]}
    return {
        "seed": seed,
        "n": len(rows),
        "rmse": found["scores"]["rmse"]["value"],
        "floor": float(np.sqrt((noise[rows] ** 2).mean())),
        "validation": validation,
        "averages": beside["averages"]["rmse"]["value"],
        "recall": found["scores"]["recall_at_10"]["value"],
        "popularity": beside["popularity"]["recall_at_10"]["value"],
        "seconds": found["training_seconds"],
    }


if __name__ == "__main__":
    main()
