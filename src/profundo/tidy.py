"""Keeping order among runs: tags, a note, deleting. What is written or removed is always inside the run's folder."""

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .errors import DataError, ResourceError, UsageError
from .files import advice, write_json
from .folders import is_run, tagged, trainer

MARKS = ("plan.toml", "lock", "code.txt")  # a folder without one of them was not made by profundo
FOLDERS = re.compile(r"seed-\d+|rounds")  # that a run makes inside its own
TRASH = ".deleted-"  # what a run is called while its files go
MOST, LONG, NOTE = 20, 40, 2_000  # tags of a run, characters of a tag and of the note


def tag(run: str | os.PathLike[str], *tags: str, remove: Iterable[str] = (), note: str | None = None) -> dict[str, Any]:
    """Give a run tags, take some away, and write a note; returns {"run", "tags", "note"} as they are then.

    Raises UsageError for a tag that is empty, too long, or holds a comma; DataError where there is no such run.
    """
    folder = checked_run(run)
    held = tagged(folder)
    gone = set(remove)
    if missing := sorted(gone - set(held["tags"])):
        raise UsageError(f"{folder} has no tag {missing[0]!r}. It has: {', '.join(held['tags']) or 'none'}.")
    kept = [name for name in held["tags"] if name not in gone]
    return label(folder, [*kept, *tags], held["note"] if note is None else note)


def label(folder: Path, tags: Iterable[str], note: str = "") -> dict[str, Any]:
    """Put these tags and this note in place of those that a run has."""
    names = list(dict.fromkeys(str(name).strip() for name in tags))
    for name in names:
        if not name or len(name) > LONG or not name.isprintable() or "," in name:
            raise UsageError(f"{name!r} cannot be a tag: 1 to {LONG} characters, and no comma.")
    if len(names) > MOST:
        raise UsageError(f"{len(names)} tags are too many for one run; {MOST} are the most.")
    if len(note) > NOTE:
        raise UsageError(f"the note has {len(note):,} characters; {NOTE:,} are the most.")
    checked_run(folder)
    write_json(folder / "tags.json", {"tags": names, "note": note})
    return {"run": str(folder), "tags": names, "note": note}


def checked_run(run: str | os.PathLike[str]) -> Path:
    """Return the folder of a run. Raises DataError where it is none, or only a link to one."""
    folder = Path(run)
    if not is_run(folder):
        why = "is a link" if folder.is_symlink() else "holds no plan.toml"
        raise DataError(f"{folder} is not a run: it {why}. See: profundo runs {folder.parent}")
    return folder


def delete(*runs: str | os.PathLike[str], within: Path | None = None) -> dict[str, Any]:
    """Delete runs for good; returns {"deleted": [{"run", "bytes"}]}. All are checked before the first one goes.

    `within` is the folder that they must stand in. Links are never followed. Raises DataError for what is not a run,
    UsageError for a folder that holds something else as well, ResourceError where a process trains there.
    """
    folders = list(dict.fromkeys(Path(run) for run in runs))
    if not folders:
        raise UsageError("which run is to be deleted? Type for example: profundo delete runs/digits-1")
    for folder in folders:
        check_deletable(folder, within)
    return {"deleted": [{"run": str(folder), "bytes": remove(folder)} for folder in folders]}


def check_deletable(folder: Path, within: Path | None = None) -> None:
    """Raise the error that says why a folder must stay, where it must."""
    checked_run(folder)
    if within is not None and folder.resolve().parent != within.resolve():
        raise UsageError(f"{folder} does not stand in {within}: it is left alone.")
    if absent := [name for name in MARKS if not (folder / name).is_file()]:
        raise DataError(f"{folder} is not a run that profundo made: it has no {absent[0]}. Delete it by hand.")
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink() and not FOLDERS.fullmatch(path.name):
            raise UsageError(f"{folder} holds the folder {path.name}, which is no part of a run. Move it away first.")
    if Path.cwd().is_relative_to(folder.resolve()):
        raise UsageError(f"this is {folder} itself. Go out of it first: cd ..")
    if (pid := trainer(folder)) is not None:
        raise ResourceError(f"the process {pid} trains in {folder}. Stop it first: kill {pid}")


def remove(folder: Path) -> int:
    """Delete one run; returns its bytes. It disappears at once: its files go under another name."""
    size = sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
    with advice(folder), free(folder):
        trash = Path(tempfile.mkdtemp(prefix=TRASH, dir=folder.parent))
        folder.rename(trash / "run")
    for old in trash.parent.glob(f"{TRASH}*"):  # also what a killed process has left
        shutil.rmtree(old, ignore_errors=True)
    return size


@contextlib.contextmanager
def free(folder: Path) -> Iterator[None]:
    """Hold the lock of a run, so that no training begins there. Raises ResourceError where one has begun."""
    with (folder / "lock").open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ResourceError(f"{folder} is in use by a process that trains there. Stop it first.") from error
        yield
