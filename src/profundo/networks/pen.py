"""Drawing move by move: an LSTM that sees the path so far and gives a mixture of Gaussians for the next move.

Graves 2013, Generating sequences with recurrent neural networks (1308.0850), section 4.
"""

import torch
from torch import Tensor, nn

from ..schema import Category, Schema
from .mlp import TableInputs
from .network import Network, share, whole
from .recurrent import Recurrent, States

POINT = 5  # dx, dy, draws, lifted, ended
OF_A_GAUSSIAN, OF_THE_PEN = 6, 3  # numbers that are given for each


class Pen(nn.Module):
    """From conditions x (B, columns) and moves (B, T, 5) to what is said of each move beforehand, (B, T, outputs).

    Outputs are 6 numbers for each Gaussian and 3 scores of the pen; all six of one sort stand together. Every layer
    sees the path and the conditions, and the answer sees every layer.
    """

    def __init__(self, table: TableInputs, hidden: int, layers: int, mixtures: int, dropout: float) -> None:
        super().__init__()
        self.table = table
        inputs = POINT + table.width
        self.layers = nn.ModuleList(Recurrent("lstm", inputs + hidden * (i > 0), hidden) for i in range(layers))
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden * layers, OF_A_GAUSSIAN * mixtures + OF_THE_PEN)

    def forward(self, x: Tensor, moves: Tensor | None = None) -> Tensor:
        """Return (B, T, outputs); without moves what is said of the first, (B, 1, outputs)."""
        first = x.new_tensor([0.0, 0, 1, 0, 0]).expand(len(x), 1, POINT)
        return self.go_on(x, first if moves is None else torch.cat([first, moves[:, :-1]], 1))[0]

    def go_on(self, x: Tensor, moves: Tensor, states: list[States] | None = None) -> tuple[Tensor, list[States]]:
        """Return what is said after each of the moves (B, T, 5), and the states to go on from."""
        known = self.table(x)[:, None].expand(-1, moves.shape[1], -1)
        seen = torch.cat([moves, known], 2)
        said: list[Tensor] = []
        after: list[States] = []
        for number, layer in enumerate(self.layers):
            below = [self.dropout(said[-1])] if said else []
            made, state = layer(torch.cat([seen, *below], 2), None, states[number] if states else None)
            said.append(made)
            after.append(state)
        return self.output(self.dropout(torch.cat(said, 2))), after


def pen(schema: Schema, *, hidden: int = 256, layers: int = 1, mixtures: int = 20, dropout: float = 0.0) -> Pen:
    """Build the network for the drawings of a schema, conditioned on its inputs."""
    coded = sum(isinstance(k, Category) and k.embed for k in schema.inputs.values())
    table = TableInputs(schema.shape[0] - coded, schema.embedded)
    drop = share("dropout", dropout)
    return Pen(table, whole("hidden", hidden), whole("layers", layers), whole("mixtures", mixtures), drop)


NETWORKS = {
    "pen": Network(
        "pen",
        "an LSTM that draws: a mixture of Gaussians for each move of a pen",
        "table",
        pen,
        {
            "hidden": "the numbers of the state of each layer",
            "layers": "how many recurrent layers",
            "mixtures": "how many Gaussians a move is a mixture of",
            "dropout": "the share of features silenced between the layers and before the answer while training",
        },
        "Graves 2013, Generating Sequences With Recurrent Neural Networks (1308.0850)",
        gives="strokes",
        head="output",
    )
}
