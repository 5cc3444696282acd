"""The last steps of a window of a series, each forecast from those before it: what comes as forecast is not odd."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..errors import DataError
from ..schema import Schema, Series
from .autoencoder import Fitted, Rebuilt, chain
from .layers import ACTIVATIONS
from .mlp import hidden_widths
from .network import Network, choice, whole


class NextStep(nn.Module):
    """The value before, plus a linear map and an MLP of the steps before, as they lie from it, and of the calendar.

    The last `judged` steps of a window are forecast so, each from as many steps before it as the window leaves. Steps
    are taken from the value before as in NLinear (Zeng et al. 2022, 2205.13504): a shift of the level is odd once.
    """

    def __init__(self, series: Series, judged: int, widths: Sequence[int], activation: str) -> None:
        super().__init__()
        self.told = len(series.channels) - series.known
        self.known = len(series.channels)
        self.judged, self.lags = judged, series.steps - judged
        size = self.lags * self.told + series.values - self.told
        self.linear = nn.Linear(size, self.told)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        self.hidden = chain([size, *widths, self.told], activation)
        self.log_variance = nn.Parameter(torch.zeros(series.values))
        self.fitted = Fitted(1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the last steps of x (B, steps, values) as they were to be expected, (B, judged, values)."""
        steps = x[:, :, : self.told].unfold(1, self.lags, 1)[:, : self.judged]  # (B, judged, channels, lags)
        last = steps[..., -1]
        ahead = x[:, self.lags :, self.told : self.known]  # the calendar of the step itself
        gaps = x[:, self.lags - 1 : -1, self.known :]  # what was missing of the step before
        seen = torch.cat([(steps - last[..., None]).flatten(2), ahead, gaps], 2)
        return torch.cat([last + self.linear(seen) + self.hidden(seen), x[:, self.lags :, self.told :]], 2)

    def rebuild(self, x: Tensor, *, draw: bool) -> Rebuilt:
        """Return the last steps as they were to be expected; there is no code that could be a surprise."""
        return Rebuilt(self(x), x.new_zeros(len(x)))


def next_step(
    schema: Schema, *, judged: int = 12, hidden: Sequence[int] | int = (64,), activation: str = "gelu"
) -> NextStep:
    """Build the network for windows of a series. At most half of a window is judged. Raises DataError for no series."""
    series = schema.shaped
    if not isinstance(series, Series):
        raise DataError(f"next_step forecasts a series, and the data are of the kind {schema.takes}.")
    judged = min(whole("judged", judged), series.steps // 2)
    return NextStep(series, judged, hidden_widths(hidden), choice("activation", activation, ACTIVATIONS))


NETWORKS = {
    "next_step": Network(
        "next_step",
        "forecasts the last steps of a window, each from those before it",
        "series",
        next_step,
        {
            "judged": "how many of the last steps are forecast, each from those before it",
            "hidden": "the widths of the hidden layers, as in [64]",
            "activation": "one of " + ", ".join(ACTIVATIONS),
        },
        "linear part: Zeng et al. 2022 (2205.13504)",
        gives="reconstruction",
    )
}
