"""How often each label occurs: classes that are much rarer than others, and classes too small to learn or to test."""

import numpy as np

from ..data.dataset import Data
from ..data.kinds import listed
from ..findings import Finding, Severity
from .parts import part_of, training

RATIO = 5.0  # the most frequent class against the rarest, from which it is said
SEVERE = 20.0
TINY = 10  # rows of a class in all parts together
TESTED = 3  # rows of a class in the test part, fewer of which tell nothing


def look(data: Data) -> list[Finding]:
    """Find imbalance and tiny classes; of a multilabel task, answers that are nearly always or nearly never given."""
    if data.task == "classification":
        return [*imbalance(data), *tiny(data)]
    return rare_answers(data) if data.task == "multilabel" else []


def imbalance(data: Data) -> list[Finding]:
    """Compare the most frequent class of the training part with the rarest."""
    names = data.schema.labels
    counts = np.bincount(data.y.cpu().numpy()[training(data)], minlength=len(names))
    most, least = int(counts.argmax()), int(counts.argmin())
    ratio = counts[most] / max(counts[least], 1)
    if ratio < RATIO:
        return []
    always = counts[most] / counts.sum()
    text = (
        f"{names[most]!r} has {counts[most]:,} training rows, {names[least]!r} {counts[least]:,}, one for every "
        f"{ratio:.3g}; always answering {names[most]!r} has accuracy {always:.3f}, so look at balanced accuracy."
    )
    severity: Severity = "warning" if ratio >= SEVERE else "minor"
    facts = {"ratio": float(ratio), "counts": {n: int(c) for n, c in zip(names, counts, strict=True)}}
    return [Finding("class imbalance", severity, text, "--balance auto", next(iter(data.schema.targets)), facts=facts)]


def tiny(data: Data) -> list[Finding]:
    """Name the classes with few rows in all, or hardly any in the test part."""
    names, y, part = data.schema.labels, data.y.cpu().numpy(), part_of(data)
    counts = np.bincount(y[part >= 0], minlength=len(names))
    tested = np.bincount(y[part == 2], minlength=len(names))
    few = np.flatnonzero((counts < TINY) | (tested < TESTED))
    if not len(few):
        return []
    few = few[np.argsort(counts[few], kind="stable")]
    shown = listed([f"{names[c]!r} ({counts[c]:,} rows, {tested[c]:,} in the test part)" for c in few])
    text = f"Classes too small to be learnt and tested: {shown}. Collect more rows, or join classes."
    facts = {"classes": {names[c]: {"rows": int(counts[c]), "test": int(tested[c])} for c in few}}
    return [
        Finding("tiny classes", "warning", text, "--evaluate kfold:5", next(iter(data.schema.targets)), facts=facts)
    ]


def rare_answers(data: Data) -> list[Finding]:
    """Name the targets of a multilabel task that are nearly always the same."""
    shares = data.y[data.splits["train"]].float().mean(0).cpu().numpy()
    rarer = np.minimum(shares, 1 - shares)
    few = np.flatnonzero(rarer < 1 / (1 + SEVERE))
    if not len(few):
        return []
    names = list(data.schema.targets)
    shown = listed([f"{names[i]} ({100 * shares[i]:.2g} % yes)" for i in few])
    text = f"Targets that are nearly always the same in the training part: {shown}."
    facts = {"shares": {names[i]: float(shares[i]) for i in few}}
    return [Finding("class imbalance", "warning", text, "--balance auto", names[few[0]], facts=facts)]
