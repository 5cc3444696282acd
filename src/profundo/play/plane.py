"""A plane through the space of a table's columns: two of them vary, the others stay at their middle."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ..data import encode
from ..data.dataset import Data
from ..data.derive import computed, parse
from ..data.values import labels, numbers
from ..errors import UsageError, unknown
from ..schema import Category, Kind, Number, place

if TYPE_CHECKING:
    import pandas as pd

MARGIN = 0.05  # of the range, beyond the outermost points
FAR = 0.5  # of the range of all but the outer hundredths: points further out are not on the plane


@dataclass(frozen=True)
class Axis:
    """A column of the source that inputs are made of: a number with its range, a category with its labels."""

    name: str
    low: float
    high: float
    labels: tuple[str, ...] = ()

    def places(self, frame: "pd.DataFrame") -> np.ndarray:
        """Return where rows stand on the axis (n,): the number, or the code of the label; NaN where it is missing."""
        if not self.labels:
            return numbers(frame[self.name])[0]
        codes, texts = labels(frame[self.name])
        known = {label: i for i, label in enumerate(self.labels)}
        return np.array([*(known.get(t, np.nan) for t in texts), np.nan], dtype=float)[codes]

    def values(self, places: np.ndarray) -> np.ndarray:
        """Return what stands at these places, as a column of the source."""
        if not self.labels:
            return places
        return np.array(self.labels, dtype=object)[np.clip(np.rint(places), 0, len(self.labels) - 1).astype(int)]


def bases(name: str, kind: Kind) -> tuple[str, ...]:
    """Return the source's columns that an input is made of."""
    return parse(kind.formula).columns if isinstance(kind, Number) and kind.formula else (name,)


def find_axes(data: Data) -> list[Axis]:
    """Return the columns that a plane can be made of, numbers first, in the table's order; none of other data."""
    if data.frame is None or data.schema.takes != "table":
        return []
    rows = data.frame.iloc[data.positions("train").cpu().numpy()]
    found: dict[str, Axis] = {}
    for name, kind in data.schema.inputs.items():
        for base in bases(name, kind) if isinstance(kind, Number | Category) else ():
            if isinstance(kind, Category):
                known = tuple(label for label in kind.labels if label)
                found[base] = Axis(base, -0.5, len(known) - 0.5, known)
            else:
                found[base] = Axis(base, *ends(numbers(rows[base])[0]))
    order = list(data.frame.columns)
    return sorted(found.values(), key=lambda axis: (bool(axis.labels), order.index(axis.name)))


def target_axis(data: Data) -> Axis:
    """Return the target as an axis: against it stands the one column of a table that has no second."""
    assert data.frame is not None
    name, kind = next(iter(data.schema.targets.items()))
    if isinstance(kind, Category):
        return Axis(name, -0.5, len(kind.labels) - 0.5, kind.labels)
    return Axis(name, *ends(numbers(data.frame[name])[0]))


def ends(values: np.ndarray) -> tuple[float, float]:
    """Return a range that holds nearly all values."""
    present = values[np.isfinite(values)]
    if not len(present) or present.min() == present.max():
        middle = float(present[0]) if len(present) else 0.0
        return middle - 1, middle + 1
    low, high = np.quantile(present, [0.01, 0.99])
    least, most = present.min(), present.max()
    wide, all_ = (high - low) * FAR, (most - least) * MARGIN
    if high == low:
        return float(least - all_), float(most + all_)
    return float(max(least - all_, low - wide)), float(min(most + all_, high + wide))


class Plane:
    """Two axes, and x at every pixel of grids over them.

    `x(side)` is (side x side, columns), row by row from the largest value of the second axis down.
    """

    def __init__(self, data: Data, axes: tuple[Axis, Axis]) -> None:
        assert data.frame is not None
        self.data, self.axes = data, axes
        self.middle, self.fixed = middles(data, {axis.name for axis in axes})

    def points(self, positions: np.ndarray) -> np.ndarray:
        """Return where examples stand (n, 2) float32."""
        assert self.data.frame is not None
        rows = self.data.frame.iloc[positions]
        return np.stack([axis.places(rows) for axis in self.axes], 1).astype(np.float32)

    def x(self, side: int) -> Tensor:
        """Return x of a grid of pixels, each seen at its middle. Only the columns that vary are encoded anew."""
        across, up = (axis.low + (axis.high - axis.low) * (np.arange(side) + 0.5) / side for axis in self.axes)
        values = {self.axes[0].name: np.tile(across, side), self.axes[1].name: np.repeat(up[::-1], side)}
        one, _ = encode.transform(self.data.schema.inputs, computed(self.data.schema, self.middle))
        x = np.repeat(one, side * side, 0)
        base = self.middle.loc[np.zeros(side * side, int)].reset_index(drop=True)
        frame = base.assign(**{axis.name: axis.values(values[axis.name]) for axis in self.axes})
        inputs = sorted(self.data.schema.inputs.items(), key=lambda pair: place(pair[1]))  # the order of x
        varying = {n: k for n, k in inputs if {axis.name for axis in self.axes} & {*bases(n, k)}}
        frame, at = computed(self.data.schema, frame), 0
        for name, kind in inputs:
            if name in varying:
                x[:, at : at + kind.width], _ = encode.transform({name: kind}, frame[[name]])
            at += kind.width
        return torch.from_numpy(x)


def middles(data: Data, but: set[str]) -> tuple["pd.DataFrame", dict[str, str]]:
    """Return one row of middle values of the training part, and what to say of them; nothing is said of `but`.

    The middle of numbers is their median, that of anything else the value that is most frequent.
    """
    import pandas as pd

    assert data.frame is not None
    rows = data.frame.iloc[data.positions("train").cpu().numpy()]
    row: dict[str, Any] = {}
    for name, kind in data.schema.inputs.items():
        for base in bases(name, kind):
            if isinstance(kind, Number):
                values = numbers(rows[base])[0]
                present = values[np.isfinite(values)]
                row[base] = pd.Series([float(np.median(present)) if len(present) else 0.0])
            else:
                row[base] = rows[base].mode().iloc[:1].reset_index(drop=True)
    told = {name: spoken(values.iloc[0]) for name, values in row.items() if name not in but and len(values)}
    return pd.DataFrame(row, index=[0]), told


def spoken(value: Any) -> str:
    """Write a value of a column in a few characters."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)[:80]


def choose(axes: list[Axis], wanted: list[str] | None) -> tuple[Axis, Axis]:
    """Return the two axes asked for, or the first two. Raises UsageError with the nearest names."""
    known = {axis.name: axis for axis in axes}
    for name in wanted or ():
        if name not in known:
            raise UsageError(f"for the axes, {unknown('column', name, known)}")
    if wanted is not None and len(set(wanted)) != 2:
        raise UsageError("a plane has two different columns as its axes.")
    first, second = wanted if wanted is not None else list(known)[:2]
    return known[first], known[second]
