"""The runs of a folder: list them, tag them, delete them."""

import sys
import time
from typing import Annotated, Any

import typer

from ..errors import UsageError
from ..terminal import printable, say, shortened, table
from .app import Json, RunFolder, app, argument, output, show

Folder = Annotated[str, argument(metavar="FOLDER", help="a folder of runs")]
Runs = Annotated[list[str], argument(metavar="RUN...", help="folders of runs")]


@app.command()
def runs(
    folder: Folder = "runs",
    *,
    tag: Annotated[str | None, output(help="only those with this tag")] = None,
    task: Annotated[str | None, output(help="only those of this task")] = None,
    state: Annotated[
        str | None, output(help="running, finished, stopped, interrupted, failed or damaged ones only")
    ] = None,
    find: Annotated[str | None, output(help="only those with this text in name, data, network, tags or note")] = None,
    sort: Annotated[str, output(help="began, name, data, task, network, score, seconds or state")] = "began",
    reverse: Annotated[bool, output("--reverse", help="the other way round")] = False,
    as_json: Json = False,
) -> None:
    """List the runs of a folder with their scores, states and tags."""
    from ..folders import runs as listed

    found = listed(folder, tag=tag, task=task, state=state, find=find, sort=sort, reverse=reverse)
    show({"folder": folder, "runs": found}, lambda: lines(found, folder), as_json)


def lines(found: list[dict[str, Any]], folder: str) -> list[str]:
    """Write a table of runs."""
    if not found:
        return [f"there is no such run in {printable(folder)}"]
    rows = [
        [e["name"], standing(e), e["data"], e["network"], score(e), day(e["began"]), ", ".join(e["tags"])]
        for e in found
    ]
    return table([["run", "state", "data", "network", "score on the test part", "began", "tags"], *rows])


def standing(run: dict[str, Any]) -> str:
    """Say how a run stands; of one that trains, how far it is."""
    share = "" if run["done"] is None or run["state"] != "running" else f" {run['done']:.0%}"
    return f"{run['state']}{share}"


def score(run: dict[str, Any]) -> str:
    """Write the main score with its interval."""
    at = run["score"]
    if not at or at["value"] is None:
        return "-"
    between = "" if at.get("low") is None else f" ({at['low']:.3f} to {at['high']:.3f})"
    return f"{run['main'].replace('_', ' ')} {at['value']:.3f}{between}"


def day(seconds: float) -> str:
    """Write a time of this machine's clock."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


@app.command()
def tag(
    run: RunFolder,
    tags: Annotated[list[str] | None, argument(metavar="TAG...", help="what to call it, such as best")] = None,
    *,
    remove: Annotated[list[str] | None, output("--remove", metavar="TAG", help="take a tag away")] = None,
    note: Annotated[str | None, output(help="a sentence to remember it by")] = None,
    as_json: Json = False,
) -> None:
    """Give a run tags and a note, to find it again: profundo runs --tag best."""
    from ..tidy import tag as put

    found = put(run, *(tags or ()), remove=remove or (), note=note)
    told = ", ".join(found["tags"]) or "no tags"
    show(found, lambda: [printable(f"{run}: {told}" + (f" · {found['note']}" if found["note"] else ""))], as_json)


@app.command()
def delete(
    runs: Runs,
    *,
    yes: Annotated[bool, output("--yes", "-y", help="do not ask")] = False,
    as_json: Json = False,
) -> None:
    """Delete runs for good. It asks first."""
    from pathlib import Path

    from ..tidy import check_deletable
    from ..tidy import delete as remove

    for run in runs:
        check_deletable(Path(run))
    if not yes and not agreed(runs):
        say("nothing was deleted.")
        raise typer.Exit(1)
    found = remove(*runs)
    show(
        found, lambda: [printable(f"deleted {e['run']} ({e['bytes'] / 1e6:.1f} MB)") for e in found["deleted"]], as_json
    )


def agreed(runs: list[str]) -> bool:
    """Ask whether these runs are to be deleted. Raises UsageError where nobody can answer."""
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked. If it is meant, type: profundo delete RUN --yes")
    named = shortened(printable(", ".join(runs)), 200)
    print(
        f"Delete {len(runs)} run{'s' * (len(runs) > 1)} for good: {named}? [y/N] ", end="", file=sys.stderr, flush=True
    )
    return sys.stdin.readline().strip().lower() in ("y", "yes")
