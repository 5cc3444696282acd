"""What can be asked for by name: networks, tasks and data sets, for the command line."""

from collections.abc import Mapping
from typing import Any

from .errors import UsageError, unknown
from .terminal import table


def network_entries(name: str | None = None) -> dict[str, dict[str, Any]]:
    """Return {name: {summary, takes, paper, options}} of every network, or of one."""
    from .networks import NETWORKS

    chosen = select("network", name, NETWORKS)
    return {
        n: {"summary": e.summary, "takes": e.takes, "paper": e.paper, "options": options(e)} for n, e in chosen.items()
    }


def task_entries(name: str | None = None) -> dict[str, dict[str, Any]]:
    """Return {name: {summary, options}} of every task, or of one."""
    from .tasks import TASKS

    return {n: {"summary": e.summary, "options": options(e)} for n, e in select("task", name, TASKS).items()}


def dataset_entries() -> dict[str, dict[str, Any]]:
    """Return {name: {description, task, target, rows, licence, origin, size}} of every data set; size in bytes."""
    from .data.builtin import BUILTIN

    keys = ("description", "task", "target", "rows", "licence", "origin", "size")
    return {name: {key: getattr(entry, key) for key in keys} for name, entry in BUILTIN.items()}


def select(what: str, name: str | None, known: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return all entries, or the one of that name. Raises UsageError with the nearest names."""
    if name is None:
        return known
    if name not in known:
        raise UsageError(unknown(what, name, known))
    return {name: known[name]}


def options(entry: Any) -> dict[str, dict[str, Any]]:
    """Return {option: {description, default}} of a network or a task."""
    return {n: {"description": text, "default": entry.defaults[n]} for n, text in entry.options.items()}


def entry_lines(entries: Mapping[str, Mapping[str, Any]], *, options: bool) -> list[str]:
    """Write networks or tasks as a list, or each with its options."""
    if not options:
        heads = ["name", "takes", "summary"]
        return table([heads, *([name, e["takes"], e["summary"]] for name, e in entries.items())])
    lines = []
    for name, entry in entries.items():
        lines += [f"{name}: {entry['summary']}", *([entry["paper"]] if entry.get("paper") else [])]
        rows = [["  option", "default", "what it is"]]
        rows += [[f"  {n}", written(o["default"]), o["description"]] for n, o in entry["options"].items()]
        lines += [*(table(rows) if entry["options"] else ["  no options"]), ""]
    return lines[:-1]


def written(value: Any) -> str:
    """Write the default of an option as it is typed."""
    if isinstance(value, tuple | list):
        return ",".join(map(str, value)) or "none"
    return "-" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def dataset_lines(entries: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Write the data sets as a list."""
    rows = [["name", "task", "rows", "from", "what it is"]]
    for name, e in entries.items():
        origin = f"fetched, {e['size'] / 1e6:.1f} MB" if e["origin"] == "fetched" else e["origin"]
        rows.append([name, e["task"], f"{e['rows']:,}", origin, e["description"]])
    return table(rows, right="rows")
