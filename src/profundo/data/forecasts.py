"""Series to be forecast, in memory: what is seen before each origin, and what came after it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..batch import Batch
from ..schema import Series
from .steps import Step
from .units import FAR, Units, logged
from .windows import Windows

HIGHEST = 700.0  # a logarithm beyond which numbers end


@dataclass(eq=False)
class Forecasts(Windows):
    """Windows of one or more series on equal steps. x (steps, values) and y (steps, targets), one series after another.

    Both are in standard units; x has the last value that was seen in place of one that is missing, y has NaN. `context`
    steps are seen, `ahead` are to be forecast. A batch's x holds the future of the channels known ahead alone, whatever
    the data hold. `numbers` and `owner` (steps,) are the step's number in time and its series; `units` are (series,
    targets) each, and `logs` says of which targets the logarithm is learnt.
    """

    numbers: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    owner: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    step: Step = field(default_factory=lambda: Step("", 1.0))
    names: tuple[str, ...] = ("",)
    units: Units = field(default_factory=lambda: Units(*np.zeros((4, 1, 1))))
    logs: tuple[bool, ...] = ()
    unknown: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), bool))  # (steps, channels) missing in x
    beside: dict[str, np.ndarray] = field(default_factory=dict)  # what baselines forecast for the test part

    def gather(self, rows: Tensor) -> Batch:
        """Return the windows that begin at these steps, ready for a network."""
        past = seen(self.schema.inputs["past"])
        inside = torch.arange(past.steps, device=rows.device)
        x = self.x[rows[:, None] + inside]
        if past.ahead:
            x[:, self.context :, hidden(past).to(rows.device)] = 0
        after = torch.arange(self.context, self.context + self.ahead, device=rows.device)
        return Batch(x, self.y[rows[:, None] + after], self.ids[rows + self.context - 1])

    def origins(self, split: str) -> np.ndarray:
        """Return the position of the first step that is to be forecast, for each window of a split."""
        return self.positions(split).cpu().numpy() + self.context

    def futures(self, origins: np.ndarray) -> np.ndarray:
        """Return what came after origins, (n, horizon, targets) float64 in the data's own units, NaN where unknown."""
        y = self.y.cpu().numpy()[origins[:, None] + np.arange(self.ahead)].astype(np.float64)
        return self.own_units(y, origins)

    def own_units(self, values: np.ndarray, origins: np.ndarray) -> np.ndarray:
        """Turn standard units (n, horizon, targets) into the data's own."""
        whose = self.owner[origins]
        found = values * self.units.scales[whose][:, None] + self.units.centers[whose][:, None]
        if any(self.logs):
            which = np.array(self.logs)
            found[..., which] = np.exp(np.minimum(found[..., which], HIGHEST))
        return found

    def standard_units(self, values: np.ndarray, origins: np.ndarray) -> np.ndarray:
        """Turn the data's own units (n, horizon, targets) into standard ones."""
        center, scale = (v[self.owner[origins]][:, None] for v in self.units[:2])
        return (logged(values, self.logs, (center - FAR * scale).min((0, 1))) - center) / scale


def seen(kind: Any) -> Series:
    """Return the kind of what is seen before an origin."""
    assert isinstance(kind, Series)
    return kind


def hidden(past: Series) -> Tensor:
    """Return the places in a step of x that hold nothing in the future."""
    unknown = len(past.channels) - past.known
    places = list(range(unknown))
    if past.missing:
        places += [len(past.channels) + i for i in range(unknown)]
    return torch.tensor(places)
