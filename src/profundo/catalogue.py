"""What can be asked for by name: networks, tasks and data sets, for the command line."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .errors import UsageError, unknown
from .schema import Category, Image, Mask, Schema
from .terminal import table

if TYPE_CHECKING:
    from .networks import Network


PIXELS, LABELS = 224, 1000  # of networks that were not published for others


def network_entries(name: str | None = None, *, size: int | None = None) -> dict[str, dict[str, Any]]:
    """Return what is known of every network, or of one: options, cost, published accuracy and weights.

    The cost is for pictures of `size` x `size`, else of the published size; None where it cannot be told beforehand.
    Raises UsageError for an unknown name, and for one network that takes no pictures of that size.
    """
    from .networks import NETWORKS
    from .networks.published import KERAS, PUBLISHED
    from .networks.weights import published_for

    return {
        n: {
            "summary": row.summary,
            "takes": row.takes,
            "gives": row.gives,
            "paper": row.paper,
            "options": options(row),
            **network_cost(row, size, alone=name is not None),
            "published": dataclasses.asdict(PUBLISHED[n]) if n in PUBLISHED else None,
            "keras": dataclasses.asdict(KERAS[n]) if n in KERAS else None,
            "weights": [{"name": w.name, "source": w.source, "licence": w.licence} for w in published_for(n)],
        }
        for n, row in select("network", name, NETWORKS).items()
    }


def network_cost(row: "Network", size: int | None, *, alone: bool) -> dict[str, Any]:
    """Return shape, labels, parameters, megabytes, depth and multiply_adds of a network, and its layers if `alone`."""
    from .networks import describe
    from .networks.cost import cost, unfilled

    names = ("shape", "labels", "parameters", "megabytes", "depth", "multiply_adds")
    if not row.sees or not {"scores", "masks"} & set(row.gives.split("|")):  # its cost depends on the data
        return dict.fromkeys(names)
    schema = example_schema(row, size)
    try:
        network = unfilled(lambda: row.make(schema))
        found = cost(network, schema.shape)
        layers = {"layers": describe(network, schema)} if alone else {}
    except (UsageError, RuntimeError) as error:  # too small a picture; steps that depend on the numbers
        if alone and isinstance(error, UsageError):
            raise
        return dict.fromkeys(names)
    values = (found.parameters, found.megabytes, found.depth, found.multiply_adds)
    return dict(zip(names, (list(schema.shape), len(schema.labels), *values), strict=True)) | layers


def example_schema(row: "Network", size: int | None) -> Schema:
    """Return the pictures and labels that a network was published for, or common ones; `size` is another side."""
    from .networks.published import PUBLISHED

    made = PUBLISHED.get(row.name)
    channels, side, count = (made.channels, made.pixels, made.labels) if made else (3, PIXELS, LABELS)
    labels = tuple(map(str, range(count)))
    target = Mask(labels) if row.gives == "masks" else Category(labels)
    return Schema({"picture": Image(channels, size or side, size or side)}, {"label": target})


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


def network_lines(entries: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Write the networks as a table of what they cost and how well they do, and the others as a list."""
    heads = ["name", "pictures", "labels", "parameters", "MB", "depth", "multiply-adds", "top-1", "top-5", "published"]
    rows = [heads]
    for name, e in entries.items():
        if e["parameters"]:
            made = e["published"] or {"top1": None, "top5": None, "source": ""}
            pictures = "x".join(map(str, (*e["shape"][1:], e["shape"][0])))
            size = f"{e['megabytes']:.1f}" if e["megabytes"] >= 1 else "< 1"
            cost = [counted(e["parameters"]), size, counted(e["depth"]), counted(e["multiply_adds"])]
            accuracy = [percent(made[key]) for key in ("top1", "top5")]
            rows.append([name, pictures, counted(e["labels"]), *cost, *accuracy, made["source"] or "-"])
    others = [
        ["name", "takes", "summary"],
        *([n, e["takes"], e["summary"]] for n, e in entries.items() if not e["parameters"]),
    ]
    return [*table(rows, right=",".join(heads[2:9])), "", *table(others), "", *LEGEND]


LEGEND = [
    "MB: of float32 weights. depth: layers with weights on the longest way. multiply-adds: for one picture.",
    "top-1 and top-5: published shares of right answers. One network, with its options: profundo networks NAME",
]


def counted(value: int | None) -> str:
    """Write a number, short from a hundred million."""
    return "-" if value is None else f"{value:,}" if value < 10**9 else f"{value / 1e9:.2f} G"


def percent(value: float | None) -> str:
    """Write a share."""
    return "-" if value is None else f"{value:.1%}"


def entry_lines(entries: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Write networks or tasks, each with its options; a network also with its cost, weights and layers."""
    lines = []
    for name, entry in entries.items():
        lines += [f"{name}: {entry['summary']}", *([entry["paper"]] if entry.get("paper") else [])]
        rows = [["  option", "default", "what it is"]]
        rows += [[f"  {n}", written(o["default"]), o["description"]] for n, o in entry["options"].items()]
        lines += [*(table(rows) if entry["options"] else ["  no options"])]
        lines += [*cost_lines(entry), ""]
    return lines[:-1]


def cost_lines(entry: Mapping[str, Any]) -> list[str]:
    """Write what a network costs, how well it does, where its weights are, and its layers with weights."""
    lines: list[str] = []
    if entry.get("shape"):
        channels, height, width = entry["shape"]
        lines.append(
            f"  for pictures of {height} x {width} x {channels} and {entry['labels']:,} labels: "
            f"{entry['parameters']:,} parameters ({entry['megabytes']:.1f} MB), depth {entry['depth']}, "
            f"{entry['multiply_adds']:,} multiply-adds"
        )
    if made := entry.get("published"):
        lines.append(f"  published: top-1 {percent(made['top1'])}, top-5 {percent(made['top5'])} ({made['source']})")
    lines += [f"  weights: {w['name']} ({w['source']}; {w['licence']})" for w in entry.get("weights", [])]
    weighted = [layer for layer in entry.get("layers", []) if layer["parameters"]]
    if weighted:
        rows = [["  layer", "type", "output", "parameters"]]
        for layer in weighted:
            shape = " x ".join(map(str, layer["shape"] or []))
            rows.append([f"  {layer['name']}", layer["type"], shape, f"{layer['parameters']:,}"])
        lines += table(rows, right="parameters")
    return lines


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
