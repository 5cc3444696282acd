"""What each column looks like, for the report: plain JSON, over the training rows."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..schema import Image, Schema
from .kinds import Decision
from .values import dates, labels, numbers

if TYPE_CHECKING:
    import pandas as pd

BINS = 20
TOP = 10
LONGEST = 60  # letters of a label that are shown


def summarise(
    frame: "pd.DataFrame", train: np.ndarray, schema: Schema, decision: Decision
) -> dict[str, dict[str, Any]]:
    """Return for each column kind, role, reason, missing, distinct, and a histogram or the most frequent labels.

    `missing` counts over all rows, the rest over the training rows. `reason` says why a column is used or left out.
    """
    found: dict[str, dict[str, Any]] = {}
    for name in frame.columns:
        kinds: Mapping[str, Any] = schema.targets if name in schema.targets else schema.inputs
        role = "target" if name in schema.targets else "input" if name in schema.inputs else "left out"
        column = decision.columns.get(name)
        head = {
            "kind": kinds[name].name if name in kinds else "",
            "role": role,
            "reason": column.reason if column else "",
        }
        found[str(name)] = head | describe(frame[name], train, kinds.get(name))
    return found


def describe(series: "pd.Series", train: np.ndarray, kind: Any) -> dict[str, Any]:
    """Describe the values of one column."""
    part = series.take(train)
    if kind is not None and kind.name in ("number", "date"):
        values = numbers(series)[0] if kind.name == "number" else dates(series, kind.format)[0]
        return {"missing": int(np.isnan(values).sum())} | of_numbers(values[train])
    missing = int(series.isna().sum())
    codes, texts = labels(part)
    return {"missing": missing} | of_labels(codes, texts)


def of_numbers(values: np.ndarray) -> dict[str, Any]:
    """Describe numbers: range, mean, median, histogram. Dates are seconds since 1970."""
    values = values[np.isfinite(values)]
    if not len(values):
        return {"distinct": 0}
    low, high = float(values.min()), float(values.max())
    wide = high - low
    if not np.isfinite(wide) or wide <= abs(low) * 1e-12:  # too wide or too narrow to cut into bins
        counts, edges = np.array([len(values)]), np.array([low, high])
    else:
        counts, edges = np.histogram(values, bins=BINS, range=(low, high))
    return {
        "distinct": len(np.unique(values)),
        "min": low,
        "max": high,
        "mean": float(values.mean()),
        "median": float(np.median(values)),
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
    }


def of_labels(codes: np.ndarray, texts: Collection[str]) -> dict[str, Any]:
    """Describe labels: the most frequent ones, alphabetical among equals."""
    names = list(texts)
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    best = sorted(range(len(names)), key=lambda i: (-counts[i], names[i]))[:TOP]
    shown = [[n if len(n := names[i]) <= LONGEST else n[: LONGEST - 3] + "...", int(counts[i])] for i in best]
    return {"distinct": len(names), "top": shown}


def of_image(count: int, image: Image, bad: int) -> dict[str, Any]:
    """Describe a column of pictures."""
    return {
        "kind": "image",
        "role": "input",
        "reason": f"{count:,} pictures of {image.height} x {image.width_pixels}, {image.channels} channels",
        "missing": bad,
        "distinct": count,
    }
