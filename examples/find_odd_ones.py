"""Odd rows without a label, and clusters, in Python: make some payments, learn what is usual, say what is odd and why.

python examples/find_odd_ones.py
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import profundo


def payments(count: int, seed: int) -> pd.DataFrame:
    """Amounts that go with the shop and the hour; in one of fifty rows the shop is another."""
    rng = np.random.default_rng(seed)
    shop = rng.integers(0, 3, count)
    hour = rng.normal(np.array([9.0, 13.0, 20.0])[shop], 1.0)
    amount = np.exp(rng.normal(np.array([1.0, 3.0, 5.0])[shop], 0.3))
    odd = rng.random(count) < 0.02
    shop = np.where(odd, (shop + 1) % 3, shop)
    names = np.array(["bakery", "lunch", "theatre"])[shop]
    return pd.DataFrame({"shop": names, "hour": hour.round(1), "amount": amount.round(2), "fraud": odd.astype(int)})


def main() -> None:
    """Learn from 2,000 payments; the label only scores. Then judge five new ones, and group all of them."""
    with tempfile.TemporaryDirectory() as folder:
        known = payments(2000, seed=0)
        run = profundo.train(
            known, "fraud", task="anomalies", normal="0", out=Path(folder) / "odd", epochs=30, threads=1
        )
        for name, score in profundo.evaluate(run)["scores"].items():
            print(f"{name}: {score['value']:.3f}")
        new = payments(5, seed=1).drop(columns="fraud")
        new.loc[0, ["shop", "amount"]] = ["bakery", 180.0]
        print(profundo.predict(run, new).drop(columns="row").join(new).to_string())
        groups = profundo.train(
            known.drop(columns="fraud"),
            task="clustering",
            clusters=3,
            out=Path(folder) / "groups",
            epochs=20,
            threads=1,
        )
        found = profundo.predict(groups, known)
        print(pd.crosstab(known.shop, found.cluster))


if __name__ == "__main__":
    main()
