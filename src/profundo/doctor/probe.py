"""What a probe tells besides the layers: the scale of the inputs, the loss of a constant answer, which mistakes."""

from typing import Any

import torch
from torch import Tensor, nn

from ..batch import Batch
from ..data.dataset import Data
from ..networks.mlp import number_columns
from ..schema import Schema
from ..tasks.classification import Classification
from ..tasks.multilabel import Multilabel
from ..tasks.task import Predictive

MOST = 20_000  # rows that a constant answer is judged on, at even distances


def positions(data: Data, split: str, most: int, seed: int) -> Tensor:
    """Draw at most so many positions of a split, in their own order; none where there is no such split."""
    rows = data.splits.get(split)
    if rows is None or len(rows) <= most:
        return torch.empty(0, dtype=torch.long) if rows is None else rows
    drawn = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))[:most].sort().values
    return rows[drawn.to(rows.device)]


def input_scales(x: Tensor, schema: Schema) -> dict[str, Any]:
    """Return the mean and the standard deviation of the number column (or of the pictures) furthest from 0 and 1.

    `scale` is the largest root mean square, `spread` the largest standard deviation over the smallest.
    """
    features = schema.features if schema.image is None and schema.inputs else []
    if x.dim() > 2:
        table, names = x.flatten(2).transpose(1, 2).reshape(-1, x.shape[1]), []
    else:
        columns = number_columns(schema) if schema.inputs else list(range(x.shape[1]))
        table, names = x[:, columns], [features[c] for c in columns if c < len(features)]
    if not table.numel():
        return {}
    deviations, means = torch.std_mean(table.double(), 0, correction=0)
    sizes = (deviations**2 + means**2).sqrt()
    worst = int(sizes.argmax())
    varied = deviations[deviations > 0]
    return {
        "column": names[worst] if worst < len(names) else "",
        "scale": float(sizes[worst]),
        "mean": float(means[worst]),
        "std": float(deviations[worst]),
        "smallest": float(sizes.max() if x.dim() > 2 else sizes[deviations > 0].min()) if len(varied) else None,
        "spread": float(varied.max() / varied.min()) if len(varied) else None,
        "columns": table.shape[1],
    }


def constant_losses(task: Predictive, outputs: int, data: Data) -> dict[str, float]:
    """Return the loss of the best constant answer, and of all outputs being zero, on the training part as trained."""
    rows = data.positions("train")
    rows = rows[:: -(-len(rows) // MOST)]
    y, shape = data.y[rows], (len(rows), outputs)
    weights = None if data.weights is None else data.weights[rows]
    batch = Batch(y, y, data.ids[rows], weights)  # a constant answer needs no x
    zero = torch.zeros(shape, device=y.device)
    if isinstance(task, Classification):
        best = (torch.bincount(y, minlength=outputs).float() + 1e-3).log().expand(shape) if outputs > 1 else zero
    elif isinstance(task, Multilabel):
        best = y.reshape(shape).mean(0).clamp(1e-3, 1 - 1e-3).logit().expand(shape)
    else:
        means = y.reshape(len(y), -1).mean(0)
        best = torch.cat([means.expand(len(y), -1), zero[:, len(means) :]], 1)  # then log-variances, if any
    found = [next(iter(task.losses(Constant(output), batch))).value.item() for output in (best, zero)]
    return {"constant_loss": min(found), "zero_loss": found[1]}


class Constant(nn.Module):
    """Gives the same output whatever goes in."""

    def __init__(self, output: Tensor) -> None:
        super().__init__()
        self.output = output

    def forward(self, x: Any) -> Tensor:
        """Return the output."""
        return self.output


def answers(scores: Tensor, y: Tensor) -> dict[str, Any]:
    """Describe the mistakes among answers (B, labels) to y (B,).

    `wrong` is their share. `sure` is the probability that a right answer has more confidence than a mistake (0.5: the
    network is as sure of its mistakes). `second` is the share of mistakes whose true label is the network's second
    choice. `n` is how many were asked, `labels` how many labels there are, `rare` the share of mistakes that always
    naming the most frequent label would make.
    """
    probabilities = scores.float().softmax(1)
    confidence, chosen = probabilities.max(1)
    wrong = chosen != y
    mistakes = int(wrong.sum())
    found: dict[str, Any] = {"n": len(y), "labels": scores.shape[1], "wrong": mistakes / max(len(y), 1)}
    found["rare"] = 1 - int(torch.bincount(y).max()) / len(y)
    if 0 < mistakes < len(y):
        right_sure, wrong_sure = confidence[~wrong], confidence[wrong]
        above = (right_sure[:, None] > wrong_sure).float() + 0.5 * (right_sure[:, None] == wrong_sure).float()
        second = probabilities.topk(min(2, scores.shape[1])).indices[:, -1]
        found |= {"sure": float(above.mean()), "second": float((second == y)[wrong].float().mean())}
    return found
