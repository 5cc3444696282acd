"""New columns from formulas of others: x1^2, x1*x2, sin(x1), log([house price]).

A formula has numbers, columns, + - * / ^, brackets and the functions below; a column whose name is no plain word stands
in square brackets. It is read by the few lines here, never run as code.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError, UsageError, unknown
from ..schema import Number, Schema
from .raw import Note, Raw
from .values import numbers

if TYPE_CHECKING:
    import pandas as pd

FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
}
OPERATIONS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
}
TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|([^\W\d][\w.]*)|\[([^\[\]]+)\]|(\*\*|[-+*/^()]))")
LONGEST = 200  # characters of a formula
DEEPEST = 20  # brackets

Columns = dict[str, np.ndarray]
Value = Callable[[Columns], np.ndarray]


@dataclass(frozen=True)
class Formula:
    """A formula that was read: its text in one spelling, the columns it needs, and what computes it from them."""

    text: str
    columns: tuple[str, ...]
    value: Value


class Reader:
    """Reads one formula from left to right; ^ binds tighter than a sign, then * and /, then + and -."""

    def __init__(self, text: str) -> None:
        self.source, self.tokens, self.at = text, tokens(text), 0
        self.columns: list[str] = []
        if text.count("(") > DEEPEST:
            raise self.wrong(f"it has more than {DEEPEST} brackets")

    def sum(self) -> Value:
        """Read terms joined by + or -."""
        left = self.product()
        while (sign := self.taken("+", "-")) is not None:
            left = joined(OPERATIONS[sign], left, self.product())
        return left

    def product(self) -> Value:
        """Read factors joined by * or /."""
        left = self.signed()
        while (sign := self.taken("*", "/")) is not None:
            left = joined(OPERATIONS[sign], left, self.signed())
        return left

    def signed(self) -> Value:
        """Read a factor with or without a minus before it, and with or without a power after it."""
        if self.taken("-") is not None:
            inner = self.signed()
            return lambda columns: -inner(columns)
        base = self.atom()
        return base if self.taken("^") is None else joined(OPERATIONS["^"], base, self.signed())

    def atom(self) -> Value:
        """Read a number, a column, a function of something, or something in brackets."""
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")
        self.at += 1
        if kind == "number":
            constant = np.array(float(text))
            return lambda columns: constant
        if kind == "name" and self.taken("(") is not None:
            if text not in FUNCTIONS:
                raise UsageError(f"in the formula {self.source!r}, " + unknown("function", text, FUNCTIONS))
            function, inner = FUNCTIONS[text], self.closed()
            return lambda columns: function(inner(columns))
        if kind in ("name", "column"):
            self.columns.append(text)
            return lambda columns: columns[text]
        if text == "(":
            return self.closed()
        raise self.wrong(f"{text!r} stands where a number or a column is wanted" if text else "it ends too early")

    def closed(self) -> Value:
        """Read what stands before a closing bracket."""
        inner = self.sum()
        if self.taken(")") is None:
            raise self.wrong("a closing bracket is missing")
        return inner

    def taken(self, *signs: str) -> str | None:
        """Step over the next token where it is one of these signs, and return it."""
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "sign" and self.tokens[self.at][1] in signs:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def wrong(self, why: str) -> UsageError:
        """Return the error that says what is wrong with the formula."""
        return UsageError(f"--derive {self.source!r} is no formula: {why}. Type for example: --derive x1^2")


def tokens(text: str) -> list[tuple[str, str]]:
    """Cut a formula into (kind, text): numbers, names, columns in square brackets, signs."""
    found: list[tuple[str, str]] = []
    at, text = 0, text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None or len(text) > LONGEST:
            why = f"it has more than {LONGEST} characters" if match else f"{text[at:].strip()[:20]!r} cannot be read"
            raise UsageError(f"--derive {text[:60]!r} is no formula: {why}. Type for example: --derive x1^2")
        kind = ("number", "name", "column", "sign")[(match.lastindex or 1) - 1]
        found.append((kind, match[match.lastindex or 1].replace("**", "^")))
        at = match.end()
    return found


def joined(operation: Callable[[np.ndarray, np.ndarray], np.ndarray], left: Value, right: Value) -> Value:
    """Return what computes an operation on two values."""
    return lambda columns: operation(left(columns), right(columns))


def parse(text: str) -> Formula:
    """Read a formula. Raises UsageError that says where it goes wrong."""
    reader = Reader(text)
    value = reader.sum()
    if reader.at < len(reader.tokens):
        raise reader.wrong(f"{reader.tokens[reader.at][1]!r} comes after its end")
    if not reader.columns:
        raise reader.wrong("it names no column")
    spelled = (f"[{t}]" if kind == "column" and not t.isidentifier() else t for kind, t in reader.tokens)
    return Formula("".join(spelled), tuple(dict.fromkeys(reader.columns)), value)


def compute(frame: "pd.DataFrame", formula: Formula) -> np.ndarray:
    """Return a formula's value for every row (n,) float64, NaN where it has none (log of -1, a missing value).

    Raises DataError for a column that is not there, or holds no number.
    """
    columns: Columns = {}
    for name in formula.columns:
        if name not in frame.columns:
            raise DataError(f"for --derive {formula.text}, " + unknown("column", name, map(str, frame.columns)))
        columns[name], bad = numbers(frame[name])
        if len(frame) and bad.sum() > len(frame) / 2:
            raise DataError(f"--derive {formula.text} needs numbers, and the column {name!r} holds none.")
    with np.errstate(all="ignore"):
        found = np.broadcast_to(np.asarray(formula.value(columns), dtype=np.float64), (len(frame),))
    return np.where(np.isfinite(found), found, np.nan)


def with_derived(raw: Raw, formulas: Sequence[str], targets: Sequence[str]) -> Raw:
    """Add a column for each formula, named by it. Raises UsageError where one uses a target, or is a column already."""
    frame, notes = raw.frame, [*raw.notes]
    for formula in map(parse, formulas):
        if formula.text in raw.frame.columns:
            raise UsageError(f"--derive {formula.text}: there is a column of that name already. Leave it out.")
        for name in formula.columns:
            if name in targets:
                raise UsageError(f"--derive {formula.text} uses the target {name}: that would give the answer away.")
        values = compute(raw.frame, formula)
        frame = frame.assign(**{formula.text: values})
        if gaps := int(np.isnan(values).sum()):
            text = f"{formula.text} has no value in {gaps:,} rows, where it counts as missing"
            notes.append(Note("warning", text, warning=True))
    notes.append(Note("columns", f"derived: {', '.join(formulas)}", "--derive FORMULA"))
    return replace(raw, frame=frame, notes=notes)


def computed(schema: Schema, frame: "pd.DataFrame") -> "pd.DataFrame":
    """Add to rows the columns that a network knows as formulas of others, where they are not there."""
    missing = [
        kind.formula
        for name, kind in schema.inputs.items()
        if isinstance(kind, Number) and kind.formula and name not in frame.columns
    ]
    return frame.assign(**{text: compute(frame, parse(text)) for text in missing}) if missing else frame


def rederived(schema: Schema, raw: Raw) -> Raw:
    """Compute for new data the columns that a network knows as formulas of others."""
    frame = computed(schema, raw.frame)
    return raw if frame is raw.frame else replace(raw, frame=frame)
