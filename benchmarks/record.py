"""Figures with their intervals, and the JSON files in docs/numbers that hold them.

A file is {"benchmark": name, "about": how it measures, "entries": {entry: record}}. A record is what one run of a
benchmark measured: `command`, `date`, `hardware`, `settings`, `figures` (see `figure`), `table` (rows to show as they
are), `notes` (lines of text), and `repetitions`: everything that was measured, one object a repetition.
"""

import datetime
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hardware import hardware
from profundo.files import write_json
from profundo.metrics.spread import summarise

ROOT = Path(__file__).parents[1]
NUMBERS = ROOT / "docs" / "numbers"
DATA = ROOT.parent / "shared" / "data"
RESAMPLES = 10_000


def figure(
    name: str, values: Sequence[float], unit: str = "", *, at_least: float | None = None, at_most: float | None = None
) -> dict[str, Any]:
    """Describe a figure by its mean and a 95 % t-interval; the mean is held against what is wanted."""
    found = summarise([float(v) for v in values])
    kept = {k: found[k] for k in ("n", "mean", "low", "high")}
    return {"name": name, "unit": unit, **kept, "interval": "t", "values": list(values)} | wanted(
        kept["mean"], at_least, at_most
    )


def ratio(
    name: str, others: Sequence[Sequence[float]], ours: Sequence[float], *, at_least: float | None = None
) -> dict[str, Any]:
    """Describe how many times as long as ours the fastest of the others takes.

    Each item holds the repetitions of one, in the same rounds as ours: the fastest is the one of the smallest mean, and
    the 95 % interval is a bootstrap over the rounds that chooses the fastest anew in every resample.
    """
    table, own = np.array(others, float), np.array(ours, float)  # (others, rounds), (rounds,)
    rounds = np.random.default_rng(0).integers(len(own), size=(RESAMPLES, len(own)))
    resampled = table[:, rounds].mean(2).min(0) / own[rounds].mean(1)
    low, high = np.quantile(resampled, (0.025, 0.975)).tolist() if len(own) > 1 else (None, None)
    mean = float(table.mean(1).min() / own.mean())
    values = (table.min(0) / own).tolist()
    kept = {"name": name, "unit": "times", "n": len(own), "mean": mean, "low": low, "high": high}
    return {**kept, "interval": "bootstrap over rounds", "values": values} | wanted(mean, at_least, None)


def wanted(value: float | None, at_least: float | None, at_most: float | None) -> dict[str, Any]:
    """Return what is wanted of a figure and whether it is met; nothing where nothing is wanted."""
    if at_least is None and at_most is None:
        return {}
    limit = {"at_least": at_least} if at_least is not None else {"at_most": at_most}
    met = value is not None and (value >= at_least if at_least is not None else value <= at_most)
    return {"wanted": limit, "met": bool(met)}


def record(
    figures: list[dict[str, Any]], repetitions: list[Any], machine: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """Put a record together. `machine` is `hardware()` before the first repetition; the load is taken again."""
    return {
        "command": " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]]),
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "hardware": machine | {"load_at_end": hardware()["load"]},
        **more,
        "figures": figures,
        "repetitions": repetitions,
    }


def store(path: Path, about: str | None, entries: dict[str, Any]) -> None:
    """Write entries in place of those of the same names; the others stay. `about` is the script's __doc__."""
    known = json.loads(path.read_text(encoding="utf-8"))["entries"] if path.is_file() else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"benchmark": path.stem, "about": about, "entries": known | entries})


def show(figures: list[dict[str, Any]], say: Callable[[str], None] = print) -> None:
    """Print figures, one line each."""
    for found in figures:
        limit = "".join(f"  wanted {k.replace('_', ' ')} {v:g}" for k, v in found.get("wanted", {}).items())
        met = {True: " (met)", False: " (NOT MET)", None: ""}[found.get("met")]
        say(f"{found['name']}: {number(found['mean'])} {found['unit']}  {interval(found)}n {found['n']}{limit}{met}")


def interval(found: dict[str, Any]) -> str:
    """Write a 95 % interval; nothing where there was one repetition."""
    return "" if found["low"] is None else f"[{number(found['low'])}, {number(found['high'])}]  "


def number(value: float | None) -> str:
    """Write a number with four significant digits."""
    return "-" if value is None else f"{value:.4g}"
