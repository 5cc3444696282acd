"""The verb: where does a run go wrong, with which examples, and what would another threshold do?"""

import os
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UsageError, unknown
from ..files import read_json
from ..metrics.curves import calibration_curve
from ..report.stored import Stored
from ..run import Run
from .answered import Labelled, Measured, answered
from .examples import look
from .threshold import at_threshold, threshold_card

COUNT = 24  # examples shown at once
CONFUSED = 10  # pairs of labels listed
BINS = 30


def mistakes(  # noqa: PLR0913
    run: Run | str | os.PathLike[str],
    *,
    true: str | None = None,
    said: str | None = None,
    label: str | None = None,
    threshold: float | None = None,
    target: str | None = None,
    count: int = COUNT,
    skip: int = 0,
    examples: bool = True,
) -> dict[str, Any]:
    """Say what a run got wrong on its test part.

    Of labels: {run, task, target, n, wrong, labels, counts, shares, confused, examples, threshold, calibration}.
    `counts[i][j]` examples of label i were answered j; `shares` are those of their row. `confused` are the pairs of
    labels that are taken for each other most. `examples` are those of one cell, of `true` answered `said`, or of a row
    or column of the matrix where one is left out; where both are, all that are wrong: the surest first, `count` of them
    after the first `skip`: {true, said, n, skip, rows: [{row, true, said, confidence, values, picture}], note}.
    `threshold` holds `label` against the rest (see threshold_card); of two labels, and of multilabel, a threshold moves
    the answers, and so the matrix and its cells.

    Of numbers: {run, task, target, n, mean, residuals, points, examples}: predicted less true, and the rows that are
    furthest off. `target` is one of several targets.

    Raises DataError where the run is not finished or damaged, UsageError for unknown names and other tasks.
    """
    folder = Run.open(run).folder if not isinstance(run, Run) else run.folder
    if count < 0 or skip < 0:
        raise UsageError("--count and --skip must be at least 0.")
    stored, answers = answered(Path(folder), target)
    told: dict[str, Any] = {"run": str(folder), "task": stored.scores.task, "target": answers.name}
    told |= {"targets": list(stored.schema.targets), "n": len(answers.ids)}
    page = (skip, count if examples else 0)
    if isinstance(answers, Measured):
        if (true, said, label, threshold) != (None, None, None, None):
            raise UsageError("the answers of this run are numbers: it has no labels and no thresholds to ask about.")
        return told | of_numbers(folder, stored, answers, page)
    card = threshold_card(answers, label, threshold)
    codes = answers.said
    if threshold is not None and len(answers.labels) == 2:
        second = threshold if card is None or card["label"] == answers.labels[1] else 1 - threshold
        codes = at_threshold(answers, second)
    told |= matrix(answers, codes)
    told["examples"] = cell(folder, stored, answers, codes, (true, said), page)
    return told | {"threshold": card, "calibration": calibration(stored, answers)}


def matrix(answers: Labelled, codes: np.ndarray) -> dict[str, Any]:
    """Return the confusion matrix, the shares of its rows, and the pairs that are confused most."""
    size = len(answers.labels)
    counts = np.bincount(answers.true * size + codes, minlength=size * size).reshape(size, size)
    rows = counts.sum(1, keepdims=True)
    shares = counts / np.maximum(rows, 1)
    off = counts * (1 - np.eye(size, dtype=int))
    order = np.argsort(-off, axis=None, kind="stable")[:CONFUSED]
    pairs = [(int(p) // size, int(p) % size) for p in order if off.flat[p]]
    names = list(answers.labels)
    confused = [
        {"true": names[i], "said": names[j], "count": int(counts[i, j]), "share": float(shares[i, j])} for i, j in pairs
    ]
    found = {"wrong": int((answers.true != codes).sum()), "labels": names, "counts": counts.tolist()}
    return found | {"shares": shares.tolist(), "confused": confused}


def cell(
    run: Path,
    stored: Stored,
    answers: Labelled,
    codes: np.ndarray,
    wanted: tuple[str | None, str | None],
    page: tuple[int, int],
) -> dict[str, Any]:
    """Return the examples of a cell, the surest first."""
    names = answers.labels
    for name in wanted:
        if name is not None and name not in names:
            raise UsageError(unknown("label", name, names))
    kept = np.ones(len(codes), bool) if wanted != (None, None) else answers.true != codes
    for name, found in zip(wanted, (answers.true, codes), strict=True):
        if name is not None:
            kept &= found == names.index(name)
    rows = np.flatnonzero(kept)
    sure = None if answers.probabilities is None else answers.probabilities[np.arange(len(codes)), codes]
    if sure is not None:
        rows = rows[np.argsort(-sure[rows], kind="stable")]
    skip, count = page
    shown = rows[skip : skip + count]
    seen, note = look(run, [int(i) for i in answers.ids[shown]], truths(stored, shown)) if len(shown) else ([], "")
    told = [
        {
            "row": int(answers.ids[i]),
            "true": names[answers.true[i]],
            "said": names[codes[i]],
            "confidence": None if sure is None else float(sure[i]),
            **more,
        }
        for i, more in zip(shown, seen, strict=True)
    ]
    return {"true": wanted[0], "said": wanted[1], "n": len(rows), "skip": skip, "rows": told, "note": note}


def truths(stored: Stored, chosen: np.ndarray) -> list[Any]:
    """Return the true answers of some test examples as they are stored, all targets of them."""
    from ..report.answered import true_answers

    return true_answers(stored)[chosen].tolist()


def calibration(stored: Stored, answers: Labelled) -> dict[str, Any] | None:
    """Return how often answers of a given confidence are right, before and after the run calibrated its probabilities.

    {before, after: {confidence, accuracy, count}, ece: {before, after}, sentence}; without what the run stored of the
    network's own probabilities, `before` is None. None where there are no probabilities.
    """
    path = stored.path / "decision.json"
    kept = read_json(path).get("calibration") if path.exists() else None
    if kept is not None:
        ece = {side: kept["scores"]["ece"][side] for side in ("before", "after")}
        return {**kept["bins"], "ece": ece, "sentence": kept["sentence"]}
    if answers.probabilities is None:
        return None
    after = calibration_curve(answers.true, answers.probabilities)
    count, gaps = np.array(after["count"]), np.abs(np.subtract(after["confidence"], after["accuracy"]))
    ece = {"before": None, "after": float((count * gaps).sum() / count.sum())}
    return {"before": None, "after": after, "ece": ece, "sentence": ""}


def of_numbers(run: Path, stored: Stored, answers: Measured, page: tuple[int, int]) -> dict[str, Any]:
    """Return the residuals of a regression and the rows that are furthest off."""
    error = answers.said - answers.true
    counts, edges = np.histogram(error, bins=min(BINS, max(1, len(error))))
    order = np.argsort(-np.abs(error), kind="stable")
    skip, count = page
    shown = order[skip : skip + count]
    seen, note = look(run, [int(i) for i in answers.ids[shown]], truths(stored, shown)) if len(shown) else ([], "")
    rows = [
        {"row": int(answers.ids[i]), "true": float(answers.true[i]), "said": float(answers.said[i])}
        | {"error": float(error[i]), **more}
        for i, more in zip(shown, seen, strict=True)
    ]
    points = {"row": answers.ids.tolist(), "true": answers.true.tolist(), "said": answers.said.tolist()}
    middle = np.percentile(error, [5, 25, 50, 75, 95]).tolist()
    return {
        "mean": float(error.mean()),
        "quantiles": dict(zip(("5", "25", "50", "75", "95"), middle, strict=True)),
        "mae": float(np.abs(error).mean()),
        "residuals": {"edges": edges.tolist(), "counts": counts.tolist()},
        "points": points,
        "examples": {"n": len(order), "skip": skip, "rows": rows, "note": note},
    }
