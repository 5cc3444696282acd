"""Regression: predicted against true values, and the errors."""

import numpy as np

from ..charts import Axis, histogram, number, scatter
from ..errors import DataError
from .html import Html, figure, figures, table
from .stored import Stored

POINTS = 1000
TARGETS = 4
BINS = 30


def regression_figures(run: Stored) -> Html:
    """Draw predicted against true values and the residuals, for each of the first targets."""
    y, answer = run.answers["y"], run.answers["prediction"]
    names = list(run.schema.targets)
    if y.shape != answer.shape or y.dtype.kind not in "biuf" or answer.dtype.kind not in "biuf" or y.size == 0:
        shapes = f"y {y.shape} {y.dtype}, prediction {answer.shape} {answer.dtype}"
        raise DataError(f"{shapes}; two like arrays of numbers are wanted.")
    true, given = y.reshape(len(y), -1).astype(float), answer.reshape(len(y), -1).astype(float)
    columns = range(min(true.shape[1], TARGETS, len(names)))
    return figures(*(f for k in columns for f in target_figures(names[k], true[:, k], given[:, k])))


def target_figures(name: str, true: np.ndarray, given: np.ndarray) -> list[Html]:
    """Draw one target."""
    good = np.isfinite(true) & np.isfinite(given)
    true, given = true[good], given[good]
    if not len(true):
        return []
    error = given - true
    kept = np.arange(len(true))
    if len(true) > POINTS:
        kept = np.sort(np.random.default_rng(0).choice(len(true), POINTS, replace=False))
    few = f" ({number(POINTS)} of {number(len(true))} examples, drawn at random)" if len(kept) < len(true) else ""
    words = f"Predicted against true {name}{few}: on the line they agree."
    axes = Axis(f"true {name}"), Axis(f"predicted {name}")
    spots = scatter(true[kept], given[kept], f"Predicted against true {name}", *axes, words, diagonal=True)
    quantiles = np.percentile(error, [0, 5, 25, 50, 75, 95, 100])
    names = ["lowest", "5 %", "25 %", "median", "75 %", "95 %", "highest"]
    rows = list(zip(names, quantiles.tolist(), strict=True))
    return [figure(spots, words, fifths(true, given)), residuals(name, error, table(["residual", "value"], rows))]


def residuals(name: str, error: np.ndarray, twin: Html) -> Html:
    """Draw how the errors are distributed."""
    counts, edges = np.histogram(error, bins=BINS)
    words = f"Residuals (predicted less true): mean {number(float(error.mean()))}, half lie between "
    words += " and ".join(number(float(q)) for q in np.percentile(error, [25, 75])) + "."
    chart = histogram(
        edges, counts, f"Histogram of the residuals of {name}", Axis(f"predicted less true {name}"), words
    )
    return figure(chart, words, twin)


def fifths(true: np.ndarray, given: np.ndarray) -> Html:
    """Show the scatter plot in numbers: the mean answer in each fifth of the true values."""
    parts = [p for p in np.array_split(np.argsort(true, kind="stable"), 5) if len(p)]
    rows = [
        [f"{number(float(true[p[0]]))} to {number(float(true[p[-1]]))}", len(p), float(true[p].mean()),
         float(given[p].mean()), float(np.abs(given[p] - true[p]).mean())]
        for p in parts
    ]  # fmt: skip
    return table(["true values", "n", "mean true", "mean predicted", "mean absolute error"], rows)
