"""One reading of single values (missing, text, number, date), so that files, frames and later requests agree."""

import re
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

# What pandas reads as missing, and the question mark of the UCI files.
MISSING = frozenset(
    {"", "?", "NA", "N/A", "n/a", "NaN", "nan", "-NaN", "-nan", "null", "NULL", "None", "<NA>", "NaT"}
    | {"#N/A", "#N/A N/A", "#NA", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"}
)
DECIMAL = re.compile(r"-?(0|[1-9]\d*)\.\d+")
CODE = re.compile(r"0\d{2,}")  # 00501: a code, of which the zeros are a part
ISO = ""  # the name of the ISO 8601 family in `Date.format`
TIMES = ("", " %H:%M", " %H:%M:%S")
DATES = (
    *("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y"),
    *("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d %Y", "%b %Y", "%B %Y"),
)
LIKE_DATE = re.compile(r"\d{1,4}[-/. ](\d{1,2}|[A-Za-z]{3,9})([-/. T]|$)|[A-Za-z]{3,9} \d{1,4}")
FORMATS = (ISO, *(day + time for day in DATES for time in TIMES))


def text(value: Any) -> str:
    """Return the one text form of a value, "" where it is missing: 3, 3.0, "3" and "3.0" are all "3"."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        if not np.isfinite(value):
            return ""
        return str(int(value)) if float(value).is_integer() else str(value)
    found = str(value).strip()
    if found in MISSING:
        return ""
    if found.lower() in ("true", "false"):
        return found.capitalize()
    return text(float(found)) if DECIMAL.fullmatch(found) else found


def labels(series: "pd.Series") -> tuple[np.ndarray, list[str]]:
    """Return (codes, texts): the distinct text forms in order of appearance, and for each row its place, -1 missing."""
    import pandas as pd

    try:
        codes, uniques = pd.factorize(series)
    except TypeError:  # lists and dicts have no hash
        codes, uniques = pd.factorize(series.map(str))
    places: dict[str, int] = {}
    found = [text(u) for u in uniques]
    place = np.array([places.setdefault(t, len(places)) if t else -1 for t in found] + [-1], dtype=np.int64)
    return place[codes], list(places)  # the code -1 takes the last place, which is -1


def natural(found: tuple[np.ndarray, list[str]]) -> tuple[str, ...]:
    """Sort labels: numbers by value, then texts by alphabet, then "" where a value was missing."""
    codes, texts = found

    def order(label: str) -> tuple[int, float, str]:
        try:
            value = float(label)
        except ValueError:
            return (1, 0.0, label)
        return (0, value, label) if np.isfinite(value) else (1, 0.0, label)

    return (*sorted(texts, key=order), *([""] if (codes < 0).any() else []))


def numbers(series: "pd.Series") -> tuple[np.ndarray, np.ndarray]:
    """Return (values, unparsed): float64 with NaN for missing and infinite, and where a value is not a number."""
    import pandas as pd

    kind = series.dtype
    if pd.api.types.is_timedelta64_dtype(kind):
        return series.dt.total_seconds().to_numpy(np.float64), np.zeros(len(series), bool)
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind):
        values = series.to_numpy(dtype=np.float64, na_value=np.nan)
        finite = np.isfinite(values)
        return (values if finite.all() else np.where(finite, values, np.nan)), np.zeros(len(series), bool)
    codes, texts = labels(series)
    parsed = pd.to_numeric(pd.Series(texts, dtype=object).replace({"True": "1", "False": "0"}), errors="coerce")
    known = parsed.to_numpy(np.float64)
    bad = np.append(np.isnan(known), False)
    known = np.append(np.where(np.isfinite(known), known, np.nan), np.nan)
    return known[codes], bad[codes]


def dates(series: "pd.Series", form: str) -> tuple[np.ndarray, np.ndarray]:
    """Return (seconds, unparsed): seconds since 1970 in UTC, NaN for missing, and where a value is not a date.

    `form` is a strptime format, "" for ISO 8601.
    """
    import pandas as pd

    if isinstance(series.dtype, pd.PeriodDtype):
        series = series.dt.to_timestamp()
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return seconds(pd.DatetimeIndex(series)), np.zeros(len(series), bool)
    codes, texts = labels(series)
    known = parse_dates(texts, form)
    bad = np.append(np.isnan(known), False)
    return np.append(known, np.nan)[codes], bad[codes]


def parse_dates(texts: list[str], form: str) -> np.ndarray:
    """Return seconds since 1970 (n,), NaN where a text does not follow the format."""
    import pandas as pd

    if not texts:
        return np.zeros(0)
    index = pd.to_datetime(pd.Index(texts, dtype=object), format=form or "ISO8601", errors="coerce", utc=True)
    return seconds(pd.DatetimeIndex(index))


def seconds(index: "pd.DatetimeIndex") -> np.ndarray:
    """Return seconds since 1970 in UTC, NaN for missing."""
    if index.tz is not None:
        index = index.tz_convert("UTC").tz_localize(None)
    return np.where(index.isna(), np.nan, index.as_unit("us").asi8 / 1e6)


def date_format(texts: list[str]) -> tuple[str, float, bool]:
    """Return (format, share parsed, ambiguous) of the format that reads the most texts.

    Day before month where both read all of them; then the format is `ambiguous`.
    """
    looked = texts[:1000]
    if not any(LIKE_DATE.match(t) for t in looked[:100]):
        return ISO, 0.0, False
    shares = {form: float(np.isfinite(parse_dates(looked, form)).mean()) for form in FORMATS if plausible(looked, form)}
    if not shares:
        return ISO, 0.0, False
    best = max(shares, key=lambda form: shares[form])
    twin = best.replace("%d", "%_").replace("%m", "%d").replace("%_", "%m")
    return best, shares[best], twin != best and shares.get(twin) == shares[best]


def plausible(texts: list[str], form: str) -> bool:
    """Say whether the format reads any of the first few texts: most formats are refused here, cheaply."""
    few = texts[:: max(1, len(texts) // 10)][:10]
    return bool(np.isfinite(parse_dates(few, form)).any())
