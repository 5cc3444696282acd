"""Answers that are places: found objects and maps of labels, brought to the source's pixels, scored and shown."""

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .data.dataset import Data
from .data.decode import inside
from .data.located import factor
from .metrics import Score
from .objects import Objects
from .overlay import beside, draw, to_png
from .schema import Image, Mask, Schema
from .tasks.task import Prediction

SURE = 0.5  # the score from which a found object is shown


def in_source(found: Objects, size: Sequence[int], image: Image) -> Objects:
    """Bring found objects from the network's pixels to those of a picture of `size` (height, width)."""
    return found.scaled(1 / factor(size, image), int(size[0]), int(size[1]))


def sources(prediction: Prediction, data: Data, positions: Tensor) -> Prediction:
    """Bring the found objects of some examples to the pixels of their source; maps stay at the network's size."""
    image, kind = data.schema.image, data.schema.located
    if isinstance(kind, Mask):
        return prediction
    assert image is not None and data.sizes is not None
    values = np.empty(len(prediction), object)
    for i, place in enumerate(positions.tolist()):
        values[i] = in_source(prediction.values[i], data.sizes[place].tolist(), image)
    return replace(prediction, values=values)


def truths(data: Data, positions: Tensor) -> np.ndarray:
    """Return what is truly there: maps (n, H, W) uint8, or (n,) Objects in the source's pixels."""
    if data.truth is None:
        return data.y[positions].cpu().numpy()
    values = np.empty(len(positions), object)
    for i, place in enumerate(positions.tolist()):
        values[i] = data.truth[place]
    return values


def score_places(y: np.ndarray, prediction: Prediction, task: str, **how: Any) -> dict[str, Score]:
    """Score places against the truth: every measure of the task with its 95 % interval over pictures."""
    from .metrics.detection import detection_scores
    from .metrics.localisation import localisation_scores
    from .metrics.segmentation import segmentation_scores

    if task == "segmentation":
        return segmentation_scores(y, prediction.values, prediction.labels, **how)
    truth, found = list(y), list(prediction.values)
    if task == "localisation":
        return localisation_scores(truth, found, prediction.labels, **how)
    return detection_scores(truth, found, prediction.labels, masks=task == "instances", **how)


def words(place: Any, labels: Sequence[str]) -> str:
    """Say in a few words what is in a picture: "3 cat, 1 dog", or the labels of a map by their share."""
    if isinstance(place, Objects):
        sure = place if place.scores is None else place.keep(place.scores >= SURE)
        counts = np.bincount(sure.codes, minlength=len(labels))
        return ", ".join(f"{n} {labels[code]}" for code, n in enumerate(counts.tolist()) if n) or "nothing"
    counts = np.bincount(np.asarray(place).ravel(), minlength=256)[: len(labels)]
    shares = counts / max(counts.sum(), 1)
    largest = np.argsort(-shares, kind="stable")[:3]
    return ", ".join(f"{100 * shares[code]:.0f} % {labels[code]}" for code in largest if shares[code] >= 0.005)


def picture(data: Data, position: int, truth: Any, found: Any) -> bytes:
    """Draw one example as PNG: what is truly there at the left, what was found at the right."""
    if isinstance(found, Objects) and found.scores is not None:
        found = found.keep(found.scores >= SURE)
    return to_png(beside([with_places(data, position, place) for place in (truth, found)]))


def drawn(data: Data, position: int, found: Any) -> bytes:
    """Draw one picture with what was found, as PNG."""
    return to_png(with_places(data, position, found))


def with_places(data: Data, position: int, place: Any) -> Any:
    """Draw objects or a map on a picture."""
    pixels, labels = shown(data, position), data.schema.labels
    if isinstance(place, Objects):
        return draw(pixels, place, labels)
    return draw(pixels, place[: pixels.shape[1], : pixels.shape[2]], labels)


def map_png(data: Data, position: int, found: np.ndarray) -> bytes:
    """Return a map of codes (H, W) at the size of its picture in the source, as PNG."""
    from PIL import Image as Pillow

    assert data.sizes is not None
    _, height, width = shown(data, position).shape
    rows, columns = (int(n) for n in data.sizes[position])
    return to_png(Pillow.fromarray(found[:height, :width]).resize((columns, rows), Pillow.Resampling.NEAREST))


def shown(data: Data, position: int) -> np.ndarray:
    """Return the pixels of a picture without its padding, (C, h, w) uint8."""
    pixels, image = data.x[position].cpu().numpy(), data.schema.image
    assert image is not None and data.sizes is not None
    rows, columns = data.sizes[position].tolist()
    height, width = inside(rows, columns, image.height, image.width_pixels)
    return pixels[:, :height, :width]


def card(data: Data, answers: Any, count: int = 6) -> dict[str, Any]:
    """Return what places.json holds: some pictures of the test part, drawn by chance alone, truth beside answer."""
    place = {int(row): i for i, row in enumerate(data.ids.tolist())}
    chosen = torch.randperm(len(answers.ids), generator=torch.Generator().manual_seed(data.seed))[:count].tolist()
    labels = data.schema.labels
    shown_ = []
    for i in sorted(chosen):
        position = place[int(answers.ids[i])]
        drawn = picture(data, position, answers.y[i], answers.prediction.values[i])
        shown_.append(
            {
                "id": int(answers.ids[i]),
                "true": words(answers.y[i], labels),
                "found": words(answers.prediction.values[i], labels),
                "picture": base64.b64encode(drawn).decode(),
            }
        )
    return {"task": data.task, "labels": list(labels), "pictures": shown_}


def found_rows(ids: np.ndarray, prediction: Prediction, schema: Schema) -> list[dict[str, Any]]:
    """Return a row for each found object: row, label, score, x1, y1, x2, y2; or for each map: row, share of each label.

    Boxes are in the pixels of the source.
    """
    labels, rows = schema.labels, []
    for row, place in zip(ids.tolist(), prediction.values, strict=True):
        if not isinstance(place, Objects):
            counts = np.bincount(np.asarray(place).ravel(), minlength=256)[: len(labels)]
            shares = counts / max(int(counts.sum()), 1)
            rows.append({"row": row} | {f"share of {n}": float(s) for n, s in zip(labels, shares, strict=True)})
            continue
        scores = place.scores if place.scores is not None else np.ones(len(place))
        for code, score, box in zip(place.codes.tolist(), scores.tolist(), place.boxes.tolist(), strict=True):
            corners = dict(zip(("x1", "y1", "x2", "y2"), (round(v, 2) for v in box), strict=True))
            rows.append({"row": row, "label": labels[code], "score": round(score, 4), **corners})
    return rows
