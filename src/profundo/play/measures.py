"""How a network in training does on examples of each part: those that a frame has time for."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..batch import Batch
from ..data.dataset import SPLITS, Data
from ..schema import Number
from ..tasks.task import Predictive

NUMBERS = 200_000  # of the inputs of the examples of one part
LEAST, MOST = 60, 1_000  # examples of one part


@dataclass(frozen=True)
class Examples:
    """The examples that frames are about: positions in the data (n,), and where each part of them ends."""

    positions: Tensor
    batch: Batch
    counts: dict[str, int]

    def part(self, split: str) -> slice:
        """Return which of the examples are of a part."""
        before = sum(self.counts[s] for s in SPLITS[: SPLITS.index(split)])
        return slice(before, before + self.counts[split])


def choose(data: Data) -> Examples:
    """Choose examples of each part, all where they are few, else by chance and always the same."""
    size = max(int(np.prod(data.schema.shape)), 1)
    most = max(LEAST, min(MOST, NUMBERS // size))
    generator = torch.Generator().manual_seed(0)
    found = []
    for split in SPLITS:
        rows = data.splits.get(split, torch.zeros(0, dtype=torch.int64)).cpu()
        kept = torch.randperm(len(rows), generator=generator)[:most].sort().values
        found.append(rows[kept])
    positions = torch.cat(found)
    counts = dict(zip(SPLITS, map(len, found), strict=True))
    return Examples(positions, data.gather(positions), counts)


def measure(task: Predictive, examples: Examples, output: Tensor, data: Data) -> dict[str, dict[str, float | None]]:
    """Return {part: {loss, score}} of what a network gave for the examples; the score is accuracy, or mean distance."""
    y = examples.batch.y
    losses = task.example_losses(output, y)
    target = next(iter(data.schema.targets.values()))
    if isinstance(target, Number):
        scores = (output[:, 0] - y.flatten()).abs() * target.scale
    else:
        classifier: Any = task
        scores = (classifier.scores(output).argmax(1) == y).float()
    means = {}
    for split, count in examples.counts.items():
        part = examples.part(split)
        means[split] = {"loss": mean(losses[part]), "score": mean(scores[part])} if count else {}
    return {split: {"loss": None, "score": None} | found for split, found in means.items()}


def mean(values: Tensor) -> float:
    """Return the mean of losses or scores."""
    return float(values.double().mean())
