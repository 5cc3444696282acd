"""Is the network better than the best baseline, or could chance alone explain the difference?

The best baseline is chosen on the validation part and compared on the test part: nothing is selected on the test part,
so the p-value means what it says. Both answer the same test examples, and every comparison is paired.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from ..errors import unknown
from . import multilabel, regression, segmentation
from .forecasting import block_errors
from .intervals import Z, draws, require

SIMPLE = (
    "dummy",
    "naive",
    "seasonal naive",
    "exponential smoothing",
    "linear regression",
    "logistic regression",
    "naive Bayes",
    "decision tree",
    "k-nearest neighbours",
)  # plainer than a network, the plainest first

LEVEL = 0.05
Result = Literal["better", "worse", "not distinguishable"]


@dataclass(frozen=True)
class Comparison:
    """`difference` = value_a - value_b of `metric` on n examples, with a paired 95 % interval and two-sided p-value."""

    metric: str
    value_a: float
    value_b: float
    difference: float
    low: float
    high: float
    p: float
    n: int
    method: str
    lower: bool = False  # less of the metric is better

    @property
    def result(self) -> Result:
        """What to say of a: "better" or "worse" where p < 0.05 and the interval leaves out 0."""
        if self.p >= LEVEL or self.low <= 0 <= self.high:
            return "not distinguishable"
        return "better" if (self.low > 0) != self.lower else "worse"


Compare = Callable[[np.ndarray, np.ndarray, np.ndarray], Comparison]


def compare_classifiers(y: np.ndarray, prediction_a: np.ndarray, prediction_b: np.ndarray) -> Comparison:
    """Compare the accuracy of two answers to the same examples; all three are (n,) labels or codes.

    The p-value is McNemar's test, mid-p (Fagerland et al. 2013); the interval is Bonett and Price's (2012).
    """
    y, a, b = (np.asarray(v) for v in (y, prediction_a, prediction_b))
    require(y.ndim == 1 and y.shape == a.shape == b.shape, f"y is {y.shape}, the answers {a.shape} and {b.shape}.")
    n = len(y)
    require(n > 0, "there is no example to compare on.")
    right_a, right_b = a == y, b == y
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    share_a, share_b = (only_a + 1) / (n + 2), (only_b + 1) / (n + 2)
    half = Z * math.sqrt((share_a + share_b - (share_a - share_b) ** 2) / (n + 2))
    low, high = max(-1.0, share_a - share_b - half), min(1.0, share_a - share_b + half)
    difference = (only_a - only_b) / n
    return Comparison(
        metric="accuracy",
        value_a=float(right_a.mean()),
        value_b=float(right_b.mean()),
        difference=difference,
        low=min(low, difference),
        high=max(high, difference),
        p=mcnemar(only_a, only_b),
        n=n,
        method="McNemar's test (mid-p) and the paired interval of Bonett and Price",
    )


def mcnemar(only_a: int, only_b: int) -> float:
    """Return the mid-p value of McNemar's test: `only_a` examples are right for a alone, `only_b` for b alone."""
    from scipy.special import bdtr

    fewer, total = min(only_a, only_b), only_a + only_b
    if total == 0:
        return 1.0
    below = float(bdtr(fewer - 1, total, 0.5)) if fewer else 0.0
    return min(1.0, float(bdtr(fewer, total, 0.5)) + below)


def compare_regressors(y: np.ndarray, prediction_a: np.ndarray, prediction_b: np.ndarray, seed: int = 0) -> Comparison:
    """Compare the R2, and so the squared error, of two predictions (n,) or (n, targets) by a paired bootstrap."""
    a, b = regression.measure(y, prediction_a), regression.measure(y, prediction_b)
    return paired("r2", a, b, len(y), seed)


def compare_multilabel(y: np.ndarray, prediction_a: np.ndarray, prediction_b: np.ndarray, seed: int = 0) -> Comparison:
    """Compare the macro F1 of two answers of 0 and 1, (n, targets), by a paired bootstrap."""
    a, b = multilabel.measure(y, prediction_a), multilabel.measure(y, prediction_b)
    return paired("f1", a, b, len(y), seed)


def compare_found(
    y: np.ndarray, prediction_a: np.ndarray, prediction_b: np.ndarray, seed: int = 0, what: str = "a picture"
) -> Comparison:
    """Compare how right two answers to each example are, (n,) shares of the perfect `y`, by a paired bootstrap."""
    name = f"rightness of {what}"
    a, b = (lambda w, p=p / y: {name: w @ p / w.sum(1)} for p in (prediction_a, prediction_b))
    return paired(name, a, b, len(y), seed)


def compare_losses(metric: str, losses_a: np.ndarray, losses_b: np.ndarray, seed: int = 0) -> Comparison:
    """Compare the mean of a loss, (n,) of the same examples, by a paired bootstrap; less is better."""
    a, b = (lambda w, v=v: {metric: w @ v / w.sum(1)} for v in (losses_a, losses_b))
    return replace(paired(metric, a, b, len(losses_a), seed), lower=True)


def compare_maps(y: np.ndarray, prediction_a: np.ndarray, prediction_b: np.ndarray, seed: int = 0) -> Comparison:
    """Compare the mean IoU of two maps of codes, (n, H, W) uint8, by a paired bootstrap over pictures."""
    labels = 1 + max(
        int(codes[codes != segmentation.IGNORED].max(initial=0)) for codes in (y, prediction_a, prediction_b)
    )
    a, b = (segmentation.measure(segmentation.confusions(y, p, labels)) for p in (prediction_a, prediction_b))
    return paired("mean IoU", a, b, len(y), seed)


def compare_forecasts(y: np.ndarray, prediction_a: np.ndarray, prediction_b: np.ndarray, seed: int = 0) -> Comparison:
    """Compare the absolute errors of two forecasts (n, horizon, targets), block by block of neighbouring ones."""
    a, b = (block_errors(y, p) for p in (prediction_a, prediction_b))
    return compare_losses("mae in standard units", a, b, seed)


Measure = Callable[[np.ndarray], Mapping[str, np.ndarray]]


def paired(metric: str, a: Measure, b: Measure, n: int, seed: int, resamples: int = 2000) -> Comparison:
    """Compare one value on the same resamples of the examples (Efron and Tibshirani 1993, chapter 16)."""
    whole = np.ones((1, n))
    value_a, value_b = float(a(whole)[metric][0]), float(b(whole)[metric][0])
    blocks = [a(w)[metric] - b(w)[metric] for w in draws(n, resamples if n > 1 else 0, seed, n)]
    drawn = np.concatenate(blocks or [np.empty(0)])
    drawn = drawn[np.isfinite(drawn)]
    low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) else (math.nan, math.nan)
    below, above = (1 + (drawn <= 0).sum()) / (1 + len(drawn)), (1 + (drawn >= 0).sum()) / (1 + len(drawn))
    return Comparison(
        metric=metric,
        value_a=value_a,
        value_b=value_b,
        difference=value_a - value_b,
        low=float(low),
        high=float(high),
        p=float(min(1.0, 2 * min(below, above))),
        n=n,
        method=f"paired bootstrap, {len(drawn)} resamples",
    )


def comparer(task: str, seed: int) -> Compare:
    """Return the comparison that fits what a task stores of its answers; raises where that cannot be compared."""
    known: dict[str, Compare] = {
        "classification": compare_classifiers,
        "regression": lambda y, a, b: compare_regressors(y, a, b, seed),
        "multilabel": lambda y, a, b: compare_multilabel(y, a, b, seed),
        "segmentation": lambda y, a, b: compare_maps(y, a, b, seed),
        "forecasting": lambda y, a, b: compare_forecasts(y, a, b, seed),
        **dict.fromkeys(("localisation", "detection", "instances"), lambda y, a, b: compare_found(y, a, b, seed)),
        **dict.fromkeys(("translation", "captioning"), lambda y, a, b: compare_found(y, a, b, seed, "a text")),
        **dict.fromkeys(("language", "speech", "music"), lambda y, a, b: compare_losses("nats", a, b, seed)),
        "word_vectors": lambda y, a, b: compare_found(y, a, b, seed, "a word's vector"),
        "drawing": lambda y, a, b: compare_losses("nats a move", 1 - a, 1 - b, seed),
        "recommendation": lambda y, a, b: compare_losses("squared error", a, b, seed),
    }
    require(task in known, unknown("task with a verdict", task, known))
    return known[task]


@dataclass(frozen=True)
class Rival:
    """A baseline's `validation` value of the main metric (higher is better) and its `prediction` on the test part."""

    name: str
    validation: float
    prediction: np.ndarray


def verdict(y: np.ndarray, prediction: np.ndarray, rivals: list[Rival], task: str, *, seed: int = 0) -> dict[str, Any]:
    """Say whether the network is better than the best baseline, worse, or not distinguishable from it.

    `y` and `prediction` (the network's) are of the test part, labels or numbers like the rivals' predictions. The best
    rival is the one with the highest validation value. Returns {result, sentence, baseline, simpler} and the figures of
    the Comparison (a is the network); `simpler` names the plainest rival that the network does not beat, or is None.
    """
    compare = comparer(task, seed)
    return decide(rivals, lambda rival: compare(y, prediction, rival.prediction))


def verdict_of_losses(metric: str, losses: np.ndarray, rivals: list[Rival], *, seed: int = 0) -> dict[str, Any]:
    """Return a `verdict` where each answer has a loss, (n,), and each rival's `prediction` is its losses."""
    return decide(rivals, lambda rival: compare_losses(metric, losses, rival.prediction, seed))


def decide(rivals: list[Rival], compare: Callable[[Rival], Comparison]) -> dict[str, Any]:
    """Compare the network with the rival that is best on the validation part, and with the plainest unbeaten one."""
    able = [r for r in rivals if math.isfinite(r.validation)]
    if not able:
        sentence = "No baseline finished, so the network has nothing to be compared with."
        return {"result": "not compared", "sentence": sentence, "baseline": None, "simpler": None}
    best = max(able, key=lambda r: r.validation)
    comparison = compare(best)
    simpler = simplest(able, lambda r: compare(r).result)
    return {
        "result": comparison.result,
        "sentence": " ".join([main_sentence(comparison, best.name), *simpler_sentence(simpler, comparison)]),
        "baseline": best.name,
        "simpler": simpler,
    } | asdict(comparison)


def simplest(rivals: list[Rival], result: Callable[[Rival], Result]) -> str | None:
    """Return the name of the plainest rival that the network does not beat."""
    plain = sorted((r for r in rivals if r.name in SIMPLE), key=lambda r: SIMPLE.index(r.name))
    return next((r.name for r in plain if result(r) != "better"), None)


def main_sentence(comparison: Comparison, baseline: str) -> str:
    """Write the verdict with its figures."""
    how = {
        "better": "better than",
        "worse": "worse than",
        "not distinguishable": "not distinguishable from",
    }[comparison.result]
    c = comparison
    name = {"r2": "R2", "f1": "F1"}.get(c.metric, c.metric)
    p = "p < 0.001" if c.p < 0.001 else f"p = {c.p:.3f}"
    return (
        f"The network is {how} the best baseline ({baseline}): {name} {c.value_a:.3f} against {c.value_b:.3f}, "
        f"difference {c.difference:+.3f} (95 % interval {c.low:+.3f} to {c.high:+.3f}, {p}, n = {c.n:,})."
    )


def simpler_sentence(simpler: str | None, comparison: Comparison) -> list[str]:
    """Write the advice to use a plainer model, where there is one as good."""
    if simpler is None:
        return []
    if simpler == "dummy":
        what = "the mean" if comparison.metric == "r2" else "the most frequent answer"
        return [f"It is not shown to be better than always answering {what}."]
    name = simpler[0].upper() + simpler[1:]
    return [f"{name} is as good, as far as these {comparison.n:,} test examples can tell, and simpler."]
