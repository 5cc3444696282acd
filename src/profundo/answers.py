"""A network asked about every example of a split."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from .batch import asking
from .data.dataset import Data
from .errors import DataError
from .tasks.task import Prediction, Predictive


@dataclass(frozen=True)
class Answers:
    """A network's answers to a split: in order, `ids` (n,), the decoded prediction, and each example's loss (n,).

    `y` are codes, or numbers in their own units, and `codes` what was answered, likewise; for answers of another sort
    they are as their outcome says (outcomes/). y is None where the data have no target. `more` are further arrays (n,
    ...) that scores need.
    """

    ids: np.ndarray
    prediction: Prediction
    codes: np.ndarray
    y: np.ndarray | None
    losses: np.ndarray | None
    more: Mapping[str, Any] = field(default_factory=dict)


@torch.no_grad()
def ask(network: nn.Module, task: Predictive, data: Data, split: str, *, values: bool = False) -> Answers:
    """Answer for every example of a split; y and the losses where the data have a target.

    The losses are those of the network's output, or with `values` of the decoded values. y is as the batches have it.
    """
    place = next(network.parameters()).device
    predictions, losses, ids, truths = [], [], [], []
    known = len(data.y) > 0
    decode = None if values else getattr(task, "outputs_to_prediction", None)  # so that it is asked once
    network.eval()
    for batch in data.batches(split, size=asking(data.schema)):
        x = batch.x.to(place)
        output = None if decode is None else network(x)
        predictions.append(task.predict(network, x) if decode is None else decode(output))
        ids.append(batch.ids)
        if known:
            given: Any = predictions[-1].values if decode is None else output
            truths.append(batch.y)
            losses.append(task.example_losses(given, batch.y.to(place)).cpu())
    if not predictions:
        raise DataError(f"{data.name} has no example in its {split} part: there is nothing to answer.")
    together = Prediction(
        np.concatenate([p.values for p in predictions]),
        None if predictions[0].probabilities is None else np.concatenate([p.probabilities for p in predictions]),
        predictions[0].labels,
    )
    y = torch.cat(truths).cpu().numpy() if known else None
    found = torch.cat(losses).numpy() if known else None
    return Answers(torch.cat(ids).cpu().numpy(), together, together.values, y, found)
