"""Reading recordings: a folder for each label, names that say the label and the speaker, one file, or a column."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import DataError
from .decode import SUFFIXES
from .folder import Found, ends, inner, listed, look
from .pictures import printable
from .raw import Note, Raw
from .sound import SOUNDS, from_paths

LAYOUT = (
    "A folder of sounds has a folder for each label (birds/wren/1.wav, birds/robin/1.wav), or names that say the "
    "label, the speaker and a number (7_jackson_12.flac)"
)
COMMANDS = re.compile(r"([0-9a-f]{6,10})_nohash_\d+")  # of Speech Commands (Warden 2018, 1804.03209): the speaker
DIGITS = frozenset("0123456789")
HELD_OUT = 5  # of the Free Spoken Digit Dataset: the recordings 0 to 4 of each speaker and digit are its test set


def holds_sounds(folder: Path) -> bool:
    """Say whether a folder, or the folders in it, hold more sounds than pictures; few files are looked at."""
    sounds = pictures = 0
    waiting = [folder]
    while waiting and sounds + pictures < 1_000:
        folders, files = listed(waiting.pop())
        waiting += folders[:20]
        sounds += sum(ends(f, SOUNDS) for f in files)
        pictures += sum(ends(f, SUFFIXES) for f in files)
    return sounds > pictures


def read_sounds(path: Path) -> Raw:
    """Read a folder of recordings; columns `file`, and as far as known `label`, `speaker` and `number`.

    The label is the first folder below `path`, or below its train/, test/, validation/; without such folders it is
    read from the names. A file alone is one row without a label. Raises DataError where there is no sound.
    """
    if path.is_file():
        return of_files(path.parent, path.stem, [path.name])
    found = look(inner(path, SOUNDS), SOUNDS)
    if not found.files:
        raise DataError(f"{path} holds no sounds. {LAYOUT}; known: {' '.join(sorted(SOUNDS))}.")
    raw = of_files(path, printable(path.resolve().name), [str(file.relative_to(path)) for file in found.files])
    stems = [file.stem for file in found.files]
    split = np.array(found.splits) if len(set(found.splits)) > 1 else None
    if any(found.classes):
        raw = replace(raw, frame=raw.frame.assign(label=found.classes), notes=told(found))
        speakers = [COMMANDS.fullmatch(stem) for stem in stems]
        if all(speakers):
            who = [match[1] for match in speakers if match]
            note = Note("sound", f"{len(set(who)):,} speakers, from the names", "--group speaker")
            raw = replace(raw, frame=raw.frame.assign(speaker=who), notes=[*raw.notes, note])
        return replace(raw, target=("label",), task="classification", split=split)
    return replace(named(raw, stems), split=official(stems) if split is None else split)


def of_files(base: Path, name: str, names: Sequence[str]) -> Raw:
    """Take sounds from files, a row each."""
    import pandas as pd

    frame = pd.DataFrame({"file": [printable(n) for n in names]})
    return Raw(name=name, frame=frame, media=from_paths(base, names), media_column="file")


def told(found: Found) -> list[Note]:
    """Tell what was found in the folders and what was passed over."""
    classes = set(found.classes) - {""}
    notes = [Note("sound", f"{len(found.files):,} sounds in {len(classes)} folders, which are the labels")]
    if len(classes) == 1:
        notes.append(Note("warning", f"one label only, {found.classes[0]!r}. {LAYOUT}", warning=True))
    if found.others:
        notes.append(Note("left-out", f"{found.others:,} files that are no sounds"))
    if found.loose:
        notes.append(Note("left-out", f"{found.loose:,} sounds outside of folders", warning=True))
    if found.empty:
        notes.append(Note("left-out", f"folders without sounds: {', '.join(found.empty[:10])}", warning=True))
    return notes


def named(raw: Raw, stems: Sequence[str]) -> Raw:
    """Read label, speaker and number from names such as 7_jackson_12, where all of them are made so."""
    parts = [stem.split("_") for stem in stems]
    counts = {len(p) for p in parts}
    if counts not in ({2}, {3}) or not all(p[-1].isdigit() for p in parts) or len({p[0] for p in parts}) < 2:
        return raw
    columns = {"label": [p[0] for p in parts]}
    if counts == {3}:
        columns["speaker"] = [p[1] for p in parts]
    frame = raw.frame.assign(**columns, number=[int(p[-1]) for p in parts])
    what = ", ".join(f"{len(set(values)):,} {name}s" for name, values in columns.items())
    text = f"{stems[0]} is read as {', '.join(columns)}, number: {what}"
    speakers = "--group speaker" if "speaker" in columns else ""
    return replace(raw, frame=frame, target=("label",), task="classification", notes=[Note("sound", text, speakers)])


def official(stems: Sequence[str]) -> np.ndarray | None:
    """Return the split of the Free Spoken Digit Dataset, where the names are those of it; else None."""
    parts = [stem.split("_") for stem in stems]
    if not all(len(p) == 3 and p[2].isdigit() for p in parts) or {p[0] for p in parts} != DIGITS:
        return None
    numbers = np.array([int(p[2]) for p in parts])
    each = Counter((p[0], p[1]) for p, number in zip(parts, numbers, strict=True) if number < HELD_OUT)
    if set(each.values()) != {HELD_OUT} or len(each) != len({(p[0], p[1]) for p in parts}):
        return None
    return np.where(numbers < HELD_OUT, "test", "train")
