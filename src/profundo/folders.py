"""Folders of runs, read without PyTorch: which runs there are, how each stands, and which process trains there."""

import contextlib
import fcntl
import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import DataError, UsageError, unknown
from .files import read_text

READ = (
    "scores.json",
    "status.json",
    "tags.json",
    "plan.toml",
    "code.txt",
    "manifest.json",
    "resume.json",
    "report.html",
)
PARTS = ("scores", "status", "diagnosis", "findings", "finder", "folds", "data")  # JSON files that `details` hands on
SORTS = ("began", "name", "data", "task", "network", "score", "seconds", "state")
Entry = dict[str, Any]
Signature = tuple[tuple[int, int] | None, ...]

known: dict[str, tuple[Signature, Entry]] = {}  # path -> what was read, and of which state of its files


def runs(
    folder: str | os.PathLike[str] = "runs",
    *,
    tag: str | None = None,
    task: str | None = None,
    state: str | None = None,
    find: str | None = None,
    sort: str = "began",
    reverse: bool = False,
) -> list[Entry]:
    """List the runs of a folder, or the one that the folder is.

    Each is an object: `name` and `run` (its path), `state` (running, finished, stopped by a person, interrupted,
    failed, damaged), `resumable`, `data`, `task`, `network`, `main` (the name of its score), `score` {value, low, high,
    n} of the test part, `lower` (whether less is better), `epochs`, `parameters`, `seconds`, `seed`, `began` and
    `updated` (seconds since 1970), `stopped` (why), `error`, `tags`, `note`, `report` (whether there is one), and of a
    running one `stage` and `done`, the share of its steps. Only those with `tag`, of `task`, in `state`, and that hold
    the text `find` in name, data, network, tags or note, where asked for; sorted by one of `SORTS`, newest, best or
    longest first, or the other way with `reverse`. Links are not followed. Raises DataError where there is no folder.
    """
    root = Path(folder)
    if sort not in SORTS:
        raise UsageError(f"for --sort, {unknown('way', sort, SORTS)}")
    if not root.is_dir():
        raise DataError(f"{root} is no folder: there are no runs yet. Make one: profundo train digits")
    places = [root] if is_run(root) else inside(root)
    found = [entry(place) for place in places]
    chosen = [
        e
        for e in found
        if (tag is None or tag in e["tags"])
        and (task is None or e["task"] == task)
        and (state is None or e["state"] == state)
        and (find is None or find.lower() in searched(e))
    ]
    by_name = sorted(chosen, key=lambda e: str(e["name"]))
    return sorted(by_name, key=lambda e: rank(e, sort), reverse=reverse)


def searched(run: Entry) -> str:
    """Return the text in which `find` looks."""
    return "\n".join(map(str, (run["name"], run["data"], run["network"], run["note"], *run["tags"]))).lower()


def rank(run: Entry, sort: str) -> tuple[Any, ...]:
    """Return what a run is sorted by: what is not known stands last, scores of one kind stand together."""
    if sort == "score":
        value = (run["score"] or {}).get("value")
        better = value is not None and (value if run["lower"] else -value)
        return (value is None, run["main"] or "", better or 0.0)
    value = run[sort]
    return (value is None, -value if sort in ("began", "seconds") and value is not None else value or "")


def inside(root: Path) -> list[Path]:
    """Return the run folders that stand directly in a folder."""
    with os.scandir(root) as found:
        folders = [e for e in found if e.is_dir(follow_symlinks=False) and not e.name.startswith(".")]
    return [root / e.name for e in folders if os.path.isfile(f"{e.path}/plan.toml")]


def is_run(folder: Path) -> bool:
    """Say whether a folder is a run; a link to one is not."""
    return (folder / "plan.toml").is_file() and not folder.is_symlink()


def entry(folder: Path) -> Entry:
    """Describe one run as `runs` lists it. What was read before is read again only where a file has changed."""
    place, signature = str(folder), signed(folder)
    held = known.get(place)
    if held is None or held[0] != signature:
        held = known[place] = (signature, read_entry(folder, dict(zip(READ, signature, strict=True))))
    found = dict(held[1])
    if found["state"] in ("finished", "damaged"):
        return found
    if trainer(folder) is not None:
        return found | {"state": "running", "resumable": False, "error": ""}
    return found | {"state": "interrupted" if found["state"] == "running" else found["state"], "stage": ""}


def signed(folder: Path) -> Signature:
    """Return the time and the size of the files that a run is listed by."""
    found: list[tuple[int, int] | None] = []
    for name in READ:
        try:
            at = os.stat(f"{folder}/{name}", follow_symlinks=False)
            found.append((at.st_mtime_ns, at.st_size))
        except OSError:
            found.append(None)
    return tuple(found)


def read_entry(folder: Path, there: Mapping[str, tuple[int, int] | None]) -> Entry:
    """Read what a run is listed by. A file that is damaged makes the run a damaged one, and is told."""
    times = [at[0] / 1e9 for at in there.values() if at]
    base: Entry = {
        "name": folder.name or str(folder),
        "run": str(folder),
        **dict.fromkeys(("data", "task", "network", "stage", "stopped", "error", "note"), ""),
        **dict.fromkeys(("main", "score", "epochs", "parameters", "seconds", "seed", "done"), None),
        "lower": False,
        "tags": [],
        "began": (there["code.txt"] or there["plan.toml"] or (0, 0))[0] / 1e9,
        "updated": max(times, default=0.0),
        "report": there["report.html"] is not None,
    }
    try:
        made = base | tagged(folder) | (from_status(folder) if there["status.json"] else {})
        made["began"] = min(made["began"], base["began"])
        finished = there["scores.json"] is not None
        made |= from_scores(folder) if finished else from_plan(folder) if there["plan.toml"] else {}
        if finished and there["manifest.json"]:
            made |= {"state": "finished", "error": "", "stage": "", "done": None}
        return {"state": "interrupted", **made, "resumable": made.get("state") != "finished"}
    except (DataError, KeyError, TypeError, ValueError, AttributeError) as error:
        told = str(error) if isinstance(error, DataError) else f"{folder} is damaged: {type(error).__name__} {error}."
        return base | {"state": "damaged", "resumable": False, "error": told}


def from_scores(folder: Path) -> Entry:
    """Return what scores.json says of a run."""
    found = read(folder, "scores.json")
    same = {k: found.get(k) for k in ("data", "task", "network", "main", "epochs", "parameters", "seed", "stopped")}
    score = found["scores"].get(found.get("main"))
    seconds = found.get("seconds", found.get("training_seconds"))
    return {**same, "score": score, "seconds": seconds, "lower": found.get("main") in found.get("lower", ())}


def from_plan(folder: Path) -> Entry:
    """Return what plan.toml says of a run that has no scores yet."""
    try:
        plan = tomllib.loads(read_text(folder / "plan.toml"))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{folder / 'plan.toml'} is damaged: {error}.") from error
    source = str(plan.get("data", {}).get("source", ""))
    return {
        "data": source if "/" not in source else Path(source).name,
        "task": plan.get("task", {}).get("name", ""),
        "network": plan.get("network", {}).get("name", ""),
        "seed": plan.get("recipe", {}).get("seed"),
    }


def from_status(folder: Path) -> Entry:
    """Return what status.json says of a training."""
    found = read(folder, "status.json")
    share = found.get("step", 0) / found["steps"] if found.get("steps") else None
    kept = {k: found[k] for k in ("state", "began", "stage", "error", "stopped", "seconds") if found.get(k) is not None}
    return {**kept, "epochs": found.get("epoch"), "done": share}


def tagged(folder: Path) -> Entry:
    """Return the tags and the note of a run."""
    found = read(folder, "tags.json") if (folder / "tags.json").is_file() else {}
    return {"tags": [str(tag) for tag in found.get("tags", [])], "note": str(found.get("note", ""))}


def read(folder: Path, name: str) -> dict[str, Any]:
    """Read a JSON object of a run. Raises DataError where it is damaged."""
    try:
        found = json.loads(read_text(folder / name))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{folder / name} is damaged or unreadable ({error}).") from error
    if not isinstance(found, dict):
        raise DataError(f"{folder / name} is damaged: it holds no object.")
    return found


def trainer(folder: Path) -> int | None:
    """Return the process that trains in a run folder now, or None: it is alive and holds the folder's lock."""
    try:
        with (folder / "lock").open("rb") as lock:
            text = lock.read(32)
            if not text.isdigit() or (pid := int(text)) <= 1:
                return None
            os.kill(pid, 0)
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return pid
    except (OSError, OverflowError):
        return None
    return None


def details(folder: Path) -> Entry:
    """Return all that is small of a run: {run, plan, progress, files} and what of `PARTS` it holds.

    `run` is its object of `runs`, `plan` the text of plan.toml, `progress` the epochs so far, `files` [{name, bytes}].
    Findings come without their pictures and rows.
    """
    kept = {name: read(folder, f"{name}.json") for name in PARTS if (folder / f"{name}.json").is_file()}
    kept.get("data", {}).pop("columns", None)
    for name in ("diagnosis", "findings"):
        for finding in kept.get(name, {}).get("findings", ()):
            for large in ("pictures", "plot", "pairs", "rows"):
                finding.pop(large, None)
    files = [{"name": name, "bytes": size} for name, size in sorted(sizes(folder).items())]
    plan = read_text(folder / "plan.toml") if is_run(folder) else ""  # a training that has just begun
    return {"run": entry(folder), "plan": plan, "progress": epochs(folder), "files": files, **kept}


def sizes(folder: Path) -> dict[str, int]:
    """Return the bytes of the files of a run; those that are just being written, and have other names yet, left out."""
    found = {}
    with os.scandir(folder) as entries:
        for file in entries:
            with contextlib.suppress(FileNotFoundError):
                if file.is_file(follow_symlinks=False) and not file.name.startswith("."):
                    found[file.name] = file.stat(follow_symlinks=False).st_size
    return found


def epochs(folder: Path) -> list[dict[str, Any]]:
    """Read the whole lines of progress.jsonl, an epoch each; one that is just being written is left out."""
    path = folder / "progress.jsonl"
    if not path.is_file():
        return []
    whole = read_text(path).rpartition("\n")[0]
    try:
        return [json.loads(line) for line in whole.splitlines() if line]
    except ValueError as error:
        raise DataError(f"{path} is damaged ({error}).") from error
