"""Linear forecasters: one map from the past to the horizon, of the trend and of what is left apart (DLinear)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..schema import Schema
from .horizon import LEVELS, Known, Level, Margins, Window, outputs, plus, shaped
from .network import Network, choice, flag, whole

COMMON = {
    "level": "what is taken off each window and put back on: " + ", ".join(LEVELS),
    "quantiles": "true: forecast five quantiles in place of one number",
}


class Linear(nn.Module):
    """y = W past + b for every target. `kernel` > 1: the moving average and the rest have a W each (DLinear).

    With `individual`, each target has weights of its own; else they share one map.
    """

    def __init__(self, window: Window, kernel: int, individual: bool, level: str, quantiles: bool) -> None:
        super().__init__()
        self.window, self.kernel, self.quantiles = window, kernel, quantiles
        count, size = window.targets if individual else 1, outputs(window, quantiles)
        self.seasonal = nn.ModuleList(nn.Linear(window.context, size) for _ in range(count))
        self.trend = nn.ModuleList(nn.Linear(window.context, size) for _ in range(count if kernel > 1 else 0))
        self.level, self.known, self.margins = Level(level), Known(window), Margins(window)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, horizon, targets[, 5]) for x (B, context + ahead, values)."""
        seen = self.window.split(x)
        past, level, spread = self.level.off(seen.past)
        past = past.transpose(1, 2)  # (B, targets, context)
        if self.kernel > 1:
            trend = moving_average(past, self.kernel)
            made = mapped(self.seasonal, past - trend) + mapped(self.trend, trend)
        else:
            made = mapped(self.seasonal, past)
        forecast = plus(shaped(made, self.window, self.quantiles), self.known(seen))
        return self.level.on(forecast, level, spread)


def mapped(maps: nn.ModuleList, past: Tensor) -> Tensor:
    """Apply one map to all targets (B, targets, context), or each target's own."""
    if len(maps) == 1:
        return maps[0](past)
    return torch.stack([own(past[:, i]) for i, own in enumerate(maps)], 1)


def moving_average(past: Tensor, kernel: int) -> Tensor:
    """Return the moving average of (B, targets, context) over `kernel` steps; the ends are repeated."""
    front, back = (kernel - 1) // 2, kernel // 2
    padded = torch.cat([past[..., :1].expand(-1, -1, front), past, past[..., -1:].expand(-1, -1, back)], -1)
    return F.avg_pool1d(padded, kernel, 1)


def dlinear(
    schema: Schema, *, kernel: int = 25, individual: bool = False, level: str = "none", quantiles: bool = False
) -> nn.Module:
    """Build DLinear: the moving average over `kernel` steps, and what is left of the past, are mapped apart."""
    level, own = choice("level", level, LEVELS), flag("individual", individual)
    return Linear(Window.of(schema), whole("kernel", kernel), own, level, flag("quantiles", quantiles))


def nlinear(schema: Schema, *, individual: bool = False, level: str = "last", quantiles: bool = False) -> nn.Module:
    """Build NLinear: one linear map of the past without its last value."""
    level, own = choice("level", level, LEVELS), flag("individual", individual)
    return Linear(Window.of(schema), 1, own, level, flag("quantiles", quantiles))


INDIVIDUAL = {"individual": "true: each target has weights of its own"}
NETWORKS = {
    "dlinear": Network(
        "dlinear",
        "linear forecast of the trend and of what is left",
        "series",
        dlinear,
        {"kernel": "steps of the moving average", **INDIVIDUAL, **COMMON},
        "Zeng et al. 2022 (2205.13504)",
        gives="forecast",
    ),
    "nlinear": Network(
        "nlinear",
        "linear forecast of the past without its level",
        "series",
        nlinear,
        {**INDIVIDUAL, **COMMON},
        "Zeng et al. 2022 (2205.13504)",
        gives="forecast",
    ),
}
