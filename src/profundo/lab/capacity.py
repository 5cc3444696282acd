"""Polynomials of growing degree on a few noisy points: underfitting, the right size, overfitting."""

from typing import Any

import numpy as np
from numpy.polynomial.legendre import legvander

from .options import Settings

SHOWN = 161  # points of a drawn curve
FRESH = 500  # points that the fits never saw


def capacity(o: Settings) -> dict[str, Any]:
    """Fit degrees 0 to `o.degrees` by least squares. `o` are the settings of `table.CAPACITY`.

    The penalty is on the squares of the coefficients of Legendre polynomials, the constant left out, divided by the
    points (ridge regression). Returns x, y (n,): the points; across (161,), truth (161,) and curves (degrees + 1, 161);
    degrees; train, test (degrees + 1): mean squares on the points and on 500 others; best: the degree of the lowest
    test error; parameters (degrees + 1); noise: the mean square that no curve can avoid.
    """
    rng = np.random.default_rng(o.seed)
    x, fresh = np.sort(rng.uniform(-1, 1, o.points)), rng.uniform(-1, 1, FRESH)
    y, other = (truth(a) + rng.normal(0, o.noise, len(a)) for a in (x, fresh))
    across = np.linspace(-1, 1, SHOWN)
    curves, train, test = [], [], []
    for degree in range(o.degrees + 1):
        weights = fit(legvander(x, degree), y, o.penalty)
        curves.append(legvander(across, degree) @ weights)
        train.append(float(np.mean((legvander(x, degree) @ weights - y) ** 2)))
        test.append(float(np.mean((legvander(fresh, degree) @ weights - other) ** 2)))
    return {
        "x": x.astype(np.float32),
        "y": y.astype(np.float32),
        "across": across.astype(np.float32),
        "truth": truth(across).astype(np.float32),
        "curves": np.array(curves, dtype=np.float32),
        "degrees": list(range(o.degrees + 1)),
        "parameters": list(range(1, o.degrees + 2)),
        "train": train,
        "test": test,
        "best": int(np.argmin(test)),
        "noise": o.noise**2,
    }


def truth(x: np.ndarray) -> np.ndarray:
    """Return the curve that the points lie around."""
    return np.sin(1.3 * np.pi * x) + 0.3 * x


def fit(columns: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    """Return the coefficients of the smallest mean square plus penalty; the shortest where many are as good."""
    count = columns.shape[1]
    root = np.sqrt(penalty * len(y)) * np.eye(count)
    root[0, 0] = 0.0
    system = np.concatenate([columns, root]) if penalty else columns
    goal = np.concatenate([y, np.zeros(count)]) if penalty else y
    return np.linalg.lstsq(system, goal, rcond=None)[0]


def sentences(found: dict[str, Any], o: Settings) -> list[str]:
    """Say which degree is right."""
    best, last = found["best"], o.degrees
    lines = [f"{o.points} points, noise of mean square {found['noise']:.3g}: degree, training error, test error"]
    lines += [
        f"{d:>2}  {train:<10.4g} {test:.4g}{'  <- lowest test error' if d == best else ''}"
        for d, train, test in zip(found["degrees"], found["train"], found["test"], strict=True)
    ]
    if last > best:
        lines.append(f"from degree {best} to {last} the training error falls and the test error grows: overfitting")
    return lines
