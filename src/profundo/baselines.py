"""The well-known methods of scikit-learn beside the network: same split, same columns, within a time budget.

They are fitted in one child process (`classical.py`), the quickest first; at the end of the budget the child is killed,
whatever scikit-learn is doing. The answers to the test part never reach it.
"""

import contextlib
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from . import classical
from .errors import UsageError, unknown
from .metrics import (
    CLASSIFICATION,
    MULTILABEL,
    REGRESSION,
    Score,
    classification_scores,
    multilabel_scores,
    regression_scores,
)

VALUES_PER_SECOND = 350_000  # numbers of the training part that are sent for each second of the budget
MOST_VALUES = 50_000_000  # 200 MB
VALIDATION_ROWS = 10_000
SMALL = 500_000  # training numbers up to which one thread is quicker
STOPPED = "the process that fits the baselines ended unexpectedly; is there enough memory?"
MAIN = {"classification": CLASSIFICATION[0], "regression": REGRESSION[0], "multilabel": MULTILABEL[0]}

Scores = dict[str, Score]
Parts = Mapping[str, tuple[Any, np.ndarray]]  # x is an array, or makes one of the rows asked for (data/columns.py)
Child = subprocess.Popen[bytes]


@dataclass(frozen=True, eq=False)
class BaselineResult:
    """What a baseline answered on the test part: `prediction` codes or numbers, `probabilities` where it has them.

    One that did not finish has no scores, and a `note` that says why. `seconds` is fitting and predicting;
    `validation` is the main metric on the validation part, by which the best baseline is chosen (NaN: none).
    `validation_answers` are probabilities (n, labels) or (n, targets), or numbers, for the positions
    `validation_rows` (n,) of the validation part: all of them, or a sample where it is large.
    """

    name: str
    seconds: float = 0.0
    scores: Scores | None = None
    validation_scores: Scores | None = None
    validation: float = math.nan
    prediction: np.ndarray | None = None
    probabilities: np.ndarray | None = None
    validation_answers: np.ndarray | None = None
    validation_rows: np.ndarray | None = None
    note: str = ""

    @property
    def answers(self) -> np.ndarray | None:
        """What was answered on the test part: probabilities, or numbers; like `validation_answers`."""
        return self.prediction if self.probabilities is None else self.probabilities

    def to_dict(self) -> dict[str, Any]:
        """Return what scores.json holds of a baseline: {name, seconds, scores, validation_scores, note}."""
        scores, validation = (
            None if s is None else {name: score.to_dict() for name, score in s.items()}
            for s in (self.scores, self.validation_scores)
        )
        known = {"name": self.name, "seconds": round(self.seconds, 3), "scores": scores}
        return known | {"validation_scores": validation, "note": self.note}


def run_baselines(  # noqa: PLR0913
    parts: Parts,
    task: str,
    labels: Sequence[str],
    *,
    embedded: int = 0,
    budget_s: float = 30.0,
    seed: int = 0,
    threads: int = 2,
    resamples: int = 1000,
    pictures: bool = False,
    texts: int = 0,
) -> Iterator[BaselineResult]:
    """Yield the result of every baseline, each as soon as it is there; those not finished in `budget_s` seconds last.

    `parts` holds (x, y) for "train", "validation" and "test", as `Data.matrix` gives them: x (n, columns) float32 whose
    last `embedded` columns are codes of categories; y (n,) codes for classification, numbers in their own units, (n,)
    or (n, targets), for regression, 0 and 1 (n, targets) for multilabel. `labels` names the classes or the targets.
    Training rows are sampled with the seed where there are too many for a baseline or for the budget, and its note says
    so. When all have finished depends on the machine; what each answers does not. `resamples` are those of the
    intervals; `pictures` says that x is pixels. With `texts`, x is a sparse matrix (scipy, csr) whose last `texts`
    columns are words, as `Counted.rows` gives them.
    """
    if task not in MAIN:
        raise UsageError("baselines: " + unknown("task", task, MAIN))
    alone = texts == parts["train"][0].shape[1]
    kind = "" if not texts else "alone" if alone else "beside"
    waiting = [m.name for m in classical.methods(task, len(labels), pictures, kind)]
    reason = "not run, no time was given; to run it: --budget 30"
    if budget_s > 0:
        end = time.monotonic() + budget_s
        problem = classical.Problem(task, len(labels), embedded, len(parts["train"][1]), threads, seed, pictures, texts)
        sent, drawn = sample(parts, seed, budget_s)
        threads = threads if sent["x train"].size > SMALL else 1
        with child(threads, budget_s) as process:
            for head, arrays in converse(process, problem, sent):
                waiting.remove(head["name"])
                found = result(head, arrays, problem, sent["y validation"], parts["test"][1], resamples)
                yield replace(found, validation_rows=drawn) if found.scores else found
        late = time.monotonic() >= end
        reason = f"not finished within {budget_s:g} s; more time: --budget {4 * budget_s:g}" if late else STOPPED
    for name in waiting:
        yield BaselineResult(name, note=reason)


def fit_again(
    parts: Parts, names: Sequence[str], problem: classical.Problem, *, budget_s: float
) -> dict[str, np.ndarray]:
    """Return the answers of the named baselines to the test part, unscored; one that did not finish is left out.

    With the training and validation part, the problem and the budget of an earlier `run_baselines`, the models are the
    same; the test part may be any.
    """
    sent, _ = sample(parts, problem.seed, budget_s)
    found: dict[str, np.ndarray] = {}
    with child(problem.threads, budget_s) as process:
        for head, answers in converse(process, problem, sent):
            if head["name"] in names and not head["failed"]:
                found[head["name"]] = answers["test"]
            if len(found) == len(names):
                break
    return found


def sample(parts: Parts, seed: int, budget_s: float) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return what the child is told, and which rows of the validation part are among it.

    It is told all but the answers of the test part, and no more rows than there is time for.
    """
    generator = np.random.default_rng(seed)
    columns = max(1, stored(parts["train"][0]) // max(1, len(parts["train"][1])))
    values = min(int(VALUES_PER_SECOND * budget_s), MOST_VALUES)
    most = max(1000, values // columns)
    limits = {"train": most, "validation": min(VALIDATION_ROWS, most)}
    sent: dict[str, np.ndarray] = {}
    for part, limit in limits.items():
        x, y = parts[part]
        rows = np.arange(len(y))
        if len(y) > limit:
            rows = np.sort(generator.permutation(len(y))[:limit])
            x, y = x[rows], y[rows]
        sent |= {**packed(x, part), f"y {part}": y}
    return sent | packed(parts["test"][0], "test"), rows  # of the validation part, the last


def stored(x: Any) -> int:
    """Return how many numbers a matrix holds; of a sparse one, those that are not 0."""
    return int(x.nnz) if hasattr(x, "nnz") else int(np.prod(x.shape))


def packed(x: Any, part: str) -> dict[str, np.ndarray]:
    """Return a matrix as the arrays that the child is sent."""
    if not hasattr(x, "nnz"):
        return {f"x {part}": np.asarray(x)}
    rows = {f"x {part} places": x.indices, f"x {part} rows": x.indptr, f"x {part} shape": np.array(x.shape)}
    return {f"x {part}": x.data, **rows}


@contextlib.contextmanager
def child(threads: int, budget_s: float) -> Iterator[Child]:
    """Start the child process; it is killed at the end of the budget, and at the end of the block."""
    # Threads that spin while they wait make a method ten times slower where others compute too: BLAS has one thread,
    # and the threads of OpenMP sleep.
    limits = {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "PASSIVE"}
    limits |= {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "VECLIB_MAXIMUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-P", "-W", "ignore", str(Path(classical.__file__))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | limits,
        start_new_session=True,  # Ctrl-C is for the parent, which then ends the child
    )
    late = threading.Timer(budget_s, process.kill)
    late.daemon = True
    late.start()
    try:
        yield process
    finally:
        late.cancel()
        with contextlib.suppress(OSError):
            pipe(process.stdin).close()  # ends a child that still runs
        pipe(process.stdout).close()
        process.kill()
        process.wait()


def converse(
    process: Child, problem: classical.Problem, arrays: Mapping[str, np.ndarray]
) -> Iterator[classical.Message]:
    """Tell the child the problem, then yield its answers until its output ends."""
    with contextlib.suppress(BrokenPipeError):  # killed at the end of the budget: there are no answers
        classical.send(pipe(process.stdin), asdict(problem), arrays)
    while (message := classical.receive(pipe(process.stdout))) is not None:
        yield message


def pipe(stream: IO[bytes] | None) -> IO[bytes]:
    """Return a stream of the child, which was started with pipes."""
    assert stream is not None
    return stream


def result(
    head: Mapping[str, Any],
    answers: Mapping[str, np.ndarray],
    problem: classical.Problem,
    y_validation: np.ndarray,
    y_test: np.ndarray,
    resamples: int = 1000,
) -> BaselineResult:
    """Score one answer of the child."""
    name, seconds, note = head["name"], head["seconds"], head["note"]
    if head["failed"]:
        return BaselineResult(name, seconds, note=note)
    test, validation = answers["test"], answers["validation"]
    measured = scores(problem.task, y_validation, validation, problem.seed, resamples=0) if len(validation) else None
    return BaselineResult(
        name,
        seconds,
        scores=scores(problem.task, y_test, test, problem.seed, resamples),
        validation_scores=measured,
        validation=measured[MAIN[problem.task].name].value if measured else math.nan,
        prediction=decided(problem.task, test),
        probabilities=None if problem.task == "regression" else test,
        validation_answers=validation,
        note=note,
    )


def scores(task: str, y: np.ndarray, answers: np.ndarray, seed: int, resamples: int = 1000) -> Scores:
    """Score answers of a task."""
    if task == "classification":
        return classification_scores(y, answers, range(answers.shape[1]), seed=seed, resamples=resamples)
    measure = regression_scores if task == "regression" else multilabel_scores
    return measure(y, answers, seed=seed, resamples=resamples)


def decided(task: str, answers: np.ndarray) -> np.ndarray:
    """Return the codes, the numbers, or the 0s and 1s that the answers come down to."""
    if task == "classification":
        return answers.argmax(1)
    return answers if task == "regression" else (answers >= 0.5).astype(np.int64)
