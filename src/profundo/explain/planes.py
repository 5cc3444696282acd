"""An explanation as the studio's page asks for it: maps and pixels as planes."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import BaseModel

from ..typed import options_of
from .run import explain


class Question(BaseModel, strict=True):
    """What may be asked: the options of `explain`."""

    run: str
    row: int | None = None
    source: str | None = None
    method: str | None = None
    label: str | None = None
    against: str | None = None
    baseline: str | None = None
    steps: int | None = None


def packed(question: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Answer {"run", ...options of `explain`}.

    The planes: `map` (height, width) float32, `pixels` (channels, height, width) uint8 what lies under it, or
    `picture` the bytes of a PNG (n,) uint8 to be shown above it.
    """
    found = explain(**options_of(Question, question))
    header = found.to_dict()
    planes: dict[str, np.ndarray] = {}
    if found.map is not None:
        planes["map"] = np.ascontiguousarray(found.map, np.float32)
        header["map"] = list(found.map.shape)
    if found.pixels is not None:
        planes["pixels"] = np.ascontiguousarray(found.pixels)
    if found.picture is not None:
        planes["picture"] = np.frombuffer(base64.b64decode(found.picture), np.uint8)
        header["picture"] = "picture"
    return header, planes
