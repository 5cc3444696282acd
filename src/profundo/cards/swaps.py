"""Counterfactual swaps: the same test rows with one thing changed (a column's value, he for she), asked again.

A network is a fixed function, so every change of its answer is its own doing. What is put down to chance is how the
network came to be: with so many training rows on either side, their labels differ by chance by up to so much (95 times
of 100), and a network may have learnt that. A swap is flagged where the mean change, with its interval, lies beyond it.
Equal changes up and down cancel in the mean; `changed` counts them all.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import encode_new
from ..data.dataset import Data
from ..data.raw import Raw
from ..data.values import labels, numbers
from ..evaluate import Trained, true_values
from ..metrics import Score, wilson
from ..schema import Category, Number, Text, Tokens
from .gaps import Mean, width
from .pronouns import gender, swap

if TYPE_CHECKING:
    import pandas as pd

MOST = 2_000  # test rows that are asked again
LABELS = 20  # labels of a column that rows are set to


@dataclass(frozen=True, eq=False)
class Said:
    """What a network says of rows: `numbers` (n, outputs), probabilities or numbers in their own units, and `decided`.

    `decided` (n,) or (n, targets) are the answers; None for quantities.
    """

    numbers: np.ndarray
    decided: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Change:
    """One swap: `before` and `after` of the same rows, and how many training rows there are of either side."""

    column: str
    before: str
    after: str
    old: Said
    new: Said
    train: tuple[int, int]


def swap_card(trained: Trained, data: Data, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Swap in the test rows each of the columns that is an input, and the words of every input text.

    Returns one object for each direction: {column, from, to, n, changed, outputs, flagged, sentence}. `changed` is the
    share of the answers that are no longer the same (None for quantities), `outputs` are {name, mean, low, high,
    chance, n}: the mean change of a probability (of the positive of two labels) or of a number. A column of labels is
    set to each of them in the rows that have another, a number to the middles of its quarters. Pictures: [].
    """
    if data.frame is None or data.schema.image is not None:
        return []
    texts = [name for name, kind in data.schema.inputs.items() if isinstance(kind, Text | Tokens)]
    ids = data.ids[data.splits["test"]].cpu().numpy()
    ids = ids[np.linspace(0, len(ids) - 1, min(MOST, len(ids))).round().astype(int)]
    frame = data.frame.loc[ids]
    train = data.frame.loc[data.ids[data.splits["train"]].cpu().numpy()] if "train" in data.splits else frame
    before = ask(trained, data, frame)
    spreads = spread_of_truth(trained, data)
    changes: list[Change] = []
    for name in dict.fromkeys(columns):
        if isinstance(data.schema.inputs.get(name), Category | Number):
            changes += column_swaps(trained, data, frame, train[name], before)
    for name in texts:
        changes += word_swaps(trained, data, frame, train[name], before)
    return [describe(c, names_of_outputs(trained), spreads, len(changes)) for c in changes]


def ask(trained: Trained, data: Data, frame: "pd.DataFrame") -> Said:
    """Ask the network about rows of the source."""
    task = trained.plan.task
    new = encode_new(data.schema, task, Raw(data.name, frame), targets=False)
    found = trained.answer(new).prediction
    if found.probabilities is None:
        return Said(np.asarray(found.values, np.float64).reshape(len(frame), -1), None)
    two = task == "classification" and found.probabilities.shape[1] == 2
    return Said(found.probabilities[:, 1:] if two else found.probabilities, found.values)


def names_of_outputs(trained: Trained) -> list[str]:
    """Name the numbers of `Said`."""
    if trained.plan.task != "classification":
        return list(trained.schema.targets)
    names = list(trained.schema.labels)
    return names[1:] if len(names) == 2 else names


def spread_of_truth(trained: Trained, data: Data) -> np.ndarray:
    """Return the standard deviation of what each output should be, over the training part, (outputs,)."""
    rows = data.splits.get("train", data.splits["test"])
    y = true_values(data.schema, data.y[rows].cpu().numpy())
    if trained.plan.task == "classification":
        count = len(trained.schema.labels)
        y = (y[:, None] == np.arange(count))[:, 1 if count == 2 else 0 :]
    return y.reshape(len(y), -1).astype(np.float64).std(0)


def column_swaps(
    trained: Trained, data: Data, frame: "pd.DataFrame", train: "pd.Series", before: Said
) -> Iterator[Change]:
    """Yield, for each value that a column can be set to, the rows that have another."""
    name = str(train.name)
    kind = data.schema.inputs[name]
    values: Sequence[Any]
    if isinstance(kind, Category):
        values = [v for v in kind.labels if v][:LABELS]
        own, known = np.array(texts_of(frame[name])), np.array(texts_of(train))
    else:
        own, known = numbers(frame[name])[0], numbers(train)[0]
        finite = known[np.isfinite(known)]
        values = sorted(set(np.quantile(finite, [0.125, 0.375, 0.625, 0.875], method="nearest").tolist()))
    for value in values:
        rows = np.flatnonzero(own != value)
        if not len(rows):
            continue
        changed = frame.iloc[rows].copy()
        changed[name] = np.full(len(rows), value, dtype=object if isinstance(value, str) else None)
        after = ask(trained, data, changed)
        if isinstance(kind, Category):
            others = sorted(set(own[rows].tolist()))
            sides = (int((known != value).sum()), int((known == value).sum()))
            label = others[0] or "(missing)" if len(others) == 1 else "another value"
            yield Change(name, label, str(value), part(before, rows), after, sides)
        else:
            quarter = max(1, len(finite) // 4)
            yield Change(name, "its own value", f"{value:.6g}", part(before, rows), after, (3 * quarter, quarter))


def texts_of(series: "pd.Series") -> list[str]:
    """Return each value as its label, "" where it is missing."""
    codes, texts = labels(series)
    return [(texts[c] if c >= 0 else "") for c in codes.tolist()]


def word_swaps(
    trained: Trained, data: Data, frame: "pd.DataFrame", train: "pd.Series", before: Said
) -> Iterator[Change]:
    """Yield the texts that speak of men as if they spoke of women, and the other way round."""
    name = str(train.name)
    own = np.array([gender(t) for t in texts_of(frame[name])])
    known = [gender(t) for t in texts_of(train)]
    count = {side: known.count(side) for side in ("male", "female")}
    for here, there, first, second in (("male", "female", "he", "she"), ("female", "male", "she", "he")):
        rows = np.flatnonzero(own == here)
        if not len(rows):
            continue
        changed = frame.iloc[rows].copy()
        changed[name] = [swap(t) for t in texts_of(changed[name])]
        after = ask(trained, data, changed)
        yield Change(name, first, second, part(before, rows), after, (count[here], count[there]))


def part(said: Said, rows: np.ndarray) -> Said:
    """Return what was said of some of the rows."""
    return Said(said.numbers[rows], None if said.decided is None else said.decided[rows])


def describe(change: Change, names: Sequence[str], spreads: np.ndarray, looks: int) -> dict[str, Any]:
    """Return one direction of a swap as plain JSON; it is flagged where any output moves by more than chance.

    `looks` swaps are told in all: what chance explains is for all of them, and all outputs, at once (Bonferroni).
    """
    moves = change.new.numbers - change.old.numbers
    z = width(looks * len(names))
    chance = z * spreads * math.sqrt(sum(1 / max(1, n) for n in change.train))
    outputs, flagged = [], False
    for name, column, limit in zip(names, moves.T, chance.tolist(), strict=True):
        mean = Mean.of(column)
        low, high = mean.ends(z)
        flagged |= low > limit or high < -limit
        score = Score(mean.value, *mean.ends(width(1)), mean.n).to_dict()
        outputs.append({"name": name, **score, "chance": limit})
    made = {
        "column": change.column,
        "from": change.before,
        "to": change.after,
        "n": len(moves),
        "changed": share_changed(change),
        "outputs": outputs,
        "flagged": flagged,
    }
    return made | {"sentence": sentence(made)}


def share_changed(change: Change) -> dict[str, Any] | None:
    """Return the share of answers that the swap changes."""
    if change.old.decided is None or change.new.decided is None:
        return None
    same = (change.old.decided == change.new.decided).reshape(len(change.old.decided), -1).all(1)
    return wilson(int((~same).sum()), len(same)).to_dict()


def sentence(made: dict[str, Any]) -> str:
    """Write one direction of a swap in plain words."""
    largest = max(made["outputs"], key=lambda o: abs(o["value"]))
    share = made["changed"]
    turned = ""
    if share is not None:
        turned = f"changes {round(share['value'] * made['n']):,} of {made['n']:,} answers and "
    move = "raises" if largest["value"] >= 0 else "lowers"
    what = f"{'the probability of ' if share is not None else ''}{largest['name']}"
    chance = f"chance would explain {largest['chance']:.2g}"
    verdict = f"{chance}: the network goes by it." if made["flagged"] else f"{chance}, so nothing is shown."
    return (
        f"{made['column']}: {made['from']} to {made['to']} {turned}{move} {what} by {abs(largest['value']):.3g} "
        f"on average; {verdict}"
    )
