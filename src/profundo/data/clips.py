"""A column of clips, looked at once, and brought to one size, one length and one rate of frames."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError, ResourceError
from ..schema import Image, Kind, Video
from .images import choose_image, fit_pixels
from .memory import memory_limit
from .pictures import printable, spread
from .raw import Note, Survey
from .video import Seen, look_at, sampled

if TYPE_CHECKING:
    from .dataplan import DataPlan

MOST = 16  # frames of a clip where none are asked for: more frames cost time in proportion
MEASURED = 256  # training clips that the mean and the deviation of the pixels are taken from


@dataclass(frozen=True, eq=False)
class Clips:
    """Clips as paths of files or of folders of frames; None where one is missing. The `Media` of the kind video."""

    paths: Sequence[Path | None]
    name: Callable[[int], str]
    kind: str = "video"

    def __len__(self) -> int:
        return len(self.paths)

    def label(self, row: int) -> str:
        """Name a clip for messages."""
        return self.name(row)

    @functools.cached_property
    def seen(self) -> list[Seen]:
        """Look at every clip once. What cannot be used is said, never raised."""
        return spread(lambda begin, end: [self._look(row) for row in range(begin, end)], len(self), 16)

    def usable(self) -> tuple[np.ndarray, list[Note]]:
        """Return which can be decoded (n,) bool, with a warning that names those that cannot and says why."""
        bad = [(row, s.problem) for row, s in enumerate(self.seen) if s.problem]
        good = np.ones(len(self), dtype=bool)
        good[[row for row, _ in bad]] = False
        if not bad:
            return good, []
        told = " ".join(problem for _, problem in bad[:3]) + (f" And {len(bad) - 3:,} more." if len(bad) > 3 else "")
        if good.sum() < len(good) / 2:
            raise DataError(f"{len(bad):,} of {len(self):,} clips cannot be read: {told}")
        text = f"{len(bad):,} of {len(self):,} clips cannot be read: {told} They are left out."
        return good, [Note("warning", text, warning=True)]

    def fit(self, plan: "DataPlan", rows: np.ndarray, train: np.ndarray) -> tuple[Kind, list[Note]]:
        """Choose size, length and rate, and learn the mean and deviation of the pixels of the training part."""
        seen = [self.seen[row] for row in rows.tolist()]
        survey = Survey([(s.height, s.width) for s in seen], {"clips": len(seen)}, all(s.grey for s in seen))
        image, notes = choose_image(survey, plan.size, plan.sizes)
        frames, rate = choose_time(plan, [seen[place] for place in train.tolist()])
        kind = Video(frames, image.channels, image.height, image.width_pixels, rate=rate)
        span = frames / rate
        longer = sum(s.seconds > span * 1.05 + 0.5 / rate for s in seen)
        cut = f"; of {longer:,} longer ones the middle" if longer else ""
        text = f"{frames} frames of each at {rate:.3g} a second, {span:.3g} s{cut}"
        notes.append(Note("clips", text, "--seconds S --rate N"))
        self._check_size(len(rows), kind)
        every = np.unique(np.linspace(0, len(train) - 1, MEASURED).astype(np.int64))
        pixels = self.encode(kind, rows[train[every]]).flatten(0, 1).numpy()
        fitted = fit_pixels(image, pixels, np.arange(len(pixels)), plan.seed, (plan.mean, plan.std))
        return video(kind, fitted), notes

    def encode(self, kind: Kind, rows: np.ndarray) -> Tensor:
        """Return the frames of some clips, (len(rows), frames, channels, height, width) uint8.

        Of a longer clip they are those of its middle; of a shorter one the last frame is held. Raises DataError that
        names a clip that breaks off before its first frame.
        """
        assert isinstance(kind, Video)
        made = np.empty((len(rows), *kind.shape), np.uint8)

        def work(begin: int, end: int) -> list[None]:
            for place in range(begin, end):
                made[place] = self.frames(int(rows[place]), kind)
            return []

        spread(work, len(rows), 8)
        return torch.from_numpy(made)

    def frames(self, row: int, kind: Video) -> np.ndarray:
        """Return the frames of one clip, (frames, channels, height, width) uint8."""
        path = self.paths[row]
        assert path is not None
        begin = max(0.0, (self.seen[row].seconds - kind.frames / kind.rate) / 2)
        return np.stack(
            list(sampled(path, self.label(row), kind.shape[1:], rate=kind.rate, begin=begin, count=kind.frames))
        )

    def _look(self, row: int) -> Seen:
        path = self.paths[row]
        if path is None:
            return Seen(problem=f"{self.label(row)} is missing.")
        try:
            return look_at(path, self.label(row))
        except DataError as error:
            return Seen(problem=str(error))

    def _check_size(self, count: int, kind: Video) -> None:
        need, limit = float(count * kind.width), memory_limit()
        if need > limit:
            side = max(4, int(min(kind.height, kind.width_pixels) * (limit / need) ** 0.5))
            raise ResourceError(
                f"{count:,} clips of {kind.frames} frames of {kind.height} x {kind.width_pixels} pixels are "
                f"{need / 1e9:.2g} GB; the limit is {limit / 1e9:.2g} GB. Take smaller frames: --size {side}, fewer of "
                f"them: --rate {kind.rate * limit / need:.2g}, or fewer clips: --rows N."
            )


def choose_time(plan: "DataPlan", seen: Sequence[Seen]) -> tuple[int, float]:
    """Return how many frames are taken of a clip, and how many a second, from what is asked for and the training clips.

    Where nothing is asked for, `MOST` frames at most are spread over the usual length of a clip.
    """
    seconds = plan.seconds or float(np.median([s.seconds for s in seen]))
    own = float(np.median([s.rate for s in seen]))
    rate = plan.rate or (own if round(own * seconds) <= MOST else MOST / seconds)
    return max(1, round(seconds * rate)), rate


def video(kind: Video, image: Image) -> Video:
    """Return the kind with the mean and deviation of its pixels."""
    return replace(kind, mean=image.mean, std=image.std)


def from_paths(base: Path, names: Sequence[str]) -> Clips:
    """Take clips from files or folders: `names` are relative to the folder `base`, or absolute; "" is a missing one."""
    paths = [base / name if name else None for name in names]
    return Clips(paths, lambda row: printable(str(names[row])) if paths[row] else f"row {row}")
