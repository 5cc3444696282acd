"""Scores of found objects: average precision over pictures, COCO's numbers with their intervals."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from ..objects import Objects
from ..pasting import paste
from .coco import coco_values
from .intervals import bootstrap, require
from .matches import AREAS, Matches, match_all
from .metric import Metric, Score
from .precision import average_precisions, mean_over_labels

Measure = Callable[[np.ndarray], dict[str, np.ndarray]]


def detection_scores(
    truth: Sequence[Objects],
    found: Sequence[Objects],
    labels: Sequence[str],
    *,
    masks: bool = False,
    seed: int = 0,
    resamples: int = 1000,
) -> dict[str, Score]:
    """Score found objects (with scores) against the true ones, picture by picture in the same pixels.

    The values are COCO's (Lin et al. 2014, 1405.0312), as faster-coco-eval gives them: "mAP" is the mean average
    precision over the labels and over the IoU thresholds 0.50, 0.55 ... 0.95; "mAP50" and "mAP75" are those of one
    threshold; "mAP of small objects" those below 32 x 32 pixels, and so on, where there are any. With `masks`, "mask
    mAP" and the others by masks come first. NaN where there is nothing to find. The intervals are a bootstrap over
    pictures. Raises DataError where the pictures do not fit.
    """
    require(len(truth) > 0, "there is no picture to score.")
    require(len(truth) == len(found), f"there are {len(truth)} true pictures and {len(found)} found ones.")
    for i, here in enumerate(found):
        require(here.scores is not None, f"the found objects of picture {i} have no scores to rank them by.")
    both = bounds(truth, found, labels, False, seed, resamples)
    if not masks:
        return both
    found = [paste(here) for here in found]
    for what, all_ in {"true": truth, "found": found}.items():
        without = [i for i, here in enumerate(all_) if len(here) and here.masks is None]
        require(not without, f"{len(without)} pictures have {what} objects without masks, the first is {without[:1]}.")
    by_mask = bounds(truth, found, labels, True, seed, resamples)
    return {f"mask {name}": score for name, score in by_mask.items()} | both


def bounds(
    truth: Sequence[Objects], found: Sequence[Objects], labels: Sequence[str], masks: bool, seed: int, resamples: int
) -> dict[str, Score]:
    """Return COCO's values in our intervals, by boxes or by masks; without the sizes of which there is no object."""
    values = coco_values(truth, found, labels, masks=masks)
    matches = match_all(truth, found, len(labels), masks=masks, areas=tuple(AREAS))
    n, most = len(truth), max((len(m.picture) for m in matches), default=0)
    columns = 1 + sum(len(m.picture) for m in matches) * len(AREAS) * 10 // n
    drawn = bootstrap(measure(matches, labels), n, seed=seed, resamples=resamples, columns=columns, cells=max(n, most))
    scores = {name: replace(drawn[name], value=value) for name, value in values.items()}
    sizes = [name for name in scores if name.startswith("mAP of") and not np.isfinite(scores[name].value)]
    return {name: score for name, score in scores.items() if name not in sizes}


def measure(matches: Sequence[Matches], labels: Sequence[str]) -> Measure:
    """Return the function from weights (resamples, pictures) to the values of `coco_values`, (resamples,) each."""

    def values(weights: np.ndarray) -> dict[str, np.ndarray]:
        everywhere = [average_precisions(m, weights) for m in matches]  # (resamples, thresholds) of each label
        found = {"mAP": mean_over_labels(everywhere)}
        for name, place in (("mAP50", 0), ("mAP75", 5)):
            found[name] = mean_over_labels([v[:, [place]] for v in everywhere])
        for place, area in enumerate(("small", "medium", "large"), 1):
            found[f"mAP of {area} objects"] = mean_over_labels([average_precisions(m, weights, place) for m in matches])
        return found | {f"AP50 of {name}": v[:, 0] for name, v in zip(labels, everywhere, strict=True)}

    return values


def quick_map(
    truth: Sequence[Objects], found: Sequence[Objects], labels: int, *, masks: bool = False
) -> dict[str, float]:
    """Return "map" and "map50" by boxes or `masks` without intervals, for measuring during training.

    They are 0 with nothing to find. Masks may be there as `crops`.
    """
    if masks:
        truth, found = [paste(here) for here in truth], [paste(here) for here in found]
    matches = match_all(truth, found, labels, masks=masks)
    ones = np.ones((1, len(truth)))
    values = [average_precisions(m, ones) for m in matches]
    both = {"map": mean_over_labels(values), "map50": mean_over_labels([v[:, :1] for v in values])}
    return {name: float(np.nan_to_num(value[0])) for name, value in both.items()}


def f1(true: Objects, guess: Objects, sure: float = 0.5) -> float:
    """Return 2 right / (found + true) of one picture: right label, IoU of at least 0.5, scores of at least `sure`.

    1 where there is nothing and nothing was found. Crowds, and what is found in them, are not counted.
    """
    assert guess.scores is not None
    guess = guess.keep(guess.scores >= sure)
    labels = int(max([0, *(true.codes + 1), *(guess.codes + 1)]))
    matches = match_all([true], [guess], labels, thresholds=np.array([0.5]))
    right = sum(int(m.right[0].sum()) for m in matches)
    aside = len(true) - sum(int(m.wanted[0].sum()) for m in matches)
    total = len(true) - aside + len(guess)
    return 2 * right / total if total else 1.0


def single(name: str, masks: bool, truth: Sequence[Objects], found: Sequence[Objects]) -> float:
    """Return one value over all the pictures; the labels are the codes that occur."""
    count = int(max([0, *(c + 1 for here in (*truth, *found) for c in here.codes.tolist())]))
    if masks:
        found = [paste(here) for here in found]
    return coco_values(truth, found, [str(code) for code in range(count)], masks=masks)[name]


def metrics(what: str, masks: bool) -> tuple[Metric, ...]:
    """Return the measures of boxes or of masks."""
    begin = "mask " if masks else ""
    rules = {
        "mAP": f"COCO's mean average precision of {what}: the mean over the labels and over the IoU thresholds 0.50, "
        "0.55 ... 0.95 of the area under precision and recall; 1 is perfect.",
        "mAP50": f"The mean average precision of {what} where an IoU of 0.50 is enough.",
        "mAP75": f"The mean average precision of {what} where an IoU of 0.75 is needed.",
    }
    return tuple(
        Metric(begin + name, text, "higher", "bootstrap", partial(single, name, masks)) for name, text in rules.items()
    )


DETECTION: tuple[Metric, ...] = metrics("boxes", masks=False)
INSTANCES: tuple[Metric, ...] = metrics("masks", masks=True) + DETECTION
