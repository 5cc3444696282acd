"""How likely held-out drawings are."""

from typing import Any

import numpy as np

from .intervals import bootstrap
from .metric import Metric, Score

NATS = "nats a move"


def nats_a_move(moves: np.ndarray, nats: np.ndarray) -> float:
    """Return the mean -log p of a move, from the moves of each drawing (n,) and its -log p (n,)."""
    return float(nats.sum() / moves.sum())


DRAWING = (
    Metric(
        NATS,
        "the mean of -log p of a move and of what the pen does after it, in units of the training drawings' scale: "
        "lower is better, and it can be below 0",
        "lower",
        "bootstrap",
        nats_a_move,
    ),
)


def drawing_scores(moves: np.ndarray, nats: np.ndarray, **how: Any) -> dict[str, Score]:
    """Score drawings by the moves (n,) and the -log p (n,) of each; the interval is a bootstrap over the drawings."""
    return bootstrap(lambda w: {NATS: (w @ nats) / (w @ moves)}, len(nats), **how)
