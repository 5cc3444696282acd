"""What every network that forecasts is made of: what it sees of a window, the level it takes off, what is known ahead.

x is (B, context + ahead, values), and a forecast (B, horizon, targets) in standard units; or (B, horizon, targets, 5)
with the quantiles of `QUANTILES` in place of one number.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..errors import DataError
from ..schema import Schema, Series

QUANTILES = (0.025, 0.1, 0.5, 0.9, 0.975)
LEVELS = ("none", "last", "mean", "standard")


class Seen(NamedTuple):
    """A window: `past` (B, context, targets), `more` (B, context, others), `known` (B, context + horizon, known)."""

    past: Tensor
    more: Tensor
    known: Tensor


@dataclass(frozen=True)
class Window:
    """The sizes of a window, and how x is taken apart."""

    context: int
    horizon: int
    targets: int
    others: int
    known: int
    channels: int

    @classmethod
    def of(cls, schema: Schema) -> "Window":
        """Read the sizes off a schema. Raises DataError where it is not one of a forecast."""
        past, future = next(iter(schema.inputs.values()), None), next(iter(schema.targets.values()), None)
        if not isinstance(past, Series) or not isinstance(future, Series):
            raise DataError(f"a forecast is of series, not from {schema.inputs} to {schema.targets}.")
        targets, known = len(future.channels), past.known
        others = past.values - targets - known
        return cls(past.steps - past.ahead, future.steps, targets, others, known, len(past.channels))

    def split(self, x: Tensor) -> Seen:
        """Take x (B, context + ahead, values) apart. What says that a value is missing is among the others."""
        first = self.channels - self.known
        past = x[:, : self.context]
        more = torch.cat([past[..., self.targets : first], past[..., self.channels :]], -1)
        return Seen(past[..., : self.targets], more, x[..., first : self.channels])


class Level(nn.Module):
    """Take the level off a window and put it back on the forecast, so that a series may wander.

    "last" subtracts the last value (NLinear: Zeng et al. 2022, 2205.13504), "mean" the mean, "standard" subtracts the
    mean and divides by the standard deviation of the window (Kim et al. 2022, RevIN, without its learnt factors).
    """

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way = way

    def off(self, past: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return (past without its level, the level, the spread); the last two are (B, 1, targets)."""
        zero = torch.zeros_like(past[:, :1])
        match self.way:
            case "last":
                level, spread = past[:, -1:], zero + 1
            case "mean":
                level, spread = past.mean(1, keepdim=True), zero + 1
            case "standard":
                level = past.mean(1, keepdim=True)
                spread = (past - level).pow(2).mean(1, keepdim=True).add(1e-4).sqrt()
            case _:
                level, spread = zero, zero + 1
        return (past - level) / spread, level, spread

    def on(self, forecast: Tensor, level: Tensor, spread: Tensor) -> Tensor:
        """Put level and spread back on a forecast (B, horizon, targets, ...)."""
        if forecast.dim() == 4:
            level, spread = level.unsqueeze(-1), spread.unsqueeze(-1)
        return forecast * spread + level


class Margins(nn.Module):
    """How far forecasts miss on the validation part: fitted when the training is done, stored with the weights.

    `quantiles` (4, horizon, targets) of truth - forecast in standard units, for QUANTILES without the median; NaN until
    they are fitted. With a forecast of quantiles, each is what its own quantile misses by.
    """

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.quantiles: Tensor
        self.register_buffer("quantiles", torch.zeros(4, window.horizon, window.targets))


def outputs(window: Window, quantiles: bool) -> int:
    """Return how many numbers a head gives for each target."""
    return window.horizon * (len(QUANTILES) if quantiles else 1)


def shaped(forecast: Tensor, window: Window, quantiles: bool) -> Tensor:
    """Turn a head's numbers (B, targets, horizon * 5 or 1) into (B, horizon, targets[, 5])."""
    if not quantiles:
        return forecast.transpose(1, 2)
    apart = forecast.reshape(*forecast.shape[:2], window.horizon, len(QUANTILES))
    made = apart.transpose(1, 2)  # (B, horizon, targets, 5)
    middle = made[..., 2:3]
    steps = nn.functional.softplus(torch.cat([made[..., :2], made[..., 3:]], -1) - 1)
    below = middle - steps[..., :2].flip(-1).cumsum(-1).flip(-1)  # each below the next, whatever the weights
    return torch.cat([below, middle, middle + steps[..., 2:].cumsum(-1)], -1)


class Known(nn.Module):
    """What the columns known ahead, and the past of the others, add to a forecast: (B, horizon, targets).

    The change of each known column against the window's past goes through a small network, the same at every step; each
    of the other columns has a linear map from its past to the horizon. The last layers start at zero.
    """

    def __init__(self, window: Window, hidden: int = 32) -> None:
        super().__init__()
        self.window = window
        if window.known:
            self.ahead = nn.Sequential(
                nn.Linear(2 * window.known, hidden), nn.GELU(), nn.Linear(hidden, window.targets)
            )
            zero(self.ahead[2])
        if window.others:
            self.past = nn.Linear(window.context, window.horizon)
            self.mix = nn.Linear(window.others, window.targets, bias=False)
            zero(self.mix)

    def forward(self, seen: Seen) -> Tensor | None:
        """Return what is added; None where there is nothing but the targets' own past."""
        added = None
        if self.window.known:
            future, past = seen.known[:, self.window.context :], seen.known[:, : self.window.context]
            change = future - past.mean(1, keepdim=True)
            added = self.ahead(torch.cat([future, change], -1))
        if self.window.others:
            own = self.mix(self.past(seen.more.transpose(1, 2)).transpose(1, 2))
            added = own if added is None else added + own
        return added


def zero(layer: nn.Module) -> None:
    """Let a layer start by adding nothing."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)


def plus(forecast: Tensor, added: Tensor | None) -> Tensor:
    """Add what is known to a forecast, to every quantile alike."""
    if added is None:
        return forecast
    return forecast + (added.unsqueeze(-1) if forecast.dim() == 4 else added)
