"""A run's mistakes as the studio's page asks for them: pictures and long lists of numbers as planes."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import BaseModel

from ..typed import options_of
from .run import mistakes


class Question(BaseModel, strict=True):
    """What may be asked: the options of `mistakes`."""

    run: str
    true: str | None = None
    said: str | None = None
    label: str | None = None
    threshold: float | None = None
    target: str | None = None
    count: int | None = None
    skip: int | None = None
    examples: bool | None = None


def packed(question: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Answer {"run", ...options of `mistakes`}.

    The planes: `picture:<row>` the bytes of a PNG (n,) uint8 for each example that has one; `threshold`, `tp` and `fp`
    (steps,) of the threshold's curve; `rows`, `points` (2, n) float32 true and said, of a regression.
    """
    found = mistakes(**options_of(Question, question))
    planes: dict[str, np.ndarray] = {}
    for row in found["examples"]["rows"]:
        picture = row.pop("picture")
        row["picture"] = None if picture is None else f"picture:{row['row']}"
        if picture is not None:
            planes[row["picture"]] = np.frombuffer(base64.b64decode(picture), np.uint8)
    if card := found.get("threshold"):
        curve = card.pop("curve")
        planes["threshold"] = np.array(curve["threshold"], np.float32)
        planes |= {name: np.array(curve[name], np.int32) for name in ("tp", "fp")}
    if points := found.pop("points", None):
        planes["points"] = np.array([points["true"], points["said"]], np.float32)
        planes["rows"] = np.array(points["row"], np.int32)
    return found, planes
