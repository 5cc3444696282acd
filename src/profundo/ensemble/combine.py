"""Several models' answers to the same examples put together into one: a vote, or a stack.

Both learn how much each model counts from examples that none of the models was fitted on; a vote gives each model a
share, a stack fits a small model to the answers. With few such examples a stack learns their chance; so it is taken
only where a cross-validation within them clearly prefers it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

ROUNDS = 20  # models taken in one bag of the vote
BAGS = 20
IN_BAG = 0.75  # of the members
PENALTY = 10.0  # of a stack: what pulls its weights to equal ones, beside the sum over the examples
FLOOR = 1e-3  # probabilities below are as sure as this when a stack takes their logits
FOLDS = 5
FEWEST = 20  # examples from which a stack is tried
MOST = 5_000  # examples that the weights are learnt from
SURE = 2.0  # standard errors by which a stack must be better than a vote

Answers = Sequence[np.ndarray]  # of each model: probabilities (n, labels) or (n, targets), or numbers, (n,) or 2-D


@dataclass(frozen=True, eq=False)
class Combination:
    """How answers are put together. `weights` (members,) of a vote, (columns, members) of a stack.

    A stack has a model for each column (a label, a target; of two labels the second): the logit of its answer is the
    weighted sum of the members' logits plus `intercept` (columns,); for numbers, the answer itself.
    """

    method: Literal["vote", "stack"]
    task: str
    weights: np.ndarray
    intercept: np.ndarray

    def __call__(self, answers: Answers) -> np.ndarray:
        """Return the answers (of each member, in the same order) as one, shaped like each of them."""
        if self.method == "vote":
            return np.tensordot(self.weights, np.stack(answers).astype(np.float64), 1)
        values = np.einsum("nmc,cm->nc", features(answers, self.task), self.weights) + self.intercept
        if self.task == "regression":
            return values.reshape(answers[0].shape)
        shares = 1 / (1 + np.exp(-values))
        if self.task == "multilabel":
            return shares
        return np.hstack([1 - shares, shares]) if shares.shape[1] == 1 else shares / shares.sum(1, keepdims=True)

    @property
    def shares(self) -> np.ndarray:
        """How much each member counts, (members,): its weight, of a stack the mean over the columns."""
        return self.weights if self.method == "vote" else self.weights.mean(0)

    def to_dict(self) -> dict[str, Any]:
        """Return the combination as plain JSON."""
        arrays = {"weights": self.weights.tolist(), "intercept": self.intercept.tolist()}
        return {"method": self.method, "task": self.task, **arrays}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Combination":
        """Read what `to_dict` wrote."""
        arrays = (np.asarray(stored[name], np.float64) for name in ("weights", "intercept"))
        return cls(stored["method"], stored["task"], *arrays)


def combine(answers: Answers, y: np.ndarray, task: str, seed: int = 0) -> tuple[Combination, dict[str, Any]]:
    """Learn from answers to examples and their y (codes, numbers, or 0 and 1) how to put such answers together.

    Returns the combination, and what it was chosen by: {vote, stack, difference, error, n}, the mean squared errors in
    the cross-validation (of probabilities the Brier score; of numbers in shares of their variance), their difference
    and its standard error; vote and stack are None where there were too few examples for it.
    """
    rows = np.arange(len(y))
    if len(rows) > MOST:
        rows = np.sort(np.random.default_rng([seed, 0xE1]).permutation(len(y))[:MOST])
    answers, y = [np.asarray(a, np.float64)[rows] for a in answers], y[rows]
    found: dict[str, Any] = {"vote": None, "stack": None, "difference": None, "error": None, "n": len(y)}
    if len(y) < FEWEST or len(answers) < 2:
        return vote(answers, y, task, seed), found
    losses = cross_validate(answers, y, task, seed)
    gain = losses["vote"] - losses["stack"]
    error = float(gain.std(ddof=1) / np.sqrt(len(gain)))
    found |= {name: float(values.mean()) for name, values in losses.items()}
    found |= {"difference": float(gain.mean()), "error": error}
    fit = stack if gain.mean() > SURE * error else vote
    return fit(answers, y, task, seed), found


def vote(answers: Answers, y: np.ndarray, task: str, seed: int = 0) -> Combination:
    """Give each member the share in which a greedy selection takes it (Caruana et al. 2004).

    The selection adds, again and again, the member that lowers the squared error of the mean most; one may be taken
    often. It is done in 20 bags, each with three quarters of the members and a resample of the examples, and the shares
    are averaged: that keeps a few examples from deciding.
    """
    products = np.einsum("nmc,nkc->nmk", *[residuals(answers, y, task)] * 2)
    n, count = products.shape[:2]
    generator = np.random.default_rng([seed, 0xE2])
    taken = np.zeros(count)
    for _ in range(BAGS):
        drawn = np.bincount(generator.integers(0, n, n), minlength=n)
        allowed = np.sort(generator.permutation(count)[: math.ceil(IN_BAG * count)])
        taken[allowed] += greedy(np.tensordot(drawn / n, products, 1)[np.ix_(allowed, allowed)])
    return Combination("vote", task, taken / BAGS, np.zeros(0))


def greedy(errors: np.ndarray) -> np.ndarray:
    """Return the share of each member in the best mean of up to 20, built one by one.

    `errors` (members, members) are the mean products of their residuals: the mean with shares s has error s' errors s.
    """
    counts, best = np.zeros(len(errors)), np.zeros(len(errors))
    lowest = np.inf
    for size in range(1, ROUNDS + 1):
        sums = counts @ errors @ counts + 2 * errors @ counts + np.diag(errors)
        choice = int(np.argmin(sums))
        counts[choice] += 1
        if sums[choice] / size**2 < lowest - 1e-12:
            lowest, best = sums[choice] / size**2, counts / size
    return best


def stack(answers: Answers, y: np.ndarray, task: str, seed: int = 0) -> Combination:
    """Fit a model to the members' answers (Wolpert 1992), for each label from its own probabilities (Seewald 2002).

    Logistic regression, for numbers ridge regression; the penalty pulls towards equal weights, not towards none.
    """
    x, wanted = features(answers, task), columns(y, task, answers[0].shape[-1])
    fit = ridge if task == "regression" else logistic
    fitted = np.stack([fit(x[:, :, c], wanted[:, c]) for c in range(wanted.shape[1])])
    return Combination("stack", task, fitted[:, :-1], fitted[:, -1])


def logistic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the weights of x (n, members), and the intercept, that make y (n,) of 0 and 1 most likely."""
    from scipy.optimize import minimize

    x = np.hstack([x, np.ones((len(x), 1))])
    start = np.append(np.full(x.shape[1] - 1, 1 / (x.shape[1] - 1)), 0.0)

    def cost(w: np.ndarray) -> tuple[float, np.ndarray]:
        z, away = x @ w, w - start
        value = np.logaddexp(0, z).sum() - y @ z + PENALTY / 2 * away @ away
        return float(value), x.T @ (1 / (1 + np.exp(-z)) - y) + PENALTY * away

    return minimize(cost, start, jac=True, method="L-BFGS-B").x


def ridge(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the weights of x (n, members), and the intercept, for the numbers y (n,)."""
    count, scale = x.shape[1], y.std() or 1.0
    a, b = (x - x.mean(0)) / scale, (y - y.mean()) / scale
    weights = np.linalg.solve(a.T @ a + PENALTY * np.eye(count), a.T @ b + PENALTY / count)
    return np.append(weights, y.mean() - x.mean(0) @ weights)


def cross_validate(answers: Answers, y: np.ndarray, task: str, seed: int) -> dict[str, np.ndarray]:
    """Return each example's squared error, (n,), by a vote and by a stack learnt from the other folds."""
    fold = folds(y, task, seed)
    losses = {"vote": np.zeros(len(y)), "stack": np.zeros(len(y))}
    for number in range(FOLDS):
        out = fold == number
        inside, outside = ([a[rows] for a in answers] for rows in (~out, out))
        for name, fit in (("vote", vote), ("stack", stack)):
            answer = fit(inside, y[~out], task, seed)(outside)
            losses[name][out] = (residuals([answer], y[out], task, y)[:, 0] ** 2).sum(1)
    return losses


def folds(y: np.ndarray, task: str, seed: int) -> np.ndarray:
    """Return the fold (0 to 4) of each example, each class shared out evenly."""
    order = np.random.default_rng([seed, 0xE3]).permutation(len(y))
    if task == "classification":
        order = order[np.argsort(y[order], kind="stable")]
    fold = np.empty(len(y), np.int64)
    fold[order] = np.arange(len(y)) % FOLDS
    return fold


def features(answers: Answers, task: str) -> np.ndarray:
    """Return what a stack sees, (n, members, columns): logits, or numbers as they are."""
    x = np.stack([np.asarray(a, np.float64).reshape(len(a), -1) for a in answers], 1)
    if task == "regression":
        return x
    x = np.clip(x[:, :, 1:] if task == "classification" and x.shape[2] == 2 else x, FLOOR, 1 - FLOOR)
    return np.log(x / (1 - x))


def columns(y: np.ndarray, task: str, labels: int) -> np.ndarray:
    """Return what each column of a stack is fitted to, (n, columns): 0 and 1, or numbers."""
    if task != "classification":
        return y.reshape(len(y), -1)
    return (y[:, None] == np.arange(1 if labels == 2 else 0, labels)).astype(np.float64)


def residuals(answers: Answers, y: np.ndarray, task: str, every: np.ndarray | None = None) -> np.ndarray:
    """Return answer minus truth, (n, members, columns); numbers in units of the spread of `every` y (or this y)."""
    x = np.stack([np.asarray(a, np.float64).reshape(len(a), -1) for a in answers], 1)
    if task == "classification":
        return x - (y[:, None] == np.arange(x.shape[2]))[:, None]
    truth, spread = y.reshape(len(y), -1), (y if every is None else every).reshape(-1, x.shape[2]).std(0)
    if task == "regression":
        return (x - truth[:, None]) / np.where(spread > 0, spread, 1.0)
    return x - truth[:, None]
