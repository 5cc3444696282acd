"""What an example is compared with."""

import numpy as np
import torch
from torch import Tensor

from ..data.dataset import Data
from ..errors import DataError, UsageError
from ..schema import Image, Schema, Text
from .opened import Opened
from .parts import Parts
from .seam import Seam

BASELINES = ("average", "zero", "black", "white")
AVERAGED = 1_000  # training rows whose average is taken, at most


def baseline_of(own: Opened, seam: Seam, parts: Parts, name: str) -> tuple[Tensor, tuple[str, ...]]:
    """Return a baseline (1, *z) by its name, and notes; without the training data, "zero" stands for the average."""
    schema = own.trained.schema
    if name in ("black", "white"):
        return plain(schema, seam, float(name == "white")), ()
    if name == "zero" or (schema.image is None and schema.shaped is not None):
        return zero(schema, seam), ()
    try:
        data = own.data
    except DataError as error:
        return zero(schema, seam), (f"{error} The baseline is zero in place of the average training example.",)
    if own.average is None:
        own.average = seam.looked_up(training_rows(data)).mean(0, keepdim=True)
    empty = torch.from_numpy(worded(parts))[parts.of]
    return torch.where(empty, zero(schema, seam), own.average), ()


def zero(schema: Schema, seam: Seam) -> Tensor:
    """Return zeros, but for how long a series lasts, which stays."""
    found = torch.zeros_like(seam.inside)
    if getattr(schema.shaped, "ragged", False):
        found[..., -1] = seam.inside[..., -1]
    return found


def plain(schema: Schema, seam: Seam, level: float) -> Tensor:
    """Return a picture of one colour: 0 is black, 1 is white."""
    kind = schema.image
    if not isinstance(kind, Image):
        raise UsageError("a black or white baseline is for pictures. Choose another: average, zero")
    mean, std = (torch.tensor(v, dtype=torch.float32).view(1, -1, 1, 1) for v in (kind.mean, kind.std))
    return ((level - mean) / std).expand_as(seam.x).clone()


def training_rows(data: Data) -> Tensor:
    """Return training examples at even distances, (n, *s)."""
    rows = data.positions("train")
    chosen = torch.linspace(0, len(rows) - 1, min(len(rows), AVERAGED)).round().long()
    return data.gather(rows[chosen]).x


def worded(parts: Parts) -> np.ndarray:
    """Say of each part whether it is a word: the baseline of texts is the empty one."""
    found = np.zeros(parts.count, bool)
    for part in parts.columns:
        found[part.begin : part.end] = isinstance(part.kind, Text) or part.kind.name == "tokens"
    return found
