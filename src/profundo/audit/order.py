"""Rows that follow each other: video frames, or measurements in time, dealt out at random to training and test part."""

import numpy as np

from ..data.dataset import Data
from ..data.kinds import shell
from ..data.values import dates
from ..findings import Finding, Severity
from ..schema import Date
from .features import features
from .parts import ids, part_of

PAIRS = 400  # rows that are compared with their next
RIVALS = 200  # random rows of the same label, each compared with the same row
FEWEST = 60
COLUMNS = 4  # with fewer columns, a sorted table looks like a series
RATIO = 0.25  # the distance to the next row, as a share of the distance to a random one
NEAREST = 0.5  # the share of rows to which the next is nearer than all rivals
DRIFT = 0.2  # the correlation of a target with its value at the next point in time


def look(data: Data) -> list[Finding]:
    """Find rows that resemble the next one far more than any other, and dates, where the split is at random."""
    return [*consecutive(data), *dated(data)]


def consecutive(data: Data) -> list[Finding]:
    """Compare each row with the next of the source and with random rows of the same label.

    Among rows of one label only, so that a file sorted by its label is not taken for a film.
    """
    pairs = neighbours(data)
    if len(pairs) < FEWEST:
        return []
    generator = np.random.default_rng([data.seed, 0x0F])
    pairs = pairs[np.sort(generator.choice(len(pairs), min(PAIRS, len(pairs)), replace=False))]
    rivals = generator.choice(len(data.x), min(5 * RIVALS, len(data.x)), replace=False)
    table = features(data, np.concatenate([*pairs.T, rivals]))
    if table.shape[1] < COLUMNS:
        return []
    left, right, others = np.split(table.astype(np.float64), [len(pairs), 2 * len(pairs)])
    to_next = ((left - right) ** 2).sum(1)
    to_others = np.maximum((left**2).sum(1)[:, None] + (others**2).sum(1) - 2 * left @ others.T, 0)
    allowed = alike(data, pairs[:, 0], rivals) & (np.abs(pairs[:, :1] - rivals) > 50)
    usable = allowed.sum(1) >= 5
    if usable.sum() < FEWEST:
        return []
    to_others = np.where(allowed, to_others, np.nan)[usable]
    ratio = float(to_next[usable].mean() / max(np.nanmean(to_others), 1e-12))
    nearest = float((to_next[usable] < np.nanmin(to_others, 1)).mean())
    if ratio > RATIO or nearest < NEAREST:
        return []
    text = (
        f"Each row resembles the next: their distance is {ratio:.2g} of that of random rows of one label, as with "
        "video frames or a series in time. Neighbours stand in training and test part, so the scores are too good."
    )
    named = tuple(zip(ids(data, pairs[:20, 0]), ids(data, pairs[:20, 1]), strict=True))
    facts = {"distance ratio": ratio, "next is nearest": nearest, "n": int(usable.sum())}
    flag = "--group COLUMN, --time COLUMN, or rows in order of time and --split COLUMN"
    return [Finding("consecutive rows", "serious", text, flag, rows=ids(data, pairs[:, 0]), pairs=named, facts=facts)]


def neighbours(data: Data) -> np.ndarray:
    """Return the pairs (k, 2) of rows that follow each other, one training and the other not; of one label each."""
    rows, part = data.ids.cpu().numpy(), part_of(data)
    order = np.argsort(rows, kind="stable")
    pairs = np.stack([order[:-1], order[1:]], 1)
    pairs = pairs[(np.diff(rows[order]) == 1) & (part[pairs] >= 0).all(1)]
    divided = (part[pairs[:, 0]] == 0) != (part[pairs[:, 1]] == 0)
    if not len(pairs) or divided.mean() < 0.1:
        return pairs[:0]
    if data.task == "classification":
        y = data.y.cpu().numpy()
        divided &= y[pairs[:, 0]] == y[pairs[:, 1]]
    return pairs[divided]


def alike(data: Data, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Say for each of the rows which of the others have its label; all, where there are no labels."""
    if data.task != "classification":
        return np.ones((len(rows), len(others)), bool)
    y = data.y.cpu().numpy()
    found: np.ndarray = y[rows][:, None] == y[others]
    return found


def dated(data: Data) -> list[Finding]:
    """Find dates of which the later ones train and the earlier ones test."""
    if data.frame is None:
        return []
    part, found = part_of(data), []
    for name, kind in data.schema.inputs.items():
        if not isinstance(kind, Date):
            continue
        times = dates(data.frame[name], kind.format)[0]
        known = np.isfinite(times)
        held, train = times[known & (part == 2)], times[known & (part == 0)]
        if len(held) < FEWEST or len(train) < FEWEST or (held < np.quantile(train, 0.9)).mean() < 0.5:
            continue
        found.append(date_finding(data, name, drift(data, np.flatnonzero(known & (part >= 0)), times)))
    return found


def drift(data: Data, rows: np.ndarray, times: np.ndarray) -> float:
    """Return the correlation of the answers with those of the next row in time, the largest over labels or targets."""
    y = data.y.cpu().numpy()[rows[np.argsort(times[rows], kind="stable")]].astype(np.float64)
    if data.task == "classification":
        y = (y[:, None] == np.arange(data.schema.outputs)).astype(np.float64)
    y = y.reshape(len(y), -1)
    y = y[:, y.std(0) > 0] - y[:, y.std(0) > 0].mean(0)
    return float(((y[1:] * y[:-1]).mean(0) / (y * y).mean(0)).max(initial=0.0))


def date_finding(data: Data, name: str, found: float) -> Finding:
    """Advise a split by time; it matters where the target goes with the time."""
    severity: Severity = "warning" if found >= DRIFT else "minor"
    text = (
        f"The rows have dates ({name}) and are split at random: training sees days after those it is tested on. "
        f"The target's correlation with its next value in time is {found:.2f}."
    )
    return Finding("random split of dates", severity, text, f"--time {shell(name)}", name, facts={"correlation": found})
