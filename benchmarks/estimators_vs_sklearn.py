"""The accuracy of NetworkClassifier beside scikit-learn's MLPClassifier: the same network, batches and epochs.

Each seed draws a split of its own (70 % to learn from, stratified), the first weights and the order of the rows. Both
see the same rows; MLPClassifier's columns are standardised before, NetworkClassifier standardises its own.
"""

import argparse
import os
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hardware import hardware
from profundo.estimators import NetworkClassifier
from record import DATA, NUMBERS, figure, record, show, store

HIDDEN, EPOCHS, BATCH = (128, 64), 50, 32
POINTS = -0.5  # the least that the difference should be, in points of accuracy


def shared(name: str, target: str) -> tuple[np.ndarray, np.ndarray]:
    """Read a table of shared/data; categories become one column for each label."""
    import pandas as pd

    frame = pd.read_csv(DATA / "tabular" / name)
    return pd.get_dummies(frame.drop(columns=target), dtype=float).to_numpy(float), frame[target].to_numpy()


TABLES: dict[str, Callable[[], Any]] = {
    "digits": partial(load_digits, return_X_y=True),
    "breast_cancer": partial(load_breast_cancer, return_X_y=True),
    "wine": partial(load_wine, return_X_y=True),
    "pima_diabetes": partial(shared, "pima_diabetes.csv", "diabetes"),
    "wine_quality": partial(shared, "wine_quality.csv", "quality"),
}


def main() -> None:
    asked = arguments()
    for name in asked.tables:
        here = hardware()
        runs = [one(name, seed) for seed in range(asked.seeds)]
        figures = measured(runs)
        settings = {"seeds": asked.seeds, "hidden": HIDDEN, "epochs": EPOCHS, "batch_size": BATCH, "threads": 1}
        store(asked.out, "estimators", {name: record(figures, runs, here, settings=settings, table=[], notes=[])})
        print(name)
        show(figures)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", nargs="+", choices=tuple(TABLES), default=list(TABLES))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=NUMBERS / "estimators.json")
    return parser.parse_args()


def one(name: str, seed: int) -> dict[str, Any]:
    """Fit both on one split; returns their accuracies on the rest and the seconds they took."""
    x, y = TABLES[name]()
    least = np.unique(y, return_counts=True)[1].min()
    x_train, x_test, y_train, y_test = train_test_split(
        x, y, test_size=0.3, random_state=seed, stratify=y if least > 1 else None
    )
    ours = NetworkClassifier(hidden=HIDDEN, epochs=EPOCHS, batch_size=BATCH, random_state=seed)
    peer = MLPClassifier(HIDDEN, batch_size=BATCH, max_iter=EPOCHS, n_iter_no_change=EPOCHS, random_state=seed)
    found: dict[str, Any] = {"seed": seed, "train": len(y_train), "test": len(y_test)}
    for key, model in (("profundo", ours), ("sklearn", make_pipeline(StandardScaler(), peer))):
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # both stop after the same number of epochs
            model.fit(x_train, y_train)
        found[f"{key}_seconds"] = time.perf_counter() - began
        found[f"{key}_accuracy"] = float(model.score(x_test, y_test))
    return found | {"lr": ours.lr_}


def measured(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return both accuracies, their difference on the same splits in points, and the seconds."""
    points = [100 * (r["profundo_accuracy"] - r["sklearn_accuracy"]) for r in runs]
    return [
        figure("accuracy, NetworkClassifier", [r["profundo_accuracy"] for r in runs]),
        figure("accuracy, MLPClassifier", [r["sklearn_accuracy"] for r in runs]),
        figure("NetworkClassifier minus MLPClassifier", points, "points", at_least=POINTS),
        figure("fit, NetworkClassifier", [r["profundo_seconds"] for r in runs], "s"),
        figure("fit, MLPClassifier", [r["sklearn_seconds"] for r in runs], "s"),
    ]


if __name__ == "__main__":
    main()
