"""A look at the data before any training: what is in them, what is wrong with them, whether new data differ."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .advice import before
from .audit import audit
from .audit.against import against as held_against
from .data import load
from .errors import UsageError, unknown
from .findings import SEVERITIES, by_severity
from .plan import wish
from .shift import shifted_run, shifted_sources

if TYPE_CHECKING:
    from .data.dataset import Data

SHOWN = 4  # labels of a column that are shown


def check(
    source: Any, target: str | Sequence[str] | None = None, *, against: Any = None, **wishes: Any
) -> dict[str, Any]:
    """Say what was found: rows, columns, target, task, split, and what is wrong. Nothing is trained or written.

    Returns {name, rows, task, target, inputs, counts, columns, notes, findings}: `inputs` is the shape of one encoded
    x, `counts` the rows of each split, `columns` a list of {name, kind, role, reason, missing, distinct, example, ...},
    `findings` what the data doctor found. The wishes are those of `train`. `against` another source also looks for its
    rows among these, and says under `shift` whether the two look alike; `against` a run folder says that alone.
    """
    if is_run(against):
        result = shifted_run(against, source)
        return {"name": result["source"], "findings": result["findings"], "shift": result}
    plan = wish(source, tuple([target] if isinstance(target, str) else target or ()), **wishes).data
    data = load(source, plan)
    found, result = [*audit(data), *before(data)], describe(data)
    if against is not None:
        found += held_against(data, load(against, plan))
        options = {name: value for name, value in asdict(plan).items() if name not in ("source", "fold", "without")}
        result["shift"] = shifted_sources(source, against, **options)
    return result | {"findings": [f.to_dict() for f in by_severity(found)]}


def worst(findings: Sequence[Mapping[str, Any]], least: str) -> list[Mapping[str, Any]]:
    """Return the findings that are at least so bad. Raises UsageError for a word that is none."""
    if least not in SEVERITIES:
        raise UsageError("for --fail-on, " + unknown("word", least, SEVERITIES))
    return [f for f in findings if list(SEVERITIES).index(f["severity"]) <= list(SEVERITIES).index(least)]


def is_run(source: Any) -> bool:
    """Say whether something names the folder of a run."""
    return isinstance(source, str | os.PathLike) and (Path(source) / "plan.toml").is_file()


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
