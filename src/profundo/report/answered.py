"""What a run answered, ready to be tested: the truth, the network's answers, the baselines', the rounds."""

from collections import Counter
from typing import Any

import numpy as np
from pydantic import BaseModel, FiniteFloat

from ..schema import Category
from .answers import as_codes
from .stored import Count, Score, Stored, parse

BASELINE = "baseline:"
Values = dict[str, FiniteFloat | None]


class FoldRound(BaseModel):
    """One round of folds.json: the scores of the network and of the baselines on the rows held out."""

    number: Count
    seed: int = 0
    n_train: Count = 0
    n_test: Count = 0
    scores: Values
    train_scores: Values | None = None
    chance_scores: Values | None = None
    baselines: dict[str, Values] = {}
    best_baseline: str | None = None
    left_out: list[str] = []


class Folds(BaseModel):
    """folds.json: a resampling, its estimate and its rounds."""

    method: str
    main: str = ""
    scores: dict[str, Score] = {}
    rounds: list[FoldRound] = []

    @property
    def kind(self) -> str:
        """The method without its numbers: "kfold"."""
        return self.method.split(":")[0]

    @property
    def rival(self) -> str | None:
        """The baseline that most rounds found the best, on rows that it was not tested on."""
        found = Counter(r.best_baseline for r in self.rounds if r.best_baseline)
        return found.most_common(1)[0][0] if found else None

    def differences(self, baseline: str) -> np.ndarray | None:
        """Return network minus baseline in each round, (rounds,); None where a round lacks one of them."""
        pairs = [(r.scores.get(self.main), r.baselines.get(baseline, {}).get(self.main)) for r in self.rounds]
        whole = [a - b for a, b in pairs if a is not None and b is not None]
        return np.array(whole) if len(whole) == len(pairs) > 1 else None


class Compared(BaseModel):
    """The part of scores.json that compares the network with the best baseline."""

    comparison: dict[str, Any] | None = None


def read_folds(run: Stored) -> Folds | None:
    """Read folds.json; None where the run was not resampled."""
    path = run.path / "folds.json"
    found: Folds | None = parse(path, Folds) if path.exists() else None
    return found


def read_comparison(run: Stored) -> dict[str, Any]:
    """Return what the run stored of the comparison with its best baseline; empty where it has none."""
    found: Compared = parse(run.path / "scores.json", Compared)
    return found.comparison or {}


def true_answers(run: Stored) -> np.ndarray:
    """Return the true answers of the test part: codes (n,), numbers, or 0 and 1 (n, targets)."""
    return as_codes(run, "y", run.schema.labels) if classifies(run) else run.answers["y"]


def given_answers(run: Stored) -> np.ndarray:
    """Return the network's answers, as the true ones."""
    if classifies(run):
        return as_codes(run, "prediction", run.schema.labels)
    if run.scores.task == "multilabel":
        return several_yes(run)
    return run.answers["prediction"]


def several_yes(run: Stored) -> np.ndarray:
    """Return the answers of a multilabel network as 0 and 1, whether they are stored so or as the words of the data."""
    given = run.answers["prediction"]
    if given.dtype.kind != "U":
        return (given > 0.5).astype(np.int64)
    yes = [kind.labels[-1] if isinstance(kind, Category) else "1" for kind in run.schema.targets.values()]
    return (given == np.array(yes)).astype(np.int64)


def baseline_answers(run: Stored) -> dict[str, np.ndarray]:
    """Return the answers of every baseline that stored them, by its name."""
    return {k.removeprefix(BASELINE): v for k, v in run.answers.items() if k.startswith(BASELINE)}


def classifies(run: Stored) -> bool:
    """Say whether each example has one label."""
    return run.scores.task == "classification"
