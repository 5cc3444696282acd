"""Masks of COCO files, checked before the compiled code of faster-coco-eval sees them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...objects import Rle
from .faults import BAD_MASK, MASK_SIZE, OUTSIDE, Faults


def mask(shape: Any, height: int, width: int, where: Callable[[], str], faults: Faults) -> Rle | None:
    """Return a mask as a compressed run-length code of height x width pixels; a fault at `where` and None else.

    `shape` is a list of polygons [[x, y, x, y, ...], ...] in pixels, or {"size": [height, width], "counts": ...} with
    counts a list of run lengths, column by column, or COCO's text form of it.
    """
    try:
        return polygons(shape, height, width) if isinstance(shape, list) else runs(shape, height, width)
    except SizeError as error:
        faults.add(MASK_SIZE, where(), str(error))
    except OutsideError as error:
        faults.add(OUTSIDE, where(), str(error))
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        faults.add(BAD_MASK, where(), f"its mask cannot be read ({error or type(error).__name__})")
    return None


class SizeError(ValueError):
    """A mask has another size than its picture."""


class OutsideError(ValueError):
    """A polygon leaves its picture."""


def polygons(shape: list[Any], height: int, width: int) -> Rle:
    """Fill polygons; what several of them cover is one mask. Points a little outside are moved to the edge."""
    from faster_coco_eval import mask as coco

    limit = np.array([width, height], np.float64)
    slack = np.maximum(1, 0.01 * limit)
    rings: list[list[float]] = []
    for ring in shape:
        points = np.array(ring, np.float64).reshape(-1, 2)
        if len(points) < 3:
            raise ValueError("a polygon has fewer than three points")
        if not np.isfinite(points).all():
            raise ValueError("a point of a polygon is not a number")
        if (points < 0).any() or (points > limit).any():
            if ((points < -slack) | (points > limit + slack)).any():
                raise OutsideError(f"a polygon leaves its picture, {width} wide and {height} high")
            points = np.clip(points, 0, limit)
        rings.append(points.ravel().tolist())
    if not rings:
        raise ValueError("there is no polygon")
    filled = coco.frPyObjects(rings, height, width)
    found: Rle = filled[0] if len(filled) == 1 else coco.merge(filled)
    return counted(found)


def runs(shape: Any, height: int, width: int) -> Rle:
    """Check a run-length code, and compress it."""
    from faster_coco_eval import mask as coco

    size = [int(v) for v in shape["size"]]
    if size != [height, width]:
        raise SizeError(f"its mask has {size[::-1]} pixels (width, height), and its picture {[width, height]}")
    counts = shape["counts"]
    lengths = np.array(counts, np.int64) if isinstance(counts, list) else decoded(counts)
    if lengths.ndim != 1 or (lengths < 0).any() or int(lengths.sum()) != height * width:
        raise ValueError(f"its runs do not add up to {height} x {width} pixels")
    found: Rle = coco.frPyObjects({"size": size, "counts": lengths.tolist()}, height, width)
    return counted(found)


def counted(found: Rle) -> Rle:
    """Return a mask that is not empty."""
    from faster_coco_eval import mask as coco

    if int(coco.area(found)) == 0:
        raise ValueError("it covers no pixel")
    return found


def decoded(text: str | bytes) -> np.ndarray:
    """Return the run lengths of COCO's text: five bits a character, from the third run on differences of every other.

    Raises ValueError for a text that is none.
    """
    data = np.frombuffer(text.encode("ascii") if isinstance(text, str) else text, np.uint8).astype(np.int64) - 48
    if not len(data) or (data < 0).any() or (data > 63).any() or data[-1] & 32:
        raise ValueError("its counts are no run-length code")
    last = (data & 32) == 0
    start = np.flatnonzero(np.concatenate([[True], last[:-1]]))
    place = np.arange(len(data)) - np.repeat(start, np.diff(np.append(start, len(data))))
    if place.max() > 7:
        raise ValueError("its counts are no run-length code")
    values = np.add.reduceat((data & 31) << (5 * place), start)
    end = np.flatnonzero(last)
    values -= np.where(data[end] & 16, np.int64(1) << (5 * (place[end] + 1)), 0)
    for first in (1, 2):  # runs 3, 5, 7, ... and 4, 6, 8, ... are differences; the first run stands for itself
        values[first::2] = np.cumsum(values[first::2])
    return values
