"""What a run folder holds, read and checked: a damaged file is a DataError that names the file and the place in it."""

import json
import tomllib
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import AliasChoices, BaseModel, Field, FiniteFloat, TypeAdapter, ValidationError

from ..errors import DataError
from ..files import read_json
from ..schema import Category, Schema

Count = Annotated[int, Field(ge=0, le=2**53)]


class Score(BaseModel):
    """A score with its 95 % interval over n examples; without an interval, low and high are None."""

    value: FiniteFloat | None = Field(validation_alias=AliasChoices("value", "mean"))
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    n: Count | None = None


class Baseline(BaseModel):
    """A simpler method beside the network; `scores` is None where it did not run, and `note` says why."""

    name: str
    seconds: FiniteFloat | None = None
    scores: dict[str, Score] | None = None
    note: str | None = None


class Seed(BaseModel):
    """The scores of one training of several."""

    seed: int
    scores: dict[str, Score | FiniteFloat]


class Optimism(BaseModel):
    """How much too good a score is when groups are mixed."""

    sentence: str


class Scores(BaseModel):
    """scores.json."""

    task: str
    network: str = ""
    parameters: Count | None = None
    seconds: FiniteFloat | None = None
    training_seconds: FiniteFloat | None = None
    seed: int | None = None
    epochs: Count | None = None
    stopped: str | None = None
    verdict: str | None = None
    main: str | None = None
    scores: dict[str, Score]
    baselines: list[Baseline] = []
    definitions: dict[str, str] = {}
    lower: list[str] = []  # scores of which less is better
    seeds: list[Seed] = []
    spread: dict[str, Score] = {}
    optimism: Optimism | None = None


class Note(BaseModel):
    """Something inferred or left out, with the flag that changes it."""

    subject: str = ""
    text: str
    flag: str = ""
    warning: bool = False


class Histogram(BaseModel):
    """Counts between edges."""

    edges: list[FiniteFloat]
    counts: list[FiniteFloat]


class Column(BaseModel):
    """What data.json says of a column."""

    kind: str | None = ""
    role: str | None = "input"
    reason: str | None = ""
    flag: str | None = ""
    missing: Count | None = 0
    distinct: Count | None = None
    histogram: Histogram | None = None
    top: list[tuple[Any, FiniteFloat]] | None = None
    min: Any = None
    max: Any = None
    mean: Any = None
    median: Any = None


class DataFacts(BaseModel):
    """data.json."""

    name: str
    fingerprint: str | None = ""
    counts: dict[str, Count] = {}
    notes: list[Note] = []
    columns: dict[str, Column] = {}


class Epoch(BaseModel):
    """A line of progress.jsonl."""

    epoch: FiniteFloat
    seconds: FiniteFloat | None = None
    train_loss: float | None = None
    validation_loss: float | None = None
    lr: float | dict[str, float] | None = None
    validation: dict[str, float | None] = {}


class Finder(BaseModel):
    """finder.json."""

    lr: list[FiniteFloat | None]
    loss: list[FiniteFloat | None]
    suggestion: FiniteFloat | None = None


class Example(BaseModel):
    """One of the most wrong test examples; `picture` is a PNG in base64."""

    id: int | str
    true: Any = None
    predicted: Any = None
    confidence: FiniteFloat | None = None
    loss: FiniteFloat | None = None
    picture: str | None = Field(default=None, pattern=r"^iVBORw0KGgo[A-Za-z0-9+/]*={0,2}$")
    values: dict[str, Any] | None = None


@dataclass(frozen=True)
class Stored:
    """A run folder in memory."""

    path: Path
    schema: Schema
    data: DataFacts
    scores: Scores
    progress: list[Epoch]
    finder: Finder | None
    answers: Mapping[str, np.ndarray]
    examples: list[Example]
    plan: str
    code: str

    @property
    def main(self) -> str:
        """The name of the main score: the one the run names, else the first that is not the loss."""
        names = self.scores.scores
        return self.scores.main or next((n for n in names if n != "loss"), next(iter(names), ""))

    @property
    def seconds(self) -> float | None:
        """The time that the training took."""
        return self.scores.seconds if self.scores.training_seconds is None else self.scores.training_seconds

    @property
    def plan_values(self) -> dict[str, Any]:
        """The plan as plain values. Raises DataError where plan.toml is damaged."""
        try:
            return tomllib.loads(self.plan)
        except tomllib.TOMLDecodeError as error:
            raise DataError(f"{self.path / 'plan.toml'} is damaged ({error}).") from error


def read_run(path: Path) -> Stored:
    """Read a run folder. Only schema.json, data.json and scores.json must be there."""
    if not (path / "scores.json").exists() and (path / "progress.jsonl").exists():
        raise DataError(f"the run {path} has no scores yet. Finish it: profundo train --resume {path}")
    stored = Stored(
        path=path,
        scores=parse(path / "scores.json", Scores),
        data=parse(path / "data.json", DataFacts),
        schema=read_schema(path / "schema.json"),
        progress=read_progress(path / "progress.jsonl"),
        finder=parse(path / "finder.json", Finder) if (path / "finder.json").exists() else None,
        answers=read_answers(path / "answers.npz"),
        examples=parse(path / "examples.json", list[Example]) if (path / "examples.json").exists() else [],
        plan=read_text(path / "plan.toml"),
        code=read_text(path / "code.txt"),
    )
    check_lengths(stored)
    return stored


def parse(path: Path, shape: Any) -> Any:
    """Read a JSON file and check its shape."""
    return checked(read_json(path), shape, str(path))


def checked(value: Any, shape: Any, where: str) -> Any:
    """Check a value against a shape; the error names the place: `scores.accuracy.value`."""
    try:
        return TypeAdapter(shape).validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise DataError(f"{where} is damaged: {place}: {first['msg'].lower()}.") from error


def read_schema(path: Path) -> Schema:
    """Read schema.json."""
    try:
        schema = Schema.from_dict(read_json(path))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path} is damaged ({type(error).__name__}: {error}).") from error
    for name, kind in schema.targets.items():
        if isinstance(kind, Category):
            checked(kind.labels, tuple[str, ...], f"{path}, for the target {name!r},")
    return schema


def read_progress(path: Path) -> list[Epoch]:
    """Read progress.jsonl; none where it is not there."""
    epochs = []
    for row, line in enumerate(read_text(path).splitlines(), start=1):
        try:
            value = json.loads(line)
        except ValueError as error:
            raise DataError(f"{path} is damaged in line {row} ({error}).") from error
        epochs.append(checked(value, Epoch, f"{path} line {row}"))
    return epochs


def read_answers(path: Path) -> dict[str, np.ndarray]:
    """Read answers.npz; empty where it is not there."""
    if not path.exists():
        return {}
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (ValueError, OSError, EOFError, KeyError, AttributeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path} is damaged or unreadable ({error}).") from error


def read_text(path: Path) -> str:
    """Read a text file; empty where it is not there."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is damaged or unreadable ({error}).") from error


def check_lengths(run: Stored) -> None:
    """Check that what belongs together has the same length."""
    if run.finder and len(run.finder.lr) != len(run.finder.loss):
        raise DataError(f"{run.path / 'finder.json'} is damaged: lr and loss differ in length.")
    for name, column in run.data.columns.items():
        if column.histogram and not 1 < len(column.histogram.edges) == len(column.histogram.counts) + 1:
            raise DataError(f"{run.path / 'data.json'} is damaged: the histogram of {name!r} has not one more edge.")
    if not run.answers:
        return
    where, found = run.path / "answers.npz", run.answers
    for name in {"y", "prediction"} - found.keys():
        raise DataError(f"{where} is damaged: it has no {name!r}, only {', '.join(found) or 'nothing'}.")
    if len({len(v) for v in found.values() if v.ndim}) != 1 or not all(v.ndim for v in found.values()):
        raise DataError(f"{where} is damaged: its arrays differ in length.")
