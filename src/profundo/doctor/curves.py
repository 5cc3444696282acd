"""Reading a learning curve: the one word that fits it best.

The words are those of the lectures: a loss that explodes or jumps (the step is too large), that never fell, that falls
but is far from its end (the step is too small, or too few epochs), a validation loss that leaves the training loss
(overfitting), both losses high and level (underfitting), or a good fit.
"""

import itertools
import math
from collections.abc import Sequence

GOOD = "good fit"
TOO_HIGH = "learning rate too high"
TOO_LOW = "learning rate too low"
NEVER = "loss never started falling"
OVERFITTING = "overfitting"
UNDERFITTING = "underfitting"
WORDS = (GOOD, TOO_HIGH, TOO_LOW, NEVER, OVERFITTING, UNDERFITTING)

JUMPS = 0.5  # all the rises of the loss together, in shares of its range
FELL = 0.03  # of the constant answer's loss: less is no fall
FALLING = 0.12  # share of the whole fall that fell in the last quarter; an exponential that has ended has 0.03
HIGH = 0.5  # of the constant answer's loss
RISEN = 1.1  # times the lowest validation loss
GAP = 0.25  # of the constant answer's loss


def read(train: Sequence[float], validation: Sequence[float] = (), constant: float | None = None) -> str:
    """Return the word for a curve: losses by epoch, at least four. `constant` is the loss of a constant answer.

    Without it, the first training loss stands for it.
    """
    level = train[0] if constant is None else constant
    if exploded(train, level) or (jumps(train) > JUMPS and reach(train) > FELL * level and rough(train)):
        return TOO_HIGH
    if min(train) > (1 - FELL) * level:
        return NEVER
    if overfits(train, validation, level):
        return OVERFITTING
    if falling(train) > FALLING and tail(train) > 0.25 * level:
        return TOO_LOW
    return UNDERFITTING if tail(train) > HIGH * level else GOOD


def exploded(train: Sequence[float], level: float) -> bool:
    """Say whether the loss ended above where it began and above the constant answer's, or is not a number."""
    return not all(map(math.isfinite, train)) or tail(train) > 1.5 * max(level, train[0])


def jumps(train: Sequence[float]) -> float:
    """Return all the rises from one epoch to the next, in shares of the loss's range."""
    rises = sum(max(b - a, 0.0) for a, b in itertools.pairwise(train))
    return rises / reach(train) if reach(train) > 0 else 0.0


def rough(train: Sequence[float]) -> bool:
    """Say whether some epoch undid at least half of all that had been gained before it."""
    best = train[0]
    for before, after in itertools.pairwise(train):
        best = min(best, before)
        if after - best > 0.5 * max(train[0] - best, 0.1 * train[0]) and after > 1.5 * best:
            return True
    return False


def reach(train: Sequence[float]) -> float:
    """Return the range of the losses."""
    return max(train) - min(train)


def tail(losses: Sequence[float]) -> float:
    """Return the mean of the last tenth."""
    last = losses[-max(1, len(losses) // 10) :]
    return sum(last) / len(last)


def falling(train: Sequence[float]) -> float:
    """Return how much of the whole fall fell in the last quarter of the epochs."""
    whole = train[0] - tail(train)
    return (train[(3 * len(train)) // 4 - 1] - tail(train)) / whole if whole > 0 else 0.0


def overfits(train: Sequence[float], validation: Sequence[float], level: float) -> bool:
    """Say whether the validation loss has turned up, or stays far above, while the training loss fell."""
    if len(validation) < 3:
        return False
    lowest = min(validation)
    when = validation.index(lowest)
    turned = tail(validation) > RISEN * lowest and tail(train) < 0.95 * train[min(when, len(train) - 1)]
    apart = tail(validation) - tail(train) > GAP * level and tail(validation) > 2 * tail(train)
    return (turned and tail(validation) - tail(train) > 0.02 * level) or apart
