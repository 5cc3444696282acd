"""Pairs of near copies as findings: those that stand in two parts, and those within one."""

from typing import TYPE_CHECKING

import numpy as np

from ..data.dataset import Data
from ..data.shown import png
from ..findings import Finding, Severity
from ..metrics import wilson
from .parts import SHOWN, counted, ids, part_name, part_of

if TYPE_CHECKING:
    import pandas as pd

MUCH = 0.01  # of the held-out rows, from which near copies of training rows spoil the score
PICTURES = 6  # pairs that are shown


def unequal(frame: "pd.DataFrame", pairs: np.ndarray) -> np.ndarray:
    """Leave out the pairs (m, 2) whose rows are equal: exact copies are told of elsewhere."""
    from .rows import row_hashes

    hashes = row_hashes(frame)
    return pairs[hashes[pairs[:, 0]] != hashes[pairs[:, 1]]]


def findings(data: Data, pairs: np.ndarray, looked_at: int, what: str) -> list[Finding]:
    """Return the findings for pairs (m, 2) of positions of `what`, the closest pair first."""
    if not len(pairs):
        return []
    part = part_of(data)
    sides = part[pairs]
    over = (sides[:, 0] != sides[:, 1]) & (sides.min(1) == 0)
    found = []
    if over.any():
        crossing = np.take_along_axis(pairs[over], np.argsort(sides[over], axis=1), axis=1)  # the training row first
        held, copied = int((part > 0).sum()), len(np.unique(crossing[:, 1]))
        share = wilson(copied, held)
        severity: Severity = "serious" if share.value > MUCH and copied > 2 else "warning" if copied > 2 else "minor"
        text = (
            f"{counted(copied, f'validation or test {what[:-1]}', f'validation or test {what}')} of {held:,} "
            f"({100 * share.value:.2g} %) {'is' if copied == 1 else 'are'} nearly the same as a training {what[:-1]}, "
            "so the scores are too good."
        )
        found.append(
            finding(data, "near copies across parts", severity, text, "--copies together", crossing, looked_at)
        )
    if (~over).any():
        rest = pairs[~over]
        share_within = len(rest) / max(looked_at, 1)
        text = (
            f"{counted(len(rest), 'pair')} of {what} of one part {'is' if len(rest) == 1 else 'are'} nearly the same."
        )
        severity = "warning" if share_within > 0.05 else "minor"
        found.append(finding(data, "near copies", severity, text, "--copies drop", rest, looked_at))
    return found


def finding(
    data: Data, name: str, severity: Severity, text: str, flag: str, pairs: np.ndarray, looked_at: int
) -> Finding:
    """Build a finding with its evidence."""
    left, right = ids(data, pairs[:, 0]), ids(data, pairs[:, 1])
    part = part_of(data)
    pictures = [
        {"row": row, "picture": png(data.x[place]), "caption": f"row {row}, {part_name(int(part[place]))}"}
        for pair in pairs[:PICTURES]
        for place, row in zip(pair.tolist(), ids(data, pair), strict=True)
        if data.schema.image is not None
    ]
    facts = {"pairs": len(pairs), "rows looked at": looked_at}
    return Finding(
        name, severity, text, flag, rows=tuple(dict.fromkeys(right)), pairs=tuple(zip(left, right, strict=True))[:SHOWN],
        pictures=tuple(pictures), facts=facts,
    )  # fmt: skip
