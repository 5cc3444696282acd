"""A column of sounds: recordings in files, looked at once, brought to one rate and one length."""

import functools
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError, ResourceError, UsageError, missing_extra
from ..schema import Audio, Kind
from .memory import memory_limit
from .pictures import printable, read, spread
from .raw import Note
from .spectrogram import FULL, decibels

if TYPE_CHECKING:
    from .dataplan import DataPlan

SOUNDS = frozenset({".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".caf", ".w64"})
HIGHEST = 16_000  # samples a second that are kept where none are asked for: speech is below 8 kHz
LOWEST = 1_000  # samples a second that still hold anything to hear
LONGEST = 10.0  # seconds of a sound that are kept where none are asked for
USUAL = 0.95  # the share of the training sounds that are kept whole
FRAMES = 128  # windows of a spectrogram at most, by a longer hop, where the sounds are long
SHORTEST = 0.025  # seconds: one window
QUIET = 2 / FULL  # the loudest sample of a file that holds nothing but silence
MEASURED = 512  # training sounds that the mean and the deviation of the bands are taken from


@dataclass(frozen=True)
class Heard:
    """What one file holds: samples a second, seconds and channels; or why it cannot be used."""

    rate: int = 0
    seconds: float = 0.0
    channels: int = 1
    problem: str = ""


@dataclass(frozen=True, eq=False)
class Sounds:
    """Recordings as paths or as the bytes of files; None where one is missing. It is the `Media` of the kind audio."""

    sources: Sequence[Path | bytes | None]
    name: Callable[[int], str]
    kind: str = "audio"

    def __len__(self) -> int:
        return len(self.sources)

    def label(self, row: int) -> str:
        """Name a recording for messages."""
        return self.name(row)

    @functools.cached_property
    def heard(self) -> list[Heard]:
        """Listen to every file once. What cannot be used is said, never raised."""
        soundfile()
        return spread(lambda begin, end: [self._listen(row) for row in range(begin, end)], len(self), 64)

    def usable(self) -> tuple[np.ndarray, list[Note]]:
        """Return which hold sound (n,) bool, with a warning that names those that do not and says why."""
        bad = [(row, h.problem) for row, h in enumerate(self.heard) if h.problem]
        good = np.ones(len(self), dtype=bool)
        good[[row for row, _ in bad]] = False
        if not bad:
            return good, []
        told = "; ".join(problem for _, problem in bad[:3]) + (f"; and {len(bad) - 3:,} more" if len(bad) > 3 else "")
        if not good.any():
            raise DataError(f"none of the {len(self):,} sounds can be used: {told}.")
        return good, [Note("warning", f"{len(bad):,} of {len(self):,} sounds are left out: {told}", warning=True)]

    def fit(self, plan: "DataPlan", rows: np.ndarray, train: np.ndarray) -> tuple[Kind, list[Note]]:
        """Choose rate, length and bands, and learn the mean and the deviation of the training part's decibels."""
        heard = [self.heard[row] for row in rows[train].tolist()]
        rate, notes = choose_rate(plan, heard)
        seconds = choose_seconds(plan, heard)
        cut = sum(h.seconds > seconds * 1.001 for h in heard)
        how = f"; of {cut:,} longer ones the loudest stretch" if cut else ""
        notes.append(
            Note("sound", f"{seconds:.3g} s of each at {rate:,} samples a second{how}", "--seconds S --rate N")
        )
        mels = plan.mels or (64 if rate >= HIGHEST else 40)
        hop = max(0.01, seconds / FRAMES)
        kind = Audio(rate, max(1, round(seconds * rate)), mels, window=max(0.025, 2 * hop), hop=hop)
        self._check_size(len(rows), kind)
        every = np.unique(np.linspace(0, len(train) - 1, MEASURED).astype(np.int64))
        levels = decibels(self.encode(kind, rows[train[every]]), kind)
        return replace(kind, center=float(levels.mean()), scale=max(float(levels.std()), 1e-3)), notes

    def encode(self, kind: Kind, rows: np.ndarray) -> Tensor:
        """Return the samples of some recordings, (len(rows), samples) int16: resampled, cut or set in silence."""
        assert isinstance(kind, Audio)
        made = np.zeros((len(rows), kind.samples), np.int16)

        def work(begin: int, end: int) -> list[None]:
            for place in range(begin, end):
                fill(made[place], self.samples(int(rows[place]), kind.rate))
            return []

        spread(work, len(rows), 64)
        return torch.from_numpy(made)

    def samples(self, row: int, rate: int) -> np.ndarray:
        """Return one recording as (samples,) int16 at a rate, its channels averaged."""
        found, own = decoded(self.sources[row], self.label(row))
        sound = found.mean(1)
        if own != rate:
            sound = soxr().resample(sound, own, rate)
        return np.clip(np.round(sound * FULL), -FULL, FULL - 1).astype(np.int16)

    def _listen(self, row: int) -> Heard:
        label = self.label(row)
        try:
            found, rate = decoded(self.sources[row], label)
        except DataError as error:
            return Heard(problem=str(error).rstrip("."))
        seconds = len(found) / rate
        heard = Heard(rate, seconds, found.shape[1])
        if rate < LOWEST:
            return replace(heard, problem=f"{label} says that it has {rate} samples a second, which is no sound")
        if seconds < SHORTEST:
            return replace(heard, problem=f"{label} lasts {seconds * 1000:.0f} ms, too short to hear")
        if not np.isfinite(found).all():
            return replace(heard, problem=f"{label} holds samples that are not numbers")
        if np.abs(found).max() < QUIET:
            return replace(heard, problem=f"{label} is silent")
        return heard

    def _check_size(self, count: int, kind: Audio) -> None:
        need, limit = 2.0 * count * kind.samples, memory_limit()
        if need > limit:
            raise ResourceError(
                f"{count:,} sounds of {kind.samples / kind.rate:.3g} s at {kind.rate:,} samples a second are "
                f"{need / 1e9:.2g} GB; the limit is {limit / 1e9:.2g} GB. Keep less of each: --seconds "
                f"{kind.samples / kind.rate * limit / need / 2:.2g}, or read fewer: --rows N."
            )


def from_paths(base: Path, names: Sequence[str]) -> Sounds:
    """Take sounds from files: `names` are relative to the folder `base`, or absolute; "" is a missing one."""
    paths = [base / name if name else None for name in names]
    return Sounds(paths, lambda row: printable(str(names[row])) if paths[row] else f"row {row}")


def decoded(source: Path | bytes | None, label: str) -> tuple[np.ndarray, int]:
    """Return the samples (n, channels) float32 within -1..1 of a file, and how many a second they are.

    Raises DataError with its name where it is missing, empty, damaged or no sound.
    """
    data = read(source, label)
    if not data:
        raise DataError(f"{label} is empty (0 bytes). Copy it again or remove it.")
    try:
        found, rate = soundfile().read(io.BytesIO(data), dtype="float32", always_2d=True)
    except Exception as error:  # a damaged file makes the library raise several sorts
        why = str(error).rpartition(": ")[2].rstrip(".") or type(error).__name__
        raise DataError(f"{label} cannot be decoded ({why}). Repair the file or remove it.") from error
    return found, int(rate)


def fill(place: np.ndarray, sound: np.ndarray) -> None:
    """Set a sound in the middle of silence, or cut out its loudest stretch."""
    size = len(place)
    if len(sound) <= size:
        begin = (size - len(sound)) // 2
        place[begin : begin + len(sound)] = sound
        return
    energy = np.cumsum(np.concatenate([[0], sound.astype(np.int64) ** 2]))
    begin = int((energy[size:] - energy[:-size]).argmax())
    place[:] = sound[begin : begin + size]


def choose_rate(plan: "DataPlan", heard: Sequence[Heard]) -> tuple[int, list[Note]]:
    """Return the rate that is asked for, else the commonest, 16,000 at most; warn of sounds that are resampled."""
    rates = Counter(h.rate for h in heard)
    if plan.rate is not None and plan.rate < LOWEST:
        raise UsageError(
            f"--rate {plan.rate:g} is too few samples a second for sound. Type: --rate {rates.most_common()[0][0]}"
        )
    rate = round(plan.rate) if plan.rate is not None else min(HIGHEST, rates.most_common()[0][0])
    lower, higher = (sum(c for r, c in rates.items() if (r > rate) == above and r != rate) for above in (False, True))
    notes = []
    if higher:
        most = max(rates)
        text = (
            f"{higher:,} sounds of up to {most:,} samples a second are resampled: all above {rate / 2:,.0f} Hz is lost"
        )
        notes.append(Note("sound", text, f"--rate {most}"))
    if lower:
        text = f"{lower:,} sounds have fewer than {rate:,} samples a second ({min(rates):,}): they lack the upper part"
        notes.append(Note("warning", text, f"--rate {min(rates)}", True))
    return rate, notes


def choose_seconds(plan: "DataPlan", heard: Sequence[Heard]) -> float:
    """Return how much of each sound is kept: what is asked for, else as long as nearly all of them are."""
    if plan.seconds is not None:
        if plan.seconds < SHORTEST:
            raise UsageError(f"--seconds {plan.seconds:g} is shorter than one window. Type: --seconds 1")
        return plan.seconds
    lengths = np.array([h.seconds for h in heard])
    return min(LONGEST, round(float(np.quantile(lengths, USUAL)), 2))


def soundfile() -> Any:
    """Return the package that decodes sound. Raises MissingExtra where it is not installed."""
    try:
        import soundfile as found
    except (ImportError, OSError) as error:  # OSError: without the library that it stands on
        raise missing_extra("soundfile", "audio", "reading sounds") from error
    return found


def soxr() -> Any:
    """Return the package that resamples sound. Raises MissingExtra where it is not installed."""
    try:
        import soxr as found
    except ImportError as error:
        raise missing_extra("soxr", "audio", "bringing sounds to one rate") from error
    return found
