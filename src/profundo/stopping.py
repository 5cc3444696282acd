"""When to stop: the four criteria of the lecture, and a time limit. Pure functions of the curve so far.

Small enough: the validation loss (the training loss where there is no validation part) is at most `stop_loss`.
No longer falls: the training loss has not improved on its best by 0.1 % for `patience` epochs.
Overfitting: the validation loss has been above its best for `overfit` epochs, while the training loss kept falling.
Iterations: the epochs, or the steps, asked for are done.
Besides, whoever watches may ask a run to stop and to be scored as it is: a file named `stop` in its folder.
"""

from collections.abc import Sequence
from dataclasses import dataclass

SMALL = "error small enough"
FLAT = "error no longer falls"
OVERFITTING = "overfitting"
ITERATIONS = "number of iterations"
TIME = "time limit"
ASKED = "asked to stop"
REASONS = (SMALL, FLAT, OVERFITTING, ITERATIONS, TIME, ASKED)
MEANINGFUL = 1e-3  # of the best loss


@dataclass(frozen=True)
class Point:
    """One epoch of the curve."""

    train_loss: float
    validation_loss: float | None = None


@dataclass(frozen=True)
class Limits:
    """The criteria in force; None switches one off."""

    epochs: int
    stop_loss: float | None = None
    patience: int | None = None
    overfit: int | None = None
    time_limit: float | None = None  # seconds


def reason(curve: Sequence[Point], limits: Limits, seconds: float = 0.0) -> str | None:
    """Return which criterion fires after these epochs, or None to go on. The time limit is also asked each step."""
    if not curve:
        return None
    last = curve[-1]
    judged = last.train_loss if last.validation_loss is None else last.validation_loss
    if limits.stop_loss is not None and judged <= limits.stop_loss:
        return SMALL
    if limits.patience is not None and since_best([p.train_loss for p in curve]) >= limits.patience:
        return FLAT
    if limits.overfit is not None and overfits(curve, limits.overfit):
        return OVERFITTING
    if len(curve) >= limits.epochs:
        return ITERATIONS
    if limits.time_limit is not None and seconds >= limits.time_limit:
        return TIME
    return None


def since_best(losses: Sequence[float]) -> int:
    """Count the epochs since the last meaningful improvement."""
    best, when = losses[0], 0
    for epoch, loss in enumerate(losses):
        if loss < best - MEANINGFUL * abs(best):
            best, when = loss, epoch
    return len(losses) - 1 - when


def overfits(curve: Sequence[Point], epochs: int) -> bool:
    """Say whether the validation loss has been above its best for that many epochs while the training loss fell."""
    validation = [p.validation_loss for p in curve if p.validation_loss is not None]
    if len(validation) <= epochs:
        return False
    when = validation.index(min(validation))
    return len(validation) - 1 - when >= epochs and curve[-1].train_loss < curve[when].train_loss
