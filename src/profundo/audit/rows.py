"""Exact copies: rows that occur more than once, in one part or in several; and equal inputs of unequal labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..data.copies.families import row_hashes
from ..data.dataset import Data
from ..data.shown import png
from ..findings import Finding, Severity
from ..metrics.intervals import wilson
from ..schema import Text, Tokens
from .parts import SHOWN, codes_of, counted, ids, inputs, listed_rows, part_of

if TYPE_CHECKING:
    pass

LARGEST = 500_000_000  # values that are hashed
BY_CHANCE = 0.1  # copies are chance where independent columns would give this share of their pairs
PICTURES = 6  # pairs of pictures that are shown


@dataclass(frozen=True)
class Copies:
    """Which rows are equal: rows of equal `inputs` (n,) have equal inputs, of equal `rows` equal answers too."""

    inputs: np.ndarray
    rows: np.ndarray
    part: np.ndarray


def look(data: Data) -> list[Finding]:
    """Find copies across parts, copies within a part, and equal inputs with different labels."""
    if data.x.numel() > LARGEST:
        return []
    found = equal_rows(data)
    if found.inputs.max(initial=-1) + 1 == len(found.inputs):
        return []
    chance = by_chance(data, found)
    return [*across(data, found, chance), *within(data, found, chance), *conflicts(data, found, chance)]


def equal_rows(data: Data) -> Copies:
    """Give equal rows equal numbers, by the source's values for a table and by the pixels for pictures."""
    import pandas as pd

    frame = inputs(data)
    keys = [hash(row.tobytes()) for row in data.x.cpu().numpy()] if frame is None else row_hashes(frame)
    codes = pd.factorize(np.array(keys))[0]
    answers = data.y.cpu().numpy().reshape(len(codes), -1)
    both = pd.factorize(pd.MultiIndex.from_arrays([codes, *answers.T]))[0]
    return Copies(codes, both, part_of(data))


def by_chance(data: Data, found: Copies) -> bool:
    """Say whether columns of few values explain the copies: independent columns would give a good part of them."""
    frame = inputs(data)
    if frame is None or any(isinstance(kind, Text | Tokens) for kind in data.schema.inputs.values()):
        return False
    agree = 1.0
    for name in frame.columns:
        counts = np.bincount(codes_of(frame[name]) + 1)
        agree *= float(((counts / counts.sum()) ** 2).sum())
    counts = np.bincount(found.inputs).astype(np.float64)
    pairs = float((counts * (counts - 1) / 2).sum())
    return agree * len(found.inputs) * (len(found.inputs) - 1) / 2 >= BY_CHANCE * pairs


def across(data: Data, found: Copies, chance: bool) -> list[Finding]:
    """Find validation and test rows that are copies of a training row."""
    train = np.flatnonzero(found.part == 0)
    held = np.flatnonzero(found.part > 0)
    first = first_of(found.rows, train)
    copied = held[first[found.rows[held]] >= 0]
    if not len(copied):
        return []
    pairs = np.stack([first[found.rows[copied]], copied], 1)
    share = wilson(len(copied), len(held))
    text = (
        f"{counted(len(copied), 'validation or test row')} of {len(held):,} ({100 * share.value:.2g} %) "
        f"{'is a copy' if len(copied) == 1 else 'are copies'} of a training row"
    )
    severity = severe(len(copied), share.value, chance)
    text += ", as columns of few values agree by chance." if chance else ", so the scores are too good."
    facts = {"copies": len(copied), "share": share.to_dict()}
    return [finding(data, "copies across parts", severity, text, "--copies together", pairs, facts)]


def within(data: Data, found: Copies, chance: bool) -> list[Finding]:
    """Find rows that are copies of an earlier row of the same part."""
    later, earlier = [], []
    for code in range(3):
        rows = np.flatnonzero(found.part == code)
        first = first_of(found.rows, rows)[found.rows[rows]]
        later.append(rows[first != rows])
        earlier.append(first[first != rows])
    pairs = np.stack([np.concatenate(earlier), np.concatenate(later)], 1)
    if not len(pairs):
        return []
    share = len(pairs) / len(found.rows)
    text = f"{counted(len(pairs), 'row')} of {len(found.rows):,} ({100 * share:.2g} %) " + (
        "is a copy of another row of its part." if len(pairs) == 1 else "are copies of another row of their part."
    )
    severity: Severity = "minor" if chance or share < 0.05 else "warning"
    return [finding(data, "copies", severity, text, "--copies drop", pairs, {"copies": len(pairs), "share": share})]


def conflicts(data: Data, found: Copies, chance: bool) -> list[Finding]:
    """Find rows whose label is not the most frequent one among the rows of equal inputs."""
    if data.task == "regression":
        return []
    used = np.flatnonzero(found.part >= 0)
    _, first, counts = np.unique(found.rows[used], return_index=True, return_counts=True)
    order = np.lexsort((first, -counts, found.inputs[used][first]))  # by inputs, the most frequent label first
    leader = order[np.unique(found.inputs[used][first][order], return_index=True)[1]]
    usual = np.full(found.inputs.max() + 1, -1, np.int64)
    usual[found.inputs[used][first][leader]] = first[leader]
    against = usual[found.inputs[used]]  # for each used row, the place of a row of the usual label
    odd = np.flatnonzero(found.rows[used] != found.rows[used][against])
    if not len(odd):
        return []
    share = len(odd) / len(used)
    text = (
        f"{counted(len(odd), 'row')} of {len(used):,} ({100 * share:.2g} %) "
        f"{'has' if len(odd) == 1 else 'have'} the inputs of other rows but not their label; "
        "a network answers alike for equal inputs and cannot be right about both."
    )
    severity: Severity = "serious" if share >= 0.02 else "warning" if share >= 0.0025 and len(odd) > 2 else "minor"
    pairs = used[np.stack([against[odd], odd], 1)]
    flag = f"--without {listed_rows(ids(data, pairs[:, 1]))}"
    facts = {"rows": len(odd), "share": share}
    return [finding(data, "conflicting labels", "minor" if chance else severity, text, flag, pairs, facts)]


def first_of(codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return for every code the first of these rows that has it, -1 where none has."""
    first = np.full(codes.max() + 1, -1, np.int64)
    first[codes[rows[::-1]]] = rows[::-1]
    return first


def severe(count: int, share: float, chance: bool) -> Severity:
    """Judge copies across parts by the share of the held-out rows that they are."""
    if chance or count <= 2 or share < 0.002:
        return "minor"
    return "serious" if share >= 0.02 else "warning"


def finding(
    data: Data, name: str, severity: Severity, text: str, flag: str, pairs: np.ndarray, facts: Mapping[str, object]
) -> Finding:
    """Put a finding of pairs together; pictures are shown side by side."""
    rows = data.ids.cpu().numpy()
    named = tuple((int(a), int(b)) for a, b in rows[pairs[:SHOWN]])
    shown = []
    if data.schema.image is not None:
        shown = [
            {"row": int(rows[i]), "picture": png(data.x[i]), "caption": f"row {rows[i]}"}
            for pair in pairs[:PICTURES]
            for i in pair
        ]
    return Finding(
        name, severity, text, flag, rows=ids(data, pairs[:, 1]), pairs=named, pictures=tuple(shown), facts=facts
    )
