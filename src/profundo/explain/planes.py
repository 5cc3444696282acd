"""An explanation as the studio's page asks for it: maps and pixels as planes."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from .run import explain

ASKED = ("row", "source", "method", "label", "against", "baseline", "steps")


def packed(question: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Answer {"run", ...options of `explain`}.

    The planes: `map` (height, width) float32, `pixels` (channels, height, width) uint8 what lies under it, or
    `picture` the bytes of a PNG (n,) uint8 to be shown above it.
    """
    found = explain(question["run"], **{name: question[name] for name in ASKED if question.get(name) is not None})
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
