"""Scores of numbers. With several targets each value is the plain mean over the targets, as in scikit-learn."""

from collections.abc import Callable
from functools import partial

import numpy as np

from .intervals import bootstrap, require
from .metric import Metric, Score

Measure = Callable[[np.ndarray], dict[str, np.ndarray]]


def measure(y: np.ndarray, prediction: np.ndarray) -> Measure:
    """Return the function from weights (resamples, n) to the values of r2, mse, rmse and mae, (resamples,) each."""
    y, prediction = checked(y, prediction)
    squares, distances = (y - prediction) ** 2, np.abs(y - prediction)
    centred = y - np.median(y, axis=0)  # so that the two sums of the variance below do not cancel

    def values(weights: np.ndarray) -> dict[str, np.ndarray]:
        n = weights.sum(1, keepdims=True)
        mse = weights @ squares / n  # (R, targets)
        about_median = weights @ centred**2 / n
        variance = about_median - (weights @ centred / n) ** 2
        constant = variance <= 1e-12 * about_median
        r2 = np.where(constant, np.where(mse == 0, 1.0, 0.0), 1 - mse / np.where(constant, 1.0, variance))
        r2 = np.where(n > 1, r2, np.nan)
        found = {"r2": r2, "mse": mse, "rmse": np.sqrt(mse), "mae": weights @ distances / n}
        return {name: v.mean(1) for name, v in found.items()}

    return values


def checked(y: np.ndarray, prediction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return y and prediction as (n, targets) float64. Raises DataError where they cannot be scored."""
    y, prediction = np.asarray(y, np.float64), np.asarray(prediction, np.float64)
    require(len(y) > 0, "there is no example to score.")
    y, prediction = y.reshape(len(y), -1), prediction.reshape(len(prediction), -1)
    require(y.shape == prediction.shape, f"y is {y.shape} and the prediction {prediction.shape}; they must be alike.")
    for what, values in {"y": y, "the prediction": prediction}.items():
        bad = ~np.isfinite(values).all(1)
        require(not bad.any(), f"{bad.sum()} rows of {what} are not finite, the first is row {bad.argmax()}.")
    return y, prediction


def regression_scores(
    y: np.ndarray, prediction: np.ndarray, *, seed: int = 0, resamples: int = 1000
) -> dict[str, Score]:
    """Score predictions (n,) or (n, targets), in the units of y: every metric of REGRESSION, the main one first.

    With `resamples=0` there are no intervals. Raises DataError where the shapes do not fit.
    """
    columns = 1 if np.ndim(y) < 2 else np.shape(y)[1]
    return bootstrap(measure(y, prediction), len(y), seed=seed, resamples=resamples, columns=columns)


def single(name: str, y: np.ndarray, prediction: np.ndarray) -> float:
    """Return one value over all the examples."""
    return float(measure(y, prediction)(np.ones((1, len(y))))[name][0])


REGRESSION: tuple[Metric, ...] = (
    Metric(
        "r2",
        "The share of the variance that is explained: 1 - sum (y - prediction)^2 / sum (y - mean y)^2; "
        "0 is as good as the mean, 1 is perfect.",
        "higher",
        "bootstrap",
        partial(single, "r2"),
    ),
    Metric(
        "mse", "The mean squared error: the mean of (y - prediction)^2.", "lower", "bootstrap", partial(single, "mse")
    ),
    Metric("rmse", "The square root of the MSE, in the units of y.", "lower", "bootstrap", partial(single, "rmse")),
    Metric(
        "mae", "The mean absolute error: the mean of |y - prediction|.", "lower", "bootstrap", partial(single, "mae")
    ),
)
