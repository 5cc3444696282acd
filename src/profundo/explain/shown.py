"""Weights laid over the example as a person sees it: columns with their values, words, a map over the pixels."""

import math
from typing import Any

import numpy as np

from ..data.dataset import Data
from ..data.encode import texts_of
from ..data.shown import coloured, picture
from ..schema import Audio, Image, Text, Tokens, Video
from .attribution import Column
from .parts import Part, Parts
from .words import Pieces, bag_pieces, token_pieces

SHOWN = 8  # pictures of a clip


def columns_of(data: Data, place: int, parts: Parts, weights: np.ndarray) -> tuple[Column, ...]:
    """Return the columns of a table with their weights, in the order of the schema."""
    assert data.frame is not None
    row = data.frame.iloc[[place]]
    order = {name: number for number, name in enumerate(data.schema.inputs)}
    found = []
    for part in sorted(parts.columns, key=lambda p: order[p.name]):
        own = weights[part.begin : part.end]
        pieces, value = pieces_of(data, place, part, own, texts_of(row[part.name])[0]), row[part.name].iloc[0]
        found.append(Column(part.name, written(value), float(own.sum()), pieces))
    return tuple(found)


def written(value: Any) -> str:
    """Write a value of a table; "" where it is missing."""
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)):
        return ""
    return f"{value:.6g}" if isinstance(value, float | np.floating) else str(value)


def pieces_of(data: Data, place: int, part: Part, weights: np.ndarray, text: str) -> Pieces:
    """Cut a text into pieces with weights; [] for what is no text."""
    match part.kind:
        case Tokens():
            used = np.flatnonzero(data.x[place, part.places].numpy() != 0)
            return token_pieces(part.kind, text, {int(i): float(weights[i]) for i in used})
        case Text():
            return bag_pieces(part.kind, text, weights)
    return []


def mapped(data: Data, place: int, parts: Parts, weights: np.ndarray) -> dict[str, Any]:
    """Return the map with the picture that lies under it; nothing for a table."""
    if not parts.shape:
        return {}
    kind, own = data.schema.shaped, weights.reshape(parts.shape).astype(np.float32)
    match kind:
        case Image():
            return {"map": own, "pixels": data.x[place].cpu().numpy()}
        case Audio():
            level = data.ready(data.x[place : place + 1])[0, 0] * kind.scale + kind.center
            return {"map": own[::-1].copy(), "pixels": coloured(level, larger=1).numpy()}
        case Video():
            chosen = np.linspace(0, len(own) - 1, min(SHOWN, len(own))).round().astype(int)
            pixels = data.x[place].cpu().numpy()[chosen]
            return {"map": np.concatenate(own[chosen], 1), "pixels": np.concatenate(pixels, 2)}
    return {"map": own, "picture": picture(data, place)}
