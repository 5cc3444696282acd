"""Columns that give the target away: the target under another name, or something known only after it."""

from dataclasses import dataclass

import numpy as np

from ..data.dataset import Data
from ..data.kinds import shell
from ..data.values import dates, numbers
from ..findings import Finding, Severity
from ..schema import Category, Date, Number
from .features import features
from .groups import NAME
from .kernel import leave_one_out
from .parts import codes_of, sample, training

ROWS = 4_000  # training rows that are looked at
REST = 1_000  # of those, for what the other columns can do together
FILLED = 8  # rows of a value on average, from which a number is treated as a label
SIDE = 3  # neighbours on each side that answer for a number
FOLDS = 5
FEWEST = 40
MOST = 10  # columns that are compared with all others
COLUMNS = 300  # columns that are tried; of more, those that correlate most with the target
SUSPECT = 0.85  # the skill of one column from which the others are asked too
PERFECT = 0.98
COPY = 0.95  # the skill of a column of one value for each label, from which it is the target with slips
FIFTH = 0.2  # a leak makes at most a fifth of the errors that all other columns together make


@dataclass(frozen=True)
class Leak:
    """A column that tells the target: its `skill` alone is 0 for chance and 1 for perfect; `rest` is all others'."""

    name: str
    skill: float
    rest: float
    copy: bool


def look(data: Data) -> list[Finding]:
    """Predict the target from each input column alone, by cross-validation within the training part.

    A column leaks where it makes no more than a fifth of the errors that all others make together, or where it has one
    value for each label, but for slips.
    """
    if data.frame is None or data.schema.image is not None or data.task == "multilabel" or len(data.schema.targets) > 1:
        return []
    rows = sample(training(data), ROWS, data, 0x1E)
    if len(rows) < FEWEST:
        return []
    answers = one_hot_or_ranks(data, rows)
    fold = folds(data, rows)
    skills = {name: skill(column, answers, fold) for name, column in columns(data, rows)}
    suspects = sorted((n for n in skills if skills[n][0] >= SUSPECT), key=lambda n: -skills[n][0])[:MOST]
    certain = {n for n in suspects if skills[n][0] >= PERFECT or skills[n][1]}  # several leaks do not excuse each other
    leaks = [Leak(n, skills[n][0], skill_of_rest(data, rows, {n} | certain), skills[n][1]) for n in suspects]
    return [finding(data, k, len(rows)) for k in leaks if k.copy or 1 - k.skill <= FIFTH * (1 - k.rest)]


def one_hot_or_ranks(data: Data, rows: np.ndarray) -> np.ndarray:
    """Return the answers (n, k): one-hot, each class weighing the same in all; or (n, 1) ranks of a quantity, 0..1.

    Ranks, because a leak may be any rising function of the target, and a long tail must not decide.
    """
    y = data.y.cpu().numpy()[rows]
    if data.task == "regression":
        return (np.argsort(np.argsort(y, kind="stable"), kind="stable") / max(len(y) - 1, 1))[:, None]
    found = (y[:, None] == np.arange(data.schema.outputs)).astype(np.float64)
    return found / np.maximum(found.sum(0), 1)


def folds(data: Data, rows: np.ndarray) -> np.ndarray:
    """Return the fold (n,) of each row."""
    return np.random.default_rng([data.seed, 0x1F]).permutation(len(rows)) % FOLDS


def columns(data: Data, rows: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Return (name, column (n,)) of the input columns: float64 numbers, NaN missing; or int64 codes of labels."""
    assert data.frame is not None
    found = []
    for name in chosen(data, rows):
        kind, series = data.schema.inputs[name], data.frame[name].take(rows)
        if isinstance(kind, Number | Date):
            values = numbers(series)[0] if isinstance(kind, Number) else dates(series, kind.format)[0]
            found.append((name, values if continuous(values) else np.unique(values, return_inverse=True)[1]))
        elif isinstance(kind, Category) and not NAME.fullmatch(name):  # groups have a look of their own
            found.append((name, codes_of(series) + 1))
    return found


def continuous(values: np.ndarray) -> bool:
    """Say whether numbers have so many values that neighbours answer for each other."""
    return len(np.unique(values[np.isfinite(values)])) > len(values) / FILLED


def chosen(data: Data, rows: np.ndarray) -> list[str]:
    """Return the input columns to try; of very many, those with the largest rank correlation with the target."""
    assert data.frame is not None
    names = [n for n in data.schema.inputs if n in data.frame.columns]
    if len(names) <= COLUMNS or len(data.schema.features) != len(names):
        return names[: 10 * COLUMNS]
    x, y = data.x.cpu().numpy()[rows], one_hot_or_ranks(data, rows)
    x, y = x - x.mean(0), y - y.mean(0)
    strength = np.abs(y.T @ x) / np.maximum(np.sqrt((x * x).sum(0)), 1e-9) / np.sqrt((y * y).sum(0))[:, None]
    best = np.argsort(-strength.max(0), kind="stable")[:COLUMNS]
    return [data.schema.features[i] for i in np.sort(best)]


def skill(column: np.ndarray, answers: np.ndarray, fold: np.ndarray) -> tuple[float, bool]:
    """Return the skill of predicting from one column alone, and whether it is the target under another name.

    Classification: (balanced accuracy - chance) / (1 - chance). Regression: R2 of the ranks.
    """
    guess = by_neighbours(column, answers) if column.dtype == np.float64 else by_label(column, answers, fold)
    if answers.shape[1] == 1:
        return r2(answers[:, 0], np.where(np.isnan(guess[:, 0]), answers.mean(), guess[:, 0])), False
    found = classified(answers, guess)
    one_each = column.dtype != np.float64 and len(np.unique(column)) == np.count_nonzero(answers.sum(0))
    return found, one_each and found >= COPY


def classified(answers: np.ndarray, guess: np.ndarray) -> float:
    """Return (balanced accuracy - chance) / (1 - chance) of the largest guess; a row without a guess is a miss."""
    present = np.count_nonzero(answers.sum(0))
    best = np.nan_to_num(guess, nan=-1.0).argmax(1)
    hit = np.where(np.isnan(guess[:, 0]), 0.0, answers[np.arange(len(answers)), best])
    return float((hit.sum() / present - 1 / present) / (1 - 1 / present))


def by_label(codes: np.ndarray, answers: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return the mean answer (n, k) of the rows of the same code in the other folds, NaN where there is none."""
    count = int(codes.max()) + 1
    sums = np.stack([weigh(codes[fold == f], answers[fold == f], count) for f in range(FOLDS)])
    sizes = np.stack([np.bincount(codes[fold == f], minlength=count) for f in range(FOLDS)])
    seen = (sizes.sum(0) - sizes)[fold, codes][:, None]
    return np.where(seen > 0, (sums.sum(0) - sums)[fold, codes] / np.maximum(seen, 1), np.nan)


def by_neighbours(values: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Return for each row the answers (n, k) of the next values on both sides, the nearer the heavier; NaN missing."""
    guess = np.full(answers.shape, np.nan)
    rows = np.random.default_rng(0x21).permutation(np.flatnonzero(np.isfinite(values)))
    rows = rows[np.argsort(values[rows], kind="stable")]  # equal values in no order: a file may be sorted by its label
    if len(rows) <= SIDE:
        return guess
    v, y = values[rows], answers[rows]
    scale = 1e-9 * (v[-1] - v[0]) or 1.0
    total, weight = np.zeros_like(y), np.zeros(len(v))
    for step in range(1, SIDE + 1):
        near = 1 / (v[step:] - v[:-step] + scale)
        for here, there in ((slice(step, None), slice(None, -step)), (slice(None, -step), slice(step, None))):
            total[here] += near[:, None] * y[there]
            weight[here] += near
    guess[rows] = total / weight[:, None]
    return guess


def weigh(cells: np.ndarray, answers: np.ndarray, count: int) -> np.ndarray:
    """Sum the answers of each cell, (count, k)."""
    return np.stack([np.bincount(cells, column, minlength=count) for column in answers.T], 1)


def r2(y: np.ndarray, guess: np.ndarray) -> float:
    """Return the share of the variance that is explained."""
    return float(1 - ((y - guess) ** 2).sum() / max(((y - y.mean()) ** 2).sum(), 1e-12))


def skill_of_rest(data: Data, rows: np.ndarray, without: set[str]) -> float:
    """Return the skill of all other columns together, each row predicted from the others."""
    rows = sample(rows, REST, data, 0x20)
    table = features(data, rows, without)
    if not table.shape[1]:
        return 0.0
    answers = one_hot_or_ranks(data, rows)
    if data.task == "regression":
        return r2(answers[:, 0], leave_one_out(table, answers)[:, 0])
    return classified(answers, leave_one_out(table, (answers > 0).astype(np.float64)))


def finding(data: Data, leak: Leak, n: int) -> Finding:
    """Say what the column alone can do, and what all others can."""
    target = next(iter(data.schema.targets))
    if leak.copy:
        what = f"{leak.name} is {target} under another name: one value for each label, skill {leak.skill:.3f}"
    else:
        measure = "R2 of the ranks" if data.task == "regression" else "skill (0 chance, 1 perfect)"
        rest = max(leak.rest, 0)
        what = f"{leak.name} alone tells {target}: {measure} {leak.skill:.3f}, all other columns together {rest:.3f}"
    severity: Severity = "serious" if leak.copy or leak.skill >= PERFECT else "warning"
    text = f"{what}. Would you know it before the answer? If not, leave it out."
    facts = {"skill": leak.skill, "skill of all other columns": leak.rest, "one to one": leak.copy, "n": n}
    return Finding("leaking column", severity, text, f"--drop {shell(leak.name)}", leak.name, facts=facts)
