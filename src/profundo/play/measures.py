"""How a network in training does on examples of each part: those that a frame has time for."""

import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..batch import Batch
from ..data.dataset import SPLITS, Data
from ..schema import Number
from ..tasks.task import Predictive

LEAST, MOST = 50, 1_000  # examples of one part
TURN = 0.06  # seconds that a network may take for all that a frame shows


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


def cost(network: nn.Module, data: Data) -> float:
    """Return the seconds that a network takes for one example, the least of three tries."""
    count = {"table": 256, "tokens": 64}.get(data.schema.takes, 16)
    x = data.gather(data.positions("train")[:count]).x.to(next(network.parameters()).device)
    tries = []
    for _ in range(3):
        began = time.perf_counter()
        with torch.no_grad():
            network(x)
        tries.append(time.perf_counter() - began)
    return min(tries) / len(x)


def choose(data: Data, each: float = 0.0) -> Examples:
    """Choose examples of each part, where one costs `each` seconds: by chance, and always the same ones first."""
    most = MOST if each * len(SPLITS) * MOST <= TURN else max(LEAST, int(TURN / each / len(SPLITS)))
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
