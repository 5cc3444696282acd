"""From columns to numbers: statistics learnt from the training rows alone, and the transformation that uses them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DataError, unknown
from ..schema import Category, Date, Kind, Number, Text, Tokens, place
from .kinds import FEW, listed
from .raw import Note
from .tokens import encode_texts
from .values import date_format, dates, labels, natural, numbers
from .words import bag, fit_words

if TYPE_CHECKING:
    import pandas as pd

PIECE = 65_536  # rows transformed at a time, which bounds the memory beside the answer
NORMAL = 1.349  # the interquartile range of the standard normal distribution
USUAL_STRANGE = {"words": 0.2, "bases": 0.01}  # the share of unknown ones that is nothing to tell of
FAR = 1e6  # standard units from which numbers are all the same


@dataclass
class Unseen:
    """What a schema met that training had not: for each column, how many values."""

    labels: dict[str, int] = field(default_factory=dict)
    unparsed: dict[str, int] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    empty: dict[str, int] = field(default_factory=dict)
    strange: dict[str, tuple[int, int, str]] = field(default_factory=dict)  # pieces of texts: unknown, all, what
    extra: tuple[str, ...] = ()

    def add(self, sort: str, column: str, where: np.ndarray) -> None:
        """Count the values of one sort ("labels", "unparsed", "missing" or "empty") where a mask says so."""
        if count := int(np.count_nonzero(where)):
            found = getattr(self, sort)
            found[column] = found.get(column, 0) + count

    @property
    def notes(self) -> list[Note]:
        """What to print about it."""
        texts = {
            "labels": "{} values of {} are labels that training never saw",
            "unparsed": "{} values of {} cannot be read; they count as missing",
            "missing": "{} values of {} are missing, which training never saw; the middle value stands for them",
            "empty": "{} values of {} hold no text",
        }
        notes = [
            Note("warning", text.format(f"{count:,}", column), warning=True)
            for sort, text in texts.items()
            for column, count in getattr(self, sort).items()
        ]
        notes += [
            Note(
                "warning", f"{bad:,} of the {count:,} {unit} of {column} are some that training never saw", warning=True
            )
            for column, (bad, count, unit) in self.strange.items()
            if bad > USUAL_STRANGE.get(unit, 0.0) * count
        ]
        return notes + ([Note("columns", f"not used: {listed(self.extra)}")] if self.extra else [])


def fit(frame: "pd.DataFrame", kinds: Mapping[str, str | Kind]) -> dict[str, Kind]:
    """Learn the statistics of every column from the training rows; a `Kind` instead of a name is taken as it is."""
    return {name: fit_column(frame[name], kind) if isinstance(kind, str) else kind for name, kind in kinds.items()}


def fit_column(series: "pd.Series", kind: str) -> Kind:
    """Learn the statistics of one column as the kind of that name."""
    match kind:
        case "number":
            values = numbers(series)[0]
            if series.notna().any() and not np.isfinite(values).any():
                name, first = series.name, series.dropna().iloc[0]
                raise DataError(f"the column {name!r} holds no number (but {first!r}). Try --kind {name}=category.")
            return fit_number(values)
        case "category":
            found = natural(labels(series))
            return Category(found, embed=len(found) > FEW)
        case "date":
            return fit_date(series)
        case "text":
            words = fit_words(texts_of(series))
            if not words.words:
                raise DataError(f"the text column {series.name!r} holds no words. Leave it out: --drop {series.name}.")
            return words
    raise DataError(f"the column {series.name!r} cannot be of the kind {kind!r}: it holds no picture files.")


def fit_number(values: np.ndarray) -> Number:
    """Centre on the median; scale by the interquartile range as a standard deviation, or by that, or by 1."""
    present = values[np.isfinite(values)]
    gaps = len(present) < len(values)
    if not len(present):
        return Number(missing=gaps)
    low, center, high = np.quantile(present / 4, [0.25, 0.5, 0.75])  # a quarter, so that no difference overflows
    return Number(float(center * 4), usable((high - low) / NORMAL * 4) or spread(present) or 1.0, gaps)


def spread(values: np.ndarray) -> float:
    """Return the standard deviation, 0 where it is too small or too large to divide by."""
    with np.errstate(over="ignore", invalid="ignore"):
        return usable(values.std()) if len(values) and values.min() < values.max() else 0.0


def usable(scale: float) -> float:
    """Return a scale that one can divide by, 0 for one that is not."""
    return float(scale) if np.isfinite(scale) and scale > 1e-300 else 0.0


def fit_date(series: "pd.Series") -> Date:
    """Learn the format of the dates, their middle and spread in seconds, and whether the time of day varies."""
    form = "" if not is_text(series) else date_format(labels(series)[1])[0]
    found = dates(series, form)[0]
    number = fit_number(found)
    times = found[np.isfinite(found)] % 86_400
    hours = bool(len(times) and times.min() < times.max())
    return Date(number.center, number.scale, hours, number.missing, form)


def is_text(series: "pd.Series") -> bool:
    """Say whether a column of dates is written as text."""
    import pandas as pd

    return not (pd.api.types.is_datetime64_any_dtype(series.dtype) or isinstance(series.dtype, pd.PeriodDtype))


def texts_of(series: "pd.Series") -> list[str]:
    """Return a text for every row, "" where it is missing."""
    codes, texts = labels(series)
    return [*texts, ""] if not len(codes) else np.array([*texts, ""], dtype=object)[codes].tolist()


def transform(kinds: Mapping[str, Kind], frame: "pd.DataFrame") -> tuple[np.ndarray, Unseen]:
    """Return (x (n, width) float32 in the order of `Schema.features`, what training had not seen).

    Raises DataError for a column that is not there; other columns are ignored.
    """
    for name in kinds:
        if name not in frame.columns:
            raise DataError("in the data, " + unknown("column", name, map(str, frame.columns)))
    unseen = Unseen(extra=tuple(str(c) for c in frame.columns if c not in kinds))
    ordered = sorted(kinds, key=lambda name: place(kinds[name]))  # stable: embedded codes, then tokens, are last
    places = np.cumsum([0, *(kinds[name].width for name in ordered)])
    x = np.empty((len(frame), places[-1]), np.float32)
    for begin in range(0, len(frame), PIECE):
        piece = frame.iloc[begin : begin + PIECE]
        part = np.empty((len(piece), places[-1]), np.float32, order="F")  # columns are written whole
        for name, left, right in zip(ordered, places[:-1], places[1:], strict=True):
            write(part[:, left:right], piece[name], kinds[name], unseen)
        x[begin : begin + PIECE] = part
    return x, unseen


def write(x: np.ndarray, series: "pd.Series", kind: Kind, unseen: Unseen) -> None:
    """Write the columns of x that one column becomes."""
    match kind:
        case Number():
            values, bad = numbers(series)
            unseen.add("unparsed", str(series.name), bad)
            write_number(x, values, kind, series.name, unseen)
        case Category():
            codes = encode_labels(kind, series, unseen)
            if kind.embed:
                x[:, 0] = codes
            else:
                x[:] = codes[:, None] == np.arange(len(kind.labels))
        case Date():
            write_date(x, series, kind, unseen)
        case Text():
            x[:] = bag(kind, texts_of(series))
        case Tokens():
            write_tokens(x, series, kind, unseen)
        case _:
            raise DataError(f"the column {series.name!r} is of the kind {kind.name}: it is decoded, not encoded.")


def write_number(x: np.ndarray, values: np.ndarray, kind: Number | Date, name: object, unseen: Unseen) -> None:
    """Write numbers in standard units into the first column, and into the last whether they are missing."""
    gaps = np.isnan(values)
    some = bool(gaps.any())
    if some and not kind.missing:
        unseen.add("missing", str(name), gaps)
    scaled = standard(values, kind.center, kind.scale)
    if isinstance(kind, Date) or kind.clip:
        scaled = scaled / np.sqrt(1 + (scaled / 4) ** 2)  # Holzmüller et al. 2024, arXiv 2407.04491
    x[:, 0] = np.where(gaps, 0, scaled) if some else scaled
    if kind.missing:
        x[:, -1] = gaps


def standard(values: np.ndarray, center: float, scale: float) -> np.ndarray:
    """Return (values - center) / scale, never so far out that it leaves float32."""
    with np.errstate(over="ignore"):
        return np.clip((values - center) / scale, -FAR, FAR)


def write_tokens(x: np.ndarray, series: "pd.Series", kind: Tokens, unseen: Unseen) -> None:
    """Write the codes of texts; 0 after the end."""
    codes, strange = encode_texts(kind, texts_of(series))
    x[:] = codes
    unseen.add("empty", str(series.name), codes[:, 0] == 0)
    before = unseen.strange.get(str(series.name), (0, 0, ""))
    counts = before[0] + int(strange.sum()), before[1] + int(np.count_nonzero(codes))
    unseen.strange[str(series.name)] = (*counts, kind.unit)


def encode_labels(kind: Category, series: "pd.Series", unseen: Unseen) -> np.ndarray:
    """Return the code of every row's label (n,) int64, `len(labels)` for a label that training had not."""
    codes, texts = labels(series)
    known = {label: i for i, label in enumerate(kind.labels)}
    none = len(kind.labels)
    place = np.array([*(known.get(t, none) for t in texts), known.get("", none)], dtype=np.int64)
    found = place[codes]
    unseen.add("labels", str(series.name), (found == none) & (codes >= 0))
    unseen.add("missing", str(series.name), (found == none) & (codes < 0))
    return found


def write_date(x: np.ndarray, series: "pd.Series", kind: Date, unseen: Unseen) -> None:
    """Write a date: the number, sine and cosine of month, weekday and perhaps hour, and whether it is missing."""
    found, bad = dates(series, kind.format)
    unseen.add("unparsed", str(series.name), bad)
    write_number(x, found, kind, series.name, unseen)
    gaps = np.isnan(found)
    filled = np.where(gaps, 0.0, found)
    months = filled.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) % 12
    weekday = (filled // 86_400 + 3) % 7  # 1 January 1970 was a Thursday
    turns = [months / 12, weekday / 7, *([filled % 86_400 / 86_400] if kind.hours else [])]
    for i, turn in enumerate(turns):
        x[:, 1 + 2 * i] = np.where(gaps, 0, np.sin(2 * np.pi * turn))
        x[:, 2 + 2 * i] = np.where(gaps, 0, np.cos(2 * np.pi * turn))


def fit_target(frame: "pd.DataFrame", task: str) -> dict[str, Kind]:
    """Learn the targets from the training rows: labels, or mean and standard deviation of a quantity.

    Raises DataError where the training rows have one label only.
    """
    found: dict[str, Kind] = {}
    for name in frame.columns:
        if task == "regression":
            values = numbers(frame[name])[0]
            found[str(name)] = Number(float(values.mean()), spread(values) or 1.0, clip=False)
            continue
        known = tuple(label for label in natural(labels(frame[name])) if label)
        if task == "multilabel":
            known = next((pair for pair in (("0", "1"), ("False", "True")) if set(known) <= set(pair)), known)
        if len(known) < 2:
            raise DataError(f"the training part holds one label of {name!r} only ({listed(known)}); two are needed.")
        found[str(name)] = Category(known)
    return found


def transform_target(kinds: Mapping[str, Kind], frame: "pd.DataFrame", task: str) -> tuple[np.ndarray, np.ndarray]:
    """Return (y, usable (n,)): y is int64 codes, or float32 (n,) or (n, targets); not usable: missing or never seen."""
    columns: list[np.ndarray] = []
    usable_rows = np.ones(len(frame), dtype=bool)
    for name, kind in kinds.items():
        if isinstance(kind, Category):
            codes = encode_labels(kind, frame[name], Unseen())
            usable_rows &= codes < len(kind.labels)
            columns.append(codes)
        elif isinstance(kind, Number):
            values = numbers(frame[name])[0]
            usable_rows &= np.isfinite(values)
            columns.append(standard(np.where(np.isnan(values), kind.center, values), kind.center, kind.scale))
    if task == "classification":
        return columns[0].astype(np.int64), usable_rows
    y = np.stack(columns, axis=1).astype(np.float32)
    return (y[:, 0] if task == "regression" and y.shape[1] == 1 else y), usable_rows


def decode(kind: Number, values: np.ndarray) -> np.ndarray:
    """Return numbers in the source's units from numbers in standard units."""
    return np.asarray(values, dtype=np.float64) * kind.scale + kind.center
