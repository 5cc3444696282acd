"""Pairs of an input and a text that is to be written: translations, captions of pictures, what is said in a sound.

What is read and what is written is cut into pieces of the same sort; the vocabularies are those of the training part.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError, unknown
from ..schema import FILLING, Kind, Schema, Tokens
from . import encode
from .buckets import lengths_of
from .dataplan import DataPlan
from .dataset import Data
from .images import choose_image, fit_pixels, readable
from .kinds import Column, Decision, infer, shell
from .load import build_augment, check_size, data_note, divide, firsts, reserved, tensor
from .new import new_media, new_pixels, new_table
from .pairs import encode_written, fit_pieces, fit_written, guessed_unit, read_columns, target_column, told, written
from .raw import Note, Raw
from .splits import Split
from .summary import of_image, summarise
from .target import Target
from .without import rows_without


@dataclass(eq=False)
class Pairs(Data):
    """Examples whose y is a text, (N, length) int64 codes from that of the beginning to that of the end.

    Training batches hold texts of similar length: by what is written, then by what is read.
    """

    @cached_property
    def lengths(self) -> Tensor | None:
        """A number for each example (N,) by which training batches are grouped."""
        said, read = (self.y != FILLING).sum(1), lengths_of(self.schema, self.x)
        return said if read is None else said * (int(read.max()) + 1) + read


def load(plan: DataPlan, raw: Raw, families: np.ndarray | None) -> Data:
    """Load inputs with the texts that belong to them. Raises DataError where there is nothing to read or to write."""
    task, (name, notes) = plan.task or raw.task, target_column(plan, raw)
    there = np.array([bool(t) for t in written(raw.frame[name])])
    kept = there & rows_without(plan.without, len(raw.frame))
    if not there.any():
        raise DataError(f"the column {name} of {raw.name} holds no text at all. Choose another: --target COLUMN")
    notes = [Note("task", f"{task}: {name} is written", "--task TASK"), *notes, *lost(there, name, raw)]
    if task == "captioning":
        good, bad = usable(raw)
        kept, notes, plan = kept & good, [*notes, *bad], grouped(plan, raw)
    if families is not None and plan.copies == "drop":
        kept &= firsts(families)
    view, parts = divide(plan, raw, Target((name,), task, kept), kept, families)
    train = parts.parts["train"]
    texts = written(view.frame[name])
    unit = plan.tokens or guessed_unit([texts[i] for i in train])
    kind = fit_written(plan, [texts[i] for i in train], unit)
    read = read_texts if task == "translation" else read_pictures if raw.media is None else read_media
    inputs, x, decision, more = read(plan, raw, view, parts, name, unit)
    codes, cut = encode_written(kind, texts, name)
    schema = Schema(inputs, {name: kind})
    return Pairs(
        name=raw.name,
        schema=schema,
        task=task,
        x=x,
        y=torch.from_numpy(codes),
        ids=torch.from_numpy(view.frame.index.to_numpy(np.int64, copy=True)),
        splits={part: torch.from_numpy(found) for part, found in parts.parts.items()},
        seed=plan.seed,
        notes=[data_note(raw), *raw.notes, *notes, *parts.notes, told(name, kind), *more, *cut],
        frame=view.frame,
        augment=build_augment("none" if plan.augment == "auto" else plan.augment, schema, task),
        summary=described(schema, view, raw, train, decision),
        official=view.split is not None,
    )


def lost(there: np.ndarray, name: str, raw: Raw) -> list[Note]:
    """Tell of the rows whose text is missing."""
    if there.all():
        return []
    rows = raw.frame.index[~there]
    text = f"{len(rows):,} rows without a text in {name} are left out, the first is row {rows[0]}"
    return [Note("warning", text, warning=True)]


def usable(raw: Raw) -> tuple[np.ndarray, list[Note]]:
    """Return which pictures (or sounds, series, clips, drawings) can be read (n,), with a warning about the others."""
    if raw.media is not None:
        return raw.media.usable()
    return readable(pictures_of(raw), pictures_of(raw).survey())


def pictures_of(raw: Raw) -> Any:
    """Return the pictures. Raises DataError where there are none."""
    if raw.pictures is None:
        raise DataError(
            f"{raw.name} holds no pictures (or sounds, clips, series) to write about. A column with the names of their "
            "files is wanted; or, for texts from texts, type: --task translation"
        )
    return raw.pictures


def grouped(plan: DataPlan, raw: Raw) -> DataPlan:
    """Keep the texts of one picture in one part, where several rows name the same file."""
    column = raw.media_column or raw.picture_column
    free = not (plan.group or plan.time or plan.split or plan.fold) and raw.split is None
    if free and column in raw.frame.columns and all(isinstance(v, str) for v in raw.frame[column]):
        return replace(plan, group=column) if raw.frame[column].duplicated().any() else plan
    return plan


Read = tuple[dict[str, Kind], Tensor, Decision, list[Note]]


def read_texts(plan: DataPlan, raw: Raw, view: Raw, parts: Split, target: str, unit: str) -> Read:
    """Encode the columns of texts that are read; others only where they are asked for (--keep, --kind)."""
    train = parts.parts["train"]
    saved = reserved(plan, view)
    names = read_columns(view.frame.take(train), plan, [target, *plan.drop, *saved])
    kinds = dict.fromkeys(names, "tokens") | {k: v for k, v in plan.kinds.items() if k not in [target, *names]}
    how: Any = {"keep": plan.keep, "drop": plan.drop, "rows_train": train, "reserved": saved}
    found = infer(view.frame, target=(target,), kinds=kinds, **how)
    asked = {*kinds, *plan.keep}
    columns = {
        name: column if name in asked or not column.kind else beside(name) for name, column in found.columns.items()
    }
    decision, part = Decision(columns), view.frame.take(train)
    fitted = {
        name: fit_pieces(plan, encode.texts_of(part[name]), unit) if kind == "tokens" else kind
        for name, kind in decision.inputs.items()
    }
    inputs = encode.fit(part[list(fitted)], fitted)
    check_size(raw.name, len(view.frame), sum(k.width for k in inputs.values()))
    x, unseen = encode.transform(inputs, view.frame[list(inputs)])
    return inputs, torch.from_numpy(x), decision, [*decision.notes, *unseen.notes]


def beside(name: str) -> Column:
    """Leave a column out that is no text."""
    return Column("", "it holds no texts", f"--keep {shell(name)}")


def read_pictures(plan: DataPlan, raw: Raw, view: Raw, parts: Split, target: str, unit: str) -> Read:
    """Decode the pictures; the other columns of their table are not inputs."""
    survey = pictures_of(raw).survey()
    image, notes = choose_image(survey, plan.size, plan.sizes)
    rows = np.searchsorted(raw.frame.index, view.frame.index)
    pixels = pictures_of(raw).decode(rows, image.channels, image.height, image.width_pixels)
    image = fit_pixels(image, pixels, parts.parts["train"], plan.seed, (plan.mean, plan.std))
    others = [c for c in view.frame.columns if c not in (target, raw.picture_column)]
    decision = Decision({c: Column("", "the inputs are the pictures") for c in others})
    return {raw.picture_column: image}, tensor(pixels), decision, [*notes, *decision.notes]


def read_media(plan: DataPlan, raw: Raw, view: Raw, parts: Split, target: str, unit: str) -> Read:
    """Decode sounds, series, clips or drawings; the other columns of their table are not inputs."""
    assert raw.media is not None
    rows = np.searchsorted(raw.frame.index, view.frame.index)
    kind, notes = raw.media.fit(plan, rows, parts.parts["train"])
    others = [c for c in view.frame.columns if c not in (target, raw.media_column)]
    decision = Decision({c: Column("", f"the inputs are of the kind {kind.name}") for c in others})
    return {raw.media_column: kind}, raw.media.encode(kind, rows), decision, [*notes, *decision.notes]


def described(schema: Schema, view: Raw, raw: Raw, train: np.ndarray, decision: Decision) -> dict[str, Any]:
    """Describe the columns for the report."""
    if schema.shaped is None:
        return summarise(view.frame, train, schema, decision)
    name, count = next(iter(schema.inputs)), len(view.frame)
    shape = " x ".join(map(str, schema.shape))
    told = {"kind": schema.takes, "role": "input", "reason": f"{count:,} of the shape {shape}", "missing": 0}
    one = told | {"distinct": count} if schema.image is None else of_image(count, schema.image, len(raw.frame) - count)
    return {name: one} | summarise(view.frame.drop(columns=[name], errors="ignore"), train, schema, decision)


def new(schema: Schema, task: str, raw: Raw, *, targets: bool) -> Data:
    """Encode new inputs for a trained network; with `targets`, the texts that are right beside them.

    Without, y is all 0. Raises DataError where the texts are asked for and are not there.
    """
    ((name, kind),) = schema.targets.items()
    assert isinstance(kind, Tokens)
    notes, kept = [data_note(raw), *raw.notes], np.ones(len(raw.frame), bool)
    if targets:
        if name not in raw.frame.columns:
            raise DataError(f"to score, in {raw.name}, " + unknown("column", name, map(str, raw.frame.columns)))
        kept = np.array([bool(t) for t in written(raw.frame[name])])
        notes += lost(kept, name, raw)
    new_x = new_pixels if schema.image is not None else new_table if schema.shaped is None else new_media
    x, kept, more = new_x(schema, raw, kept)
    rows = np.flatnonzero(kept)
    if not len(rows):
        raise DataError(f"{raw.name} has no usable row.")
    frame = raw.frame.take(rows)
    codes = np.zeros((len(rows), kind.length), np.int64)
    if targets:
        codes, _ = encode_written(kind, written(frame[name]), name)
    return Pairs(
        name=raw.name,
        schema=schema,
        task=task,
        x=x,
        y=torch.from_numpy(codes),
        ids=torch.from_numpy(frame.index.to_numpy(np.int64, copy=True)),
        splits={"test": torch.arange(len(rows))},
        notes=[*notes, *more],
        frame=frame,
    )
