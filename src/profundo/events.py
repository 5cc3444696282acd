"""What happens in a long clip, and when: a network for clips looks at every window, and windows become events."""

import os
from collections import deque
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from .data.dataset import Data
from .data.pictures import printable
from .data.video import sampled
from .errors import DataError, UsageError
from .evaluate import Trained
from .files import atomic_write
from .schema import Video

if TYPE_CHECKING:
    import pandas as pd

TOGETHER = 32  # windows that are asked about at once


def events(
    trained: Trained,
    path: str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    stride: int | None = None,
    shortest: float | None = None,
    sure: float = 0.0,
) -> "pd.DataFrame":
    """Return the events of a clip in the order of time: `start` and `end` in seconds, `label`, `probability`.

    Frames that follow each other with the same label are one event, and its probability is their mean. One shorter than
    `shortest` seconds (half a window where it is not given) goes to its likelier neighbour; events with a probability
    under `sure` (0 to 1) are left out. See `frame_probabilities` for `stride`. With `out`, the table is written there
    as CSV. Raises UsageError for a network that does not tell labels of clips.
    """
    import pandas as pd

    if not 0 <= sure <= 1:
        raise UsageError(f"sure is {sure}; it must be within 0 and 1.")
    kind, labels = known(trained)
    found = frame_probabilities(trained, path, stride=stride)
    least = round((kind.frames / kind.rate / 2 if shortest is None else shortest) * kind.rate)
    rows = []
    for begin, end, code in runs(found, least):
        probability = float(found[begin:end, code].mean())
        if probability >= sure:
            rows.append((round(begin / kind.rate, 3), round(end / kind.rate, 3), labels[code], round(probability, 4)))
    table = pd.DataFrame(rows, columns=["start", "end", "label", "probability"])
    if out is not None:
        atomic_write(Path(out), table.to_csv(index=False).encode())
    return table


def frame_probabilities(trained: Trained, path: str | os.PathLike[str], *, stride: int | None = None) -> np.ndarray:
    """Return the probability of each label for each frame of a clip, (frames, labels), at the rate of the training.

    The network looks at windows as long as the clips that it was trained on, one every `stride` frames (a quarter of a
    window where it is not given). A frame's probabilities are the mean over the windows that it is in, each weighted by
    how near to its middle the frame is.
    """
    kind, labels = known(trained)
    place = Path(path).expanduser()
    if not place.exists():
        raise DataError(f"there is no clip {printable(str(place))}.")
    step = max(1, kind.frames // 4) if stride is None else stride
    if step < 1:
        raise UsageError(f"the stride is {step}; it must be 1 frame or more.")
    frames = sampled(place, printable(place.name), kind.shape[1:], rate=kind.rate)
    found = windows(frames, kind.frames, step)
    sums, weights = np.zeros((0, len(labels))), np.zeros(0)
    near = triangle(kind.frames)
    while some := list(islice(found, TOGETHER)):
        answered = ask(trained, np.stack([window for _, _, window in some]))
        more = max(begin + count for begin, count, _ in some) - len(sums)
        sums = np.concatenate([sums, np.zeros((max(more, 0), len(labels)))])
        weights = np.concatenate([weights, np.zeros(max(more, 0))])
        for (begin, count, _), probabilities in zip(some, answered, strict=True):
            sums[begin : begin + count] += near[:count, None] * probabilities
            weights[begin : begin + count] += near[:count]
    return sums / weights[:, None]


def known(trained: Trained) -> tuple[Video, tuple[str, ...]]:
    """Return the clips and the labels that a network knows. Raises UsageError where it knows others."""
    kind = trained.schema.shaped
    if not isinstance(kind, Video) or trained.plan.task != "classification":
        raise UsageError(
            f"events are found by a network that tells labels of clips; this one has learnt {trained.plan.task} from "
            f"data of another kind, {trained.schema.takes}. Type: profundo train CLIPS/"
        )
    return kind, trained.schema.labels


def windows(frames: Iterator[np.ndarray], size: int, stride: int) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield (first frame, how many are real, (size, channels, H, W)) for windows at every `stride` and at the end.

    Of a clip shorter than a window, the last frame is held.
    """
    held: deque[np.ndarray] = deque(maxlen=size)
    count = 0
    for frame in frames:
        held.append(frame)
        count += 1
        if count >= size and (count - size) % stride == 0:
            yield count - size, size, np.stack(held)
    if 0 < count < size:
        yield 0, count, np.stack([*held, *[held[-1]] * (size - count)])
    elif count > size and (count - size) % stride:
        yield count - size, size, np.stack(held)


def triangle(size: int) -> np.ndarray:
    """Return (size,) weights that grow towards the middle, all above 0."""
    places = np.arange(size)
    return np.minimum(places + 1, size - places).astype(np.float64)


def ask(trained: Trained, x: np.ndarray) -> np.ndarray:
    """Return the probability of each label for each window (n, frames, channels, H, W): (n, labels)."""
    rows = torch.arange(len(x))
    y = torch.zeros(len(x), dtype=torch.int64)
    data = Data("windows", trained.schema, trained.plan.task, torch.from_numpy(x), y, rows, {"test": rows})
    found = trained.answer(data).prediction.probabilities
    assert found is not None
    return found


def runs(probabilities: np.ndarray, least: int) -> list[tuple[int, int, int]]:
    """Return (first frame, end, code) of the frames with the same likeliest label, none shorter than `least` frames.

    The shortest run goes first to the neighbour whose label is likelier in it; one run always stays.
    """
    codes = probabilities.argmax(1)
    while True:
        bounds = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), len(codes)]
        found = [(a, b, int(codes[a])) for a, b in pairwise(bounds)]
        place = min(range(len(found)), key=lambda i: found[i][1] - found[i][0])
        begin, end, _ = found[place]
        if len(found) == 1 or end - begin >= least:
            return found
        beside = {found[i][2] for i in (place - 1, place + 1) if 0 <= i < len(found)}
        codes[begin:end] = max(sorted(beside), key=lambda code: probabilities[begin:end, code].mean())
