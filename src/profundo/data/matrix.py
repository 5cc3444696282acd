"""A matrix of numbers, all columns at once: what `encode.py` does for one column, with a weight for each row."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..schema import Kind, Number
from .encode import FAR, NORMAL, PIECE

QUARTERS = (0.25, 0.5, 0.75)


def fit_matrix(names: Sequence[str], x: np.ndarray, weights: np.ndarray | None = None) -> dict[str, Number]:
    """Learn for each column of x (n, columns) its middle and scale, as `encode.fit_number` does.

    A row of weight 2 counts as two equal rows: the quantiles are values of the column, nothing is interpolated.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        low, center, high = np.quantile(x, QUARTERS, axis=0, method="inverted_cdf", weights=weights).astype(np.float64)
        scale = (high - low) / NORMAL
        narrow = ~usable(scale)
        if narrow.any():
            scale[narrow] = spread(x[:, narrow].astype(np.float64), weights)
    return {n: Number(c, s) for n, c, s in zip(names, center.tolist(), scale.tolist(), strict=True)}


def spread(x: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the standard deviation of each column (columns,), 1 where one cannot divide by it."""
    with np.errstate(over="ignore", invalid="ignore"):
        variance = np.average((x - np.average(x, 0, weights)) ** 2, 0, weights)
        scale = np.sqrt(variance)
    return np.where(usable(scale) & (x.min(0) < x.max(0)), scale, 1.0)


def usable(scale: np.ndarray) -> np.ndarray:
    """Say which scales one can divide by."""
    return np.isfinite(scale) & (scale > 1e-300)


def centers_and_scales(kinds: Mapping[str, Kind]) -> tuple[np.ndarray, np.ndarray]:
    """Return the middle and the scale of every number, each (numbers,)."""
    numbers = [k for k in kinds.values() if isinstance(k, Number)]
    return np.array([k.center for k in numbers]), np.array([k.scale for k in numbers])


def encode_matrix(x: np.ndarray, kinds: Mapping[str, Kind], dtype: np.dtype) -> np.ndarray:
    """Return x (n, columns) in standard units, softly clipped, as `encode.transform` gives it."""
    center, scale = centers_and_scales(kinds)
    encoded = np.empty(x.shape, dtype)
    for begin in range(0, len(x), PIECE):
        with np.errstate(over="ignore"):
            scaled = np.clip((x[begin : begin + PIECE] - center) / scale, -FAR, FAR)
        encoded[begin : begin + PIECE] = scaled / np.sqrt(1 + (scaled / 4) ** 2)  # Holzmüller et al. 2024, 2407.04491
    return encoded
