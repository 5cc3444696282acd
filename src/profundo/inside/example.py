"""The example that is looked at: a row of the run's data, of another source, a text, or a drawing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from ..data import encode_new, read
from ..data.dataset import SPLITS, Data
from ..data.decode import SUFFIXES
from ..data.passages import Passages
from ..data.shown import picture, png
from ..data.sketch import sketched
from ..data.strokes import encoded, moves_of, thinned_drawing
from ..data.tokenisers import piece
from ..data.tokens import spans
from ..data.values import text
from ..data.windows import Windows
from ..errors import DataError, UsageError
from ..schema import NEVER_SEEN, Schema, Series, Strokes
from .ink import written
from .opened import Opened

POINTS = 5_000  # of a drawing at most


@dataclass(frozen=True, eq=False)
class Example:
    """One example of data, at a position of x; `name` says what it is, `row` which row of its source.

    `own` says that the data are those that the run learnt from and was tested on.
    """

    data: Data
    position: int
    name: str
    row: int | None = None
    own: bool = False

    @property
    def alone(self) -> Data:
        """The same data with this example as its only test example."""
        return replace(self.data, splits={"test": torch.tensor([self.position])})


def row_of(run: Opened, row: int | None) -> Example:
    """Take a row of the run's own data, by its number in the source; the first of the test part where none is named."""
    data = run.data
    if row is None:
        position = int(data.positions("test")[0])
    else:
        places = torch.nonzero(data.ids == row).flatten()
        if not len(places):
            raise UsageError(
                f"{data.name} has no row {row} that is used. Its rows go from {int(data.ids.min())} to "
                f"{int(data.ids.max())}."
            )
        position = int(places[0])
    return Example(data, position, data.name, int(data.ids[position]), own=True)


def from_source(run: Opened, source: Any, row: int = 0) -> Example:
    """Take a row of another source: a picture file, a table, a folder. Raises DataError where it does not fit."""
    task, schema = run.trained.plan.task, run.trained.schema
    name = str(source)
    if schema.image is not None and any(name.lower().endswith(suffix) for suffix in SUFFIXES):
        raw = read({"picture": [name]}, image="picture", task=task)
    else:
        raw = read(source, task=task)
    data = encode_new(schema, task, raw, targets=False)
    places = torch.nonzero(data.ids == row).flatten()
    if not len(places):
        raise UsageError(f"{name} has no row {row} that can be used; it has {len(data.ids):,}.")
    return Example(data, int(places[0]), name, row)


def from_text(run: Opened, words: str) -> Example:
    """Take a text that was typed, for a run that reads one text and nothing else."""
    schema = run.trained.schema
    column = text_column(schema)
    if column is None:
        names = ", ".join(schema.inputs)
        raise UsageError(f"this run does not read a text alone but {names}. Name a row (--row 17) or a file.")
    data = encode_new(schema, run.trained.plan.task, read({column: [words]}), targets=False)
    if isinstance(data, Passages):  # it is read from its beginning, as passages are in training
        data = replace(data, parts={"train": data.parts["test"], **data.parts})
    return Example(data, max(0, int(data.positions("test")[0])), "a text")


def text_column(schema: Schema) -> str | None:
    """Return the column of a text that is all that a network reads; None where there is none."""
    names = list(schema.inputs)
    return names[0] if len(names) == 1 and schema.inputs[names[0]].name in ("tokens", "text") else None


def from_drawing(run: Opened, drawing: str | Sequence[np.ndarray]) -> Example:
    """Take a drawing of lines, made to look like those of the training; UsageError where they are no drawings."""
    schema, task = run.trained.schema, run.trained.plan.task
    lines = lines_of(drawing) if isinstance(drawing, str) else list(drawing)
    if isinstance(schema.shaped, Strokes):
        moves = moves_of(thinned_drawing(lines))
        x = torch.from_numpy(encoded([as_large(moves, schema.shaped)], schema.shaped))
    elif schema.image is not None and run.ink is not None:
        x = torch.from_numpy(written(lines, run.ink, schema.image))[None]
    else:
        raise UsageError("the network was not trained on drawings: it would not know what to make of one.")
    y = torch.zeros(1, dtype=torch.int64 if task == "classification" else torch.float32)
    splits = {"test": torch.arange(1)}
    data = Data(
        name="a drawing", schema=schema, task=task, x=x, y=y, ids=torch.zeros(1, dtype=torch.int64), splits=splits
    )
    return Example(data, 0, "a drawing")


def as_large(moves: np.ndarray, kind: Strokes) -> np.ndarray:
    """Return moves (n, 3) that are as long on average as those of the training."""
    drawn = np.hypot(moves[:, 0], moves[:, 1])
    usual = kind.scale * np.sqrt(2)
    return moves * np.array([1, 1, 0]) * usual / max(float(np.sqrt((drawn**2).mean())), 1e-9) + moves * [0, 0, 1]


def lines_of(drawing: str) -> list[np.ndarray]:
    """Read lines: points "x,y" with spaces between them, lines with semicolons; y grows downwards."""
    try:
        lines = [
            np.array([[float(v) for v in point.split(",")] for point in line.split()]) for line in drawing.split(";")
        ]
    except ValueError:
        lines = []
    lines = [line for line in lines if line.size]
    good = bool(lines) and all(line.ndim == 2 and line.shape[1] == 2 and np.isfinite(line).all() for line in lines)
    if not good or sum(map(len, lines)) > POINTS:
        raise UsageError(f'a drawing is lines of points, at most {POINTS:,}, such as "10,10 20,30; 40,5 40,50".')
    return lines


def describe(example: Example) -> dict[str, Any]:
    """Describe an example for a person: where it is from, what it truly is, its picture, text or values."""
    data, position = example.data, example.position
    told: dict[str, Any] = {"name": example.name, "row": example.row, "before": None, "after": None}
    told |= {"split": None, "true": None}
    told |= {"picture": shown(data, position), "values": {}, "text": None, "tokens": None}
    if example.own:
        told["split"] = next((s for s in SPLITS if s in data.splits and (data.splits[s] == position).any()), None)
    if example.row is not None:
        told |= beside(data, example.row)
    cells = cells_of(data, int(data.ids[position]))
    if data.schema.located is None:
        true = {c: cells[c] for c in data.schema.targets if c in cells and c not in data.schema.inputs}
        told["true"] = next(iter(true.values())) if len(true) == 1 else true or None
    told["values"] = {c: cells[c] for c in data.schema.inputs if c in cells and c not in data.schema.tokens}
    return told | written_out(data, position, {c: cells[c] for c in data.schema.tokens if c in cells})


def beside(data: Data, row: int) -> dict[str, int | None]:
    """Return the rows that are used before and after a row; None where there is none."""
    before, after = data.ids[data.ids < row], data.ids[data.ids > row]
    return {
        "before": int(before.max()) if len(before) else None,
        "after": int(after.min()) if len(after) else None,
    }


def shown(data: Data, position: int) -> str | None:
    """Return an example as a PNG in base64; None where it is none that is seen as a picture."""
    kind = data.schema.shaped
    if not isinstance(data, Windows):
        return picture(data, position)
    return png(sketched(data.gather(torch.tensor([position])).x[0], kind)) if isinstance(kind, Series) else None


def cells_of(data: Data, row: int) -> dict[str, str]:
    """Return the source's values of a row as text, "" where one is missing; {} where the rows are no examples."""
    if data.frame is None or row not in data.frame.index:
        return {}
    places = np.flatnonzero(data.frame.index.to_numpy() == row)
    return {str(c): text(data.frame[c].iat[int(places[0])]) for c in data.frame.columns}


def written_out(data: Data, position: int, texts: dict[str, str]) -> dict[str, Any]:
    """Return the text of an example, and the pieces that the network reads of it, one for each step."""
    kinds = data.schema.tokens
    if texts:
        pieces = [words[a:b] for c, words in texts.items() for a, b in spans(kinds[c], words)]
        return {"text": "\n".join(texts.values()), "tokens": pieces}
    if not kinds:
        return {}
    codes = data.gather(torch.tensor([position])).x[0].flatten()[-sum(kind.length for kind in kinds.values()) :]
    read = zip(kinds.values(), torch.split(codes.long(), [kind.length for kind in kinds.values()]), strict=True)
    pieces = [piece(kind, code) for kind, own in read for code in own.tolist() if code >= NEVER_SEEN]
    return {"text": "".join(pieces), "tokens": pieces}


def check_one(given: dict[str, Any]) -> None:
    """Raise UsageError where an example is asked for in more than one way."""
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise UsageError(f"an example is named in one way, and here are {' and '.join(named)}. Leave all but one out.")


def find(run: Opened, row: int | None, source: Any, words: str | None, drawing: str | None) -> Example:
    """Return the example that is asked for; the first of the test part where none is."""
    check_one({"a file": source, "a text": words, "a drawing": drawing})
    if row is not None and (words is not None or drawing is not None):
        raise UsageError("a row is of a source; a text or a drawing has none. Leave --row out.")
    if words is not None:
        if not words.strip():
            raise DataError("the text is empty: there is nothing to read.")
        return from_text(run, words)
    if drawing is not None:
        return from_drawing(run, drawing)
    return row_of(run, row) if source is None else from_source(run, source, row or 0)
