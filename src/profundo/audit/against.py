"""Two sources held against each other: rows that stand in both, exactly or nearly, and columns or labels of one alone.

Whether the two are drawn from the same distribution is asked elsewhere (profundo.shift).
"""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from ..data.copies import find_copies
from ..data.dataset import Data
from ..data.kinds import listed
from ..findings import Finding, Severity
from ..metrics.intervals import wilson
from ..schema import Category
from .near import MUCH, across, picture, severe
from .parts import SHOWN, counted, inputs, listed_rows

PICTURES = 8  # pairs that are shown


def against(data: Data, other: Data) -> list[Finding]:
    """Find what `data` (SOURCE) and `other` (SOURCE2) have in common and should not, or have not and should.

    Both are loaded by the same plan; their splits do not matter. A pair is (row of data, row of other).
    """
    if (data.schema.image is None) != (other.schema.image is None):
        text = f"One of {data.name} and {other.name} holds pictures, the other a table: nothing can be compared."
        return [Finding("other kind of data", "serious", text)]
    return [*columns(data, other), *labels(data, other), *shared(data, other)]


def columns(data: Data, other: Data) -> list[Finding]:
    """Find inputs that one source has and the other has not."""
    if data.frame is None or other.frame is None or data.schema.image is not None:
        return []
    found = []
    ways: tuple[tuple[Data, Data, Severity], ...] = ((data, other, "serious"), (other, data, "minor"))
    for one, two, severity in ways:
        missing = [name for name in one.schema.inputs if two.frame is not None and name not in two.frame.columns]
        if missing:
            text = f"{two.name} has no {listed(missing)}, which {one.name} uses as input."
            flag = f"--drop {missing[0]}"
            found.append(Finding("missing column", severity, text, flag, place=missing[0], facts={"columns": missing}))
    return found


def labels(data: Data, other: Data) -> list[Finding]:
    """Find labels of a target that one source has and the other has not."""
    found = []
    for name, kind in data.schema.targets.items():
        theirs = other.schema.targets.get(name)
        if not isinstance(kind, Category) or not isinstance(theirs, Category):
            continue
        new = [label for label in theirs.labels if label not in kind.labels]
        lost = [label for label in kind.labels if label not in theirs.labels]
        if new:
            text = f"{other.name} has labels of {name} that {data.name} cannot teach: {listed(new)}."
            found.append(Finding("new labels", "serious", text, place=name, facts={"labels": new}))
        if lost:
            text = f"{other.name} has no rows of these labels of {name}: {listed(lost)}."
            found.append(Finding("missing labels", "minor", text, place=name, facts={"labels": lost}))
    return found


def shared(data: Data, other: Data) -> list[Finding]:
    """Find rows of the second source that stand in the first too."""
    rows = together(data, other)
    if rows is None:
        return []
    count = len(data.x)
    copies = find_copies(rows, held=np.arange(count, count + len(other.x)), seed=data.seed)
    first = np.full(copies.codes.max() + 1, -1, np.int64)
    first[copies.codes[:count][::-1]] = np.arange(count)[::-1]
    theirs = copies.codes[count:]
    equal = np.flatnonzero(first[theirs] >= 0)
    exact = np.stack([first[theirs[equal]], equal], 1)
    near = across(copies, np.repeat([0, 1], [count, len(theirs)])) - [0, count]
    limits = ((exact, MUCH["text"]), (near, MUCH[copies.what]))
    severities = [severe(len(p), wilson(len(p), len(theirs)).low, much) for p, much in limits]
    return [
        *told(data, other, exact, "copies in both sources", severities[0]),
        *told(data, other, near, "near copies in both sources", severities[1]),
    ]


def together(data: Data, other: Data) -> Any:
    """Return the inputs of both sources below each other: pictures of one size, or the columns that both have."""
    import pandas as pd

    if data.schema.image is not None:
        one, two = data.x.cpu(), other.x.cpu()
        channels = max(one.shape[1], two.shape[1])
        one, two = (x.expand(-1, channels, -1, -1) for x in (one, two))
        if one.shape[2:] != two.shape[2:]:
            size = [one.shape[2], one.shape[3]]
            two = F.interpolate(two.float(), size, mode="bilinear", antialias=True).round().clamp(0, 255).byte()
        return torch.cat([one, two])
    frame, theirs = inputs(data), inputs(other)
    if frame is None or theirs is None:
        return None  # the numbers of x are in units of their own
    common = [name for name in frame.columns if name in theirs.columns]
    return pd.concat([frame[common], theirs[common]], ignore_index=True) if common else None


def told(data: Data, other: Data, pairs: np.ndarray, name: str, severity: Severity) -> list[Finding]:
    """Say how many rows of the second source were found in the first, and how many of them with another label."""
    if not len(pairs):
        return []
    share = wilson(len(pairs), len(other.x))
    what = counted(len(pairs), "picture" if data.schema.image is not None else "row")
    how = "nearly the same in" if name.startswith("near") else "in"
    text = f"{what} of {other.name} ({100 * share.value:.2g} % of {len(other.x):,}) stand {how} {data.name} too"
    facts: dict[str, Any] = {"copies": len(pairs), "share": share.to_dict()}
    if data.task == other.task == "classification":
        here, there = np.array(data.schema.labels, object), np.array(other.schema.labels, object)
        differ = int((here[data.y.cpu()[pairs[:, 0]]] != there[other.y.cpu()[pairs[:, 1]]]).sum())
        facts["other label"] = differ
        text += f"; {differ:,} of them with another label" if differ else ""
    left, right = data.ids.cpu().numpy()[pairs[:, 0]].tolist(), other.ids.cpu().numpy()[pairs[:, 1]].tolist()
    shown = []
    if data.schema.image is not None:
        for a, b in pairs[:PICTURES].tolist():
            for source, i in ((data, a), (other, b)):
                shown.append(picture(source, i) | {"caption": f"row {int(source.ids[i])} of {source.name}"})
    return [
        Finding(
            name,
            severity,
            text + ": a test on them would be too good.",
            f"--without {listed_rows(tuple(dict.fromkeys(left)))}",
            rows=tuple(left[:SHOWN]),
            pairs=tuple(zip(left, right, strict=True))[:SHOWN],
            pictures=tuple(shown),
            facts=facts,
        )
    ]
