"""Which found object is which true one, by COCO's rules (Lin et al. 2014, 1405.0312), for every picture and label."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..objects import Objects

THRESHOLDS = np.linspace(0.5, 0.95, 10)  # of the IoU from which a found object is the true one
MOST = 100  # found objects of one label in one picture that count, the best ones
AREAS = {
    "all": (0.0, 1e10),
    "small": (0.0, 32.0**2),
    "medium": (32.0**2, 96.0**2),
    "large": (96.0**2, 1e10),
}  # square pixels of an object, as COCO cuts them


@dataclass(frozen=True, eq=False)
class Matches:
    """The found objects of one label in all the pictures, the best first.

    `picture` (D,) is where each was found; `right` and `counts` (areas, thresholds, D) bool say whether it is a true
    object, and whether it counts at all (not what lies in a crowd, or is of another area). `wanted` (areas, pictures)
    is the number of true objects.
    """

    picture: np.ndarray
    right: np.ndarray
    counts: np.ndarray
    wanted: np.ndarray


def match_all(
    truth: Sequence[Objects],
    found: Sequence[Objects],
    labels: int,
    *,
    masks: bool = False,
    areas: Sequence[str] = ("all",),
    thresholds: np.ndarray = THRESHOLDS,
) -> list[Matches]:
    """Match the found objects of each label; `found` have scores. With `masks`, both have run-length masks."""
    ranges = np.array([AREAS[name] for name in areas])
    rows: list[list[tuple[np.ndarray, ...]]] = [[] for _ in range(labels)]
    wanted = np.zeros((labels, len(areas), len(truth)))
    for i, (true, guess) in enumerate(zip(truth, found, strict=True)):
        for code, one, own in by_label(true, guess, labels):
            scores, right, counts, wanted[code, :, i] = match_picture(one, own, masks, ranges, thresholds)
            rows[code].append((scores, np.full(len(scores), i), right, counts))
    return [gather(of_label, wanted[code], len(thresholds)) for code, of_label in enumerate(rows)]


def by_label(true: Objects, guess: Objects, labels: int) -> Iterator[tuple[int, Objects, Objects]]:
    """Yield each label that is in a picture or was found there, its true objects, and the best of the found ones."""
    assert guess.scores is not None
    for code in np.unique(np.concatenate([true.codes, guess.codes])).tolist():
        if code < labels:
            mine = np.flatnonzero(guess.codes == code)
            best = mine[np.argsort(-guess.scores[mine], kind="stable")[:MOST]]
            yield code, true.keep(true.codes == code), guess.keep(best)


def gather(rows: Sequence[tuple[np.ndarray, ...]], wanted: np.ndarray, thresholds: int) -> Matches:
    """Join the pictures of a label and sort by score; what comes after the last right one changes nothing, and goes."""
    if not rows:
        nothing = np.zeros((len(wanted), thresholds, 0), bool)
        return Matches(np.zeros(0, np.int64), nothing, nothing, wanted)
    scores, picture = np.concatenate([r[0] for r in rows]), np.concatenate([r[1] for r in rows])
    right, counts = (np.concatenate([r[k] for r in rows], axis=2) for k in (2, 3))
    order = np.argsort(-scores, kind="stable")
    some = np.flatnonzero(right[..., order].any(axis=(0, 1)))
    order = order[: some[-1] + 1 if len(some) else 0]
    return Matches(picture[order], right[..., order], counts[..., order], wanted)


def match_picture(
    true: Objects, guess: Objects, masks: bool, ranges: np.ndarray, thresholds: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Match the objects of one label in one picture, the best guess first, each with the true one it covers best.

    Returns scores (D,), right and counts (areas, thresholds, D), and the number of true objects (areas,). A true object
    is taken once; one that does not count (a crowd, or of another area) is taken only where no other is left.
    """
    assert guess.scores is not None
    areas, thresholds = len(ranges), np.minimum(thresholds, 1 - 1e-10)
    crowd = np.zeros(len(true), bool) if true.crowd is None else true.crowd.astype(bool)
    aside = crowd | outside(areas_of(true, masks), ranges)  # (areas, G)
    right, counts = (np.zeros((areas, len(thresholds), len(guess)), bool) for _ in range(2))
    counts[:] = ~outside(areas_of(guess, masks), ranges)[:, None]
    if len(true) and len(guess):
        overlap = overlaps(guess, true, crowd, masks)  # (D, G)
        taken = np.zeros((areas, len(thresholds), len(true)), bool)
        at = np.arange(len(true))
        for d in range(len(guess)):
            near = overlap[d] >= thresholds[:, None]  # (thresholds, G)
            if not near.any():
                continue
            free = near & ~(taken & ~crowd)  # (areas, thresholds, G)
            proper = free & ~aside[:, None]
            free = np.where(proper.any(2, keepdims=True), proper, free)
            covered = np.where(free, overlap[d], -1.0)[..., ::-1]
            chosen = len(true) - 1 - covered.argmax(2)  # of equal ones the last
            hit = free.any(2)
            taken |= hit[..., None] & (at == chosen[..., None])
            real = ~np.take_along_axis(aside, chosen.reshape(areas, -1), 1).reshape(chosen.shape)
            right[..., d] = hit & real
            counts[..., d] = np.where(hit, real, counts[..., d])
    return guess.scores, right, counts, (~aside).sum(1)


def outside(sizes: np.ndarray, ranges: np.ndarray) -> np.ndarray:
    """Say for each range (areas, 2) which sizes (k,) lie outside of it, (areas, k)."""
    return (sizes < ranges[:, :1]) | (sizes > ranges[:, 1:])


def areas_of(objects: Objects, masks: bool) -> np.ndarray:
    """Return the area (k,) of each object in square pixels: of its mask, or of its box."""
    if masks and len(objects):
        from faster_coco_eval.core import mask

        return np.asarray(mask.area(list(objects.masks or ())), np.float64)
    return (objects.boxes[:, 2] - objects.boxes[:, 0]) * (objects.boxes[:, 3] - objects.boxes[:, 1])


def overlaps(guess: Objects, true: Objects, crowd: np.ndarray, masks: bool) -> np.ndarray:
    """Return the IoU (D, G) of boxes or masks; with a crowd, the share of the guess that lies in it."""
    if masks:
        from faster_coco_eval.core import mask

        return np.asarray(mask.iou(list(guess.masks or ()), list(true.masks or ()), crowd.astype(int).tolist()))
    return box_iou(guess.boxes[:, None], true.boxes[None], crowd)


def box_iou(a: np.ndarray, b: np.ndarray, crowd: np.ndarray | None = None) -> np.ndarray:
    """Return the IoU (...) of boxes (..., 4); where b is a crowd, the share of a that lies in it."""
    shared = np.clip(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0, None).prod(-1)
    first, second = (np.clip(t[..., 2:] - t[..., :2], 0, None).prod(-1) for t in (a, b))
    union = first + second - shared
    if crowd is not None:
        union = np.where(crowd, first, union)
    return np.divide(shared, union, out=np.zeros(np.broadcast(shared, union).shape), where=union > 0)
