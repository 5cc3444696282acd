"""What the network answers to the example that is looked at."""

from typing import Any

import numpy as np
import torch

from ..data.tokenisers import piece
from ..networks.network import evaluating
from ..schema import RESERVED, Category, Tokens
from .activity import home
from .example import Example
from .opened import Opened

LIKELIEST = 10  # pieces that may come next
SEEN = {"\n": "↵", " ": "␣", "\t": "⇥"}  # how pieces that cannot be seen are written


def answered(run: Opened, example: Example) -> dict[str, Any]:
    """Return {predicted, probabilities}, calibrated as `predict` has them; None where a task gives no such answer.

    Of a language, they are those of the piece that comes next.
    """
    if run.trained.plan.task == "language":
        return continued(run, example)
    told: dict[str, Any] = {"predicted": None, "probabilities": None}
    if run.trained.plan.task not in ("classification", "multilabel", "regression"):
        return told
    prediction = run.trained.answer(example.alone).prediction
    value = np.asarray(prediction.values[0])
    told["predicted"] = value.tolist() if value.dtype.kind in "fiub" else np.asarray(value, dtype=object).tolist()
    if prediction.probabilities is not None:
        kinds = list(run.trained.schema.targets.values())
        names = prediction.labels or (
            kinds[0].labels if len(kinds) == 1 and isinstance(kinds[0], Category) else tuple(run.trained.schema.targets)
        )
        told["probabilities"] = {str(n): float(p) for n, p in zip(names, prediction.probabilities[0], strict=True)}
    return told


@torch.no_grad()
def continued(run: Opened, example: Example) -> dict[str, Any]:
    """Return the likeliest pieces to follow the last one of a text, with their probabilities."""
    (kind,) = run.trained.schema.targets.values()
    assert isinstance(kind, Tokens)
    network = run.trained.network
    x = example.data.gather(torch.tensor([example.position])).x.to(home(network))
    with evaluating(network):
        scores = network(x)[0, max(0, int((x[0] > 0).sum()) - 1), RESERVED:]
    shares, codes = scores.double().softmax(0).topk(min(LIKELIEST, len(scores)))
    pieces = [piece(kind, code + RESERVED) for code in codes.tolist()]
    named = {SEEN.get(p, p): share for p, share in zip(pieces, shares.tolist(), strict=True)}
    return {"predicted": next(iter(named)), "probabilities": named}
