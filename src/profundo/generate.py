"""Something new from a trained network: text, word neighbours, recommendations, drawings, sounds, music."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import UsageError, unknown
from .evaluate import open_trained
from .files import atomic_write
from .outcomes import Learnt, Made, find_outcome
from .run import Run


def generate(
    run: Run | str | os.PathLike[str], *, out: str | os.PathLike[str] | None = None, seed: int = 0, **options: Any
) -> Made:
    """Let the network of a run make something new. `options` are those of its task: prompt, temperature, count, ...

    Returns what was made: `text` to show, `rows` as plain values, and `files` by name, which are written to `out` too
    (a file, or a folder where there are several). The same seed makes the same. Raises UsageError for a task that makes
    nothing, and with the nearest names for an option that it does not have.
    """
    trained = open_trained(run)
    task = trained.plan.task
    outcome = find_outcome(task)
    if outcome is None or outcome.generate is None:
        raise UsageError(
            f"a network that has learnt {task} makes nothing new. Type: profundo predict {place(run)} SOURCE"
        )
    given = {name: value for name, value in options.items() if value is not None}
    for name in given:
        if name not in (outcome.options or {}):
            raise UsageError(f"for {task}, " + unknown("option", name, outcome.options or {}))
    learnt = Learnt(trained.network, trained.task, trained.schema, trained.plan)
    made = outcome.generate(learnt, {**given, "seed": seed})
    if out is not None:
        write(made, Path(out))
    return made


def write(made: Made, out: Path) -> None:
    """Write the files that were made, or the text where there are none."""
    files: Mapping[str, bytes] = made.files or {out.name: (made.text + "\n").encode()}
    if len(files) == 1:
        (name, content), *_ = files.items()
        wanted = Path(name).suffix
        if made.files and wanted and out.suffix != wanted:
            raise UsageError(
                f"what was made is a {wanted} file, and {out.name!r} is another. Type: --out {out.stem}{wanted}"
            )
        atomic_write(out, content)
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        atomic_write(out / name, content)


def place(run: Run | str | os.PathLike[str]) -> str:
    """Return the folder of a run as it is typed."""
    return str(run.folder) if isinstance(run, Run) else str(run)
