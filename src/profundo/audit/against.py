"""Two sources held against each other: rows of one that stand in the other, exactly or nearly, and other labels."""

from dataclasses import replace

import numpy as np
import torch

from ..data.dataset import Data
from ..findings import Finding, Severity
from ..metrics import wilson
from ..schema import Text
from .alike import near_pictures
from .alike_rows import near_rows
from .alike_texts import near_texts
from .near import written
from .pairs import MUCH
from .parts import SHOWN, counted, ids, inputs
from .rows import row_hashes

ROWS = 20_000  # rows of each source that are compared for near copies


def against(data: Data, other: Data) -> list[Finding]:
    """Find rows of `data` that stand in `other`, exactly or nearly; the label there differs where it says so.

    Both are loaded by the same plan. Rows are those of `data`; each pair is (row of data, row of other).
    """
    if (data.schema.image is None) != (other.schema.image is None):
        return [Finding("other kind of data", "serious", "One source holds pictures and the other does not.")]
    exact = equal(data, other)
    found = told(data, other, exact, "copies in the other source", "stand there too")
    near = [pair for pair in nearly(data, other) if pair[0] not in set(exact[:, 0].tolist())]
    return found + told(data, other, np.array(near, np.int64).reshape(-1, 2), "near copies in the other source",
                        "stand there nearly the same")  # fmt: skip


def equal(data: Data, other: Data) -> np.ndarray:
    """Return pairs (m, 2) of positions whose inputs are equal, the first row of the other for each."""
    one, two = keys(data, other), keys(other, data)
    first = {key: place for place, key in reversed(list(enumerate(two.tolist())))}
    pairs = [(place, first[key]) for place, key in enumerate(one.tolist()) if key in first]
    return np.array(pairs, np.int64).reshape(-1, 2)


def keys(data: Data, other: Data) -> np.ndarray:
    """Return a hash of each row's inputs, as the source has them, or of its pixels."""
    frame, theirs = inputs(data), inputs(other)
    if frame is None or theirs is None:
        return np.array([hash(row.tobytes()) for row in data.x.cpu().numpy()])
    common = [name for name in frame.columns if name in theirs.columns]
    return row_hashes(frame[common].astype(str))


def nearly(data: Data, other: Data) -> list[tuple[int, int]]:
    """Return pairs of positions that are nearly the same, from the first rows of both."""
    import pandas as pd

    count, rest = min(len(data.x), ROWS), min(len(other.x), ROWS)
    if data.schema.image is not None:
        if data.x.shape[1:] != other.x.shape[1:]:
            return []
        pairs = near_pictures(torch.cat([data.x[:count].cpu(), other.x[:rest].cpu()]))
    else:
        one, two = inputs(data), inputs(other)
        if one is None or two is None:
            return []
        common = [name for name in one.columns if name in two.columns]
        both = pd.concat([one[common].head(count), two[common].head(rest)], ignore_index=True)
        texts = [name for name in common if isinstance(data.schema.inputs[name], Text)]
        joined = [" ".join(c) for c in zip(*(written(both[n]) for n in texts), strict=True)] if texts else []
        pairs = near_texts(joined) if texts else near_rows(both)
    crossing = pairs[(pairs[:, 0] < count) & (pairs[:, 1] >= count)]
    return [(int(a), int(b) - count) for a, b in crossing]


def told(data: Data, other: Data, pairs: np.ndarray, name: str, how: str) -> list[Finding]:
    """Say how many rows were found in the other source, and how many have another label there."""
    if not len(pairs):
        return []
    _, first = np.unique(pairs[:, 0], return_index=True)
    pairs = pairs[np.sort(first)]
    share = wilson(len(pairs), len(data.x))
    severity: Severity = "serious" if share.value > MUCH and len(pairs) > 2 else "warning"
    rows = f"{counted(len(pairs), 'row')} of {len(data.x):,} ({100 * share.value:.2g} %)"
    text = f"{rows} of {data.name} {how}: {other.name}"
    differing = differ(data, other, pairs)
    if len(differing):
        text += f"; {counted(len(differing), 'of them has another label', 'of them have another label')}"
    left, right = ids(data, pairs[:, 0]), ids(other, pairs[:, 1])
    facts = {"copies": len(pairs), "share": share.to_dict(), "other label": len(differing)}
    listed = ",".join(map(str, left[:8])) + (",..." if len(left) > 8 else "")
    made = Finding(name, severity, text + ".", f"--without {listed}", rows=left, facts=facts)
    return [replace(made, pairs=tuple(zip(left, right, strict=True))[:SHOWN])]


def differ(data: Data, other: Data, pairs: np.ndarray) -> np.ndarray:
    """Return the pairs whose labels differ."""
    if data.task != "classification" or other.task != "classification":
        return pairs[:0]
    here, there = np.array(data.schema.labels), np.array(other.schema.labels)
    one, two = (d.y.cpu().numpy() for d in (data, other))
    return pairs[here[one[pairs[:, 0]]] != there[two[pairs[:, 1]]]]
