"""Long sequences as a data set: an example is a window that is cut out when it is asked for."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..batch import Batch
from .dataset import Data


@dataclass(eq=False)
class Windows(Data):
    """Steps of one long sequence, or of several in a row. An example is a place where a window begins.

    `x` is (steps, ...) and `y` (steps, ...) or empty where it is x; `ids` are the source's rows of the steps. `splits`
    hold the first steps of the windows. A batch's x is (B, context, ...), its y (B, ahead, ...): the steps of y from
    `offset` steps after the window's first. A language model has offset 1 and ahead = context, a forecast has
    offset = context and ahead = the horizon.
    """

    context: int = 1
    offset: int = 1
    ahead: int = 1

    def gather(self, rows: Tensor) -> Batch:
        """Return the windows that begin at these steps, ready for a network."""
        inside = torch.arange(self.context, device=rows.device)
        after = torch.arange(self.offset, self.offset + self.ahead, device=rows.device)
        told = self.y if len(self.y) else self.x
        y = told[rows[:, None] + after]
        weights = None if self.weights is None else self.weights.index_select(0, rows)
        return Batch(self.ready(self.x[rows[:, None] + inside]), y, self.ids.index_select(0, rows), weights)
