"""Classification: the confusion matrix, ROC and precision-recall curves, calibration, and each label's scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import starmap

import numpy as np

from ..charts import Axis, Line, heat_map, histogram, line_chart, number, shorten
from ..metrics.classification import BINS
from ..metrics.curves import calibration_curve, confusion_matrix, precision_recall_curve, roc_curve
from ..metrics.ranking import areas, rank
from .html import Html, figure, figures, fold, joined, paragraph, table, tag
from .training import thin

MATRIX_LABELS = 20
CURVES = 10
PAIRS = 20
LABELS_SHOWN = 200
Curve = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Answers:
    """`truth` (n, labels) bool; `shares` (n, labels) probabilities; codes (n,) where each example has one label."""

    labels: tuple[str, ...]
    truth: np.ndarray
    shares: np.ndarray | None = None
    true: np.ndarray | None = None
    given: np.ndarray | None = None


def classification_figures(answers: Answers) -> Html:
    """Draw all that fits the answers."""
    parts = []
    if answers.true is not None and answers.given is not None:
        parts.append(confusion(answers.labels, answers.true, answers.given))
    if answers.shares is not None and np.isfinite(answers.shares).all() and len(answers.truth):
        parts.append(figures(*curve_figures(answers), *calibration_figures(answers)))
    parts.append(label_table(answers))
    return joined(parts)


def confusion(labels: Sequence[str], true: np.ndarray, given: np.ndarray) -> Html:
    """Show what was taken for what: a heat map for few labels, the pairs most often confused for many."""
    counts = np.array(confusion_matrix(true, given, labels)["counts"])
    wrong = int(len(true) - counts.trace())
    words = f"{number(len(true) - wrong)} of {number(len(true))} right, {number(wrong)} wrong"
    pairs = confused_pairs(labels, counts)
    if len(labels) > MATRIX_LABELS:
        return joined([tag("h3", f"Most often confused: {words}"), pairs])
    rows = [[tag("b", label), *row] for label, row in zip(labels, counts.tolist(), strict=True)]
    twin = table(["true \\ predicted", *labels], rows, "matrix")
    title = "Confusion matrix: true labels down, predicted labels across"
    chart = heat_map(counts, labels, labels, title, words, "true ↓  predicted →")
    matrix = figure(chart, f"Confusion matrix: {words}. Each row is shaded by its shares.", twin)
    beside = tag("div", tag("h3", "Most often confused"), pairs) if wrong and len(labels) > 2 else Html("")
    return figures(matrix, beside)


def confused_pairs(labels: Sequence[str], counts: np.ndarray) -> Html:
    """List the pairs of labels that are most often confused."""
    off = counts * ~np.eye(len(labels), dtype=bool)
    most = np.argsort(-off, axis=None, kind="stable")[:PAIRS]
    pairs = [(int(i // len(labels)), int(i % len(labels))) for i in most]
    rows = [
        [labels[i], labels[j], int(off[i, j]), f"{100 * off[i, j] / counts[i].sum():.1f} %"]
        for i, j in pairs
        if off[i, j]
    ]
    head = ["true", "predicted as", "times", "share of the true label"]
    return table(head, rows[: 8 if len(labels) <= MATRIX_LABELS else PAIRS])


def curve_figures(answers: Answers) -> list[Html]:
    """Draw the ROC and the precision-recall curves: of the second of two labels, of more each against the rest."""
    assert answers.shares is not None
    binary = answers.true is not None and len(answers.labels) == 2
    both = [k for k in range(len(answers.labels)) if 0 < answers.truth[:, k].sum() < len(answers.truth)]
    chosen = [k for k in both if k == 1 or not binary]
    if not chosen:
        return []
    pairs = [(answers.truth[:, k], answers.shares[:, k]) for k in chosen]
    names = [answers.labels[k] for k in chosen]
    whole = np.ones((1, len(answers.truth)))
    auc, precision = np.array([areas(rank(*pair), whole) for pair in pairs])[:, :, 0].T
    roc = [(np.array(c["false_positive_rate"]), np.array(c["true_positive_rate"])) for c in starmap(roc_curve, pairs)]
    recall = [from_zero(c["recall"], c["precision"]) for c in starmap(precision_recall_curve, pairs)]
    chance = Line("by chance", [0, 1], [0, 1], faint=True)
    return [
        curve_figure(names, roc, auc, ROC, [chance]),
        curve_figure(names, recall, precision, RECALL, []),
    ]


@dataclass(frozen=True)
class CurveWords:
    """What a kind of curve is called, and what its axes and the area under it are."""

    name: str
    x: str
    y: str
    area: str
    help: str


ROC = CurveWords("ROC curve", "false-positive rate", "true-positive rate", "ROC AUC", "the diagonal is chance")
RECALL = CurveWords("Precision-recall curve", "recall", "precision", "average precision", "the top right is perfect")


def curve_figure(
    names: Sequence[str], curves: Sequence[Curve], values: np.ndarray, words: CurveWords, lines: list[Line]
) -> Html:
    """Draw one curve in full, or several faintly behind their mean; `values` are the areas under them."""
    if len(curves) == 1:
        x, y = curves[0]
        lines = [*lines, Line("", x, y)]
        caption = f"{words.name} of {shorten(names[0])}, {words.area} {values[0]:.3f}: {words.help}."
        twin = table([words.x, words.y], [[f"{a:.3f}", f"{b:.3f}"] for a, b in thin(list(zip(x, y, strict=True)), 20)])
    else:
        each = [Line(name, *curve, faint=True) for name, curve in zip(names, curves, strict=True)]
        lines = [*lines, *each[:CURVES], Line("mean", *mean_curve(curves))]
        caption = f"{words.name}s of each label against the rest; mean {words.area} {values.mean():.3f}: {words.help}."
        rows = [[name, f"{value:.3f}"] for name, value in zip(names, values.tolist(), strict=True)]
        twin = table(["label", words.area], rows[:LABELS_SHOWN])
    return figure(line_chart(lines, words.name, Axis(words.x, 0, 1), Axis(words.y, 0, 1), caption), caption, twin)


def from_zero(recall: Sequence[float], precision: Sequence[float]) -> Curve:
    """Begin a precision-recall curve at recall 0, at the height of its first point."""
    return np.array([0.0, *recall]), np.array([precision[0], *precision])


def mean_curve(curves: Sequence[Curve]) -> Curve:
    """Return the mean height of several curves, over the points of x at which any of them turns."""
    grid = np.linspace(0, 1, 201)
    mean = np.mean([np.interp(grid, x, y) for x, y in curves], axis=0)
    first = np.mean([y[0] for _, y in curves])
    return np.append(0.0, grid), np.append(first, mean)


def calibration_figures(answers: Answers) -> list[Html]:
    """Draw how often answers of a given confidence are right, and how many there are of each."""
    assert answers.shares is not None
    y, shares = answers.true, answers.shares
    if y is None:  # each target of a multilabel task is an answer of its own
        flat = shares.ravel().astype(float)
        y, shares = answers.truth.ravel().astype(int), np.stack([1 - flat, flat], axis=1)
    curve = calibration_curve(y, shares)
    confidence, right, count = (np.array(curve[name]) for name in ("confidence", "accuracy", "count"))
    gap = float(np.sum(np.abs(confidence - right) * count) / count.sum())
    caption = f"Calibration: confidence and share of right answers differ by {gap:.3f}; on the diagonal they agree."
    lines = [Line("perfect", [0, 1], [0, 1], faint=True), Line("", confidence, right, dots=True)]
    chart = line_chart(lines, "Reliability diagram", Axis("confidence", 0, 1), Axis("share right", 0, 1), caption)
    rows = [[f"{c:.3f}", f"{r:.3f}", int(n)] for c, r, n in zip(confidence, right, count, strict=True)]
    counts, edges = np.histogram(shares.max(axis=1), bins=BINS, range=(0, 1))
    words = f"Confidence of the {number(len(y))} answers: the probability that the network gave to what it said."
    bars = histogram(edges, counts, "Histogram of the confidence", Axis("confidence"), words)
    bins = [[f"{a:.2f} to {b:.2f}", int(n)] for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True) if n]
    return [
        figure(chart, caption, table(["mean confidence", "share right", "answers"], rows)),
        figure(bars, words, table(["confidence", "answers"], bins)),
    ]


def label_table(answers: Answers) -> Html:
    """Show precision, recall and F1 of each label."""
    given = answers.shares > 0.5 if answers.shares is not None else np.zeros_like(answers.truth)
    if answers.given is not None:
        given = np.eye(len(answers.labels), dtype=bool)[answers.given]
    hits, said, real = ((answers.truth & given).sum(0), given.sum(0), answers.truth.sum(0))
    rows = [
        [label, int(r), ratio(h, s), ratio(h, r), ratio(2 * h, s + r)]
        for label, h, s, r in zip(answers.labels, hits.tolist(), said.tolist(), real.tolist(), strict=True)
    ][:LABELS_SHOWN]
    found = table(["label", "n", "precision", "recall", "F1"], rows)
    note = paragraph(f"The first {LABELS_SHOWN} of {len(answers.labels)} labels.", kind="quiet")
    body = joined([found, note if len(answers.labels) > LABELS_SHOWN else Html("")])
    return fold(f"Each of the {len(answers.labels)} labels", body, opened=len(rows) <= MATRIX_LABELS)


def ratio(part: float, whole: float) -> str:
    """Write a share, "–" of nothing."""
    return f"{part / whole:.3f}" if whole else "–"
