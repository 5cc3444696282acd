"""Reading clips: a folder for each label with videos, animated GIFs or folders of frames; one clip; or a column."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from ..errors import DataError
from .clips import from_paths
from .decode import SUFFIXES
from .folder import SPLITS, ends, inner, listed, look
from .pictures import printable
from .raw import Note, Raw
from .video import FOLDER_RATE, VIDEOS, number_of

GIF = frozenset({".gif"})
MOVING = VIDEOS | GIF
LOOKED_AT = 1_000  # files that decide what a folder holds
FEWEST = 2  # frames that make a clip


def read_clips(path: Path) -> Raw | None:
    """Read a video file, an animated GIF, or a folder of clips; None where a path holds none.

    The columns are `file` and, where there is a folder for each label, `label`; train/, test/ and validation/ above
    are the split. In place of a file, a clip may be a folder of numbered pictures: swim/clip7/001.jpg.
    """
    if path.is_file():
        return of_files(path.parent, path.stem, [path.name]) if is_clip(path) else None
    if not path.is_dir():
        return None
    name = printable(path.resolve().name)
    wanted = moving(path)
    if wanted:
        found = look(inner(path, wanted), wanted)
        raw = of_files(path, name, [str(f.relative_to(path)) for f in found.files])
        raw.notes += notes(len(found.files), set(found.classes) - {""}, found.others, found.loose)
        return labelled(raw, found.classes, found.splits)
    return read_frames(path, name)


def is_clip(path: Path) -> bool:
    """Say whether a file is a video, or a GIF that moves."""
    if path.suffix.lower() != ".gif":
        return ends(path, VIDEOS)
    from .decode import open_image

    try:
        with open_image(path, path.name) as image:
            return getattr(image, "n_frames", 1) > 1
    except DataError:
        return False


def moving(folder: Path) -> frozenset[str]:
    """Return the endings of the clips in a folder: videos or GIFs that move, whichever outnumber the pictures."""
    videos, gifs, pictures = 0, list[Path](), 0
    waiting = [folder]
    while waiting and videos + len(gifs) + pictures < LOOKED_AT:
        folders, files = listed(waiting.pop())
        waiting += folders[:20]
        videos += sum(ends(f, VIDEOS) for f in files)
        own = [f for f in files if ends(f, GIF)]
        gifs += own
        pictures += sum(ends(f, SUFFIXES) for f in files) - len(own)
    if gifs and pictures + videos < len(gifs) and all(is_clip(f) for f in gifs[:3]):
        return MOVING
    return VIDEOS if videos > pictures else frozenset()


def read_frames(path: Path, name: str) -> Raw | None:
    """Read folders of frames below folders of labels; None where the pictures are no frames.

    A folder of frames holds nothing but pictures whose names end in consecutive numbers, 001.jpg, 002.jpg, ... All
    pictures must be in such folders, two below `path` or its train/ and test/.
    """
    clips, classes, splits = list[str](), list[str](), list[str]()
    root = inner(path)
    for top in listed(root)[0]:
        split = SPLITS.get(top.name.lower(), "")
        labels = listed(top)[0] if split and len(clip_folders(top)) == 0 else [top]
        for label in labels:
            found = clip_folders(label)
            clips += [str(clip.relative_to(path)) for clip in found]
            classes += [printable(label.name)] * len(found)
            splits += [split if label is not top else ""] * len(found)
            if not found:
                return None
    if not clips or any(ends(f, SUFFIXES) for f in listed(root)[1]):
        return None
    raw = of_files(path, name, clips)
    raw.notes += notes(len(clips), set(classes), 0, 0)
    text = f"folders of numbered pictures are read as clips, at {FOLDER_RATE:g} frames a second"
    raw.notes.append(Note("clips", text, "--kind file=image"))
    return labelled(raw, classes, splits)


def clip_folders(label: Path) -> list[Path]:
    """Return the folders of frames in the folder of a label; none where it holds anything else."""
    folders, files = listed(label)
    if not folders or any(ends(f, SUFFIXES) for f in files):
        return []
    return folders if all(is_frames(folder) for folder in folders) else []


def is_frames(folder: Path) -> bool:
    """Say whether a folder holds the numbered frames of a clip, and no folder."""
    folders, files = listed(folder)
    pictures = [f for f in files if ends(f, SUFFIXES)]
    numbers = sorted(map(number_of, pictures))
    consecutive = all(b == a + 1 for a, b in pairwise(numbers))
    return not folders and len(numbers) >= FEWEST and numbers[0] >= 0 and consecutive


def of_files(base: Path, name: str, names: Sequence[str]) -> Raw:
    """Take clips from files or folders, a row each."""
    import pandas as pd

    frame = pd.DataFrame({"file": [printable(n) for n in names]})
    return Raw(name=name, frame=frame, media=from_paths(base, names), media_column="file")


def labelled(raw: Raw, classes: Sequence[str], splits: Sequence[str]) -> Raw:
    """Add the labels and the split that the folders say."""
    if not any(classes):
        return raw
    split = np.array(splits) if len(set(splits)) > 1 else None
    return replace(
        raw, frame=raw.frame.assign(label=list(classes)), target=("label",), task="classification", split=split
    )


def notes(count: int, classes: set[str], others: int, loose: int) -> list[Note]:
    """Tell what was found in the folders and what was passed over."""
    labels = f" in {len(classes)} folders, which are the labels" if classes else ""
    found = [Note("clips", f"{count:,} clips{labels}")]
    if len(classes) == 1:
        layout = "Clips are in a folder for each label: clips/run/1.mp4, clips/walk/1.mp4"
        found.append(Note("warning", f"one label only, {min(classes)!r}. {layout}", warning=True))
    if others:
        found.append(Note("left-out", f"{others:,} files that are no clips"))
    if loose:
        found.append(Note("left-out", f"{loose:,} clips outside of folders", warning=True))
    return found
