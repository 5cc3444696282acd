"""Answers for new data: labels with probabilities, numbers in their own units, or places in pictures."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .answers import Answers
from .data import encode_new, read
from .data.dataset import Data
from .errors import UsageError
from .evaluate import open_trained, to_frame
from .events import events as events_of
from .files import atomic_write
from .found import only_sure, write_found, write_pictures
from .outcomes import find_outcome
from .places import SURE
from .run import Run

if TYPE_CHECKING:
    import pandas as pd

FORMS = (".csv", ".tsv", ".json", ".jsonl", ".parquet")


def predict(
    run: Run | str | os.PathLike[str],
    source: Any,
    out: str | os.PathLike[str] | None = None,
    *,
    form: str | None = None,
    sure: float = SURE,
    pictures: str | os.PathLike[str] | None = None,
    events: bool = False,
) -> "pd.DataFrame":
    """Answer for every row of a source: columns `row`, the target's name, `probability of <label>` for each label.

    Rows are those of the source, in its order. With `out`, the table is written there too (.csv .tsv .json .jsonl
    .parquet). `frame.attrs["notes"]` lists what was unusual, such as labels that training never saw.

    Of a run that says where things are, the table has a row for each found object (label, score, x1, y1, x2, y2 in
    pixels of the source), or the share of each label for each map. Found objects scored under `sure` (0 to 1) are left
    out. `form` "coco", "voc" or "yolo" writes what was found in that form in place of the table; `pictures` is a folder
    for the pictures with what was found drawn on them.

    With `events`, the source is one long clip, and the table says what happens in it when: start and end in seconds,
    label, probability; events that are less probable than `sure` are left out.
    """
    if form is None and out is not None and Path(out).suffix not in FORMS:
        raise UsageError(
            f"predictions cannot be written as {Path(out).name!r}. Use a name that ends in {', '.join(FORMS)}."
        )
    trained = open_trained(run)
    if trained.schema.located is None and (form or pictures):
        raise UsageError("--form and --pictures are for runs that say where things are in pictures. Leave them out.")
    if events:
        frame = events_of(trained, source, sure=sure)
        frame.attrs["notes"] = []
        if out is not None:
            write(frame, Path(out))
        return frame
    task = trained.plan.task
    data = encode_new(trained.schema, task, read(source, task=task, bad_annotations="skip"), targets=False)
    answers = trained.answer(data)
    if trained.schema.located is not None:
        answers = only_sure(answers, sure)
    frame = table(data, answers)
    if pictures is not None:
        write_pictures(pictures, data, answers)
    if form is not None:
        if out is None:
            raise UsageError(f"where is it to be written? Type for example: --form {form} --out found")
        write_found(data, answers, Path(out), form)
    elif out is not None:
        write(frame, Path(out))
    frame.attrs["notes"] = [n.text for n in data.notes if n.warning]
    return frame


def table(data: Data, answers: Answers) -> "pd.DataFrame":
    """Return the answers as the task shows them: a row for each example, or what its outcome makes of them."""
    outcome = find_outcome(data.task)
    if outcome is not None:
        return outcome.table(data, answers)
    frame = to_frame(answers, data.schema)
    if data.schema.shaped is not None and data.frame is not None and "file" in data.frame.columns:
        frame.insert(1, "file", data.frame.loc[frame["row"], "file"].to_numpy())
    if (name := getattr(data.schema.shaped, "series", "")) and data.frame is not None:  # pieces of a long table
        frame.insert(1, name, data.frame.loc[frame["row"], name].to_numpy())
    return frame


def write(frame: "pd.DataFrame", path: Path) -> None:
    """Write a table in the form that the name ends in, atomically."""
    match path.suffix:
        case ".csv":
            atomic_write(path, frame.to_csv(index=False))
        case ".tsv":
            atomic_write(path, frame.to_csv(index=False, sep="\t"))
        case ".json":
            atomic_write(path, frame.to_json(orient="records", indent=1) or "")
        case ".jsonl":
            atomic_write(path, frame.to_json(orient="records", lines=True) or "")
        case _:
            atomic_write(path, frame.to_parquet(index=False) or b"")
