"""The parts of an example that get a weight: the columns of a table, the words of a text, the pixels of a picture."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..errors import UsageError
from ..schema import NEVER_SEEN, RESERVED, Audio, Image, Kind, Schema, Series, Shaped, Text, Tokens, Video, place
from .seam import Lookup, Seam

PATCHES = 8  # of a picture along its longer side, that are hidden one after the other
Range = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Part:
    """Of a column of a table, where its own parts begin and end; `places` are the columns of x that they are."""

    name: str
    kind: Kind
    begin: int
    end: int
    places: np.ndarray


@dataclass(frozen=True, eq=False)
class Parts:
    """Which part each number of an example belongs to: `of` (*z) int64. A map has `shape`, a table `columns`."""

    of: Tensor
    count: int
    windows: Tensor  # (W, count) bool
    columns: tuple[Part, ...] = ()
    shape: tuple[int, ...] = ()


def parts_of(schema: Schema, seam: Seam) -> Parts:
    """Cut an example into parts. Raises UsageError for inputs that cannot be shown part by part."""
    return of_table(schema, seam) if schema.shaped is None else of_map(schema.shaped)


def of_table(schema: Schema, seam: Seam) -> Parts:
    """Give each column a part, each token and each word of a bag of words a part of its own."""
    plain = np.zeros(seam.plain, np.int64)
    behind: list[np.ndarray] = []
    lookups = {look.begin: look for look in seam.lookups}
    columns, begin, count = [], 0, 0
    for name, kind in sorted(schema.inputs.items(), key=lambda pair: place(pair[1])):
        own = kind.width if isinstance(kind, Text | Tokens) else 1
        places = np.arange(begin, begin + kind.width)
        numbers = count + (np.arange(kind.width) if own > 1 else np.zeros(kind.width, np.int64))
        if begin < seam.plain:
            plain[begin : begin + kind.width] = numbers
        else:
            behind.append(numbers.repeat(dimension(lookups, begin)))
        columns.append(Part(name, kind, count, count + own, places))
        begin, count = begin + kind.width, count + own
    of = torch.from_numpy(np.concatenate([plain, *behind]))
    return Parts(of, count, torch.eye(count, dtype=torch.bool)[there(columns, seam.x)], tuple(columns))


def dimension(lookups: dict[int, Lookup], begin: int) -> int:
    """Return the numbers of the vector that each code from this column on becomes."""
    if begin not in lookups:
        raise UsageError("this network does not say how it looks its words up, and cannot be asked about them.")
    return lookups[begin].table.embedding_dim


def there(columns: list[Part], x: Tensor) -> np.ndarray:
    """Return the parts that an example has: every column, but of texts only the words that are there."""
    found: list[np.ndarray] = []
    for part in columns:
        values = x[0, part.places].cpu().numpy()
        match part.kind:
            case Tokens():
                held = (values >= RESERVED) | (values == NEVER_SEEN)
            case Text():
                held = values != 0
            case _:
                held = np.ones(part.end - part.begin, bool)
        found.append(part.begin + np.flatnonzero(held))
    return np.concatenate(found)


def of_map(kind: Shaped) -> Parts:
    """Give each pixel, each cell of a spectrogram or each value of a step a part."""
    match kind:
        case Image():
            return on_grid((kind.height, kind.width_pixels), lambda at: at.expand(kind.shape), square=True)
        case Audio():
            return on_grid((kind.mels, kind.frames), lambda at: at.expand(kind.shape), square=True)
        case Video():
            return of_clip(kind)
        case Series():
            return of_series(kind)
    raise UsageError("the inputs of this run are drawings by a pen, and those are not explained yet.")


def of_clip(kind: Video) -> Parts:
    """Give each pixel of each picture of a clip a part; a patch is hidden in all pictures at once."""
    one = on_grid((kind.height, kind.width_pixels), lambda at: at, square=True)
    shape = (kind.frames, kind.height, kind.width_pixels)
    of = torch.arange(one.count * kind.frames).view(shape)
    spread = of.unsqueeze(1).expand(kind.shape)
    return Parts(spread, one.count * kind.frames, one.windows.repeat(1, kind.frames), shape=shape)


def of_series(kind: Series) -> Parts:
    """Give each channel of each step a part, together with whether it was missing there."""
    channels = len(kind.channels)
    of = torch.arange(channels * kind.steps).view(channels, kind.steps)
    values = [of, of] if kind.missing else [of]
    if kind.ragged:  # how long the series lasts is no part: it is the same in example and baseline
        values.append(of[:1])
    spread = torch.cat(values).t().contiguous()  # (steps, values)
    return on_grid((channels, kind.steps), lambda at: spread, square=False)


def on_grid(shape: tuple[int, int], spread: Callable[[Tensor], Tensor], *, square: bool) -> Parts:
    """Give every cell of a grid a part; the windows are patches that overlap by half, or stretches of a row."""
    height, width = shape
    count = height * width
    side = max(1, -(-max(shape if square else (width,)) // PATCHES))
    windows = []
    for top, bottom in stretches(height, side) if square else [(i, i + 1) for i in range(height)]:
        for left, right in stretches(width, side):
            window = torch.zeros(shape, dtype=torch.bool)
            window[top:bottom, left:right] = True
            windows.append(window.flatten())
    return Parts(spread(torch.arange(count).view(shape)), count, torch.stack(windows), shape=shape)


def stretches(length: int, side: int) -> list[Range]:
    """Cut a length into stretches of `side` that overlap by half and reach both ends."""
    step = max(1, side // 2)
    return [(max(0, at), min(length, at + side)) for at in range(step - side, length, step)]
