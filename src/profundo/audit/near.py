"""Near copies of rows and texts; and how near copies of anything are told."""

from typing import Any

import numpy as np

from ..data.copies import Copies, find_copies
from ..data.dataset import SPLITS, Data
from ..data.shown import png
from ..findings import Finding, Severity
from ..metrics.intervals import wilson
from .parts import SHOWN, counted, ids, inputs, part_name, part_of

PICTURES = 8  # pairs whose pictures are shown
EXAMPLES = 5  # pairs of rows whose differing cells are shown
MUCH = {"picture": 0.01, "text": 0.01, "row": 0.03}  # of the held-out rows; unlike the others, rows may be twins


def look(data: Data) -> list[Finding]:
    """Find rows of a table, or texts, that are nearly but not exactly the same, within parts and across them.

    Exact copies are the matter of rows.py.
    """
    if data.schema.image is not None or not len(data.x):
        return []
    frame = inputs(data)
    rows = data.x.cpu().numpy() if frame is None else frame
    copies = find_copies(rows, held=np.flatnonzero(part_of(data) > 0), seed=data.seed)
    return tell(data, copies)


def tell(data: Data, copies: Copies) -> list[Finding]:
    """Say how many held-out rows have a near copy in training; where none has, how many near copies there are."""
    if not len(copies.pairs):
        return []
    part, what = part_of(data), copies.what
    pairs, held = across(copies, part), int((part > 0).sum())
    sampled = "" if copies.looked > copies.codes.max() else f" (of {counted(copies.looked, what)} looked at)"
    if not len(pairs):
        share = len(np.unique(copies.pairs)) / len(copies.codes)
        severity: Severity = "warning" if share >= 0.05 else "minor"
        pair = counted(len(copies.pairs), f"pair of {what}s is", f"pairs of {what}s are")
        text = f"{pair} nearly the same{sampled}."
        return [finding(data, "near copies", severity, text, "--copies drop", copies.pairs)]
    share_of = wilson(len(pairs), held)
    text = (
        f"{counted(len(pairs), f'validation or test {what} is', f'validation or test {what}s are')} nearly the "
        f"same as a training {what}, {100 * share_of.value:.2g} % of {held:,}{sampled}: the scores are too good."
    )
    facts = {"rows": len(pairs), "share": share_of.to_dict(), "pairs in all": len(copies.pairs)}
    severity = severe(len(pairs), share_of.low, MUCH[what])
    return [finding(data, "near copies across parts", severity, text, "--copies together", pairs, facts)]


def across(copies: Copies, part: np.ndarray) -> np.ndarray:
    """Return pairs (m, 2): a training row, and a held-out row that is its near copy but no exact copy of another."""
    train = np.full(copies.codes.max() + 1, -1, np.int64)
    rows = np.flatnonzero(part == 0)[::-1]
    train[copies.codes[rows]] = rows
    ways = copies.codes[np.concatenate([copies.pairs, copies.pairs[:, ::-1]])]
    order = np.tile(np.arange(len(copies.pairs)), 2)
    kept = (train[ways[:, 1]] >= 0) & (train[ways[:, 0]] < 0)
    ways, order = ways[kept], order[kept]
    closest = np.lexsort((order, ways[:, 0]))
    codes, place = np.unique(ways[closest, 0], return_index=True)
    partner, rank = np.full(len(train), -1, np.int64), np.zeros(len(train), np.int64)
    partner[codes], rank[codes] = train[ways[closest, 1][place]], order[closest][place]
    held = np.flatnonzero(part > 0)
    held = held[partner[copies.codes[held]] >= 0]
    held = held[np.argsort(rank[copies.codes[held]], kind="stable")]
    return np.stack([partner[copies.codes[held]], held], 1)


def severe(count: int, share: float, much: float) -> Severity:
    """Judge copies by the share of the held-out rows that they are at least."""
    if count <= 2 or share < much / 3:
        return "minor"
    return "serious" if share >= much else "warning"


def finding(
    data: Data,
    name: str,
    severity: Severity,
    text: str,
    flag: str,
    pairs: np.ndarray,
    facts: dict[str, Any] | None = None,
) -> Finding:
    """Put a finding of pairs together, with their pictures side by side or the cells in which they differ."""
    facts = facts or {"pairs in all": len(pairs)}
    if data.task == "classification":
        y = data.y.cpu().numpy()
        differ = int((y[pairs[:, 0]] != y[pairs[:, 1]]).sum())
        facts = facts | {"pairs of different labels": differ}
        if differ:
            text = f"{text[:-1]}; {counted(differ, 'pair has', 'pairs have')} different labels."
    rows = data.ids.cpu().numpy()
    named = tuple((int(a), int(b)) for a, b in rows[pairs[:SHOWN]])
    shown: tuple[dict[str, Any], ...] = ()
    if data.schema.image is not None:
        shown = tuple(picture(data, i) for pair in pairs[:PICTURES].tolist() for i in pair)
    else:
        facts = facts | {"examples": [difference(data, *pair) for pair in pairs[:EXAMPLES].tolist()]}
    return Finding(name, severity, text, flag, rows=ids(data, pairs[:, 1]), pairs=named, pictures=shown, facts=facts)


def picture(data: Data, position: int) -> dict[str, Any]:
    """Show a picture with its row, its part and its label."""
    row = int(data.ids[position])
    label = f", {data.schema.labels[int(data.y[position])]}" if data.task == "classification" else ""
    where = part_name(next((i for i, name in enumerate(SPLITS) if bool((data.splits[name] == position).any())), -1))
    return {"row": row, "picture": png(data.x[position]), "caption": f"row {row}, {where}{label}"}


def difference(data: Data, a: int, b: int) -> dict[str, Any]:
    """Return the cells in which two rows differ: {rows: [id, id], cells: {column: [value, value]}}."""
    frame = inputs(data)
    cells: dict[str, list[str]] = {}
    if frame is not None:
        one, other = (frame.iloc[i].map(str) for i in (a, b))
        cells = {str(c): [one[c][:200], other[c][:200]] for c in frame.columns if one[c] != other[c]}
    return {"rows": [int(data.ids[a]), int(data.ids[b])], "cells": cells}
