"""Which column is to be predicted, and whether that is a choice of labels or a quantity."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError, unknown
from .kinds import listed, short
from .raw import Note, Raw
from .values import labels, natural, numbers

if TYPE_CHECKING:
    import pandas as pd

NAMES = ("target", "label", "labels", "class", "y", "outcome")
TASKS = (
    *("classification", "regression", "multilabel", "localisation", "detection", "instances", "segmentation"),
    *("language", "word_vectors", "translation", "captioning", "forecasting", "anomalies", "clustering"),
    *("recommendation", "drawing", "music", "speech"),
)
FEW = 20  # whole numbers up to which a target is a choice of labels


@dataclass(frozen=True)
class Target:
    """What is to be predicted. `present` (n,) says which rows have an answer."""

    columns: tuple[str, ...]
    task: str
    present: np.ndarray
    notes: list[Note] = field(default_factory=list)


def choose(raw: Raw, wanted: Sequence[str] = (), task: str = "", kinds: dict[str, str] | None = None) -> Target:
    """Choose the target columns and the task, where they are not given.

    Raises DataError with the nearest name for a column that is not there, and for a target that cannot be learnt:
    all missing, one value only, a different text in every row, not numbers where numbers are asked for.
    """
    columns, notes = choose_columns(raw, tuple(wanted))
    task = task or forced(columns, kinds or {}) or (raw.task if columns == raw.target else "")
    answers = raw.frame[list(columns)]
    decisive = answers if raw.split is None else answers[raw.split == "train"]
    if not task:
        task, note = guess_task(decisive)
        notes.append(note)
    else:
        notes.append(Note("task", f"{task} of {listed(columns)}", "--task TASK"))
    if task == "regression":
        for name in columns:
            refuse_texts(answers[name], name)
    present = find_present(answers, task)
    if not present.any():
        raise DataError(f"the target {listed(columns)} has no value in any of the {len(present):,} rows of {raw.name}.")
    missing = int((~present).sum())
    if missing:
        row = raw.frame.index[int(np.argmin(present))]
        text = f"{missing:,} rows without a usable {listed(columns)} are left out, the first is row {row}"
        notes.append(Note("warning", text, warning=True))
    check(answers[present], columns, task)
    return Target(columns, task, present, notes)


def choose_columns(raw: Raw, wanted: tuple[str, ...]) -> tuple[tuple[str, ...], list[Note]]:
    """Return the columns asked for, those that the source knows, or a guess with its note."""
    known = [str(c) for c in raw.frame.columns]
    for name in wanted:
        if name not in known:
            raise DataError(f"in {raw.name}, " + unknown("column", name, known))
    if wanted or raw.target:
        return wanted or raw.target, []
    used = {c for c in known if c.lower() == "split"} if raw.split is not None else set()
    used |= {raw.picture_column} if raw.pictures is not None else set()
    used |= {raw.media_column} if raw.media is not None else set()
    usable = [c for c in known if c not in used]
    if not usable:
        files = "pictures" if raw.pictures is not None else "files" if raw.media is not None else ""
        what = f"Put the {files} of each class in a folder of its own." if files else "Add one."
        raise DataError(f"{raw.name} has no column that could be the target (there is {listed(known)}). {what}")
    named = [c for c in usable if c.lower() in NAMES]
    found = named[-1] if named else usable[-1]
    why = "by its name" if named else "the last column"
    return (found,), [Note("task", f"the target is {found} ({why})", "--target COLUMN")]


def forced(columns: tuple[str, ...], kinds: dict[str, str]) -> str:
    """Return the task that a `--kind` of the target asks for, "" where there is none."""
    asked = kinds.get(columns[0], "")
    if len(columns) > 1 and asked == "category":
        return "multilabel"
    return {"category": "classification", "number": "regression"}.get(asked, "")


def guess_task(answers: "pd.DataFrame") -> tuple[str, Note]:
    """Guess the task from the values of the target, and say why."""
    names = listed([str(c) for c in answers.columns])
    sorts = [guess_one(answers[c]) for c in answers.columns]
    if len(sorts) > 1:
        binary = all(len(set(labels(answers[c])[1])) <= 2 for c in answers.columns)
        task = "multilabel" if binary else "regression"
        return task, Note("task", f"{task} of {names}", f"--task {'regression' if binary else 'multilabel'}")
    task, why = sorts[0]
    other = "classification" if task == "regression" else "regression" if "number" in why else ""
    return task, Note("task", f"{task} of {names}: {why}", f"--task {other}" if other else "")


def guess_one(series: "pd.Series") -> tuple[str, str]:
    """Return (task, why) for one target column.

    Text, two values, and a few whole numbers close together are labels; all other numbers are a quantity.
    """
    import pandas as pd

    codes, texts = labels(series)
    seen = int((codes >= 0).sum())
    if len(texts) <= 2 or isinstance(series.dtype, pd.CategoricalDtype):
        return "classification", f"{len(texts):,} labels ({listed([short(t) for t in natural((codes, texts)) if t])})"
    values, bad = numbers(series)
    if bad.any() and (bad.mean() > 0.1 or len(texts) <= FEW):
        return "classification", f"{len(texts):,} labels"
    found = np.unique(values[np.isfinite(values)])
    whole = bool((found == np.round(found)).all())
    close = found.size and found[-1] - found[0] < 2 * len(found)
    if whole and close and len(found) <= FEW and len(found) <= max(3, 0.05 * seen):
        return "classification", f"{len(found)} different whole numbers, {found[0]:.0f} to {found[-1]:.0f}"
    return "regression", f"{len(found):,} different numbers"


def find_present(answers: "pd.DataFrame", task: str) -> np.ndarray:
    """Say which rows have a usable answer in every target column."""
    present = np.ones(len(answers), dtype=bool)
    for name in answers.columns:
        if task == "regression":
            present &= np.isfinite(numbers(answers[name])[0])
        else:
            present &= labels(answers[name])[0] >= 0
    return present


def check(answers: "pd.DataFrame", columns: tuple[str, ...], task: str) -> None:
    """Raise DataError for a target from which nothing can be learnt."""
    for name in columns:
        if task == "regression":
            check_number(answers[name], name)
            continue
        texts = labels(answers[name])[1]
        if task == "multilabel" and (len(texts) > 2 or len(columns) < 2):
            raise DataError(
                f"multilabel wants two or more target columns with two values each; {name!r} has {len(texts)} "
                f"({listed([short(t) for t in texts])}). Use --target A --target B, or use --task classification."
            )
        if task == "classification" and len(columns) > 1:
            raise DataError(
                f"classification has one target, not {listed(columns)}. Use --task multilabel or regression."
            )
        if len(texts) == 1 and task == "classification":
            raise DataError(f"the target {name!r} is {short(texts[0])} in every row; two different labels are needed.")
        if len(texts) > FEW and len(texts) > len(answers) / 2:
            raise DataError(
                f"the target {name!r} has {len(texts):,} different values in {len(answers):,} rows, too many to be "
                f"labels. Choose another (--target COLUMN), make it a number (--task regression), or let it be written "
                f"(--task translation)."
            )


def check_number(series: "pd.Series", name: str) -> None:
    """Raise DataError for a quantity that never changes."""
    values, _ = numbers(series)
    if len(values) and values.min() == values.max():
        raise DataError(f"the target {name!r} is {values[0]:g} in every row; there is nothing to learn.")


def refuse_texts(series: "pd.Series", name: str) -> None:
    """Raise DataError, with row and value, where a quantity is asked for and most values are no numbers."""
    _, bad = numbers(series)
    if bad.mean() > 0.5:
        place = int(np.argmax(bad))
        raise DataError(
            f"the target {name!r} is not a number: {short(str(series.iloc[place]))} in row {series.index[place]}. "
            "Use --task classification, or another --target."
        )
