"""What a decision changed, with intervals: calibration against the network's own probabilities, balancing against the
same network without it. Every difference is paired: both are scored on the same test examples, resampled together.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .decision import Decision, checked
from .metrics.classification import BINS, Answers, codes, confidence_bin, confusion
from .metrics.confusion import COUNTED, by_class, ratio
from .metrics.curves import calibration_curve
from .metrics.intervals import bootstrap, require
from .metrics.multilabel import counted
from .metrics.regression import checked as checked_numbers

Measure = Callable[[np.ndarray], dict[str, np.ndarray]]
PARTS = 10  # equal stretches of the range of a number


def decision_result(decision: Decision, probabilities: np.ndarray, y: np.ndarray, *, seed: int = 0) -> dict[str, Any]:
    """Return what calibration changed, on the test part; `probabilities` are the network's own.

    {n, scores, bins, sentence}: `scores` has for log_loss, brier and ece {before, after, difference: {value, low, high,
    n}}, paired over the same resamples; `bins` the reliability diagram before and after, {confidence, accuracy, count}.
    """
    own, truth = checked(probabilities, y, decision.task)
    shown = decision.calibrated(own)
    before, after = losses(own, truth, decision.task), losses(shown, truth, decision.task)
    n, one = len(own), np.ones((1, len(own)))
    differences = bootstrap(lambda w: {k: after(w)[k] - v for k, v in before(w).items()}, n, seed=seed, columns=4)
    scores = {
        name: {"before": float(v[0]), "after": float(after(one)[name][0]), "difference": differences[name].to_dict()}
        for name, v in before(one).items()
    }
    bins = {"before": reliability(own, y, decision.task), "after": reliability(shown, y, decision.task)}
    return {"n": n, "scores": scores, "bins": bins, "sentence": sentence(decision, scores)}


def losses(p: np.ndarray, truth: np.ndarray, task: str) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
    """Return the function from weights (resamples, n) to log loss, Brier score and calibration error."""
    eps = np.finfo(np.float64).eps
    if task == "multilabel":
        log_loss = -np.log(np.clip(np.where(truth == 1, p, 1 - p), eps, 1 - eps)).mean(1)
        confidence, right, brier = np.maximum(p, 1 - p), (p > 0.5) == (truth == 1), ((p - truth) ** 2).mean(1)
    else:
        log_loss = -np.log(np.clip((p * truth).sum(1), eps, 1 - eps))
        brier = ((p - truth) ** 2).sum(1) / (2 if p.shape[1] == 2 else 1)
        confidence, right = p.max(1, keepdims=True), (p.argmax(1) == truth.argmax(1))[:, None]
    gaps = np.zeros((len(p), BINS))  # confidence minus whether it was right, by bin of confidence
    np.add.at(gaps, (np.arange(len(p))[:, None], confidence_bin(confidence)), (confidence - right) / right.shape[1])

    def values(weights: np.ndarray) -> dict[str, np.ndarray]:
        n = weights.sum(1)
        means = {"log_loss": weights @ log_loss / n, "brier": weights @ brier / n}
        return means | {"ece": np.abs(weights @ gaps).sum(1) / n}

    return values


def reliability(p: np.ndarray, y: np.ndarray, task: str) -> dict[str, list[float]]:
    """Return the reliability diagram; each target of multilabel is an answer of its own."""
    if task == "multilabel":
        return calibration_curve(np.ravel(y).astype(np.int64), np.stack([1 - p.ravel(), p.ravel()], 1))
    return calibration_curve(y, p)


def sentence(decision: Decision, scores: Mapping[str, Any]) -> str:
    """Say what calibration changed, in words."""
    if decision.unchanged:
        return "The probabilities are the network's own."
    ways = {
        "prior correction": decision.shift,
        f"a temperature of {decision.temperature or 1:.2f}": decision.temperature,
        "isotonic regression": decision.isotonic,
    }
    how = " and ".join(name for name, found in ways.items() if found is not None)
    ece, log_loss = scores["ece"], scores["log_loss"]
    return (
        f"Calibrated by {how}, fitted on {decision.rows:,} validation rows: on the test part the calibration error "
        f"goes from {ece['before']:.4f} to {ece['after']:.4f}{between(ece, 4)}, and the log loss from "
        f"{log_loss['before']:.4f} to {log_loss['after']:.4f}."
    )


def balance_result(
    plain: np.ndarray,
    balanced: np.ndarray,
    y: np.ndarray,
    labels: Sequence[str] = (),
    *,
    task: str = "classification",
    method: str = "",
    seed: int = 0,
) -> dict[str, Any]:
    """Return what balancing cost and gained on the test part, against the same network without it.

    `plain`, `balanced` and `y` are codes (n,) into `labels`; of multilabel 0 and 1 (n, targets), `labels` naming the
    targets; of regression numbers (n,) or (n, targets). {n, method, main, scores, classes, sentence}: `scores` has
    {plain, balanced, difference: {value, low, high, n}} for each whole score, the main one first; `classes` for each
    class, target or tenth of the range of the numbers {label, n, ...} the same for its own, as recall and precision.
    """
    measures = {"classification": of_codes, "multilabel": of_targets, "regression": of_numbers}
    require(task in measures, f"balancing is for {', '.join(measures)}, not for {task}.")
    measure, names, counts = measures[task](np.asarray(y), labels)
    a, b = measure(np.asarray(plain)), measure(np.asarray(balanced))
    n = len(y)
    size = sum(v.size for v in a(np.ones((1, n))).values())

    def difference(weights: np.ndarray) -> dict[str, np.ndarray]:
        before = a(weights)
        return {name: value - before[name] for name, value in b(weights).items()}

    paired = bootstrap(difference, n, seed=seed, columns=4, cells=max(4 * size, len(labels) ** 2))
    one = np.ones((1, n))
    values = {"plain": a(one), "balanced": b(one)}
    told = {
        name: {side: number(v[name][0]) for side, v in values.items()} | {"difference": score.to_dict()}
        for name, score in paired.items()
    }
    classes: list[dict[str, Any]] = [{"label": label, "n": count} for label, count in zip(names, counts, strict=True)]
    for name in [key for key in told if "|" in key]:
        kind, _, place = name.partition("|")
        classes[int(place)][kind] = told.pop(name)
    main = next(iter(told))
    result = {"n": n, "task": task, "method": method, "main": main, "scores": told, "classes": classes}
    return result | {"sentence": balance_sentence(result)}


Made = tuple[Callable[[np.ndarray], Measure], list[str], list[int]]


def of_codes(y: np.ndarray, labels: Sequence[str]) -> Made:
    """Return the measure of codes, the names of the classes and how many test examples each has."""
    k = len(labels)

    def measure(given: np.ndarray) -> Measure:
        truth = codes("y", y, y.shape, k)
        answers = Answers(truth, np.eye(k)[truth], codes("the answers", given, y.shape, k))

        def values(weights: np.ndarray) -> dict[str, np.ndarray]:
            table = confusion(answers, weights)
            right, true, said = by_class(table)
            recall = np.where(true > 0, ratio(right, true), np.nan)
            found = {name: COUNTED[name](table) for name in ("balanced_accuracy", "accuracy", "f1", "precision")}
            return found | spread("recall", recall) | spread("precision", ratio(right, said))

        return values

    return measure, [str(label) for label in labels], np.bincount(y, minlength=k).tolist()


def of_targets(y: np.ndarray, labels: Sequence[str]) -> Made:
    """Return the measure of yes-or-no answers (n, targets), and how many yes each target has."""
    truth = y.astype(np.float64)

    def measure(given: np.ndarray) -> Measure:
        require(given.shape == y.shape, f"the answers are {given.shape} and y {y.shape}; they must be alike.")
        said = given.astype(np.float64)
        whole, hits = counted(truth, said), truth * said

        def values(weights: np.ndarray) -> dict[str, np.ndarray]:
            right, true, answered = weights @ hits, weights @ truth, weights @ said
            recall = np.where(true > 0, ratio(right, true), np.nan)
            f1 = ratio(2 * right, true + answered)
            each = spread("recall", recall) | spread("precision", ratio(right, answered)) | spread("f1", f1)
            return whole(weights) | each

        return values

    names = [str(label) for label in labels] or [f"target {t}" for t in range(y.shape[1])]
    return measure, names, y.sum(0).astype(int).tolist()


def of_numbers(y: np.ndarray, labels: Sequence[str]) -> Made:
    """Return the measure of numbers: their absolute error in each tenth of their range, and the mean of the tenths.

    That mean is the balanced error of Ren et al. (2022). The tenths are equal between the 1 % and the 99 % quantile,
    and those at the ends hold what is beyond; of several targets, they are those of the first.
    """
    first = y.reshape(len(y), -1)[:, 0].astype(np.float64)
    low, high = np.quantile(first, [0.01, 0.99]).tolist()
    edges = np.linspace(low, high, PARTS + 1)
    edges[[0, -1]] = first.min(), first.max()
    part = np.clip(np.searchsorted(edges, first, side="right") - 1, 0, PARTS - 1)
    member = part[:, None] == np.arange(PARTS)
    used = np.flatnonzero(member.any(0))
    member = member[:, used].astype(np.float64)

    def measure(given: np.ndarray) -> Measure:
        truth, said = checked_numbers(y, given)
        errors, squares = np.abs(truth - said).mean(1), ((truth - said) ** 2).mean(1)

        def values(weights: np.ndarray) -> dict[str, np.ndarray]:
            there = weights @ member
            each = np.where(there > 0, ratio(weights @ (member * errors[:, None]), there), np.nan)
            n = weights.sum(1)
            mean = np.nansum(each, 1) / (there > 0).sum(1)
            whole = {"balanced_mae": mean, "mae": weights @ errors / n, "rmse": np.sqrt(weights @ squares / n)}
            return whole | spread("mae", each)

        return values

    names = [f"{edges[i]:.4g} to {edges[i + 1]:.4g}" for i in used]
    return measure, names, member.sum(0).astype(int).tolist()


def spread(name: str, values: np.ndarray) -> dict[str, np.ndarray]:
    """Name the columns of values (resamples, classes)."""
    return {f"{name}|{i}": column for i, column in enumerate(values.T)}


def number(value: float) -> float | None:
    """Return a plain number, None for what is not defined."""
    return float(value) if np.isfinite(value) else None


WORDS = {"balanced_accuracy": "balanced accuracy", "f1": "mean F1", "balanced_mae": "balanced mean absolute error"}
COSTS = {"balanced_accuracy": "accuracy", "f1": "precision", "balanced_mae": "mae"}
COST_WORDS = {"accuracy": "accuracy", "precision": "mean precision", "mae": "mean absolute error"}


def balance_sentence(result: Mapping[str, Any]) -> str:
    """Say what balancing gained and cost, in words."""
    main = result["main"]
    gain, cost = result["scores"][main], result["scores"][COSTS[main]]
    by = f" ({result['method']})" if result["method"] else ""
    return (
        f"Balancing{by} takes the {WORDS[main]} from {gain['plain']:.3f} to {gain['balanced']:.3f}{between(gain)}; "
        f"the {COST_WORDS[COSTS[main]]} goes from {cost['plain']:.3f} to {cost['balanced']:.3f}{between(cost)}."
    )


def between(found: Mapping[str, Any], digits: int = 3) -> str:
    """Write a difference with its interval."""
    d = found["difference"]
    if d["low"] is None:
        return ""
    return f" ({d['value']:+.{digits}f}, 95 % interval {d['low']:+.{digits}f} to {d['high']:+.{digits}f})"
