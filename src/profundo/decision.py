"""What turns a network's probabilities into those that are shown and the answers that are given.

Fitted on the validation part, stored in the run as decision.json, applied wherever the network answers. Calibration:
the probabilities are to say how often the answer is right. Moved thresholds: the answer need not be the likeliest
label, so that rare ones are found. The two do not disturb each other: the probabilities stay calibrated.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from dataclasses import replace as replaced
from typing import Annotated, Any, Literal, cast

import numpy as np
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from .errors import DataError, UsageError, unknown
from .metrics.intervals import require
from .tasks.task import Prediction

ROWS = 20  # validation rows below which no temperature is fitted
ROWS_OF_A_CLASS = 30  # ... and of each class, below which isotonic regression would only learn these rows by heart
COLDEST, HOTTEST = 0.05, 50.0  # temperatures
TRUST = 10.0  # examples of a class at which its own rows count as much as the calibrated probabilities
PSEUDO = 3.0  # rows that are added to every class, so that one row more or less does not change its weight much
POWERS = np.linspace(0, 3, 61)  # of 1 / share, tried as weights of the labels
ODDS = np.geomspace(0.25, 200, 101)  # weights of a yes that are tried: thresholds from 0.8 to 0.005
TINY = float(np.finfo(np.float64).tiny)
ROUNDING = 2.0**-53  # the least that 1 - p can be beside 0

WAYS = ("temperature", "isotonic", "none")
Task = Literal["classification", "multilabel", "regression"]
Decode = Callable[[np.ndarray], np.ndarray]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Table:
    """A rising function: y at x, straight lines between, constant beyond the ends."""

    x: tuple[Share, ...]
    y: tuple[Share, ...]

    def __post_init__(self) -> None:
        if not len(self.x) == len(self.y) > 0 or any(np.diff(self.x) < 0) or any(np.diff(self.y) < 0):
            raise ValueError("x and y must be as long as each other, and must not fall")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Decision:
    """From probabilities (n, labels), or (n, targets) of multilabel, to calibrated ones and to answers, in this order.

    1. `temperature` T: softmax(log p / T), which leaves the order of the labels alone (Guo et al. 2017).
    2. `shift`, one for each label: the network learnt the label as so many times too frequent (class weights,
       resampling), so its probability is divided by it and all are renormalised (Saerens et al. 2002). Of multilabel:
       the odds of each target's yes.
       Or, in place of both, `isotonic`: a monotone table for each label against the rest, renormalised (Zadrozny and
       Elkan 2002); of two labels, for the second alone.
    3. `weights`: the answer is the label of the largest weight x p; of multilabel, yes where weight x p > 1 - p.

    None leaves a step out. `rows` is the number of validation rows it was fitted on; `notes` say what was not done.
    """

    task: Task
    shift: tuple[Positive, ...] | None = None
    temperature: Positive | None = None
    isotonic: tuple[Table, ...] | None = None
    weights: tuple[Positive, ...] | None = None
    rows: int = 0
    notes: tuple[str, ...] = ()

    def apply(self, prediction: Prediction, decode: Decode) -> Prediction:
        """Return the prediction with calibrated probabilities and decided answers; numbers stay as they are.

        `decode` is the task's: it turns codes into the words of the data.
        """
        if prediction.probabilities is None or (self.unchanged and self.weights is None):
            return prediction
        probabilities = self.calibrated(prediction.probabilities)
        return Prediction(decode(self.choose(probabilities)), probabilities, prediction.labels)

    @property
    def unchanged(self) -> bool:
        """Say whether the probabilities stay those of the network."""
        return self.shift is None and self.temperature is None and self.isotonic is None

    def calibrated(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the probabilities that are shown, float64, for those of the network."""
        p = np.asarray(probabilities, np.float64)
        if self.shift is not None or self.temperature is not None:
            logs = log_shares(p, self.task) / (self.temperature or 1.0)
            if self.shift is not None:
                logs = logs - log_weights(self.fitting(self.shift, p), self.task)
            shares = softmax(logs)
            p = shares[..., 1] if self.task == "multilabel" else shares
        if self.isotonic is not None:
            p = self.by_tables(p)
        return p

    def by_tables(self, p: np.ndarray) -> np.ndarray:
        """Look every probability up in its table, and renormalise those of several labels."""
        assert self.isotonic is not None
        if self.task == "classification" and p.shape[1] == 2 and len(self.isotonic) == 1:
            second = np.interp(p[:, 1], self.isotonic[0].x, self.isotonic[0].y)
            return np.stack([1 - second, second], 1)
        tables = self.fitting(self.isotonic, p)
        found = np.stack([np.interp(c, t.x, t.y) for c, t in zip(p.T, tables, strict=True)], 1)
        return found / found.sum(1, keepdims=True) if self.task == "classification" else found

    def choose(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the answers as codes (n,), or 0 and 1 (n, targets), for calibrated probabilities."""
        weights = np.array(1.0 if self.weights is None else self.fitting(self.weights, probabilities))
        if self.task == "multilabel":
            return (weights * probabilities > 1 - probabilities).astype(np.int64)
        return np.argmax(weights * probabilities, 1)

    def fitting(self, values: Sequence[Any], probabilities: np.ndarray) -> Sequence[Any]:
        """Return the values where there is one for each column. Raises DataError otherwise."""
        columns = probabilities.shape[1]
        require(
            len(values) == columns,
            f"the decision was fitted for {len(values)} labels, and the network gives {columns} probabilities. "
            f"decision.json belongs to another run; train again.",
        )
        return values

    @property
    def thresholds(self) -> list[float]:
        """Return the probability from which the answer is yes: of each target, or of the second of two labels."""
        if self.weights is None:
            return []
        if self.task == "multilabel":
            return [1 / (1 + w) for w in self.weights]
        return [self.weights[0] / (self.weights[0] + self.weights[1])] if len(self.weights) == 2 else []

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON, without what is None."""
        return {k: v for k, v in asdict(self).items() if v is not None}

    @classmethod
    def from_dict(cls, values: Any, where: str = "decision.json") -> "Decision":
        """Read what `to_dict` wrote, other keys beside it left alone. Raises DataError that names the damaged place."""
        known = cls.__dataclass_fields__
        kept = {k: v for k, v in values.items() if k in known} if isinstance(values, Mapping) else values
        try:
            return TypeAdapter(cls).validate_python(kept)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "the whole file"
            raise DataError(f"{where} is damaged: {place}: {first['msg'].lower()}.") from error


def undecided(task: str) -> Decision:
    """Return the decision that leaves a network's probabilities and answers as they are."""
    return Decision(cast(Task, task))


def fit_decision(
    probabilities: np.ndarray,
    y: np.ndarray,
    *,
    task: str,
    calibrate: str = "temperature",
    move: bool = False,
    shift: Sequence[float] | None = None,
) -> Decision:
    """Fit a decision on the network's probabilities of the validation part and its true codes.

    `probabilities` (n, labels) with y (n,) codes, or (n, targets) with y (n, targets) of 0 and 1. `move` moves the
    thresholds: of labels towards the highest balanced accuracy, of each target of multilabel towards the highest F1.
    `shift` is what `balance.balanced` returns. Raises UsageError for an unknown way to calibrate, DataError where the
    shapes do not fit. What too few rows do not allow is left out, with a note.
    """
    if calibrate not in WAYS:
        raise UsageError(f"for --calibrate, {unknown('way', calibrate, WAYS)}")
    if task not in ("classification", "multilabel"):
        return Decision("regression")
    p, truth = checked(probabilities, y, task)
    decision = Decision(cast(Task, task), None if shift is None else tuple(float(s) for s in shift), rows=len(p))
    if calibrate == "isotonic":
        decision = with_isotonic(decision, p, truth)
    if calibrate != "none" and decision.isotonic is None:
        decision = with_temperature(decision, p, truth)
    return with_weights(decision, decision.calibrated(p), truth) if move else decision


def checked(probabilities: np.ndarray, y: np.ndarray, task: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the probabilities (n, k) and, as float64, what is true of each (n, k): 0 or 1."""
    p, y = np.asarray(probabilities, np.float64), np.asarray(y)
    require(p.ndim == 2 and len(p) == len(y), f"the probabilities are {p.shape}, with y {y.shape}.")
    require(len(p) > 0, "there is no validation row to fit a decision on. Use other shares: --split 60/20/20.")
    require(bool(np.isfinite(p).all()), "the probabilities of the validation part are not all finite.")
    if task == "multilabel":
        require(y.shape == p.shape, f"y is {y.shape} and the probabilities {p.shape}; both must be (n, targets).")
        return p, y.astype(np.float64)
    require(
        y.ndim == 1 and y.min() >= 0 and y.max() < p.shape[1], f"y must hold one code below {p.shape[1]} for each row."
    )
    return p, np.eye(p.shape[1])[y.astype(np.int64)]


def with_temperature(decision: Decision, p: np.ndarray, truth: np.ndarray) -> Decision:
    """Add the temperature of the least log loss, and with it the power of the shift, from 0 to 1.

    A network that has learnt its training part by heart has hardly felt the weights of its classes (Byrd and Lipton
    2019), so the validation part says how much of the shift is there. With few rows the log loss alone would choose an
    extreme, such as a temperature of 0 where every row is right; so (log T)^2 / 2 and 2 (1 - power)^2 are added to its
    sum, as if both came from normal distributions. With hundreds of rows that changes nothing.
    """
    if len(p) < ROWS:
        note = f"no temperature was fitted: {len(p)} validation rows, and {ROWS} are needed. Try --split 60/20/20."
        return replaced(decision, notes=(*decision.notes, note))
    from scipy.optimize import minimize

    logs = log_shares(p, decision.task)
    true = np.stack([1 - truth, truth], -1) if decision.task == "multilabel" else truth
    shift = 0.0 if decision.shift is None else log_weights(decision.shift, decision.task)

    def cost(at: np.ndarray) -> float:
        log_t, power = at
        scaled = logs * math.exp(-log_t) - power * shift
        top = scaled.max(-1)
        total = top + np.log(np.exp(scaled - top[..., None]).sum(-1)) - (scaled * true).sum(-1)
        return float(total.sum()) + log_t**2 / 2 + 2 * (1 - power) ** 2

    coldest, hottest = math.log(COLDEST), math.log(HOTTEST)
    powers = (1.0, 1.0) if decision.shift is None else (0.0, 1.0)
    begin = min(((t, 1.0) for t in np.linspace(coldest, hottest, 9)), key=lambda at: cost(np.array(at)))
    found = minimize(cost, begin, method="L-BFGS-B", bounds=[(coldest, hottest), powers], options={"ftol": 1e-14})
    log_t, power = found.x.tolist()
    kept = None if decision.shift is None else tuple(s**power for s in decision.shift)
    return replaced(decision, temperature=math.exp(log_t), shift=kept)


def with_isotonic(decision: Decision, p: np.ndarray, truth: np.ndarray) -> Decision:
    """Add the isotonic tables, which take the place of the shift; with too few rows of a class, a note instead.

    Their values are kept 1 / (rows + 2) away from 0 and 1: never having been wrong on so many rows proves no more.
    """
    each = truth.sum(0)
    fewest = min(each.min(), (len(p) - each).min())
    if fewest < ROWS_OF_A_CLASS:
        note = (
            f"no isotonic calibration: it needs {ROWS_OF_A_CLASS} validation rows of each class, and one has "
            f"{fewest:.0f}; a temperature took its place."
        )
        return replaced(decision, notes=(*decision.notes, note))
    from sklearn.isotonic import IsotonicRegression

    least = 1 / (len(p) + 2)
    only_second = decision.task == "classification" and p.shape[1] == 2
    tables = []
    for k in (1,) if only_second else range(p.shape[1]):
        fitted = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip").fit(p[:, k], truth[:, k])
        tables.append(Table(tuple(fitted.X_thresholds_.tolist()), tuple(fitted.y_thresholds_.tolist())))
    return replaced(decision, isotonic=tuple(tables), shift=None)


def with_weights(decision: Decision, p: np.ndarray, truth: np.ndarray) -> Decision:
    """Add the weights of the answers, for calibrated probabilities.

    Of labels they are (1 / share of the label)^power, one power for all: 1 is what calibrated probabilities ask for
    (Menon et al. 2021), and no class is too rare for it. Three rows are added to every class, and what a candidate
    finds of a class is counted on its own rows as far as there are some, else on the calibrated probabilities.
    """
    own = truth.sum(0) / (truth.sum(0) + TRUST)
    soft = own * truth + (1 - own) * p
    if decision.task == "multilabel":
        return replaced(decision, weights=tuple(best_odds(*pair) for pair in zip(p.T, soft.T, strict=True)))
    counts = truth.sum(0) + PSEUDO
    candidates = [(counts.max() / counts) ** power for power in POWERS]
    trusted = (truth.sum(0) + 1) / (truth.sum(0) + 1 + TRUST)
    reached = [recalls(soft, np.argmax(weights * p, 1)) @ trusted for weights in candidates]
    return replaced(decision, weights=tuple(candidates[middle_of_best(reached)].tolist()))


def recalls(soft: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Return the recall of each label by answers (n,), for truths that are certain only in part (n, labels)."""
    found = np.bincount(answers, soft[np.arange(len(soft)), answers], soft.shape[1])
    return found / np.maximum(soft.sum(0), TINY)


def best_odds(p: np.ndarray, soft: np.ndarray) -> float:
    """Return the weight of a yes with the highest F1, for p (n,) and truths (n,) that are certain only in part."""
    yes = ODDS[:, None] * p > 1 - p
    f1 = 2 * (yes @ soft) / np.maximum(yes.sum(1) + soft.sum(), TINY)
    return float(ODDS[middle_of_best(f1.tolist())]) if f1.max() > 0 else 1.0


def middle_of_best(values: Sequence[float]) -> int:
    """Return the place of the highest value, the middle one of equals."""
    best = np.flatnonzero(np.asarray(values) >= max(values) - 1e-12)
    return int(best[len(best) // 2])


def log_shares(p: np.ndarray, task: str) -> np.ndarray:
    """Return log p (n, labels); of multilabel the logs of no and of yes, (n, targets, 2)."""
    if task == "multilabel":
        return np.log(np.stack([np.maximum(1 - p, ROUNDING), np.maximum(p, TINY)], -1))
    return np.log(np.maximum(p, TINY))


def log_weights(weights: Sequence[float], task: str) -> np.ndarray:
    """Return the logs of weights as `log_shares` lays them out."""
    logs = np.log(weights)
    return np.stack([np.zeros_like(logs), logs], -1) if task == "multilabel" else logs


def softmax(logs: np.ndarray) -> np.ndarray:
    """Return probabilities that sum to 1 over the last axis."""
    shares = np.exp(logs - logs.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True)
