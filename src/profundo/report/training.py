"""How the training went: losses, the main score, the learning rate and how it was found."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from ..charts import BLUE, ORANGE, Axis, Line, line_chart, number
from .html import Html, figure, figures, paragraph, section, table
from .scores import spoken
from .stored import Epoch, Stored

T = TypeVar("T")
POINTS = 400
ROWS = 20


def training_section(run: Stored) -> Html:
    """Draw the curves of the training."""
    charts = [loss_figure(run.progress), score_figure(run), rate_figure(run.progress), finder_figure(run)]
    drawn = figures(*charts)
    if not drawn:
        return Html("")
    lead = paragraph("An epoch is one pass over the training examples.", kind="quiet") if run.progress else Html("")
    return section("training", "Training", lead, drawn)


def loss_figure(progress: Sequence[Epoch]) -> Html:
    """Draw the training and the validation loss; the scored weights are those of the lowest validation loss."""
    epochs = thin(progress, POINTS)
    x, train, validation = numbers(epochs, "epoch"), numbers(epochs, "train_loss"), numbers(epochs, "validation_loss")
    lines = [Line("training", x, train, BLUE), Line("validation", x, validation, ORANGE)]
    lines = [line for line in lines if np.isfinite(line.y).any()]
    if not lines:
        return Html("")
    mark, words = None, ""
    best = min((e for e in progress if e.validation_loss is not None), key=lowest, default=None)
    if best is not None:
        mark = ("lowest", best.epoch)
        words = f" Lowest validation loss: {number(best.validation_loss)}, epoch {number(best.epoch)}."
    log = spans_decades(np.concatenate([train, validation]))
    title = "Loss of the training and of the validation part"
    chart = line_chart(lines, title, Axis("epoch", whole=True), Axis(scale_name("loss", log), log=log), words, mark)
    rows = [[e.epoch, e.train_loss, e.validation_loss] for e in thin(progress, ROWS)]
    return figure(chart, f"Loss by epoch.{words}", table(["epoch", "training loss", "validation loss"], rows))


def score_figure(run: Stored) -> Html:
    """Draw the main score of the validation part."""
    names = [name for epoch in run.progress for name in epoch.validation]
    if not names:
        return Html("")
    name = run.main if run.main in names else names[0]
    epochs = thin([e for e in run.progress if e.validation.get(name) is not None], POINTS)
    y = [e.validation[name] for e in epochs]
    if not y:
        return Html("")
    title = f"Validation {spoken(name)} by epoch"
    line = Line(name, numbers(epochs, "epoch"), np.array(y, dtype=float))
    desc = f"last {number(y[-1])}"
    chart = line_chart([line], title, Axis("epoch", whole=True), Axis(spoken(name)), desc)
    twin = table(["epoch", spoken(name)], [[e.epoch, e.validation[name]] for e in thin(epochs, ROWS)])
    return figure(chart, f"{title}: {desc}.", twin)


def rate_figure(progress: Sequence[Epoch]) -> Html:
    """Draw the learning rate of each epoch."""
    found = [(e.epoch, rate) for e in progress if (rate := first_rate(e)) is not None]
    if not found:
        return Html("")
    x, y = np.array(thin(found, POINTS), dtype=float).T
    title = "Learning rate by epoch"
    chart = line_chart([Line("learning rate", x, y)], title, Axis("epoch", whole=True), Axis("learning rate", low=0))
    return figure(chart, f"{title}.", table(["epoch", "learning rate"], thin(found, ROWS)))


def finder_figure(run: Stored) -> Html:
    """Draw the loss against the learning rate, with the suggestion marked."""
    if run.finder is None or not run.finder.lr:
        return Html("")
    rates, losses = np.array(run.finder.lr, dtype=float), np.array(run.finder.loss, dtype=float)
    ceiling = visible_ceiling(losses)
    mark = None if run.finder.suggestion is None else (number(run.finder.suggestion), run.finder.suggestion)
    words = f"The suggestion is {number(run.finder.suggestion)}." if mark else "There is no suggestion."
    shown = np.where(losses <= ceiling, losses, np.nan)
    axes = Axis("learning rate", log=True), Axis("loss")
    chart = line_chart([Line("loss", rates, shown)], "Learning-rate finder: loss by learning rate", *axes, words, mark)
    rows = thin(list(zip(rates.tolist(), losses.tolist(), strict=True)), ROWS)
    return figure(chart, f"Learning-rate finder. {words}", table(["learning rate", "loss"], rows))


def visible_ceiling(losses: np.ndarray) -> float:
    """Return the loss above which the finder's curve is cut, so that its explosion does not hide its shape."""
    good = losses[np.isfinite(losses)]
    return float(1.5 * good[: max(len(good) // 3, 1)].max()) if len(good) else 0.0


def first_rate(epoch: Epoch) -> float | None:
    """Return the learning rate, of the first part where the network has several."""
    return next(iter(epoch.lr.values()), None) if isinstance(epoch.lr, dict) else epoch.lr


def numbers(epochs: Sequence[Epoch], name: str) -> np.ndarray:
    """Return a field of each epoch, NaN where there is none."""
    return np.array([getattr(e, name) for e in epochs], dtype=float)


def lowest(epoch: Epoch) -> float:
    """Return the validation loss, to compare by."""
    return epoch.validation_loss if epoch.validation_loss is not None else np.inf


def thin(values: Sequence[T], count: int) -> list[T]:
    """Keep at most `count` values at even distances, the first and the last among them."""
    if len(values) <= count:
        return list(values)
    return [values[i] for i in np.linspace(0, len(values) - 1, count).round().astype(int)]


def spans_decades(values: np.ndarray) -> bool:
    """Say whether values are all positive and differ more than thirtyfold."""
    good = values[np.isfinite(values)]
    return bool(len(good)) and bool(good.min() > 0) and bool(good.max() > 30 * good.min())


def scale_name(name: str, log: bool) -> str:
    """Name an axis, and say where its scale is logarithmic."""
    return f"{name}, logarithmic scale" if log else name
