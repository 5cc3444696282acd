"""Pictures as an input: the size and channels to decode to, and the mean and spread of their pixels."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..errors import DataError
from ..schema import Image
from .raw import Note, Pictures, Survey

LARGEST = 64  # pixels of a side, where no size is asked for
FEW = 20  # pictures, from which a size can be odd
AREA, SHAPE = 16.0, 4.0  # times the usual area, or ratio of height to width, from which it is
LOOKED_AT = 10_000  # training pictures whose pixels are counted


def choose_image(survey: Survey, size: int | None, between: Sequence[int] = ()) -> tuple[Image, list[Note]]:
    """Choose height, width and channels: as they are where alike and small, else a square.

    With `between`, the side is the median one, but at least and at most these.
    """
    sizes = np.array(survey.sizes, dtype=np.int64).reshape(-1, 2)
    (height, width), alike = sizes[0], bool((sizes == sizes[0]).all())
    if size is not None:
        height = width = size
    elif between:
        height = width = min(max(round(float(np.median(sizes))), between[0]), between[1])
    elif not alike or max(height, width) > LARGEST:
        height = width = min(LARGEST, round(float(np.median(sizes))))
    channels = 1 if survey.grey else 3
    found = f"all {sizes[0][0]} x {sizes[0][1]}" if alike else f"{len(np.unique(sizes, axis=0)):,} different sizes"
    modes = ", ".join(f"{mode} {count:,}" for mode, count in survey.modes.items())
    text = f"{found} ({modes}); decoded to {height} x {width}, {'grey' if channels == 1 else 'colour'}"
    return Image(channels, int(height), int(width)), [Note("images", text, "--size 96")]


def readable(pictures: Pictures, survey: Survey) -> tuple[np.ndarray, list[Note]]:
    """Return (which pictures can be read, warnings). Raises DataError where more than half cannot."""
    good = np.ones(len(pictures), dtype=bool)
    good[[row for row, _, _ in survey.bad]] = False
    if good.all():
        return good, []
    text = f"{len(survey.bad):,} of {len(good):,} pictures cannot be read: {first_bad(survey.bad)}"
    if good.sum() < len(good) / 2:
        raise DataError(f"{text} More than half are bad; see that the paths and files are right.")
    return good, [Note("warning", f"{text} They are left out.", warning=True)]


def odd_sizes(pictures: Pictures, survey: Survey, kept: np.ndarray) -> list[Note]:
    """Tell of the few pictures, of those kept (n,), whose area or shape is far from that of the others, by name."""
    sizes = np.array(survey.sizes, dtype=np.float64).reshape(-1, 2)
    if len(sizes) < FEW or (sizes == sizes[0]).all():
        return []
    good = np.setdiff1d(np.arange(len(pictures)), [row for row, _, _ in survey.bad])
    logs = np.log(np.stack([sizes.prod(1), sizes[:, 0] / sizes[:, 1]], 1))
    far = (np.abs(logs - np.median(logs, axis=0)) > np.log([AREA, SHAPE])).any(1) & kept[good]
    if not far.any() or far.mean() > 0.05:
        return []
    shown = [f"{pictures.label(int(good[i]))} ({sizes[i, 0]:.0f} x {sizes[i, 1]:.0f})" for i in np.flatnonzero(far)[:3]]
    more = f" And {far.sum() - 3:,} more." if far.sum() > 3 else ""
    rows = ",".join(map(str, good[far][:8])) + (",..." if far.sum() > 8 else "")
    text = f"{far.sum():,} of {len(sizes):,} pictures have an odd size or shape: {', '.join(shown)}.{more}"
    return [Note("images", text, f"--without {rows}")]


def first_bad(bad: Sequence[tuple[int, str, str]], most: int = 3) -> str:
    """Name the first few pictures that cannot be read, with the reasons."""
    shown = " ".join(why if name in why else f"{name}: {why}" for _, name, why in bad[:most])
    return shown + (f" And {len(bad) - most:,} more." if len(bad) > most else "")


def fit_pixels(
    image: Image, pixels: np.ndarray, train: np.ndarray, seed: int, given: tuple[Sequence[float], ...] = ((), ())
) -> Image:
    """Learn the mean and standard deviation of each channel (of pixel / 255) from the training pictures.

    Where they are given, they are taken; for another number of channels, their average.
    """
    if given[0]:
        both = [v if len(v) == image.channels else [float(np.mean(v))] * image.channels for v in given]
        return replace(image, mean=tuple(both[0]), std=tuple(both[1]))
    if len(train) > LOOKED_AT:
        train = np.sort(np.random.default_rng([seed, 0x1A]).permutation(train)[:LOOKED_AT])
    counts = np.zeros((image.channels, 256))
    for begin in range(0, len(train), 1000):
        part = pixels[train[begin : begin + 1000]]
        counts += [np.bincount(part[:, c].ravel(), minlength=256) for c in range(image.channels)]
    level = np.arange(256) / 255
    mean = counts @ level / counts.sum(axis=1)
    std = np.sqrt(np.maximum(0, counts @ level**2 / counts.sum(axis=1) - mean**2))
    std = np.where(std > 1e-6, std, 1.0)
    return replace(image, mean=tuple(mean.tolist()), std=tuple(std.tolist()))
