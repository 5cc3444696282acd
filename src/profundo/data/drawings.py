"""Drawings to learn to draw: y is the path of the pen, x the code of its label where there is one.

Points of a source are often on a grid, and a density can be as high as one likes at the places of a grid. So every
point is moved by uniform noise of one step of its grid, drawn once; then the likelihood of the moved points is at most
that of the points themselves on their grid (Theis et al. 2016, 1511.01844).
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError, UsageError, unknown
from ..schema import Category, Kind, Schema, Strokes
from . import encode
from .dataplan import DataPlan
from .dataset import Data
from .load import build_augment, data_note, divide
from .pens import COLUMN
from .raw import Media, Note, Raw
from .strokes import ENDED
from .target import Target
from .without import rows_without

SALT = 0xD3


@dataclass(eq=False)
class Drawings(Data):
    """`x` (N, 1) float32 has the code of the label, (N, 0) where there is none; `y` (N, points, 5) the drawings."""

    @cached_property
    def lengths(self) -> Tensor | None:
        """The moves of each drawing, (N,)."""
        return lengths(self.y)


def lengths(y: Tensor) -> Tensor:
    """Return the moves before the end of each drawing of y (N, points, 5): (N,) int64."""
    return (y[:, :, ENDED] < 0.5).sum(1)


def load(plan: DataPlan, raw: Raw, families: np.ndarray | None) -> Data:
    """Load drawings, and their labels where there are any. Raises DataError where the source holds no drawings."""
    media = drawings_of(raw)
    if plan.copies != "keep":
        raise UsageError("--copies is for what has an answer; drawings to learn to draw are kept. Leave it out.")
    label = label_column(plan, raw)
    good, bad = media.usable()
    kept = good & rows_without(plan.without, len(raw.frame))
    kept &= raw.frame[label].notna().to_numpy() if label else True
    by = Target((label,), "classification", kept) if label else Target((), "drawing", kept)
    view, parts = divide(plan, raw, by, kept, None)
    places, train = np.searchsorted(raw.frame.index, view.frame.index), parts.parts["train"]
    kind, notes = media.fit(plan, places, train)
    inputs = labels_of(view, label, train) if label else {}
    schema = Schema(inputs, {COLUMN: kind})
    what = f"drawing, given {label}" if label else "drawing"
    notes = [data_note(raw), *raw.notes, Note("task", what, "--task TASK"), *parts.notes, *notes, *bad]
    data = assembled(schema, view, media.encode(kind, places), notes)
    shape = " x ".join(map(str, kind.shape)) if isinstance(kind, Strokes) else ""
    about = {"kind": "strokes", "role": "target", "missing": 0, "distinct": len(view.frame)}
    return replace(
        data,
        splits={name: torch.from_numpy(found) for name, found in parts.parts.items()},
        seed=plan.seed,
        summary={COLUMN: about | {"reason": f"{len(view.frame):,} of the shape {shape}"}},
        official=view.split is not None,
        augment=build_augment(plan.augment, schema, "drawing"),
    )


def new(schema: Schema, task: str, raw: Raw, *, targets: bool) -> Data:
    """Encode new drawings as a trained network knows them: one split, "test". Raises DataError for a missing label."""
    media = drawings_of(raw)
    kind = schema.targets[COLUMN]
    for name in schema.inputs:
        if name not in raw.frame.columns:
            raise DataError(f"in {raw.name}, " + unknown("column", name, map(str, raw.frame.columns)))
    good, notes = media.usable()
    kept = np.flatnonzero(good)
    view = replace(raw, frame=raw.frame.take(kept))
    data = assembled(schema, view, media.encode(kind, kept), [data_note(raw), *raw.notes, *notes])
    return replace(data, splits={"test": torch.arange(len(kept))})


def drawings_of(raw: Raw) -> Media:
    """Return the column of drawings. Raises DataError where there is none."""
    if raw.media is None or raw.media.kind != "strokes":
        raise DataError(f"{raw.name} holds no drawings. Drawings are the path of a pen: see profundo train --help.")
    return raw.media


def label_column(plan: DataPlan, raw: Raw) -> str:
    """Return the column that says what a drawing is of: the one asked for, or `label`; "" for none."""
    wanted = (plan.target or raw.target or ("",))[0]
    if wanted and not len(raw.frame.columns):
        raise DataError(f"the drawings of {raw.name} have no labels. Leave out --target {wanted}.")
    if wanted and wanted not in raw.frame.columns:
        raise DataError(f"in {raw.name}, " + unknown("column", wanted, map(str, raw.frame.columns)))
    return wanted


def labels_of(view: Raw, label: str, train: np.ndarray) -> dict[str, Kind]:
    """Learn the labels of the training part."""
    (kind,) = encode.fit_target(view.frame[[label]].take(train), "classification").values()
    assert isinstance(kind, Category)
    return {label: replace(kind, embed=True)}


def assembled(schema: Schema, view: Raw, y: Tensor, notes: list[Note]) -> Drawings:
    """Put the tensors together."""
    kind = schema.targets[COLUMN]
    assert isinstance(kind, Strokes)
    codes = [encode.encode_labels(k, view.frame[n], encode.Unseen()) for n, k in schema.inputs.items()]  # type: ignore[arg-type]
    x = np.stack(codes, 1).astype(np.float32) if codes else np.zeros((len(y), 0), np.float32)
    return Drawings(
        name=view.name,
        schema=schema,
        task="drawing",
        x=torch.from_numpy(x),
        y=moved(y, kind),
        ids=torch.from_numpy(view.frame.index.to_numpy(np.int64, copy=True)),
        splits={},
        notes=notes,
        frame=view.frame,
    )


def moved(y: Tensor, kind: Strokes) -> Tensor:
    """Move every point of y (N, points, 5) by uniform noise of one step of the grid of its source; always the same."""
    generator = torch.Generator().manual_seed(SALT)
    noise = (torch.rand((*y.shape[:2], 2), generator=generator) - 0.5) * (kind.grain / kind.scale)
    y[..., :2] += noise * (y[..., ENDED : ENDED + 1] < 0.5)
    return y
