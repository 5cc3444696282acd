"""Scores of the one object in each picture: is its label right, and is its box where the object is?"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from ..objects import Objects
from .intervals import bootstrap, require, wilson
from .matches import box_iou
from .metric import Metric, Score


def localisation_scores(
    truth: Sequence[Objects],
    found: Sequence[Objects],
    labels: Sequence[str] = (),
    *,
    seed: int = 0,
    resamples: int = 1000,
) -> dict[str, Score]:
    """Score the best found object of each picture against the true one: every metric of LOCALISATION, the main first.

    "accuracy at IoU 0.5" is the share of pictures with the right label and an IoU of at least 0.5 (the rule of the
    ImageNet localisation challenge, Russakovsky et al. 2015, 1409.0575), "accuracy" that of the right label, and "mean
    IoU" that of the boxes, 0 where nothing was found. The intervals of the shares are Wilson's, that of the mean is a
    bootstrap over pictures. Raises DataError where a picture has not exactly one true object.
    """
    right, overlap = judged(truth, found)
    n, hit = len(right), right & (overlap >= 0.5)
    mean = bootstrap(lambda w: {"mean": w @ overlap / w.sum(1)}, n, seed=seed, resamples=resamples)["mean"]
    shares = {"accuracy at IoU 0.5": wilson(hit.sum(), n), "accuracy": wilson(right.sum(), n)}
    return {**shares, "mean IoU": mean}


def judged(truth: Sequence[Objects], found: Sequence[Objects]) -> tuple[np.ndarray, np.ndarray]:
    """Return for each picture whether the label is right (n,) bool, and the IoU (n,)."""
    require(len(truth) > 0, "there is no picture to score.")
    require(len(truth) == len(found), f"there are {len(truth)} true pictures and {len(found)} found ones.")
    right, overlap = np.zeros(len(truth), bool), np.zeros(len(truth))
    for i, (true, guess) in enumerate(zip(truth, found, strict=True)):
        require(len(true) == 1, f"picture {i} has {len(true)} objects; localisation wants one. Use --task detection.")
        if len(guess):
            best = 0 if guess.scores is None else int(np.argmax(guess.scores))
            right[i] = guess.codes[best] == true.codes[0]
            overlap[i] = box_iou(guess.boxes[best], true.boxes[0])
    return right, overlap


def single(name: str, truth: Sequence[Objects], found: Sequence[Objects]) -> float:
    """Return one value over all the pictures."""
    return localisation_scores(truth, found, resamples=0)[name].value


LOCALISATION: tuple[Metric, ...] = (
    Metric(
        "accuracy at IoU 0.5",
        "The share of pictures with the right label and a box whose intersection over union with the true one is at "
        "least 0.5.",
        "higher",
        "wilson",
        partial(single, "accuracy at IoU 0.5"),
    ),
    Metric("accuracy", "The share of pictures with the right label.", "higher", "wilson", partial(single, "accuracy")),
    Metric(
        "mean IoU",
        "The mean intersection over union of the found and the true box; 1 is perfect.",
        "higher",
        "bootstrap",
        partial(single, "mean IoU"),
    ),
)
