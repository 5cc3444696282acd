"""Reading pieces of music: MIDI files, a JSON file of chorales, or progressions of chords that are made here."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, UsageError
from .folder import ends, listed
from .midi import PITCHES, read_midi
from .pictures import printable
from .raw import Note, Raw

if TYPE_CHECKING:
    from .dataplan import DataPlan

SCORES = frozenset({".mid", ".midi"})
USUAL = 4  # steps a beat of MIDI files where none are asked for: sixteenths
SPLITS = {"train": "train", "valid": "validation", "validation": "validation", "test": "test"}


@dataclass(frozen=True, eq=False)
class Rolls:
    """A column of pieces: paths of MIDI files, or rolls (steps, 128) bool that have `own` steps a beat."""

    sources: Sequence[Path | np.ndarray]
    names: Sequence[str]
    own: int = 0
    read: dict[tuple[int, int], np.ndarray | str] = field(default_factory=dict)  # what was read so far, by row and rate

    def __len__(self) -> int:
        return len(self.sources)

    def take(self, rows: np.ndarray) -> "Rolls":
        """Return some of the pieces."""
        places: list[int] = rows.tolist()
        return Rolls([self.sources[i] for i in places], [self.names[i] for i in places], self.own)

    def rate(self, plan: "DataPlan") -> int:
        """Return the steps a beat: those that are asked for, or those that the pieces have."""
        if plan.rate is None:
            return self.own or USUAL
        if self.own and plan.rate != self.own:
            raise UsageError(
                f"the pieces have {self.own} steps a beat as they are, not {plan.rate:g}. Leave --rate out."
            )
        if plan.rate != round(plan.rate):
            raise UsageError(f"--rate {plan.rate:g}: whole steps a beat are wanted. Type: --rate {USUAL}")
        return int(plan.rate)

    def _read(self, row: int, rate: int) -> np.ndarray | str:
        source = self.sources[row]
        if isinstance(source, np.ndarray):
            return source
        if (row, rate) not in self.read:
            try:
                self.read[row, rate] = read_midi(source, self.names[row], rate)
            except DataError as error:
                self.read[row, rate] = str(error).rstrip(".")
        return self.read[row, rate]

    def roll(self, row: int, rate: int) -> np.ndarray:
        """Return a piece that can be used."""
        found = self._read(row, rate)
        assert isinstance(found, np.ndarray)
        return found

    def usable(self, rate: int) -> tuple[np.ndarray, list[Note]]:
        """Return which pieces can be read and last two steps (n,) bool, with a warning about the others."""
        found = [self._read(row, rate) for row in range(len(self))]
        good = np.array([not isinstance(f, str) and len(f) >= 2 for f in found], bool)
        bad = [
            f if isinstance(f, str) else f"{self.names[row]} has one step only"
            for row, f in enumerate(found)
            if not good[row]
        ]
        if not bad:
            return good, []
        told = "; ".join(bad[:3]) + (f"; and {len(bad) - 3:,} more" if len(bad) > 3 else "")
        if not good.any():
            raise DataError(f"none of the {len(self):,} pieces can be used: {told}.")
        return good, [Note("warning", f"{len(bad):,} of {len(self):,} pieces are left out: {told}", warning=True)]


def below(folder: Path) -> Iterator[Path]:
    """Yield the MIDI files of a folder and of the folders in it."""
    folders, files = listed(folder)
    yield from (f for f in files if ends(f, SCORES))
    for inner in folders:
        yield from below(inner)


def holds_music(folder: Path) -> bool:
    """Say whether a folder, or the folders in it, hold MIDI files."""
    return next(below(folder), None) is not None


def read_music(path: Path) -> Raw:
    """Read a MIDI file, a folder of them, or a JSON file of chorales. Raises DataError where there is none."""
    if path.suffix.lower() == ".json":
        return read_chorales(path)
    files = [path] if path.is_file() else sorted(below(path))
    if not files:
        raise DataError(f"{path} holds no MIDI file ({', '.join(sorted(SCORES))}).")
    root = path.parent if path.is_file() else path
    return of_rolls(printable(path.stem), Rolls(files, [printable(str(f.relative_to(root))) for f in files]))


def of_rolls(name: str, rolls: Rolls, split: np.ndarray | None = None) -> Raw:
    """Take pieces, a row each."""
    import pandas as pd

    frame = pd.DataFrame({"piece": list(rolls.names)})
    return Raw(name, frame, music=rolls, task="music", split=split)


def read_chorales(path: Path) -> Raw:
    """Read {"train": [piece, ...], "valid": ..., "test": ...} or [piece, ...], a piece a list of the pitches of a step.

    So the chorales of Bach are usually given; a step is taken for a quarter of a beat, a pitch below 0 for none.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read as JSON ({error}).") from error
    parts = found if isinstance(found, dict) else {"": found}
    rolls: list[Path | np.ndarray] = []
    names, split = [], []
    for part, pieces in parts.items():
        if part and part not in SPLITS:
            raise DataError(f"{path} has the part {part!r}; train, valid and test are known.")
        for number, piece in enumerate(pieces):
            rolls.append(chorale(piece, f"{path} {part} {number}"))
            names.append(f"{part} {number}".strip())
            split.append(SPLITS.get(part, ""))
    return of_rolls(printable(path.stem), Rolls(rolls, names, USUAL), np.array(split) if any(split) else None)


def chorale(piece: Any, label: str) -> np.ndarray:
    """Return the roll of a list of the pitches of each step."""
    roll = np.zeros((len(piece), PITCHES), bool)
    for step, pitches in enumerate(piece):
        try:
            there = [int(p) for p in pitches if int(p) >= 0]
            roll[step, there] = True
        except (TypeError, ValueError, IndexError) as error:
            raise DataError(f"{label}, step {step}: {pitches!r} is no list of MIDI pitches from 0 to 127.") from error
    return roll
