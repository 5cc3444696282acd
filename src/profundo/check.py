"""A look at the data before any training: what was found in them and what will be done with them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .data import load
from .plan import wish

if TYPE_CHECKING:
    from .data.dataset import Data

SHOWN = 4  # labels of a column that are shown


def check(source: Any, target: str | Sequence[str] | None = None, **wishes: Any) -> dict[str, Any]:
    """Say what was found: rows, columns, target, task, split, and what is unusual. Nothing is trained or written.

    Returns {name, rows, task, target, inputs, counts, columns, notes}: `inputs` is the shape of one encoded x, `counts`
    the rows of each split, `columns` a list of {name, kind, role, reason, missing, distinct, example, ...}. The wishes
    are those of `train`.
    """
    return describe(
        load(source, wish(source, tuple([target] if isinstance(target, str) else target or ()), **wishes).data)
    )


def describe(data: "Data") -> dict[str, Any]:
    """Describe a loaded data set."""
    return {
        "name": data.name,
        "rows": len(data.ids),
        "task": data.task,
        "target": list(data.schema.targets),
        "inputs": list(data.schema.shape),
        "counts": {split: data.count(split) for split in data.splits},
        "columns": [{"name": name, **column, "example": example(column)} for name, column in data.summary.items()],
        "notes": [asdict(note) for note in data.notes],
    }


def example(column: Mapping[str, Any]) -> str:
    """Write the range of a column's values, or its most frequent labels."""
    if "min" in column:
        low, high = column["min"], column["max"]
        return f"{day(low)} to {day(high)}" if column["kind"] == "date" else f"{low:.6g} to {high:.6g}"
    if "top" in column:
        names = [label or "(missing)" for label, _ in column["top"][:SHOWN]]
        return ", ".join(names) + (", ..." if column.get("distinct", 0) > len(names) else "")
    return str(column.get("reason", ""))


def day(seconds: float) -> str:
    """Write seconds since 1970 as a date, with the time of day where it is not midnight."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return f"{seconds:.6g} s"
    return f"{moment:%Y-%m-%d}" if not seconds % 86400 else f"{moment:%Y-%m-%d %H:%M}"
