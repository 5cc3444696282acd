"""Probable label errors, by confident learning (Northcutt, Jiang and Chuang 2021): rows that all others contradict.

Every row is answered from all others. A wrong label stands out deep inside another class, where a hard example stands
at a border. So the share of wrong labels is taken from the half of the rows whose answer is surest, whatever their own
label says; only where labels are contradicted even there is anything reported. As many rows are named as the
upper end of that share's interval makes: to look at a right label costs less than to miss a wrong one.
"""

from dataclasses import dataclass

import numpy as np

from ..data.dataset import Data
from ..data.shown import png
from ..findings import Finding, Severity
from ..metrics.intervals import wilson
from ..metrics.metric import Score
from .features import features
from .kernel import leave_one_out
from .parts import ids, listed_rows, part_name, part_of, sample

ROWS = 3_000  # rows that are looked at
BLOCK = 2_000  # rows that answer each other
FEWEST = 50
RATE = 0.01  # the share of contradicted labels among the surest answers, from which it is said
COUNT = 3
EVEN = 0.35  # wrong labels are everywhere: among the surest answers at least this share of their share among all
RIGHT = 0.85  # how often the answers must agree with the labels, so that a contradiction means something
SKILL = 0.4  # and of the errors of always giving the most frequent label, the share that is gone
PICTURES = 12
NAMED = 20  # suspects named in the facts, with both labels


@dataclass(frozen=True)
class Suspects:
    """Rows whose label is probably wrong, the surest first, with the label they look like; `rate` is their share."""

    rows: np.ndarray
    looks_like: np.ndarray
    rate: Score


def look(data: Data) -> list[Finding]:
    """Find rows of any part whose label is probably wrong."""
    if data.task != "classification":
        return []
    rows = sample(np.flatnonzero(part_of(data) >= 0), ROWS, data, 0x1A)
    labels = data.y.cpu().numpy()[rows]
    if len(rows) < FEWEST or np.bincount(labels).max() == len(rows):
        return []
    found = suspects(probabilities(data, rows, labels), labels)
    return [] if found is None else [finding(data, found, rows)]


def probabilities(data: Data, rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return what the other rows say of each row, (n, classes), by kernel ridge regression in blocks of rows."""
    table = features(data, rows)
    answers = (labels[:, None] == np.arange(data.schema.outputs)).astype(np.float32)
    blocks = max(1, -(-len(rows) // BLOCK))
    place = np.random.default_rng([data.seed, 0x1B]).permutation(len(rows)) % blocks
    found = np.empty(answers.shape)
    for block in range(blocks):
        found[place == block] = leave_one_out(table[place == block], answers[place == block])
    found = np.clip(found, 1e-6, None)
    return found / found.sum(1, keepdims=True)


def suspects(probabilities: np.ndarray, labels: np.ndarray) -> Suspects | None:
    """Return the rows whose label is probably wrong, None where nothing speaks for wrong labels.

    `probabilities` (n, classes) are out of sample, `labels` (n,) the codes given.
    """
    guess, surest = probabilities.argmax(1), probabilities.max(1)
    wrong = guess != labels
    inside = surest >= np.median(surest)
    rate = wilson(int((wrong & inside).sum()), int(inside.sum()))
    most = np.bincount(labels).max() / len(labels)
    skilled = 1 - wrong.mean() >= max(RIGHT, 1 - (1 - SKILL) * (1 - most))
    even = rate.value >= EVEN * wrong.mean()
    if not skilled or not even or rate.value < RATE or (wrong & inside).sum() < COUNT:
        return None
    given = probabilities[np.arange(len(labels)), labels]
    count = max(round(rate.high * len(labels)), int((confident(probabilities, labels) & wrong).sum()))
    order = np.argsort(given - surest, kind="stable")[: min(count, int(wrong.sum()))]
    return Suspects(order, guess[order], rate)


def confident(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the rows that are counted off the diagonal of the confident joint (Northcutt et al. 2021, equation 1)."""
    classes = probabilities.shape[1]
    own = np.bincount(labels, probabilities[np.arange(len(labels)), labels], classes)
    thresholds = own / np.maximum(np.bincount(labels, minlength=classes), 1)
    above = np.where(probabilities >= np.where(thresholds > 0, thresholds, 2), probabilities, -1)
    found: np.ndarray = (above.max(1) >= 0) & (above.argmax(1) != labels)
    return found


def finding(data: Data, found: Suspects, rows: np.ndarray) -> Finding:
    """Say how many labels are probably wrong, and show the surest."""
    names, positions = data.schema.labels, rows[found.rows]
    part, given = part_of(data)[positions], data.y.cpu().numpy()[positions]
    everywhere = int((part_of(data) >= 0).sum())
    low, high = (100 * v for v in (found.rate.low, found.rate.high))
    in_parts = ", ".join(f"{n:,} in {part_name(c)}" for c in range(3) if (n := int((part == c).sum())))
    text = (
        f"About {100 * found.rate.value:.2g} % of the labels are probably wrong (95 % interval {low:.2g} to "
        f"{high:.2g} %): {len(positions):,} of the {len(rows):,} rows looked at ({in_parts}) look like another class."
    )
    if everywhere > len(rows):
        text += f" In all {everywhere:,} rows that would be about {round(found.rate.value * everywhere):,}."
    name = ids(data, positions)
    says = [
        {"row": row, "given": names[g], "looks like": names[o], "part": part_name(p)}
        for row, g, o, p in zip(name[:NAMED], given, found.looks_like, part, strict=False)
    ]
    pictures = [
        {"row": r, "picture": png(data.x[i]), "caption": f"row {r}: {names[g]}; looks like {names[o]}"}
        for r, i, g, o in zip(name[:PICTURES], positions, given, found.looks_like, strict=False)
        if data.schema.image is not None
    ]
    severity: Severity = "serious" if found.rate.low >= 0.02 else "warning"
    facts = {"rate": found.rate.to_dict(), "suspects": len(positions), "rows looked at": len(rows), "examples": says}
    flag, target = f"--without {listed_rows(name)}", next(iter(data.schema.targets))
    return Finding("label errors", severity, text, flag, target, name, pictures=tuple(pictures), facts=facts)
