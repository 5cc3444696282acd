"""Columns of text as sequences of tokens: which are read so, by which pieces, and what is noted about it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..schema import Kind, Tokens
from .dataplan import DataPlan
from .encode import texts_of
from .kinds import LETTERS, Decision, shell
from .raw import Note
from .tokens import LONGEST, fit_tokens

if TYPE_CHECKING:
    import pandas as pd

SEQUENCES = 0.9  # the share of a column's texts that must be one long run of letters to be genes or proteins


def read_as_tokens(plan: DataPlan, decision: Decision, train: "pd.DataFrame") -> Decision:
    """Say which columns of text are sequences of tokens.

    Those that are asked to be, all of them where --tokens says into what they are cut, genes, and texts that nothing
    stands beside. A text beside other columns is a bag of words, which is quick and goes with every network.
    """
    free = [name for name, c in decision.columns.items() if c.kind == "text" and plan.kinds.get(name) != "text"]
    alone = all(kind in ("text", "tokens") for kind in decision.inputs.values())
    found = dict(decision.columns)
    for name in free:
        column = found[name]
        if plan.tokens or alone or letters(train[name]):
            reason = column.reason.replace(", counted as their overlapping pieces", "")
            found[name] = replace(column, kind="tokens", reason=reason, flag=column.flag)
        else:
            flag = f"--kind {shell(name)}=tokens"
            found[name] = replace(column, reason=f"{column.reason}; beside other columns, its words count", flag=flag)
    return Decision(found)


def letters(series: "pd.Series") -> bool:
    """Say whether a column holds genes or proteins: long runs of letters."""
    few = [t for t in texts_of(series.iloc[:: max(1, len(series) // 500)]) if t]
    return bool(few) and float(np.mean([bool(LETTERS.fullmatch(t)) for t in few])) >= SEQUENCES


def fit_columns(plan: DataPlan, decision: Decision, train: "pd.DataFrame") -> dict[str, str | Kind]:
    """Return the kinds of a decision, those of tokens with their vocabulary."""
    return {name: fit_column(plan, train[name]) if kind == "tokens" else kind for name, kind in decision.inputs.items()}


def fit_column(plan: DataPlan, series: "pd.Series") -> Tokens:
    """Learn the tokens of one column. Words are read in small letters."""
    unit = plan.tokens or ("bases" if letters(series) else "words")
    return fit_tokens(
        texts_of(series),
        unit,
        vocabulary=plan.vocabulary,
        longest=plan.longest,
        lower=unit == "words",
        letters=plan.letters,
        strands=2 if plan.strands == "both" else 1,
    )


def told(inputs: Mapping[str, Kind], x: np.ndarray, plan: DataPlan) -> list[Note]:
    """Tell into what each text is cut, and how many texts are longer than is kept; x (n, columns) are all rows."""
    notes: list[Note] = []
    end = x.shape[1]
    for name, kind in reversed([(n, k) for n, k in inputs.items() if isinstance(k, Tokens)]):
        codes = x[:, end - kind.length : end]
        end -= kind.length
        notes.append(Note("kinds", described(name, kind), f"--tokens {'words' if kind.unit != 'words' else 'bpe'}"))
        full = int(np.count_nonzero(codes[:, -1]))
        if full and kind.length >= (plan.longest or LONGEST[kind.unit]):
            text = f"{full:,} values of {name} have {kind.length:,} {kind.unit} or more; what comes after is not read"
            notes.append(Note("left-out", text, f"--longest {2 * kind.length}"))
    return notes[::-1]


def described(name: str, kind: Tokens) -> str:
    """Write how one column is cut."""
    what = f"runs of {kind.letters} letters" if kind.letters > 1 else kind.unit
    both = ", both strands" if kind.strands == 2 else ""
    return (
        f"{name} is cut into {what}{both}: {len(kind.vocabulary):,} different ones, at most {kind.length:,} of a text"
    )
