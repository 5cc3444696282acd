"""COCO's own numbers for found objects, by faster-coco-eval (the field's evaluator in C++)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..objects import Objects
from .matches import THRESHOLDS


def coco_values(
    truth: Sequence[Objects], found: Sequence[Objects], labels: Sequence[str], *, masks: bool = False
) -> dict[str, float]:
    """Return "mAP", "mAP50", "mAP75", "mAP of small objects" (medium, large) and "AP50 of <label>" of every label.

    What is not there to be found has NaN. `found` have scores; with `masks`, both have run-length masks, and these are
    compared.
    """
    from faster_coco_eval import COCO, COCOeval_faster

    quiet = {"print_function": silent}
    pictures = [{"id": i, "height": t.height, "width": t.width} for i, t in enumerate(truth)]
    words = [{"id": code, "name": name} for code, name in enumerate(labels)]
    dataset = {"images": pictures, "categories": words}
    true, guesses = (COCO({**dataset, "annotations": entries(all_, masks)}, **quiet) for all_ in (truth, found))
    judge = COCOeval_faster(true, guesses, iouType="segm" if masks else "bbox", rle_iou_max_workers=1, **quiet)
    judge.evaluate()
    judge.accumulate()
    precision = np.asarray(judge.eval["precision"])[..., -1]  # (thresholds, recalls, labels, areas) of 100 objects
    values = {"mAP": mean(precision[..., 0])}
    for name, threshold in (("mAP50", 0.5), ("mAP75", 0.75)):
        values[name] = mean(precision[np.isclose(THRESHOLDS, threshold), :, :, 0])
    for place, area in enumerate(("small", "medium", "large"), 1):
        values[f"mAP of {area} objects"] = mean(precision[..., place])
    return values | {f"AP50 of {name}": mean(precision[0, :, code, 0]) for code, name in enumerate(labels)}


def entries(objects: Sequence[Objects], masks: bool) -> list[dict[str, Any]]:
    """Return the objects of all the pictures as COCO's annotations, numbered from 1."""
    found: list[dict[str, Any]] = []
    for i, here in enumerate(objects):
        crowd = np.zeros(len(here), int) if here.crowd is None else here.crowd.astype(int)
        for k, ((x1, y1, x2, y2), code) in enumerate(zip(here.boxes.tolist(), here.codes.tolist(), strict=True)):
            entry = {"id": len(found) + 1, "image_id": i, "category_id": code, "iscrowd": int(crowd[k])}
            entry |= {"bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1)}
            if here.scores is not None:
                entry["score"] = float(here.scores[k])
            if masks:
                entry |= with_mask(here, k)
            found.append(entry)
    return found


def with_mask(objects: Objects, place: int) -> dict[str, Any]:
    """Return what an annotation says of a mask."""
    from faster_coco_eval.core import mask

    assert objects.masks is not None
    code = objects.masks[place]
    return {"segmentation": code, "area": float(mask.area(code))}


def mean(precision: np.ndarray) -> float:
    """Return the mean over what is there: COCO writes -1 where there is nothing to find."""
    there = precision[precision > -1]
    return float(there.mean()) if len(there) else float("nan")


def silent(*_: object) -> None:
    """Print nothing."""
