"""What kind each input column is, or why it is left out: decided from the training rows, with the flag to change it."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, unknown
from ..schema import KINDS
from .raw import Note
from .values import CODE, date_format, dates, labels, numbers

if TYPE_CHECKING:
    import pandas as pd

FEW = 20  # labels up to which a category is one-hot; more are embedded
MANY = 5_000  # labels from which a category is no longer one
PARSED = 0.9  # the share of values that must read as numbers or dates
WORDS = 3.0  # words a text has on average, at least
ID_ROWS = 20  # rows from which values that never repeat look like row numbers
ID_NAME = re.compile(r"(^|.*[_\s.-])(id|ids|uuid|guid|index|idx|no|nr|row|rownum|key)$|^unnamed|.*[a-z]I[Dd]$", re.I)
LETTERS = re.compile(r"[A-Za-z]{25,}")  # DNA, proteins


@dataclass(frozen=True)
class Column:
    """What one column becomes: `kind` is a name of `schema.KINDS`, "" where it is left out."""

    kind: str
    reason: str
    flag: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Decision:
    """What every column that is not a target becomes, in the order of the source."""

    columns: Mapping[str, Column] = field(default_factory=dict)

    @property
    def inputs(self) -> dict[str, str]:
        """The name of the kind of every input column."""
        return {name: c.kind for name, c in self.columns.items() if c.kind}

    @property
    def left_out(self) -> dict[str, Column]:
        """The columns that are not used."""
        return {name: c for name, c in self.columns.items() if not c.kind}

    @property
    def notes(self) -> list[Note]:
        """What to print: the columns of each kind, and each one left out, with the flags that change it."""
        by_kind: dict[str, list[str]] = {}
        for name, kind in self.inputs.items():
            by_kind.setdefault(kind, []).append(name)
        notes = [
            Note("kinds", f"{kind}: {listed(names)}", f"--kind {shell(names[0])}={other(kind)}")
            for kind, names in by_kind.items()
        ]
        notes += [Note("left-out", f"{name}: {c.reason}", c.flag) for name, c in self.left_out.items()]
        return notes + [Note("warning", c.warning, c.flag, True) for c in self.columns.values() if c.warning]


def infer(
    frame: "pd.DataFrame",
    *,
    target: Collection[str] = (),
    kinds: Mapping[str, str] | None = None,
    keep: Collection[str] = (),
    drop: Collection[str] = (),
    rows_train: np.ndarray | None = None,
    reserved: Mapping[str, str] | None = None,
) -> Decision:
    """Decide for every column but the targets; only the training rows are looked at, where they are given.

    `reserved` names columns that have another use, with the reason. Raises DataError with the nearest name for a
    column that is not there, and where no column is left to learn from.
    """
    kinds, reserved = kinds or {}, reserved or {}
    for name in (*kinds, *keep, *drop):
        if name not in frame.columns:
            raise DataError("in the data, " + unknown("column", name, map(str, frame.columns)))
    found: dict[str, Column] = {}
    for name in (c for c in frame.columns if c not in target):
        series = frame[name] if rows_train is None else frame[name].take(rows_train)
        if name in drop:
            found[name] = Column("", "asked for (--drop)")
        elif name in kinds:
            found[name] = Column(kinds[name], "asked for (--kind)")
        elif name in reserved and name not in keep:
            found[name] = Column("", reserved[name], f"--keep {shell(name)}")
        else:
            found[name] = infer_column(series, str(name), name in keep)
    decision = Decision(found)
    if not decision.inputs:
        why = "; ".join(f"{n}: {c.reason}" for n, c in list(decision.left_out.items())[:5])
        raise DataError(f"no column is left to learn from ({why or 'there is only the target'}). Use --keep COLUMN.")
    return decision


def infer_column(series: "pd.Series", name: str, keep: bool) -> Column:
    """Decide for one column from its values. With `keep`, it is not left out."""
    import pandas as pd

    def out(reason: str, instead: str) -> Column:
        return Column(instead, f"asked for (--keep): {reason}") if keep else Column("", reason, f"--keep {shell(name)}")

    if pd.api.types.is_complex_dtype(series.dtype) or holds(series, (list, dict, tuple, set, bytes, np.ndarray)):
        return out("holds lists, bytes or complex numbers", "category")
    present = series.dropna()
    if pd.api.types.is_numeric_dtype(series.dtype) and len(present):
        first = present.iloc[0]
        if bool((present != first).any()):  # most numeric columns end here, without a look at the texts
            return infer_number(series, name, out) if two(present) is False else Column("category", "two values")
    return infer_labels(series, name, out)


def infer_labels(series: "pd.Series", name: str, out: Any) -> Column:
    """Decide for a column from its distinct values."""
    import pandas as pd

    codes, texts = labels(series)
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    gaps = bool((codes < 0).any())
    if not texts:
        return out("no value in any training row", "number")
    if len(texts) == 1 and not gaps:
        return out(f"the same value in every training row ({short(texts[0])})", "category")
    if len(texts) <= 2:
        return Column("category", "two values" if len(texts) == 2 else "one value, or missing")
    if isinstance(series.dtype, pd.CategoricalDtype):
        return Column("category", f"{len(texts):,} labels")
    if pd.api.types.is_datetime64_any_dtype(series.dtype) or isinstance(series.dtype, pd.PeriodDtype):
        return Column("date", "points in time")
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        return Column("number", "durations, in seconds")
    return infer_text(series, name, texts, counts) or infer_words(name, texts, counts, out)


def two(present: "pd.Series") -> bool:
    """Say whether there are exactly two different values."""
    other = present[present != present.iloc[0]]
    return bool((other == other.iloc[0]).all())


def infer_number(series: "pd.Series", name: str, out: Any) -> Column:
    """Decide for a numeric column: a number, unless it counts or names the rows."""
    import pandas as pd

    values, _ = numbers(series)
    if not np.isfinite(values).any():
        return out("no finite value in any training row", "number")
    if pd.api.types.is_integer_dtype(series.dtype) and len(values) >= ID_ROWS:
        step = np.diff(values)
        if bool((step > 0).all()):
            return out("whole numbers that rise with every row, like a row number", "number")
        if not series.duplicated().any():
            if values.max() - values.min() < 3 * len(values):
                return out("every whole number at most once, like a row number", "number")
            if ID_NAME.fullmatch(name):
                return out("a different number in every row, and the name of an id", "number")
    return Column("number", "numbers")


def infer_text(series: "pd.Series", name: str, texts: Sequence[str], counts: np.ndarray) -> Column | None:
    """Decide for a text column that reads as numbers or dates; None where it does not."""
    numeric = np.isfinite(numbers(as_series(texts))[0])
    share = float(counts[numeric].sum() / counts.sum())
    if share >= PARSED and not any(CODE.fullmatch(t) for t in texts):
        return Column(
            "number", "texts that read as numbers", f"--kind {shell(name)}=category", mixed(series, name, "number")
        )
    form, share, ambiguous = date_format(list(texts))
    if share >= PARSED:
        warning = mixed(series, name, "date", form)
        if ambiguous:
            warning = f"the dates of {name}, such as {texts[0]}, are read with the day first; no date tells which it is"
        return Column("date", f"dates such as {texts[0]}", f"--kind {shell(name)}=category", warning)
    return None


def mixed(series: "pd.Series", name: str, kind: str, form: str = "") -> str:
    """Write the warning for values that do not read like the others; "" where all do."""
    bad = numbers(series)[1] if kind == "number" else dates(series, form)[1]
    if not bad.any():
        return ""
    place = int(np.argmax(bad))
    return (
        f"{name}: {int(bad.sum()):,} of {len(bad):,} training values are not a {kind}, "
        f"such as {short(str(series.iloc[place]))} in row {series.index[place]}; they count as missing"
    )


def infer_words(name: str, texts: Sequence[str], counts: np.ndarray, out: Any) -> Column:
    """Decide for a column of texts: a category, free text, or a name for each row."""
    total, distinct = int(counts.sum()), len(texts)
    looked = texts[:: max(1, distinct // 500)]
    words = float(np.mean([len(t.split()) for t in looked]))
    if distinct <= FEW and (distinct <= 0.9 * total or total < 10):
        return Column("category", f"{distinct} labels")
    if words >= WORDS and (distinct > 0.3 * total or distinct > MANY):
        return Column("text", f"{words:.0f} words on average, {distinct:,} different texts", f"--drop {shell(name)}")
    if distinct <= MANY and distinct <= total / 2:
        return Column("category", f"{distinct:,} labels, embedded")
    if np.mean([bool(LETTERS.fullmatch(t)) for t in looked]) > PARSED:
        return Column("text", "sequences of letters, counted as their overlapping pieces", f"--drop {shell(name)}")
    return out(f"{distinct:,} different texts in {total:,} rows, like an id", "text" if words >= WORDS else "category")


def holds(series: "pd.Series", types: tuple[type, ...]) -> bool:
    """Say whether the first value that is there is of one of the types."""
    if series.dtype != object:
        return False
    return next((isinstance(v, types) for v in series if v is not None and v == v), False) if len(series) else False


def as_series(texts: Sequence[str]) -> "pd.Series":
    """Return texts as a column."""
    import pandas as pd

    return pd.Series(list(texts), dtype=object)


def other(kind: str) -> str:
    """Return another kind, as an example of what can be asked for."""
    return {"category": "number", "tokens": "text", "text": "tokens"}.get(kind, "category")


def listed(names: Sequence[str]) -> str:
    """Join names, the first twelve where there are many."""
    shown = ", ".join(map(str, names[:12]))
    return shown if len(names) <= 12 else f"{shown}, ... ({len(names)} in all)"


def short(text: str) -> str:
    """Quote a value for a message, cut where it is long."""
    return repr(text if len(text) <= 40 else text[:37] + "...")


def shell(name: str) -> str:
    """Quote a column's name for the command line where it needs it."""
    import shlex

    return shlex.quote(str(name))


def check_kinds(kinds: Mapping[str, str]) -> None:
    """Raise UsageError with the nearest name for a kind that does not exist."""
    from ..errors import UsageError

    for column, kind in kinds.items():
        if kind not in KINDS:
            raise UsageError(f"for the column {column!r}, " + unknown("kind", kind, KINDS))
