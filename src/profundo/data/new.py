"""New data for a trained network: read by the schema of the training, nothing learnt."""

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError, unknown
from ..schema import Schema
from . import encode
from .dataset import Data
from .derive import rederived
from .images import readable
from .kinds import shell
from .load import data_note, tensor
from .raw import Note, Raw
from .series import known
from .special import reader


def encode_new(schema: Schema, task: str, raw: Raw, *, targets: bool) -> Data:
    """Encode new data as a trained network knows it: one split, "test", of all rows.

    With `targets`, rows without a usable answer are left out with a warning, and a target that is not there is a
    DataError; without, y is zeros. Raises DataError for a column that is not there.
    """
    special = reader(task)
    if special is not None:
        return special.new(schema, task, raw, targets=targets)
    raw = rederived(schema, known(schema, raw, tuple(schema.targets)))
    notes = [data_note(raw), *raw.notes]
    kept = np.ones(len(raw.frame), dtype=bool)
    shape = (len(kept), len(schema.targets)) if len(schema.targets) > 1 else (len(kept),)
    y = np.zeros(shape, np.int64 if task == "classification" else np.float32)
    if targets:
        for name in schema.targets:
            if name not in raw.frame.columns:
                raise DataError(f"to score, in {raw.name}, " + unknown("column", name, map(str, raw.frame.columns)))
        y, kept = encode.transform_target(schema.targets, raw.frame, task)
        if not kept.all():
            names = ", ".join(shell(n) for n in schema.targets)
            text = f"{int((~kept).sum()):,} rows are left out: {names} is missing, or a label that training never saw"
            notes.append(Note("warning", text, warning=True))
    new_x = new_pixels if schema.image is not None else new_table if schema.shaped is None else new_media
    x, kept, more = new_x(schema, raw, kept)
    rows = np.flatnonzero(kept)
    if not len(rows):
        why = "; ".join(n.text for n in notes if n.warning)
        raise DataError(f"{raw.name} has no usable row{f' ({why})' if why else ''}.")
    frame = raw.frame.take(rows)
    return Data(
        name=raw.name,
        schema=schema,
        task=task,
        x=x,
        y=torch.from_numpy(y[rows]),
        ids=torch.from_numpy(frame.index.to_numpy(np.int64, copy=True)),
        splits={"test": torch.arange(len(rows))},
        notes=[*notes, *more],
        frame=frame,
    )


def new_table(schema: Schema, raw: Raw, kept: np.ndarray) -> tuple[Tensor, np.ndarray, list[Note]]:
    """Encode the rows of a table that are kept."""
    for name in schema.inputs:
        if name not in raw.frame.columns:
            raise DataError(f"in {raw.name}, " + unknown("column", name, map(str, raw.frame.columns)))
    known = [c for c in raw.frame.columns if c not in schema.targets or c in schema.inputs]
    x, unseen = encode.transform(schema.inputs, raw.frame[known].take(np.flatnonzero(kept)))
    return torch.from_numpy(x), kept, unseen.notes


def new_pixels(schema: Schema, raw: Raw, kept: np.ndarray) -> tuple[Tensor, np.ndarray, list[Note]]:
    """Decode the pictures that are kept and can be read."""
    image = schema.image
    if raw.pictures is None or image is None:
        raise DataError(f"the network was trained on pictures, and {raw.name} holds none.")
    good, notes = readable(raw.pictures, raw.pictures.survey())
    kept = kept & good
    pixels = raw.pictures.decode(np.flatnonzero(kept), image.channels, image.height, image.width_pixels)
    return tensor(pixels), kept, notes


def new_media(schema: Schema, raw: Raw, kept: np.ndarray) -> tuple[Tensor, np.ndarray, list[Note]]:
    """Decode the sounds, clips, series or drawings that are kept and can be read."""
    kind = schema.shaped
    if raw.media is None or kind is None or raw.media.kind != kind.name:
        wanted = "" if kind is None else kind.name
        raise DataError(f"the network was trained on data of the kind {wanted}, and {raw.name} holds none.")
    good, notes = raw.media.usable()
    kept = kept & good
    return raw.media.encode(kind, np.flatnonzero(kept)), kept, notes
