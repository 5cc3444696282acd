"""Pictures of ids: the pixels of one object hold one number, 0 is the background."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...errors import DataError
from ...objects import Objects, nothing
from ..pictures import spread
from .faults import BAD_MASK, MASK_SIZE, Faults
from .maskpng import name_of
from .table import Sizes
from .values import read_values

LABEL = "object"
VOID = 255  # between the objects of VOC's SegmentationObject, and in its SegmentationClass


def read_instances(
    pictures: Sequence[Path], ids: Sequence[Path], classes: Sequence[Path], sizes: Sizes, faults: Faults
) -> list[Objects | None]:
    """Return the objects of each picture by its picture of ids, None where that cannot be used.

    `classes` are masks of classes, one for each picture of ids or none at all: an object's code is the value that most
    of its pixels have there, or 0.
    """

    def work(begin: int, end: int) -> list[Objects | str]:
        return [objects_of(ids[i], classes[i] if classes else None) for i in range(begin, end)]

    result: list[Objects | None] = []
    for picture, file, found in zip(pictures, ids, spread(work, len(ids), 16), strict=True):
        size = sizes.get(picture)
        where = name_of(file)
        if isinstance(found, str):
            faults.add(BAD_MASK, where, found)
        elif size is None:
            pass  # the picture is a fault already
        elif (found.height, found.width) != size:
            shown = f"{found.width} x {found.height} pixels, and {picture.name} {size[1]} x {size[0]}"
            faults.add(MASK_SIZE, where, f"it has {shown}")
        else:
            result.append(found)
            continue
        result.append(None)
    return result


def classes_beside(ids: Sequence[Path]) -> list[Path]:
    """Return VOC's masks of classes, one for each picture of ids; none where one is missing."""
    found = [file.parent.with_name("SegmentationClass") / file.name for file in ids]
    return found if all(file.is_file() for file in found) else []


def objects_of(file: Path, classes: Path | None) -> Objects | str:
    """Return the objects of one picture of ids, or why it cannot be read."""
    try:
        values = read_values(file, name_of(file))
        if file.parent.name == "SegmentationObject":
            values = np.where(values == VOID, 0, values)
        found = separate(values)
        if classes is None or not len(found):
            return found
        kinds = read_values(classes, name_of(classes))
        if kinds.shape != values.shape:
            return f"{name_of(classes)} has another size"
        return replace(found, codes=kinds_of(values, kinds))
    except DataError as error:
        return str(error)


def kinds_of(values: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Return for each id but 0, in their order, the class that most of its pixels have."""
    both, counts = np.unique(np.stack([values.ravel(), kinds.ravel()]), axis=1, return_counts=True)
    order = np.lexsort((-counts, both[0]))
    number, first = np.unique(both[0][order], return_index=True)
    return both[1][order][first][number != 0]


def separate(values: np.ndarray) -> Objects:
    """Return the objects of ids (height, width), in the order of their ids: box, and run-length mask.

    The picture is cut into runs of equal ids once, column by column, and each object takes its own runs.
    """
    from faster_coco_eval import mask as coco

    height, width = values.shape
    flat = values.T.ravel()
    start = np.flatnonzero(np.concatenate([[True], flat[1:] != flat[:-1]]))
    length = np.diff(np.append(start, len(flat)))
    number = flat[start]
    order = np.argsort(number, kind="stable")
    order = order[number[order] != 0]
    found, first = np.unique(number[order], return_index=True)
    if not len(found):
        return nothing(height, width)
    codes = []
    for own in np.split(order, first[1:]):
        begin, end = start[own], start[own] + length[own]
        gaps = np.concatenate([begin[:1], begin[1:] - end[:-1]])
        counts = np.append(np.stack([gaps, length[own]], 1).ravel(), height * width - end[-1])
        codes.append({"size": [height, width], "counts": counts.tolist()})
    masks = coco.frPyObjects(codes, height, width)
    boxes = np.asarray(coco.toBbox(masks), np.float64).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return Objects(height, width, boxes, np.zeros(len(found), np.int64), masks=masks)
