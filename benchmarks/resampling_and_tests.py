"""Whether "95 %" means 95 %: the coverage of each interval, the false alarms of each test, the bias of .632 and .632+.

Closed-form learners (linear discriminants, least squares, 1-NN) on Gaussian data, whose true score is known exactly, so
that thousands of trainings take seconds. How each interval is made was settled on other seeds than those used here.
The truth that an interval must hold is, for a holdout, the score of the trained model; for all others the expected
score on fresh data of the method trained on so many rows (bootstrap: on a bootstrap sample; .632, .632+: on all rows).
"""

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtr

from hardware import hardware
from processes import say
from profundo.metrics import Score, classification_scores, regression_scores, wilson
from profundo.metrics.hypothesis import (
    cochrans_q,
    five_by_two_f,
    five_by_two_t,
    mcnemar,
    naive_resampled_t,
    resampled_t,
    two_proportions,
)
from profundo.metrics.resampling import OUT, Round, summarise
from record import NUMBERS, record, show, store

SEED = 4051  # first used for the figures that are reported
BOOTSTRAPS = 25  # rounds, as `--evaluate bootstrap` has
FRESH = 2000  # training sets behind each expected score

RIDGES = (0.01, 0.3, 3.0)  # what nested cross-validation chooses among
Rule = tuple[np.ndarray, np.ndarray]  # b (rounds, inputs) and c (rounds,): the answer is 1 where b x + c > 0


@dataclass(frozen=True)
class Setting:
    """Data sets of `rows` rows with `inputs` inputs; the classes lie `apart` standard deviations from each other."""

    name: str
    learner: str
    rows: int
    inputs: int
    apart: float


SETTINGS = (
    Setting("LDA, 5 inputs, 100 rows", "lda", 100, 5, 1.7),
    Setting("nearest centroid, 10 inputs, 100 rows", "centroid", 100, 10, 1.7),
    Setting("LDA, 10 inputs, 200 rows", "lda", 200, 10, 1.5),
    Setting("overfitted: LDA, 20 inputs, 100 rows", "lda", 100, 20, 2.5),
    Setting("nearly perfect: nearest centroid, 2 inputs, 60 rows", "centroid", 60, 2, 3.0),
)


# data and learners: `weights` (rounds, n) say how often each row is learnt from in each round -----------------------


def draw(rng: np.random.Generator, rows: int, inputs: int, apart: float, copies: int = 1) -> tuple[np.ndarray, ...]:
    """Draw x (rows, copies * inputs) and y; each copy is a set of inputs of its own, as good as the others."""
    y = rng.integers(0, 2, rows)
    x = rng.normal(size=(rows, copies * inputs))
    x[:, ::inputs] += np.where(y == 1, apart / 2, -apart / 2)[:, None]
    return x, y


def discriminant(x: np.ndarray, y: np.ndarray, weights: np.ndarray, ridge: float) -> Rule:
    """Fit one linear rule a round: b (rounds, inputs), c (rounds,). An infinite ridge is the nearest centroid."""
    one, zero = weights * y, weights * (1 - y)
    n1, n0 = np.maximum(one.sum(1), 1)[:, None], np.maximum(zero.sum(1), 1)[:, None]
    m1, m0 = one @ x / n1, zero @ x / n0
    b = m1 - m0
    if math.isfinite(ridge):
        p = x.shape[1]
        squares = (weights @ (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)).reshape(-1, p, p)
        within = squares - n1[:, :, None] * m1[:, :, None] * m1[:, None] - n0[:, :, None] * m0[:, :, None] * m0[:, None]
        spread = within / np.maximum(n1 + n0 - 2, 1)[:, :, None] + ridge * np.eye(p)
        b = np.linalg.solve(spread, b[:, :, None])[:, :, 0]
    return b, -(b * (m1 + m0) / 2).sum(1)


def fit(learner: str, x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> Rule:
    return discriminant(x, y, weights, math.inf if learner == "centroid" else 1e-8)


def says(rule: Rule, x: np.ndarray) -> np.ndarray:
    """Answer every row in every round: (rounds, n)."""
    return (rule[0] @ x.T + rule[1][:, None] > 0).astype(np.int64)


def accuracy(rule: Rule, apart: float) -> np.ndarray:
    """Return the true accuracy of each rule, exactly."""
    b, c = rule
    size, side = np.sqrt((b * b).sum(1)), b[:, 0] * apart / 2
    return (ndtr((side + c) / size) + ndtr((side - c) / size)) / 2


def chosen(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Rule:
    """Fit one rule to all rows, its ridge chosen by three inner folds."""
    folds = folded(rng, y, 3)
    weights, rows = leave_out(folds), np.arange(len(y))
    right = [(says(discriminant(x, y, weights, r), x)[folds, rows] == y).mean() for r in RIDGES]
    return discriminant(x, y, np.ones((1, len(y))), RIDGES[int(np.argmax(right))])


def trained(
    setting: Setting, method: str, x: np.ndarray, y: np.ndarray, w: np.ndarray, rng: np.random.Generator
) -> Rule:
    """Fit the rules of all rounds of a method, (rounds, inputs) and (rounds,)."""
    if not method.startswith("nested"):
        return fit(setting.learner, x, y, w)
    rules = [chosen(x[row > 0], y[row > 0], rng) for row in w]
    return np.concatenate([b for b, _ in rules]), np.concatenate([c for _, c in rules])


# rounds --------------------------------------------------------------------------------------------------------------


def folded(rng: np.random.Generator, y: np.ndarray, count: int) -> np.ndarray:
    """Return the fold of each row, each class shared out evenly."""
    order = np.concatenate([rng.permutation(np.flatnonzero(y == c)) for c in np.unique(y)])
    folds = np.empty(len(y), np.int64)
    folds[order] = np.arange(len(y)) % count
    return folds


def leave_out(folds: np.ndarray) -> np.ndarray:
    """Return the weights (folds, n) that leave out one fold after the other."""
    return (folds != np.arange(folds.max() + 1)[:, None]).astype(np.float64)


def weights_of(method: str, rng: np.random.Generator, strata: np.ndarray) -> np.ndarray:
    """Return how often each row is learnt from in each round of a method; the rows of weight 0 are held out."""
    n = len(strata)
    name, _, count = method.partition(":")
    if name in ("kfold", "nested", "loo"):
        return leave_out(np.arange(n) if name == "loo" else folded(rng, strata, int(count.split("x")[0])))
    if name == "5x2":
        return np.concatenate([leave_out(folded(rng, strata, 2)) for _ in range(5)])
    if name == "repeated":
        return np.stack([folded(rng, strata, 5) != 0 for _ in range(int(count))]).astype(np.float64)
    return np.stack([np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(BOOTSTRAPS)]).astype(np.float64)


def rounds_of(weights: np.ndarray, right: np.ndarray, y: np.ndarray, answers: np.ndarray) -> list[Round]:
    """Score each round: `right` and `answers` are (rounds, n)."""
    made = []
    for w, hit, said in zip(weights, right, answers, strict=True):
        out = w == 0
        p, q = y[out].mean(), said[out].mean()
        chance = float(p * q + (1 - p) * (1 - q))
        train = float((w * hit).sum() / w.sum())
        made.append(Round({"accuracy": float(hit[out].mean())}, {"accuracy": train}, {"accuracy": chance},
                          int((~out).sum()), int(out.sum())))  # fmt: skip
    return made


METHODS = ("repeated:10", "kfold:5", "kfold:10", "nested:5x3", "loo", "5x2", "bootstrap", ".632", ".632+")


def learnt_rows(method: str, rows: int) -> int:
    """Return on how many rows a round of a method trains."""
    shares = {"repeated:10": 0.8, "kfold:5": 0.8, "nested:5x3": 0.8, "kfold:10": 0.9, "5x2": 0.5}
    return rows - 1 if method == "loo" else round(rows * shares.get(method, 1.0))


def expected(setting: Setting, method: str) -> float:
    """Return the expected true accuracy of what a method trains, over fresh training sets."""
    rng = np.random.default_rng([SEED, 1])
    rows, found = learnt_rows(method, setting.rows), []
    for _ in range(FRESH // 4 if method.startswith("nested") else FRESH):
        x, y = draw(rng, rows, setting.inputs, setting.apart)
        weights = weights_of(method, rng, y)[:1] if method == "bootstrap" else np.ones((1, rows))
        found.append(float(accuracy(trained(setting, method, x, y, weights, rng), setting.apart)[0]))
    return float(np.mean(found))


# coverage ------------------------------------------------------------------------------------------------------------


def coverage(setting: Setting, simulations: int) -> list[dict[str, Any]]:
    """Measure how often the interval of each method holds the true accuracy."""
    truth = {method: expected(setting, method) for method in METHODS}
    held: dict[str, list[tuple[float, float, float]]] = {}
    for number in range(simulations):
        rng = np.random.default_rng([SEED, 2, SETTINGS.index(setting), number])
        x, y = draw(rng, setting.rows, setting.inputs, setting.apart)
        for method in METHODS:
            score = estimated(setting, method, x, y, rng)
            held.setdefault(method, []).append(holds(score, truth[method]))
        rule = fit(setting.learner, x, y, np.ones((1, len(y))))
        fresh, true = draw(rng, 100, setting.inputs, setting.apart)
        right = (says(rule, fresh)[0] == true).sum()
        held.setdefault("holdout", []).append(holds(wilson(right, 100), float(accuracy(rule, setting.apart)[0])))
    return [row_of("accuracy", method, setting.name, found) for method, found in held.items()]


def estimated(setting: Setting, method: str, x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Score:
    """Carry out a method on one data set."""
    weights = weights_of(method, rng, y)
    answers = says(trained(setting, method, x, y, weights, rng), x)
    right = answers == y
    pooled = None
    if method.startswith(("kfold", "nested", "loo")):
        pooled = {"accuracy": wilson(float(right[weights == 0].sum()), len(y))}
    return summarise(method, rounds_of(weights, right, y, answers), pooled)["accuracy"]


def holds(score: Score, truth: float) -> tuple[float, float, float]:
    """Return whether an interval holds the truth, its width, and the error of its value."""
    return float(score.low <= truth <= score.high), score.high - score.low, score.value - truth


def row_of(score: str, method: str, setting: str, found: list[tuple[float, float, float]]) -> dict[str, Any]:
    """Summarise the simulations of one method."""
    held, width, error = np.mean(found, 0).tolist()
    covered = wilson(held * len(found), len(found))
    return {
        "setting": setting,
        "score": score,
        "method": method,
        "coverage": round(held, 3),
        "95 %": f"{covered.low:.3f} - {covered.high:.3f}",
        "in 93 to 97 %": 0.93 <= held <= 0.97,
        "mean width": round(width, 3),
        "mean error": round(error, 4),
        "n": len(found),
    }


# numbers: least squares ----------------------------------------------------------------------------------------------

R2_METHODS = ("repeated:10", "kfold:5", "kfold:10", "loo", "5x2", "bootstrap", ".632")
INPUTS, NOISE = 5, 0.7


def numbers(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    x = rng.normal(size=(rows, INPUTS))
    return np.c_[np.ones(rows), x], x.sum(1) / math.sqrt(INPUTS) + NOISE * rng.normal(size=rows)


def least_squares(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Fit one line a round: (rounds, 1 + inputs)."""
    q = x.shape[1]
    squares = (weights @ (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)).reshape(-1, q, q)
    return np.linalg.solve(squares, ((weights * y) @ x)[:, :, None])[:, :, 0]


def true_r2(b: np.ndarray) -> np.ndarray:
    off = ((b[:, 1:] - 1 / math.sqrt(INPUTS)) ** 2).sum(1) + b[:, 0] ** 2
    return 1 - (NOISE**2 + off) / (1 + NOISE**2)


def r2(y: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the R2 of each round, its rows weighted: answers (rounds, n), weights (rounds, n)."""
    n = weights.sum(1)
    mean = weights @ y / n
    return 1 - (weights * (y - answers) ** 2).sum(1) / (weights @ y**2 - n * mean**2)


def coverage_r2(simulations: int, rows: int = 200) -> list[dict[str, Any]]:
    """Measure how often the interval of each method holds the true R2."""
    truth, held = {}, {}
    rng = np.random.default_rng([SEED, 3])
    for method in R2_METHODS:
        found = []
        for _ in range(FRESH):
            x, y = numbers(rng, learnt_rows(method, rows))
            weights = weights_of(method, rng, np.zeros(len(y)))[:1] if method == "bootstrap" else np.ones((1, len(y)))
            found.append(true_r2(least_squares(x, y, weights))[0])
        truth[method], held[method] = float(np.mean(found)), []
    held["holdout"] = []
    for number in range(simulations):
        rng = np.random.default_rng([SEED, 4, number])
        x, y = numbers(rng, rows)
        for method in R2_METHODS:
            held[method].append(holds(estimated_r2(method, x, y, rng), truth[method]))
        b = least_squares(x, y, np.ones((1, rows)))
        fresh, true = numbers(rng, rows)
        score = regression_scores(true, fresh @ b[0], seed=number)["r2"]
        held["holdout"].append(holds(score, float(true_r2(b)[0])))
    name = f"least squares, {INPUTS} inputs, {rows} rows"
    return [row_of("r2", method, name, found) for method, found in held.items()]


def estimated_r2(method: str, x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Score:
    """Carry out a method on one data set."""
    weights = weights_of(method, rng, np.zeros(len(y)))
    answers, out = least_squares(x, y, weights) @ x.T, (weights == 0).astype(np.float64)
    pooled = None
    if method.startswith(("kfold", "loo")):
        pooled = regression_scores(y, (answers * out).sum(0), seed=0)
    train = r2(y, answers, weights)
    scores = train if method == "loo" else r2(y, answers, out)  # one row has no R2; loo takes the pooled one
    rounds = [
        Round({"r2": float(s)}, {"r2": float(t)}, None, int(len(y) - o.sum()), int(o.sum()))
        for s, t, o in zip(scores, train, out, strict=True)
    ]
    return summarise(method, rounds, pooled)["r2"]


def coverage_of_holdout(simulations: int, rows: int = 200) -> list[dict[str, Any]]:
    """Measure the bootstrap intervals of a classifier's scores on a test part whose true values are known exactly."""
    setting, held = SETTINGS[0], {"roc_auc": [], "balanced_accuracy": []}
    for number in range(simulations):
        rng = np.random.default_rng([SEED, 5, number])
        x, y = draw(rng, setting.rows, setting.inputs, setting.apart)
        rule = fit(setting.learner, x, y, np.ones((1, len(y))))
        fresh, true = draw(rng, rows, setting.inputs, setting.apart)
        shares = 1 / (1 + np.exp(-(rule[0] @ fresh.T + rule[1][:, None])[0]))
        scores = classification_scores(true, np.stack([1 - shares, shares], 1), ("no", "yes"), seed=number)
        side = rule[0][0, 0] * setting.apart / math.sqrt(2 * (rule[0] ** 2).sum())
        truth = {"roc_auc": float(ndtr(side)), "balanced_accuracy": float(accuracy(rule, setting.apart)[0])}
        for name, found in held.items():
            found.append(holds(scores[name], truth[name]))
    return [row_of(name, "holdout", f"LDA, test part of {rows} rows", found) for name, found in held.items()]


# false alarms --------------------------------------------------------------------------------------------------------

NULLS = (
    Setting("LDA, 5 inputs, 200 rows", "lda", 200, 5, 1.7),
    Setting("overfitted: LDA, 20 inputs, 100 rows", "lda", 100, 20, 2.5),
)
ALWAYS_TRUE_RULE = 0.85  # three answers that are right on so many rows, with something in common


def alarms_of_networks(simulations: int, rows: int = 1000) -> list[dict[str, Any]]:
    """Count the false alarms of the tests that compare trained models, all of exactly the same true accuracy."""
    p: dict[str, list[float]] = {}
    for number in range(simulations):
        rng = np.random.default_rng([SEED, 6, number])
        common = rng.random(rows) < 0.4  # rows that all three answer alike
        own = rng.random((rows, 3)) < ALWAYS_TRUE_RULE
        right = np.where(common[:, None], own[:, :1], own)
        y, a, b = np.ones(rows, np.int64), right[:, 0].astype(np.int64), right[:, 1].astype(np.int64)
        for kind in ("mid-p", "exact", "chi2"):
            p.setdefault(f"McNemar, {kind}", []).append(mcnemar(y, a, b, kind).p)
        other = rng.binomial(rows // 2, ALWAYS_TRUE_RULE)
        p.setdefault("difference of proportions", []).append(two_proportions(int(a.sum()), rows, other, rows // 2).p)
        p.setdefault("Cochran's Q, 3 answers", []).append(cochrans_q(right).p)
    return [alarm_row(name, f"{rows} test rows", found) for name, found in p.items()]


def alarms_of_methods(setting: Setting, simulations: int) -> list[dict[str, Any]]:
    """Count the false alarms of the tests that compare learning methods: the same one, on inputs equally good."""
    p: dict[str, list[float]] = {}
    designs = ("repeated:10", "kfold:5", "kfold:10", "bootstrap", "5x2")
    for number in range(simulations):
        rng = np.random.default_rng([SEED, 7, NULLS.index(setting), number])
        x, y = draw(rng, setting.rows, setting.inputs, setting.apart, copies=2)
        for design in designs:
            weights = weights_of(design, rng, y)
            d = round_scores(setting, x[:, : setting.inputs], y, weights) - round_scores(
                setting, x[:, setting.inputs :], y, weights
            )
            if design == "5x2":
                p.setdefault("5x2cv t", []).append(five_by_two_t(d.reshape(5, 2)).p)
                p.setdefault("5x2cv F", []).append(five_by_two_f(d.reshape(5, 2)).p)
                continue
            ratio = OUT if design == "bootstrap" else (weights == 0).mean() / (weights > 0).mean()
            p.setdefault(f"corrected resampled t, {design}", []).append(resampled_t(d, float(ratio)).p)
            if design in ("repeated:10", "bootstrap"):
                p.setdefault(f"naive resampled t, {design}", []).append(naive_resampled_t(d).p)
    return [alarm_row(name, setting.name, found) for name, found in p.items()]


def round_scores(setting: Setting, x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the accuracy of each round on the rows it holds out."""
    out = weights == 0
    return ((says(fit(setting.learner, x, y, weights), x) == y) & out).sum(1) / out.sum(1)


def alarm_row(test: str, setting: str, p: list[float]) -> dict[str, Any]:
    """Summarise the p-values of one test."""
    share = wilson(float(np.mean(np.array(p) < 0.05)) * len(p), len(p))
    return {
        "test": test,
        "setting": setting,
        "false alarms": round(share.value, 3),
        "95 %": f"{share.low:.3f} - {share.high:.3f}",
        "in 3 to 7 %": 0.03 <= share.value <= 0.07,
        "n": len(p),
    }


# .632 and .632+ of a learner that overfits ---------------------------------------------------------------------------


def nearest(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Answer every row in every round with the label of the nearest row learnt from: 1-NN, (rounds, n)."""
    distances = ((x[:, None] - x[None]) ** 2).sum(2)
    reach = np.where(weights[:, None] > 0, distances[None], np.inf)
    return y[reach.argmin(2)]


def bias(simulations: int, rows: int, apart: float, truth: float) -> dict[str, Any]:
    """Measure how far .632 and .632+ of 1-NN with 5 inputs lie from its true accuracy, on average."""
    found: dict[str, list[float]] = {"bootstrap": [], ".632": [], ".632+": []}
    for number in range(simulations):
        rng = np.random.default_rng([SEED, 8, rows, round(100 * apart), number])
        x, y = draw(rng, rows, 5, apart)
        weights = weights_of("bootstrap", rng, y)
        answers = nearest(x, y, weights)
        rounds = rounds_of(weights, answers == y, y, answers)
        for method, values in found.items():
            values.append(summarise(method, rounds)["accuracy"].value - truth)
    name = "no signal" if apart == 0 else f"classes {apart:g} apart"
    means = {f"bias of {m}": round(float(np.mean(v)), 4) for m, v in found.items()}
    errors = {f"± of {m}": round(1.96 * float(np.std(v)) / math.sqrt(len(v)), 4) for m, v in found.items()}
    return {
        "data": f"{name}, {rows} rows, 5 inputs",
        "true accuracy": round(truth, 4),
        **means,
        **errors,
        "n": simulations,
    }


def true_nearest(rows: int, apart: float) -> float:
    """Return the expected accuracy of 1-NN learnt from so many rows."""
    if apart == 0:
        return 0.5
    rng, right = np.random.default_rng([SEED, 9]), []
    for _ in range(FRESH // 4):
        x, y = draw(rng, rows, 5, apart)
        fresh, true = draw(rng, 200, 5, apart)
        right.append((y[((fresh[:, None] - x[None]) ** 2).sum(2).argmin(1)] == true).mean())
    return float(np.mean(right))


# the record ----------------------------------------------------------------------------------------------------------


def main() -> None:
    asked = arguments()
    entries = {}
    for name, (measure, described, settings) in PARTS.items():
        if name in asked.what:
            here, began = hardware(), time.monotonic()
            rows = measure(asked.simulations)
            figures = described(rows)
            taken = settings | {"simulations": asked.simulations, "seconds": round(time.monotonic() - began, 1)}
            entries[name] = record(figures, [], here, settings=taken, table=rows, notes=[])
            show(figures, say)
            for row in rows:
                say("  ".join(str(v) for v in row.values()))
    store(asked.out, __doc__, entries)
    say(f"\nwritten: {asked.out}")


def share_figure(name: str, value: float, n: int, low: float, high: float) -> dict[str, Any]:
    """Describe a share that must lie between two limits, with its Wilson interval."""
    score = wilson(value * n, n)
    limits = {"at_least": low, "at_most": high} if high < 1 else {"at_least": low}
    kept = {"name": name, "unit": "", "n": n, "mean": value, "low": score.low, "high": score.high, "interval": "Wilson"}
    return {**kept, "values": [], "wanted": limits, "met": low <= value <= high}


def coverages(simulations: int) -> list[dict[str, Any]]:
    rows = [row for setting in SETTINGS for row in coverage(setting, simulations)]
    return rows + coverage_r2(simulations) + coverage_of_holdout(simulations)


def coverage_figures(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Hold each method against 93 to 97 %, in the first setting and for R2 and the holdout's bootstrap."""
    hard = {s.name for s in SETTINGS[1:]}
    return [
        share_figure(f"coverage, {r['method']}, {r['score']}, {r['setting']}", r["coverage"], r["n"], 0.93, 0.97)
        for r in rows
        if r["setting"] not in hard
    ]


def alarms(simulations: int) -> list[dict[str, Any]]:
    return alarms_of_networks(simulations) + [row for s in NULLS for row in alarms_of_methods(s, simulations)]


def alarm_figures(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Hold each test against 3 to 7 %, and the naive one against 10 %."""
    found = []
    for r in rows:
        if r["setting"] != NULLS[1].name:
            limits = (0.10, 1.0) if r["test"].startswith("naive") else (0.03, 0.07)
            found.append(share_figure(f"false alarms, {r['test']}", r["false alarms"], r["n"], *limits))
    return found


def biases(simulations: int) -> list[dict[str, Any]]:
    cases = ((20, 0.0), (50, 0.0), (50, 1.0))
    return [bias(simulations, rows, apart, true_nearest(rows, apart)) for rows, apart in cases]


def bias_figures(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Hold the bias of .632+ against that of .632."""
    found = []
    for r in rows:
        plain, plus, half = abs(r["bias of .632"]), abs(r["bias of .632+"]), r["± of .632+"]
        kept = {
            "name": f"bias of .632+, 1-NN, {r['data']}",
            "unit": "",
            "n": r["n"],
            "mean": plus,
            "interval": "normal",
        }
        limit = {"wanted": {"at_most": plain}, "met": plus < plain}
        found.append({**kept, "low": max(0.0, plus - half), "high": plus + half, "values": [], **limit})
    return found


PARTS: dict[str, tuple[Callable[[int], list[dict[str, Any]]], Callable[..., list[dict[str, Any]]], dict[str, Any]]] = {
    "coverage of the 95 % intervals": (coverages, coverage_figures, {"bootstrap rounds": BOOTSTRAPS}),
    "false alarms of the tests": (alarms, alarm_figures, {"level": 0.05}),
    "bias of .632 and .632+": (biases, bias_figures, {"bootstrap rounds": BOOTSTRAPS}),
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", nargs="+", choices=tuple(PARTS), default=list(PARTS))
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=NUMBERS / "statistics.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
