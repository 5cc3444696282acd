"""Scores of a label for every pixel, from one confusion table a picture.

Pixels without a label (255) do not count. For a label, with TP, FP and FN counted in pixels over all the pictures:
IoU = TP / (TP + FP + FN), also called the Jaccard index, and Dice = 2 TP / (2 TP + FP + FN), which is its F1. Means are
over the labels that occur, in the truth or in the answers; one that is found and never there counts as 0. Values equal
scikit-learn's jaccard_score and f1_score over all pixels. Intervals are bootstrapped over pictures, not over pixels:
neighbouring pixels say the same.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from .confusion import ratio
from .intervals import bootstrap, require
from .metric import Metric, Score

IGNORED = 255
BLOCK = 1 << 21  # pixels counted at once

Values = dict[str, np.ndarray]


def confusions(truth: np.ndarray, found: np.ndarray, labels: int) -> np.ndarray:
    """Count the pixels of each picture by true and found label.

    `truth` and `found` are (n, H, W) uint8 codes, 255 in the truth where a pixel has no label. Returns
    (n, labels, labels) int64, a row for each true label. Raises DataError for other shapes or codes.
    """
    truth, found = np.asarray(truth), np.asarray(found)
    require(len(truth) > 0, "there is no picture to score.")
    require(
        truth.ndim == 3 and truth.shape == found.shape,
        f"the truth is {truth.shape} and the answers {found.shape}; both must be (pictures, height, width).",
    )
    step = max(1, BLOCK // truth[0].size)
    return np.concatenate(
        [counted(truth[i : i + step], found[i : i + step], labels) for i in range(0, len(truth), step)]
    )


def counted(truth: np.ndarray, found: np.ndarray, labels: int) -> np.ndarray:
    """Return the tables of a few pictures."""
    known = truth != IGNORED
    pictures = np.arange(len(truth))[:, None, None]
    true, given = truth.astype(np.int64), found.astype(np.int64)
    for what, codes in (("truth", true), ("answers", given)):
        worst = int(codes.max(where=known, initial=0))
        require(worst < labels, f"the {what} hold the code {worst}, and there are {labels} labels, 0 to {labels - 1}.")
    cells = ((pictures * labels + true) * labels + given)[known]
    return np.bincount(cells, minlength=len(truth) * labels**2).reshape(len(truth), labels, labels)


def shares(tables: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (IoU, Dice, whether it occurs) of each label, (..., labels) each, for tables (..., labels, labels)."""
    right = np.diagonal(tables, axis1=-2, axis2=-1)
    both = tables.sum(-1) + tables.sum(-2)  # pixels of the truth and of the answers
    return ratio(right, both - right), ratio(2 * right, both), both > 0


def measure(tables: np.ndarray, names: Sequence[str] = ()) -> Callable[[np.ndarray], Values]:
    """Return the function from weights (resamples, n) to the values of SEGMENTATION and the IoU of each name."""
    flat = tables.reshape(len(tables), -1).astype(np.float64)

    def values(weights: np.ndarray) -> Values:
        drawn = (weights @ flat).reshape(-1, *tables.shape[1:])
        iou, dice, occurs = shares(drawn)
        count, every = occurs.sum(1), drawn.sum((1, 2))
        found = {
            "mean IoU": defined(iou.sum(1), count),
            "pixel accuracy": defined(np.trace(drawn, axis1=1, axis2=2), every),
            "mean Dice": defined(dice.sum(1), count),
        }
        each = np.where(occurs, iou, np.nan)
        return found | {f"IoU of {name}": each[:, code] for code, name in enumerate(names)}

    return values


def defined(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Divide, with NaN for 0 / 0: without a labelled pixel nothing is defined."""
    return np.where(bottom > 0, ratio(top, bottom), np.nan)


def segmentation_scores(
    truth: np.ndarray, found: np.ndarray, labels: Sequence[str], *, seed: int = 0, resamples: int = 1000
) -> dict[str, Score]:
    """Score answers against the truth, both (n, H, W) uint8 codes; 255 in the truth: the pixel does not count.

    Gives every metric of SEGMENTATION and "IoU of <label>" for each of `labels`, NaN for one that does not occur.
    """
    return table_scores(confusions(truth, found, len(labels)), labels, seed=seed, resamples=resamples)


def table_scores(
    tables: np.ndarray, labels: Sequence[str], *, seed: int = 0, resamples: int = 1000
) -> dict[str, Score]:
    """Score the tables (n, labels, labels) of `confusions`, where the pictures do not fit in memory together."""
    cells = max(len(tables), tables[0].size)
    return bootstrap(measure(tables, labels), len(tables), seed=seed, resamples=resamples, cells=cells)


def picture_losses(tables: np.ndarray) -> np.ndarray:
    """Return how wrong each picture is, (n,): 1 - the mean IoU of the labels that occur in it; 0 without a label."""
    iou, _, occurs = shares(tables)
    count = occurs.sum(1)
    return np.where(count > 0, 1 - ratio(iou.sum(1), count), 0.0)


def segmentation_card(
    truth: np.ndarray,
    found: np.ndarray,
    labels: Sequence[str],
    ids: Sequence[int],
    *,
    worst: int = 12,
    seed: int = 0,
    resamples: int = 1000,
) -> dict[str, object]:
    """Describe the answers as plain JSON, for the report.

    {labels, confusion: rows of the true labels in pixels, shares: the share of the labelled pixels of each label,
    iou: {label: score}, worst: [{id, iou}], the pictures of the lowest mean IoU first}.
    """
    tables = confusions(truth, found, len(labels))
    scores = table_scores(tables, labels, seed=seed, resamples=resamples)
    total, losses = tables.sum(0), picture_losses(tables)
    order = np.argsort(-losses, kind="stable")[:worst]
    return {
        "labels": list(labels),
        "confusion": total.tolist(),
        "shares": ratio(total.sum(1), total.sum()).tolist(),
        "iou": {name: scores[f"IoU of {name}"].to_dict() for name in labels},
        "worst": [{"id": int(ids[i]), "iou": float(1 - losses[i])} for i in order],
    }


def single(name: str, truth: np.ndarray, found: np.ndarray) -> float:
    """Return one value over all the pictures; as many labels as the codes name."""
    known = truth != IGNORED
    labels = 1 + max(int(truth.max(where=known, initial=0)), int(found.max(where=known, initial=0)))
    tables = confusions(truth, found, labels)
    return float(measure(tables)(np.ones((1, len(tables))))[name][0])


ROWS = {
    "mean IoU": "The mean over the labels that occur of TP / (TP + FP + FN), counted in pixels over all pictures.",
    "pixel accuracy": "The share of the labelled pixels whose label is right.",
    "mean Dice": "The mean over the labels that occur of 2 TP / (2 TP + FP + FN), counted in pixels over all pictures.",
}
SEGMENTATION: tuple[Metric, ...] = tuple(
    Metric(name, definition, "higher", "bootstrap", partial(single, name)) for name, definition in ROWS.items()
)
