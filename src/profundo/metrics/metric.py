"""The nouns of scoring: a metric is a named formula, a score is its value with an interval and a count."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Score:
    """A value with its 95 % confidence interval; `n` is the number of examples that it rests on.

    NaN stands for what is not defined: the ROC AUC of one class, or the interval of a single example.
    """

    value: float
    low: float
    high: float
    n: int

    def to_dict(self) -> dict[str, float | int | None]:
        """Return {value, low, high, n} for JSON, with None for what is not finite."""
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        return {k: float(v) if math.isfinite(v) else None for k, v in numbers.items()} | {"n": self.n}


@dataclass(frozen=True)
class Metric:
    """A measure of answers. `compute(y, answer)` gives its value over all the examples.

    The answer is what the task predicts: (n, labels) probabilities for classification, (n,) or (n, targets) numbers for
    regression, (n, targets) probabilities for multilabel. Where `interval` is "wilson" the value is a proportion; its
    macro average over several classes is not one, and takes the bootstrap.
    """

    name: str
    definition: str
    better: Literal["higher", "lower"]
    interval: Literal["wilson", "bootstrap"]
    compute: Callable[[np.ndarray, np.ndarray], float]
