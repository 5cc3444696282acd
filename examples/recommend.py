"""From ratings to what a person may like, in Python: plant a taste, learn it, ask for a list.

python examples/recommend.py
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import profundo


def ratings(people: int = 150, films: int = 60, count: int = 5000) -> pd.DataFrame:
    """Everyone likes comedies or dramas, more or less; some films are better than others."""
    rng = np.random.default_rng(0)
    taste, sort, better = rng.normal(0, 1, people), rng.choice([-1, 1], films), rng.normal(0, 0.5, films)
    cells = rng.permutation(people * films)[:count]
    who, what = cells // films, cells % films
    stars = 3 + better[what] + taste[who] * sort[what] + rng.normal(0, 0.3, count)
    names = np.array([f"{'comedy' if s > 0 else 'drama'} {i}" for i, s in enumerate(sort)])
    return pd.DataFrame({"user": [f"anna{i}" for i in who], "item": names[what], "rating": stars.clip(1, 5).round(1)})


def main() -> None:
    """Learn 5,000 ratings, score them beside averages and popularity, and recommend five films to one person."""
    with tempfile.TemporaryDirectory() as folder:
        run = profundo.train(ratings(), "rating", task="recommendation", out=Path(folder) / "run", threads=1)
        found = run.read("scores.json")
        print({name: round(score["value"], 3) for name, score in found["scores"].items()})
        for beside in found["baselines"]:
            print(beside["name"], {name: round(score["value"], 3) for name, score in beside["scores"].items()})
        print(profundo.generate(run, label="anna7", count=5).text)


if __name__ == "__main__":
    main()
