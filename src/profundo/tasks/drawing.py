"""The path of a pen, move by move: how likely each move is, given those before it and the label."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from ..batch import Batch
from ..errors import DataError, UsageError
from ..schema import Schema, Strokes
from .mixture import STATES, Mixture
from .task import Loss, Prediction

if TYPE_CHECKING:
    from ..metrics import Metric

ENDED = 4  # the column of y that says that the drawing has ended


@dataclass(frozen=True)
class Drawing:
    """Learn -log p of each move; y is (B, points, 5), and the network gives a mixture for every move (see mixture.py).

    The loss of a drawing is the sum over its moves and over what the pen does, its end among it, divided by `usual`,
    the mean number of moves of a training drawing: nats a move.
    """

    usual: float = 1.0

    @property
    def parts(self) -> Sequence[str]:
        """The whole network is one part."""
        return ("",)

    def losses(self, network: nn.Module, batch: Batch) -> Iterator[Loss]:
        """Yield the mean loss of the drawings."""
        y = up_to_the_end(batch.y)
        moves, pen = self.sums(network(batch.x, y), y)
        yield Loss((moves + pen).mean() / self.usual, terms={"moves": moves.mean(), "pen": pen.mean()})

    def validate(self, network: nn.Module, batches: Iterator[Batch]) -> Mapping[str, float]:
        """Return the loss, and the nats of a move over all the moves."""
        count, total, moves = 0, 0.0, 0
        for batch in batches:
            y = up_to_the_end(batch.y)
            where, pen = self.sums(network(batch.x, y), y)
            count, total = count + len(batch), total + float((where + pen).sum())
            moves += int((y[:, :, ENDED] < 0.5).sum())
        return {"loss": total / count / self.usual, "nats a move": total / max(moves, 1)} if count else {}

    def sums(self, output: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return -log p of all moves of each drawing and of all that the pen does, both (B,), in nats.

        Raises UsageError for a network that gives something else than a mixture for each move.
        """
        if output.dim() != 3 or output.shape[:2] != y.shape[:2] or (output.shape[2] - STATES) % 6:
            raise UsageError(f"the network gives {tuple(output.shape)}, which are no moves of a pen. Use pen.")
        said, lasting = Mixture.of(output), y[:, :, ENDED] < 0.5
        begun = torch.cat([torch.ones_like(lasting[:, :1]), lasting[:, :-1]], 1)  # the moves, and the end once
        return (said.move_losses(y[..., :2]) * lasting).sum(1), (said.pen_losses(y[..., 2:]) * begun).sum(1)

    def example_losses(self, output: Tensor, y: Tensor) -> Tensor:
        """Return the loss of each drawing (B,), in nats a move of a usual drawing."""
        moves, pen = self.sums(output, y)
        return (moves + pen) / self.usual

    def predict(self, network: nn.Module, x: Tensor) -> Prediction:
        """Answer with the mean of the likeliest Gaussian of the first move, (B, 2): where the pen begins to go."""
        said = Mixture.of(network(x)[:, 0])
        chosen = said.weights.argmax(-1, keepdim=True)
        return Prediction(torch.cat([mean.gather(-1, chosen) for mean in said.means], 1).cpu().numpy())

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return numbers as they are."""
        return codes

    def metrics(self) -> "Sequence[Metric]":
        """The measures of drawings, the main one first."""
        from ..metrics.drawing import DRAWING

        return DRAWING


def up_to_the_end(y: Tensor) -> Tensor:
    """Cut drawings (B, points, 5) after the end of the longest."""
    return y[:, : int((y[:, :, ENDED] < 0.5).sum(1).max()) + 1]


def drawing(schema: Schema) -> Drawing:
    """Build the task for a schema whose target is drawings. Raises DataError for another one."""
    kinds = list(schema.targets.values())
    if len(kinds) != 1 or not isinstance(kinds[0], Strokes):
        raise DataError("drawing is learnt from the paths of a pen. Give an .npz of them: profundo train strokes.npz")
    return Drawing(kinds[0].usual)
