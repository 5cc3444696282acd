"""The units in which a series is learnt: standard ones, of its logarithm where its swings grow with its level."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..errors import DataError
from .channels import apart

LEAST_STRETCH = 8  # steps of a stretch whose swing is measured
STRETCHES = 4  # at least
CLEARLY = 0.7  # how much more alike the swings must be after dividing by the level
FAR = 8.0  # standard units below which a logarithm does not go: a new value may be 0


class Units(NamedTuple):
    """Of each series, (series, channels): `centers` and `scales` of what is learnt.

    `naive`, the mean distance of values a season apart, and `spreads`, the standard deviation, are in own units.
    """

    centers: np.ndarray
    scales: np.ndarray
    naive: np.ndarray
    spreads: np.ndarray


def swings_grow(learnt: Sequence[np.ndarray], season: int) -> tuple[bool, ...]:
    """Say of which channels the logarithm is learnt: all values are above 0, and swings are in proportion to the level.

    `learnt` are the (steps, channels) of each series. The swings of stretches of a season are compared as they are and
    divided by the level there; the more alike ones win (Guerrero 1993, with the powers 1 and 0).
    """
    return tuple(
        all(proportional(v[:, i], max(season, LEAST_STRETCH)) for v in learnt) for i in range(learnt[0].shape[1])
    )


def proportional(values: np.ndarray, length: int) -> bool:
    """Say whether the swings of one channel (steps,) are in proportion to its level."""
    values = values[np.isfinite(values)]
    count = len(values) // length
    if count < STRETCHES or (values <= 0).any():
        return False
    parts = values[len(values) - count * length :].reshape(count, length)
    swings, levels = parts.std(1), parts.mean(1)
    if swings.mean() <= 0:
        return False
    ratios = swings / levels
    return bool(ratios.std() / ratios.mean() < CLEARLY * swings.std() / swings.mean())


def measure(learnt: Sequence[np.ndarray], season: int, logs: Sequence[bool]) -> Units:
    """Return the units of every series. One with no value of its own has those of all the others together."""
    every = np.concatenate(learnt)
    rows = [measure_one(v if np.isfinite(v).any(0).all() else every, season, logs) for v in learnt]
    return Units(*(np.stack([row[i] for row in rows]) for i in range(4)))


def measure_one(values: np.ndarray, season: int, logs: Sequence[bool]) -> Units:
    """Return the units of one series (steps, channels), (channels,) each."""
    if not np.isfinite(values).any(0).all():
        raise DataError("a column that is to be forecast has no value in the training part. Name others: --forecast")
    inside = logged(values, logs)
    center, scale = np.nanmean(inside, 0), np.nanstd(inside, 0)
    spread = np.nanstd(values, 0)
    level = np.maximum(np.abs(np.nanmean(values, 0)), 1e-30)
    scale = np.where(spread > 1e-9 * level, scale, 1.0)
    spread = np.where(spread > 1e-9 * level, spread, 1.0)
    gaps = np.array([apart([v[:, None]], season) * np.nanstd(v) if np.nanstd(v) > 0 else np.nan for v in values.T])
    return Units(center, scale, np.where(np.isfinite(gaps) & (gaps > 0), gaps, spread), spread)


def logged(values: np.ndarray, logs: Sequence[bool], least: np.ndarray | None = None) -> np.ndarray:
    """Return values (..., channels) with the logarithm of those channels; not below `least`, where it is given."""
    if not any(logs):
        return values
    found, which = values.astype(np.float64), np.array(logs)
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = np.log(np.maximum(found[..., which], 0))
    found[..., which] = inside if least is None else np.fmax(inside, np.where(np.isnan(inside), np.nan, least[which]))
    return found
