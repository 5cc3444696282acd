"""Recurrent networks that forecast: they read the past in pieces of several steps, and write all pieces ahead at once.

A few long steps in place of many short ones: the gradient crosses a tenth of the distance (Lin et al. 2023,
2308.11200, SegRNN).
"""

from functools import partial

import torch
from torch import Tensor, nn

from ..schema import Schema
from .cells import CELLS
from .dlinear import COMMON
from .horizon import LEVELS, Level, Margins, Window, shaped
from .network import Network, choice, flag, share, whole


class RecurrentForecaster(nn.Module):
    """Pieces of `piece` steps of each target's past are read by a recurrent layer, one after the other.

    From its last state each piece ahead is written by one step of the same cell, whose input is the place of the piece,
    the target, and what is known ahead there. All targets share the weights.
    """

    def __init__(
        self, window: Window, cell: str, hidden: int, piece: int, dropout: float, level: str, quantiles: bool
    ) -> None:
        super().__init__()
        self.window, self.piece, self.quantiles = window, piece, quantiles
        self.behind, self.ahead = -(-window.context // piece), -(-window.horizon // piece)
        beside = piece * (window.known + window.others)
        self.read = nn.Linear(piece + beside, hidden)
        self.cell = CELLS[cell](hidden, hidden)
        self.place = nn.Parameter(torch.randn(self.ahead, hidden // 2) * 0.02)
        self.target = nn.Parameter(torch.randn(window.targets, hidden - hidden // 2) * 0.02)
        self.told = nn.Linear(piece * window.known, hidden) if window.known else None
        self.dropout = nn.Dropout(dropout)
        self.write = nn.Linear(hidden, piece * (5 if quantiles else 1))
        self.level, self.margins = Level(level), Margins(window)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, horizon, targets[, 5]) for x (B, context + ahead, values)."""
        window, size = self.window, len(x)
        seen = window.split(x)
        past, level, spread = self.level.off(seen.past)
        own = self.pieces(past.transpose(1, 2), self.behind)  # (B, targets, behind, piece)
        parts = [own]
        for values in (seen.known[:, : window.context], seen.more):
            if values.shape[-1]:
                beside = self.pieces(values.transpose(1, 2), self.behind).transpose(1, 2).flatten(2)
                parts.append(beside.unsqueeze(1).expand(-1, window.targets, -1, -1))
        read = torch.relu(self.read(torch.cat(parts, -1))).flatten(0, 1)  # (B * targets, behind, hidden)
        state = self.cell(read, self.cell.start(read))[1]
        ask = torch.cat(
            [
                self.place.expand(window.targets, -1, -1),
                self.target.unsqueeze(1).expand(-1, self.ahead, -1),
            ],
            -1,
        ).expand(size, -1, -1, -1)  # (B, targets, ahead, hidden)
        if self.told is not None:
            future = seen.known[:, window.context :].transpose(1, 2)
            told = self.told(self.pieces(future, self.ahead).transpose(1, 2).flatten(2))
            ask = ask + told.unsqueeze(1)
        answer = self.cell.step(ask.flatten(0, 2), tuple(s.repeat_interleave(self.ahead, 0) for s in state))[0]
        made = self.write(self.dropout(answer)).reshape(size, window.targets, -1)
        made = made[..., : window.horizon * (5 if self.quantiles else 1)]
        return self.level.on(shaped(made, window, self.quantiles), level, spread)

    def pieces(self, values: Tensor, count: int) -> Tensor:
        """Cut (B, channels, steps) into (B, channels, count, piece); the first value fills up at the front."""
        lack = count * self.piece - values.shape[-1]
        if lack and count == self.behind:
            values = torch.cat([values[..., :1].expand(*values.shape[:-1], lack), values], -1)
        elif lack:
            values = torch.cat([values, values[..., -1:].expand(*values.shape[:-1], lack)], -1)
        return values.reshape(*values.shape[:-1], count, self.piece)


def recurrent(
    cell: str,
    schema: Schema,
    *,
    hidden: int = 128,
    piece: int | None = None,
    dropout: float = 0.1,
    level: str = "last",
    quantiles: bool = False,
) -> nn.Module:
    """Build a recurrent forecaster. A piece not given is a quarter of the horizon, an eighth of the past at most."""
    window = Window.of(schema)
    usual = max(1, min(-(-window.horizon // 4), window.context // 8))
    size = usual if piece is None else whole("piece", piece)
    return RecurrentForecaster(
        window,
        cell,
        whole("hidden", hidden, 2),
        min(size, window.context),
        share("dropout", dropout),
        choice("level", level, LEVELS),
        flag("quantiles", quantiles),
    )


OPTIONS = {
    "hidden": "the width of the state",
    "piece": "steps that are read at once",
    "dropout": "the share of units silenced while training, at least 0 and below 1",
    **COMMON,
}
NETWORKS = {
    f"{cell}_forecaster": Network(
        f"{cell}_forecaster",
        f"{spoken} over pieces of the past, all pieces ahead at once",
        "series",
        partial(recurrent, cell),
        OPTIONS,
        "Lin et al. 2023 (2308.11200)",
        gives="forecast",
    )
    for cell, spoken in (("lstm", "LSTM"), ("gru", "GRU"), ("rnn", "Elman network"))
}
