"""All tests of new rows against a reference, and how the chance of a false alarm is shared among them.

The tests stand in blocks: the columns, the network's answers, everything together. Each block has an equal part of the
level (Bonferroni); within a block the p-values are corrected by Holm 1979. So the chance that anything at all is said
to have moved, where nothing has, is at most the level.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..metrics.hypothesis import holm
from ..schema import Category, Schema
from .columns import Test, compare_labels, compare_numbers
from .joint import mmd_test
from .labels import Shares, Strange, entropies, far_from, strange
from .rows import Rows

UNSURE = "how unsure the network is"
FAR = "distance from the known rows"
PREDICTED = "predicted label"
JOINT = "all columns together"
OUT = "rows beyond the 5 % furthest out of the reference, exact exceedance test"


@dataclass(frozen=True)
class Compared:
    """What the tests found: for each block its tests, and for each test the p-value to hold against the level."""

    blocks: Mapping[str, tuple[Test, ...]]
    level: float

    @cached_property
    def corrected(self) -> dict[str, list[float]]:
        """The corrected p-values of each block, in the order of its tests."""
        used = sum(bool(tests) for tests in self.blocks.values())
        return {name: [min(1.0, used * p) for p in holm([t.p for t in tests])] for name, tests in self.blocks.items()}

    def shifted(self, block: str) -> list[Test]:
        """Return the tests of a block that say that something moved, the clearest first."""
        pairs = zip(self.corrected[block], self.blocks[block], strict=True)
        return [test for p, test in sorted(pairs, key=lambda pair: (pair[0], -pair[1].statistic)) if p <= self.level]

    @property
    def alarm(self) -> bool:
        """Say whether any test found a shift."""
        return any(self.shifted(name) for name in self.blocks)


def compare(old: Rows, new: Rows, schema: Schema, *, level: float = 0.05, seed: int = 0) -> Compared:
    """Test whether the new rows look like the old ones: each column, the answers, and all together."""
    kinds = dict(schema.inputs) | dict(schema.targets)
    columns = [compare_numbers(name, a, new.numbers[name]) for name, a in old.numbers.items() if name in new.numbers]
    for name, codes in old.categories.items():
        kind = kinds.get(name)
        if name in new.categories and isinstance(kind, Category):
            columns.append(compare_labels(name, codes, new.categories[name], kind.labels))
    joint: tuple[Test, ...] = ()
    if old.features.shape[1] and new.features.shape[1]:
        scale = np.maximum(np.concatenate([old.features, new.features]).std(0), 1e-6)  # of both: neither is favoured
        found = mmd_test(old.features / scale, new.features / scale, seed=seed)
        joint = (Test(JOINT, "maximum mean discrepancy, permutations", found.statistic, found.p),)
    return Compared(
        {"columns": tuple(columns), "outputs": tuple(output_tests(old, new, schema)), "joint": joint}, level
    )


def output_tests(old: Rows, new: Rows, schema: Schema) -> list[Test]:
    """Test the network's answers; the shifts of the classes show there best (Rabanser, Günnemann and Lipton 2019)."""
    if not old.outputs.shape[1] or not new.outputs.shape[1]:
        return []
    one_label = is_one_label(schema)
    names = list(schema.labels if one_label else schema.targets)
    kept = names[1:] if one_label and len(names) == 2 else names
    what = "probability of" if one_label or is_yes_or_no(schema) else "prediction of"
    tests = [
        compare_numbers(f"{what} {name}", *(r.outputs[:, names.index(name)].astype(np.float64) for r in (old, new)))
        for name in kept
    ]
    if one_label:
        tests.append(compare_labels(PREDICTED, old.outputs.argmax(1), new.outputs.argmax(1), names))
    return tests + [strange_test(name, found) for name, found in stranges(old, new, schema).items()]


def is_one_label(schema: Schema) -> bool:
    """Say whether the task is classification: one target, a category."""
    return len(schema.targets) == 1 and isinstance(next(iter(schema.targets.values())), Category)


def is_yes_or_no(schema: Schema) -> bool:
    """Say whether the targets are categories, so that the outputs are probabilities."""
    return all(isinstance(kind, Category) for kind in schema.targets.values())


def stranges(old: Rows, new: Rows, schema: Schema, shares: Shares | None = None) -> dict[str, Strange]:
    """Look for rows that are unlike the known ones: where the network is unsure, and far from all rows of old."""
    weights = None if shares is None else (shares.after / shares.before)[old.y]
    found = {}
    if is_one_label(schema):
        found[UNSURE] = strange(entropies(old.outputs), entropies(new.outputs), weights)
    if old.features.shape[1]:
        own = far_from(old.features, old.features, same=True)
        found[FAR] = strange(own, far_from(old.features, new.features), weights)
    return found


def strange_test(name: str, found: Strange) -> Test:
    """Write the search for strange rows as one of the tests."""
    shares = ({"share": s} for s in (found.share_before, found.share_after))
    return Test(name, OUT, max(0.0, found.share_after - found.share_before), found.p, *shares)


def noticeable(n_before: int, n_after: int, tests: Sequence[Test], blocks: int, level: float) -> float:
    """Return the Kolmogorov-Smirnov distance from which a column is said to have moved: from 0 to 1."""
    alpha = level / max(1, blocks * len(tests))
    return min(1.0, float(np.sqrt(-np.log(alpha / 2) / 2 * (n_before + n_after) / (n_before * n_after))))
