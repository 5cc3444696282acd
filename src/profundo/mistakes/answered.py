"""What a run answered on its test part, as one question with labels, or as numbers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..decision import Decision
from ..errors import DataError, UsageError, unknown
from ..files import read_json
from ..report.answered import given_answers, true_answers
from ..report.stored import Stored, read_run
from ..schema import Category, Number

TASKS = ("classification", "multilabel", "regression")


@dataclass(frozen=True, eq=False)
class Labelled:
    """Answers of one label of several: codes into `labels`, with the probability of each, (n, labels) float64.

    `threshold` is the probability above which the answer is the second of two labels; None where there are more.
    """

    name: str
    labels: tuple[str, ...]
    ids: np.ndarray
    true: np.ndarray
    said: np.ndarray
    probabilities: np.ndarray | None
    threshold: float | None


@dataclass(frozen=True, eq=False)
class Measured:
    """Answers of one number, in its own units."""

    name: str
    ids: np.ndarray
    true: np.ndarray
    said: np.ndarray


def answered(run: Path, target: str | None) -> tuple[Stored, Labelled | Measured]:
    """Read what a run answered; `target` is one of several targets.

    Raises DataError where the run is not finished or damaged, UsageError where its answers are not of these tasks.
    """
    stored = read_run(run)
    if stored.scores.task not in TASKS:
        raise UsageError(
            f"the task of {run} is {stored.scores.task}: its mistakes are not a matter of one label or number an "
            f"example. They are in its report: profundo report {run}"
        )
    if not stored.answers:
        raise DataError(f"{run / 'answers.npz'} does not exist: the run has stored no answers. Train it again.")
    names = tuple(stored.schema.targets)
    if target is not None and target not in names:
        raise UsageError(unknown("target", target, names))
    number = 0 if target is None else names.index(target)
    ids = stored.answers.get("ids", np.arange(len(stored.answers["y"])))
    true, said = true_answers(stored), given_answers(stored)
    if stored.scores.task == "regression":
        columns = (np.asarray(v, np.float64).reshape(len(ids), -1)[:, number] for v in (true, said))
        return stored, Measured(names[number], ids, *columns)
    shares = stored.answers.get("probabilities")
    decided = decision(run)
    if stored.scores.task == "classification":
        threshold = decided[0] if decided else 0.5
        one = threshold if len(stored.schema.labels) == 2 else None
        return stored, Labelled(names[0], stored.schema.labels, ids, true, said, shares, one)
    yes = None if shares is None else np.asarray(shares, np.float64)[:, number]
    both = None if yes is None else np.stack([1 - yes, yes], 1)
    truth, given = (np.asarray(v).reshape(len(ids), -1)[:, number].astype(np.int64) for v in (true, said))
    threshold = decided[number] if decided else 0.5
    both_words = words(stored.schema.targets[names[number]])
    return stored, Labelled(names[number], both_words, ids, truth, given, both, threshold)


def decision(run: Path) -> list[float]:
    """Return the probabilities from which the answer is yes where the run moved them; [] where it did not."""
    path = run / "decision.json"
    return Decision.from_dict(read_json(path), str(path)).thresholds if path.exists() else []


def words(kind: Any) -> tuple[str, str]:
    """Return the words for no and yes of a target."""
    if isinstance(kind, Category) and len(kind.labels) == 2:
        return kind.labels[0], kind.labels[1]
    return ("0", "1") if isinstance(kind, Number) else ("no", "yes")
