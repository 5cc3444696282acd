"""Who takes part in a comparison: the network of a run, or one of its baselines, with what the run stored of it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ..errors import DataError, UsageError, unknown
from ..report.answered import BASELINE, Folds, baseline_answers, classifies, given_answers, read_folds, true_answers
from ..report.stored import Score, Stored, read_run
from ..run import Run

Runs = str | os.PathLike[str]


@dataclass(frozen=True, eq=False)
class Entrant:
    """A network, or, where `baseline` names one, a simpler method beside it."""

    name: str
    run: Stored
    baseline: str = ""

    @property
    def task(self) -> str:
        """The task of the run."""
        return self.run.scores.task

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of the targets."""
        return tuple(self.run.schema.targets)

    @cached_property
    def fingerprint(self) -> str:
        """The checksum of the run's encoded data and their split."""
        return self.run.data.fingerprint or ""

    @property
    def ids(self) -> np.ndarray:
        """The rows of the test part, (n,), in the order of `y` and `given`."""
        return self.array("ids")

    @cached_property
    def y(self) -> np.ndarray:
        """The true answers: codes (n,), numbers, or 0 and 1 (n, targets)."""
        self.array("y")
        return true_answers(self.run)

    @cached_property
    def given(self) -> np.ndarray:
        """The answers given, as `y`."""
        self.array(BASELINE + self.baseline if self.baseline else "prediction")
        return baseline_answers(self.run)[self.baseline] if self.baseline else given_answers(self.run)

    @property
    def classifies(self) -> bool:
        """Say whether each example has one label."""
        return classifies(self.run)

    @property
    def score(self) -> Score | None:
        """The main score on the test part, with its interval."""
        if not self.baseline:
            return self.run.scores.scores.get(self.run.main)
        found = next((b.scores for b in self.run.scores.baselines if b.name == self.baseline), None)
        return (found or {}).get(self.run.main)

    @property
    def seeds(self) -> list[float]:
        """The main score from each starting state; a baseline has none."""
        if self.baseline:
            return []
        found = [s.scores.get(self.run.main) for s in self.run.scores.seeds]
        values = [s.value if isinstance(s, Score) else s for s in found]
        return [v for v in values if v is not None]

    @cached_property
    def folds(self) -> Folds | None:
        """What the run stored of a resampling."""
        return read_folds(self.run)

    def rounds(self, metric: str) -> list[float | None]:
        """Return the score of each round of the resampling; None where there is none."""
        found = self.folds.rounds if self.folds else []
        sides = [r.baselines.get(self.baseline, {}) if self.baseline else r.scores for r in found]
        return [side.get(metric) for side in sides]

    def array(self, name: str) -> np.ndarray:
        """Return an array of answers.npz. Raises DataError where it is not there."""
        if name not in self.run.answers:
            raise DataError(f"{self.run.path / 'answers.npz'} has no {name!r}: train the run again with this version.")
        return self.run.answers[name]


def entrants(runs: Sequence[Runs]) -> list[Entrant]:
    """Open "RUN" and "RUN:baseline name"; one RUN alone is joined by all of its baselines. Raises UsageError."""
    if not runs:
        raise UsageError("there is nothing to compare. Type for example: profundo compare runs/iris-1 runs/iris-2")
    found = [entrant(str(os.fspath(r)), alone=len(runs) == 1) for r in runs]
    if len({e.name for e in found}) < len(found):
        raise UsageError(f"the same is named twice: {', '.join(e.name for e in found)}. Name each once.")
    if len(found) > 1:
        return found
    if found[0].baseline:
        raise UsageError(f"{runs[0]} is compared with nothing. Type: profundo compare {found[0].run.path}")
    others = list(baseline_answers(found[0].run))
    if not others:
        raise UsageError(
            f"{runs[0]} stored no answers of baselines: there is nothing to compare it with. "
            f"Type: profundo compare {runs[0]} OTHER_RUN"
        )
    return [found[0], *(Entrant(name, found[0].run, name) for name in others)]


def entrant(text: str, alone: bool) -> Entrant:
    """Open one: a run folder, or with ":name" one of its baselines."""
    folder, colon, baseline = text.rpartition(":")
    if not colon or Path(text).is_dir():
        run = opened(text)
        return Entrant(f"the network ({run.scores.network or text})" if alone else text, run)
    run, baseline = opened(folder), baseline.strip()
    known = list(baseline_answers(run))
    if baseline not in known:
        raise UsageError(f"in {folder}, {unknown('baseline with stored answers', baseline, known)}")
    return Entrant(f"{folder}:{baseline}", run, baseline)


def opened(folder: str) -> Stored:
    """Read a run folder. Raises DataError where it is not one, is not complete, or is damaged."""
    return read_run(Run.open(folder.rstrip(os.sep) or folder).folder)


def check_comparable(found: Sequence[Entrant]) -> None:
    """Check that all answer the same question about the same data. Raises UsageError that says what differs."""
    first = found[0]
    for other in found[1:]:
        pairs = {
            "task": (first.task, other.task),
            "target": (", ".join(first.targets), ", ".join(other.targets)),
            "labels": (labels(first), labels(other)),
            "data": (first.run.data.name, other.run.data.name),
        }
        if first.fingerprint and first.fingerprint == other.fingerprint:
            pairs.pop("data")
        differing = [f"{what} {a!r} and {b!r}" for what, (a, b) in pairs.items() if a != b]
        if differing:
            raise UsageError(
                f"{first.name} and {other.name} cannot be compared: they differ in {'; '.join(differing)}. "
                "Compare runs on the same data, with the same target."
            )
        check_same_rows(first, other)


def labels(entrant: Entrant) -> str:
    """Write the labels of a classification."""
    return ", ".join(entrant.run.schema.labels) if entrant.classifies else ""


def check_same_rows(a: Entrant, b: Entrant) -> None:
    """Check that rows which both tested have the same true answer."""
    if a.run is b.run or not {"ids", "y"} <= a.run.answers.keys() & b.run.answers.keys():
        return
    rows, at_a, at_b = np.intersect1d(a.ids, b.ids, return_indices=True)
    differ = (a.y[at_a] != b.y[at_b]).reshape(len(rows), -1).any(1)
    if differ.any():
        raise UsageError(
            f"{a.name} and {b.name} were trained on different data: row {rows[differ.argmax()]} has another "
            f"{a.targets[0]!r} in each ({differ.sum()} of {len(rows)} rows that both tested). "
            "Train both on the same file."
        )


def plan_differences(a: Entrant, b: Entrant) -> list[str]:
    """Say in which of the choices about the data two plans differ."""
    one, two = (dict(e.run.plan_values.get("data") or {}) for e in (a, b))
    return [
        f"{k} {one.get(k)!r} and {two.get(k)!r}" for k in sorted(one.keys() | two.keys()) if one.get(k) != two.get(k)
    ]
