"""Choices about texts that are to be written: which column, what is read for it, and into which pieces it is cut."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError, UsageError, unknown
from ..schema import Tokens
from .dataplan import DataPlan
from .kinds import FEW, WORDS, infer_column, listed, shell
from .raw import Note, Raw
from .tokenisers import tokeniser, words
from .tokens import encode_texts, fit_tokens
from .values import text

if TYPE_CHECKING:
    import pandas as pd

FEW_WORDS = 1_500  # different words up to which each is a piece of its own; more are cut into byte pairs
LONGEST = 200  # pieces that a text keeps, where nothing is asked for
BYTE_PAIRS = 4_000  # different ones, likewise
TEXTS = ("text", "tokens")


def is_written(plan: DataPlan, raw: Raw) -> bool:
    """Say whether the target is free text, asked for or by its looks."""
    if len(plan.target) != 1 or raw.annotations is not None:
        return False
    (name,) = plan.target
    if name in plan.kinds:
        return plan.kinds[name] in TEXTS
    return name in raw.frame.columns and wordy(raw.frame[name], name)


def wordy(series: "pd.Series", name: str) -> bool:
    """Say whether a column holds free text of several words."""
    return bool(series.dtype.kind in "OTU") and infer_column(series, name, keep=False).kind == "text" and spaced(series)


def spaced(series: "pd.Series") -> bool:
    """Say whether the texts of a column have several words: genes and the like have not."""
    few = written(series.iloc[:: max(1, len(series) // 200)])
    return float(np.mean([len(t.split()) for t in few] or [0])) >= WORDS


def written(series: "pd.Series") -> list[str]:
    """Return the texts of a column as they are, without the space around them; "" where one is missing."""
    return [v.strip() if isinstance(v, str) else text(v) for v in series]


def target_column(plan: DataPlan, raw: Raw) -> tuple[str, list[Note]]:
    """Return the column that is to be written: the one asked for, or the last that holds texts."""
    columns = [str(c) for c in raw.frame.columns]
    wanted = plan.target or raw.target
    if len(wanted) > 1:
        raise UsageError(f"one text is written at a time, not {listed(wanted)}. Type: --target {shell(wanted[0])}")
    if wanted:
        if wanted[0] not in columns:
            raise DataError(f"in {raw.name}, " + unknown("column", wanted[0], columns))
        return wanted[0], []
    found = [c for c in columns if c != raw.picture_column and wordy(raw.frame[c], c)]
    if not found:
        raise DataError(f"{raw.name} has no column of texts to write (there is {listed(columns)}). Name it: --target X")
    return found[-1], [Note("task", f"the target is {found[-1]} (the last column of texts)", "--target COLUMN")]


def read_columns(frame: "pd.DataFrame", plan: DataPlan, taken: Sequence[str]) -> list[str]:
    """Return the columns of texts that are read: asked for, else of several words, else of many different texts.

    `taken` are those that have another use. Raises DataError where there is none.
    """
    asked = [str(c) for c in frame.columns if plan.kinds.get(str(c)) in TEXTS and c not in taken]
    if asked:
        return asked
    free = [str(c) for c in frame.columns if c not in taken and c not in plan.kinds and frame[c].dtype.kind in "OTU"]
    found = [c for c in free if wordy(frame[c], c)] or [c for c in free if frame[c].nunique() > FEW]
    if not found:
        raise DataError(
            f"no column of texts is left to read (there is {listed(list(map(str, frame.columns)))}). "
            "Say which one holds them: --kind COLUMN=tokens"
        )
    return found


def guessed_unit(texts: Sequence[str]) -> str:
    """Choose the pieces of texts: characters of short ones, words where there are few, byte pairs else."""
    if float(np.mean([len(t.split()) for t in texts])) < WORDS:
        return "characters"
    counts = Counter(word for t in texts for word in words(t, False))
    return "words" if len(counts) <= FEW_WORDS and 1 not in counts.values() else "bpe"


def fit_pieces(plan: DataPlan, texts: Sequence[str], unit: str) -> Tokens:
    """Learn the pieces of the training texts of one column."""
    most = plan.vocabulary or (BYTE_PAIRS if unit == "bpe" else None)
    return fit_tokens(texts, unit, vocabulary=most, longest=plan.longest or LONGEST)


def fit_written(plan: DataPlan, texts: Sequence[str], unit: str) -> Tokens:
    """Learn the pieces of texts that are to be written: there is room for the codes of beginning and end."""
    kind = fit_pieces(plan, texts, unit)
    return replace(kind, length=kind.length + 2)


def encode_written(kind: Tokens, texts: Sequence[str], name: str) -> tuple[np.ndarray, list[Note]]:
    """Return the codes of texts, (n, length) int64 from beginning to end, and notes about what is lost of them."""
    codes, unseen = encode_texts(kind, texts, ends=True)
    notes = []
    full = [texts[i] for i in np.flatnonzero(codes[:, -1]).tolist()]
    cut = sum(len(tokeniser(kind).codes(t)) > kind.length - 2 for t in full)
    if cut:
        words = f"{cut:,} texts of {name} are longer than {kind.length - 2} {kind.unit} and are cut"
        notes.append(Note("warning", words, f"--longest {2 * kind.length}", warning=True))
    if unseen.any():
        words = f"{int(unseen.sum()):,} {kind.unit} of {name} have no code: they cannot be written"
        notes.append(Note("left-out", words, "--tokens bpe"))
    return codes.astype(np.int64), notes


def told(name: str, kind: Tokens) -> Note:
    """Say into what the written texts are cut."""
    text = (
        f"{name} is written in {kind.unit}: {len(kind.vocabulary):,} different ones, at most {kind.length - 2} a text"
    )
    return Note("kinds", text, f"--tokens {'characters' if kind.unit != 'characters' else 'words'}")
