"""Turns the JSON files of docs/numbers into docs/numbers.md: every figure with its n and its 95 % interval."""

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from record import NUMBERS, interval, number

HEAD = """# The numbers

Written by `python benchmarks/write_numbers.py` from the files of `docs/numbers`, which hold every repetition, the
hardware and the versions. Do not edit. "Load" is how many processes wanted a core when the benchmark began and ended.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", type=Path, default=NUMBERS, help="the folder of the JSON files")
    parser.add_argument("--out", type=Path, help="the Markdown file; beside the folder when left out")
    asked = parser.parse_args()
    out = asked.out or asked.numbers.with_suffix(".md")
    out.write_text(page(asked.numbers), encoding="utf-8")
    print(f"written: {out}")


def page(folder: Path) -> str:
    """Return the whole page."""
    files = sorted(folder.glob("*.json"))
    return "\n".join([HEAD, *(section(p.stem, json.loads(p.read_text(encoding="utf-8"))) for p in files)])


def section(name: str, content: Mapping[str, Any]) -> str:
    """Return the section of a file; one of another shape is a table of its plain values."""
    if "entries" not in content:
        plain = {k: v for k, v in content.items() if isinstance(v, str | int | float | bool)}
        return f"## {name}\n\n{table([{'': k, 'value': v} for k, v in plain.items()])}\n"
    return "\n".join(
        [
            f"## {name}\n",
            f"{(content.get('about') or '').strip()}\n",
            *(entry(k, v) for k, v in content["entries"].items()),
        ]
    )


def entry(name: str, found: Mapping[str, Any]) -> str:
    """Return a record: where it was measured, its figures, its table, its notes."""
    parts = [f"### {name}", source(found), table([figure_row(f) for f in found["figures"]])]
    parts += [table(found["table"])] if found.get("table") else []
    parts += [f"- {note}" for note in found.get("notes", ())]
    return "\n\n".join(parts) + "\n"


def source(found: Mapping[str, Any]) -> str:
    """Say with which command, when, and on what it was measured."""
    here = found["hardware"]
    load = f"load {here['load']} - {here['load_at_end']}"
    return (
        f"`{found['command']}`  \n{found['date']}, commit {here['commit']}, {here['processor']}, "
        f"{here['cores']} cores, {load}, torch {here['packages'].get('torch')}"
    )


def figure_row(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the line of a figure."""
    words = {"at_least": "≥", "at_most": "≤"}
    limit = " ".join(f"{words[k]} {v:g}" for k, v in found.get("wanted", {}).items())
    met = {True: "yes", False: "**no**", None: ""}[found.get("met")]
    value = f"{number(found['mean'])} {found['unit']}".strip()
    low_high = interval(found).strip()
    return {"figure": found["name"], "mean": value, "95 %": low_high, "n": found["n"], "wanted": limit, "met": met}


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as a Markdown table; the first row names the columns."""
    listed = list(rows)
    if not listed:
        return ""
    names = list(listed[0])
    lines = [names, ["---"] * len(names), *([cell(row.get(n)) for n in names] for row in listed)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cell(value: Any) -> str:
    """Return a value as the text of a cell."""
    if isinstance(value, float) and len(str(value)) > 7:
        return f"{value:.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    return "-" if value is None else str(value).replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    main()
