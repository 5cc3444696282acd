"""Answers for new data: labels with probabilities, or numbers in their own units."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .data import encode_new, read
from .data.dataset import Data
from .errors import UsageError
from .evaluate import Answers, Trained, open_trained, to_frame
from .files import atomic_write
from .places import drawn, found_rows, map_png
from .run import Run
from .schema import Boxes, Mask

if TYPE_CHECKING:
    import pandas as pd

FORMS = (".csv", ".tsv", ".json", ".jsonl", ".parquet")


def predict(
    run: Run | str | os.PathLike[str],
    source: Any,
    out: str | os.PathLike[str] | None = None,
    *,
    pictures: str | os.PathLike[str] | None = None,
) -> "pd.DataFrame":
    """Answer for every row of a source: columns `row`, the target's name, `probability of <label>` for each label.

    Rows are those of the source, in its order. With `out`, the table is written there too (.csv .tsv .json .jsonl
    .parquet). `frame.attrs["notes"]` lists what was unusual, such as labels that training never saw. Of a run that says
    where things are, the table has a row for each found object (label, score, x1, y1, x2, y2 in pixels), or for each
    map the share of each label; `pictures` is a folder for the pictures with what was found drawn on them, and for the
    maps themselves.
    """
    if out is not None and Path(out).suffix not in FORMS:
        raise UsageError(
            f"predictions cannot be written as {Path(out).name!r}. Use a name that ends in {', '.join(FORMS)}."
        )
    import pandas as pd

    trained = open_trained(run)
    data = encode_new(trained.schema, trained.plan.task, read(source), targets=False)
    answers = trained.answer(data)
    if trained.schema.located is not None:
        frame = pd.DataFrame(found_rows(answers.ids, answers.prediction, trained.schema), columns=columns_of(trained))
        if pictures is not None:
            write_pictures(Path(pictures), data, answers)
    elif pictures is not None:
        raise UsageError(
            "--pictures is for runs that say where things are; this one answers for each picture as a whole."
        )
    else:
        frame = to_frame(answers, trained.schema)
    if data.schema.image is not None and data.frame is not None and "file" in data.frame.columns:
        frame.insert(1, "file", data.frame.loc[frame["row"], "file"].to_numpy())
    if out is not None:
        write(frame, Path(out))
    frame.attrs["notes"] = [n.text for n in data.notes if n.warning]
    return frame


def columns_of(trained: Trained) -> list[str] | None:
    """Return the columns of a table of found objects, so that it has them also where nothing is found."""
    found = isinstance(trained.schema.located, Boxes)
    return ["row", "label", "score", "x1", "y1", "x2", "y2"] if found else None


def write_pictures(folder: Path, data: Data, answers: Answers) -> None:
    """Write each picture with what was found drawn on it, and each map as a PNG whose values are codes of labels."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, row in enumerate(answers.ids.tolist()):
        name = picture_name(data, i, row)
        atomic_write(folder / f"{name}.png", drawn(data, i, answers.prediction.values[i]))
        if isinstance(data.schema.located, Mask):
            atomic_write(folder / f"{name}.mask.png", map_png(data, i, answers.prediction.values[i]))


def picture_name(data: Data, position: int, row: int) -> str:
    """Name what is written of a picture after its file, or its row."""
    if data.frame is None or "file" not in data.frame.columns:
        return str(row)
    path = Path(str(data.frame["file"].iat[position]))
    return "-".join((*path.parts[:-1], path.stem)).replace("..", "-")


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
