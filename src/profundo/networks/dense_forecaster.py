"""A multilayer perceptron from the past to the horizon, beside a straight linear path."""

import torch
from torch import Tensor, nn

from ..schema import Schema
from .dlinear import COMMON
from .horizon import LEVELS, Level, Margins, Window, outputs, shaped
from .network import Network, choice, flag, share, whole

NARROW = 4  # numbers that the columns beside the targets become at each step


class DenseForecaster(nn.Module):
    """Each target's past, and a few numbers of what else is known at each step, through residual layers (TiDE).

    All targets share the weights. A linear map of the past runs beside the layers, so that they learn what it misses.
    """

    def __init__(self, window: Window, hidden: int, layers: int, dropout: float, level: str, quantiles: bool) -> None:
        super().__init__()
        self.window, self.quantiles = window, quantiles
        size, columns = outputs(window, quantiles), window.context
        if window.known:
            self.ahead = nn.Linear(window.known, NARROW)
            columns += NARROW * (window.context + window.horizon)
        if window.others:
            self.more = nn.Linear(window.others, NARROW)
            columns += NARROW * window.context
        self.first = nn.Linear(columns, hidden)
        self.blocks = nn.ModuleList(Block(hidden, dropout) for _ in range(layers))
        self.last = nn.Linear(hidden, size)
        self.straight = nn.Linear(window.context, size)
        self.level, self.margins = Level(level), Margins(window)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, horizon, targets[, 5]) for x (B, context + ahead, values)."""
        seen = self.window.split(x)
        past, level, spread = self.level.off(seen.past)
        past = past.transpose(1, 2)  # (B, targets, context)
        pieces = [past]
        for name, values in (("ahead", seen.known), ("more", seen.more)):
            if values.shape[-1]:
                told = getattr(self, name)(values).flatten(1)  # (B, steps * NARROW)
                pieces.append(told.unsqueeze(1).expand(-1, self.window.targets, -1))
        state = self.first(torch.cat(pieces, -1))
        for block in self.blocks:
            state = block(state)
        made = self.last(state) + self.straight(past)
        return self.level.on(shaped(made, self.window, self.quantiles), level, spread)


class Block(nn.Module):
    """x + W2 relu(W1 norm x), with dropout."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.inside = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.Dropout(dropout)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., width)."""
        return x + self.inside(x)


def mlp_forecaster(
    schema: Schema,
    *,
    hidden: int = 256,
    layers: int = 2,
    dropout: float = 0.3,
    level: str = "last",
    quantiles: bool = False,
) -> nn.Module:
    """Build the perceptron that forecasts. Raises UsageError for an option that does not fit."""
    sizes = whole("hidden", hidden), whole("layers", layers)
    return DenseForecaster(
        Window.of(schema),
        *sizes,
        share("dropout", dropout),
        choice("level", level, LEVELS),
        flag("quantiles", quantiles),
    )


NETWORKS = {
    "mlp_forecaster": Network(
        "mlp_forecaster",
        "residual layers from the past to the horizon, beside a linear path",
        "series",
        mlp_forecaster,
        {
            "hidden": "the width of the layers",
            "layers": "how many residual layers",
            "dropout": "the share of units silenced while training, at least 0 and below 1",
            **COMMON,
        },
        "Das et al. 2023 (2304.08424)",
        gives="forecast",
    )
}
