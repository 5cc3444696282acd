"""The last step of a window of a series, forecast from those before it: what comes as it was forecast is not odd."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..errors import DataError
from ..schema import Schema, Series
from .autoencoder import Fitted, Rebuilt, chain
from .layers import ACTIVATIONS
from .mlp import hidden_widths
from .network import Network, choice


class NextStep(nn.Module):
    """The last value, plus a linear map and an MLP of the steps before, as they lie from it, and of the calendar.

    Steps are taken from the last value as in NLinear (Zeng et al. 2022, 2205.13504), so that a shift of the level is
    odd once.
    """

    def __init__(self, series: Series, widths: Sequence[int], activation: str) -> None:
        super().__init__()
        self.told = len(series.channels) - series.known
        self.known = len(series.channels)
        size = (series.steps - 1) * self.told + series.values - self.told
        self.linear = nn.Linear(size, self.told)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        self.hidden = chain([size, *widths, self.told], activation)
        self.log_variance = nn.Parameter(torch.zeros(series.values))
        self.fitted = Fitted(1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the last step of x (B, steps, values) as it was to be expected, (B, 1, values)."""
        last = x[:, -2, : self.told]  # (B, channels)
        before = (x[:, :-1, : self.told] - last[:, None]).flatten(1)
        seen = torch.cat([before, x[:, -1, self.told : self.known], x[:, -2, self.known :]], 1)
        return torch.cat([last + self.linear(seen) + self.hidden(seen), x[:, -1, self.told :]], 1)[:, None]

    def rebuild(self, x: Tensor, *, draw: bool) -> Rebuilt:
        """Return the last step as it was to be expected; there is no code that could be a surprise."""
        return Rebuilt(self(x), x.new_zeros(len(x)))


def next_step(schema: Schema, *, hidden: Sequence[int] | int = (64,), activation: str = "gelu") -> NextStep:
    """Build the network for windows of a series. Raises DataError for anything else."""
    series = schema.shaped
    if not isinstance(series, Series):
        raise DataError(f"next_step forecasts a series, and the data are of the kind {schema.takes}.")
    return NextStep(series, hidden_widths(hidden), choice("activation", activation, ACTIVATIONS))


NETWORKS = {
    "next_step": Network(
        "next_step",
        "forecasts the last step of a window from those before it",
        "series",
        next_step,
        {
            "hidden": "the widths of the hidden layers, as in [64]",
            "activation": "one of " + ", ".join(ACTIVATIONS),
        },
        "linear part: Zeng et al. 2022 (2205.13504)",
        gives="reconstruction",
    )
}
