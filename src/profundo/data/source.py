"""From whatever names or holds data to its rows: a file, a folder, a built-in name, a frame, arrays."""

import os
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, nearest
from .archive import holds_media, unpacked
from .decode import SUFFIXES
from .fasta import holds_fasta, is_fasta, read_fasta
from .footage import read_clips
from .named import named_files
from .pens import read_pens
from .pieces import SCORES, holds_music, read_music
from .plain import read_plain
from .raw import Note, Pictures, Raw, Some, Survey
from .recordings import holds_sounds, read_sounds
from .sound import SOUNDS
from .splits import official_split
from .streams import check_file
from .tables import is_table, read_frame, read_table
from .video import VIDEOS

LOCATED = ("localisation", "detection", "instances", "segmentation")


def read(
    source: Any,
    *,
    rows: int | None = None,
    seed: int = 0,
    image: str = "",
    annotations: str | os.PathLike[str] = "",
    bad_annotations: str = "few",
    task: str = "",
) -> Raw:
    """Read a path, a built-in name, a frame, a dict of columns, or a pair (x, y) of arrays.

    A path that exists wins over a built-in name. With `rows`, a table is read as a random sample of so many rows.
    `image` names the column of picture paths, where it is not seen by itself. `annotations` is a file or folder that
    says where things are in the pictures of a folder; without it, a folder whose layout says so is read that way too,
    unless `task` is another one. `bad_annotations` is "few", "refuse" or "skip" (see `read_annotations`). Raises
    DataError with the nearest names.
    """
    if isinstance(source, Raw):
        return source
    base = Path(".")
    if isinstance(source, str | os.PathLike):
        path = Path(source).expanduser()
        located = read_plain(path, task) or read_located(path, annotations, bad_annotations, task)
        if located is not None:
            raw = located
        else:
            here = path.exists() and not is_run(path)
            by_task = read_music if task == "music" else partial(read_path, rows=rows, seed=seed, image=image)
            raw = by_task(path) if here else read_name(str(source), path)
        base = path.parent
    elif isinstance(source, tuple | list) and len(source) in (2, 4):
        raw = read_arrays(*source)
    elif hasattr(source, "columns") or hasattr(source, "keys"):
        raw = read_frame(source)
    else:
        raise DataError(f"a path, a name, a DataFrame, a dict or (x, y) is wanted, not {type(source).__name__}.")
    if rows is not None and len(raw.frame) > rows:
        raw = sample(raw, rows, seed)
    return find_split(find_files(raw, base, image))


def is_run(path: Path) -> bool:
    """Say whether a path is the folder of a run: `profundo train digits --out digits` must not read itself."""
    return (path / "plan.toml").is_file() and (path / "lock").is_file()


def read_located(path: Path, annotations: str | os.PathLike[str], bad: str, task: str) -> Raw | None:
    """Read pictures with where things are in them; None where nothing says so, or the task is another one."""
    if (task and task not in LOCATED) or not path.exists() or is_run(path):
        return None
    from .annotations import is_annotations, read_annotations, read_found

    if is_annotations(path):
        home = path.parent.parent if path.parent.name.lower() == "annotations" else path.parent
        return read_annotations(home, path, bad=bad, task=task)
    folder = unpacked(path) if holds_media(path) else path
    if annotations:
        return read_annotations(folder, Path(annotations).expanduser(), bad=bad, task=task)
    return read_found(folder, bad=bad, task=task) if folder.is_dir() else None


FOLDERS = ((holds_sounds, read_sounds), (holds_fasta, read_fasta), (holds_music, read_music))


def read_path(path: Path, rows: int | None, seed: int, image: str = "") -> Raw:
    """Read what stands at a path, by what it is; where `image` is named, numbered pictures are not read as clips."""
    folder = unpacked(path) if holds_media(path) else path
    clips = None if image else read_clips(folder)
    if clips is not None:
        return clips
    if folder.is_dir():
        from .folder import read_folder
        from .recorded import holds_series, read_series

        if holds_series(folder):
            return read_series(folder)
        found = next((read for holds, read in FOLDERS if holds(folder)), read_folder)
        return found(folder)
    if path.suffix.lower() in SOUNDS:
        return read_sounds(path)
    if is_fasta(path):
        return read_fasta(path)
    if path.suffix.lower() in SCORES:
        return read_music(path)
    if path.suffix.lower() in (".npz", ".npy"):
        from . import arrays

        check_file(path)
        drawings = read_pens(path)
        if drawings is not None:
            return drawings
        return arrays.read_npz(path) if path.suffix.lower() == ".npz" else arrays.read_npy(path)
    return read_table(path, rows=rows, seed=seed)


def read_name(name: str, path: Path) -> Raw:
    """Read a built-in set. Raises DataError with the nearest built-in names and files."""
    from . import builtin

    if name.lower() in builtin.BUILTIN:
        return builtin.read(name.lower())
    if path.parent != Path(".") or is_table(path):
        check_file(path)
    files = sorted(p.name for p in Path(".").iterdir() if not p.name.startswith("."))
    close = nearest(name, [*builtin.BUILTIN, *files])
    hint = f" Did you mean {' or '.join(repr(c) for c in close)}?" if close else ""
    raise DataError(
        f"there is no file, folder or built-in data set {name!r}.{hint} Built in: {', '.join(builtin.BUILTIN)}. "
        "See: profundo datasets."
    )


def read_arrays(x: Any, y: Any, x_test: Any = None, y_test: Any = None) -> Raw:
    """Take (x, y) or (x, y, x_test, y_test); a frame x keeps its column names."""
    if x_test is None and hasattr(x, "columns"):
        raw = read_frame(x)
        if len(y) != len(raw.frame):
            raise DataError(f"x has {len(raw.frame):,} rows and y has {len(y):,}; they must be equal.")
        name = str(getattr(y, "name", None) or "target")
        return replace(raw, frame=raw.frame.assign(**{name: getattr(y, "array", y)}), target=(name,))
    from . import arrays

    return arrays.from_arrays(x, y, x_test, y_test)


def sample(raw: Raw, rows: int, seed: int) -> Raw:
    """Keep a random sample of rows, in the source's order, with their numbers."""
    kept = np.sort(np.random.default_rng([seed, 0x5A]).permutation(len(raw.frame))[:rows])
    note = Note("data", f"a random sample of {rows:,} of the {len(raw.frame):,} rows", "--rows N")
    return replace(
        raw,
        frame=raw.frame.take(kept),
        pictures=None if raw.pictures is None else Chosen(raw.pictures, kept),
        media=None if raw.media is None else Some(raw.media, kept),
        music=None if raw.music is None else raw.music.take(kept),
        split=None if raw.split is None else raw.split[kept],
        annotations=None if raw.annotations is None else raw.annotations.take(kept),
        notes=[*raw.notes, note],
    )


@dataclass(frozen=True, eq=False)
class Chosen:
    """Some of the pictures of a column: those at `rows`."""

    pictures: Pictures
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def label(self, row: int) -> str:
        """Name the picture for messages."""
        return self.pictures.label(int(self.rows[row]))

    def survey(self) -> Survey:
        """Look at the headers of the whole column; sizes and bad ones are of those chosen."""
        found = self.pictures.survey()
        place = {int(row): i for i, row in enumerate(self.rows)}
        good = np.setdiff1d(np.arange(len(self.pictures)), [row for row, _, _ in found.bad])
        sizes = dict(zip(good.tolist(), found.sizes, strict=True))
        return replace(
            found,
            sizes=[sizes[row] for row in place if row in sizes],
            bad=[(place[row], name, why) for row, name, why in found.bad if row in place],
        )

    def decode(self, rows: np.ndarray, channels: int, height: int, width: int, fit: str = "crop") -> np.ndarray:
        """Return (len(rows), channels, height, width) uint8."""
        return self.pictures.decode(self.rows[rows], channels, height, width, fit)


def find_files(raw: Raw, base: Path, image: str = "") -> Raw:
    """Take the pictures, sounds or clips that a column names, by paths relative to the table's folder."""
    from . import clips, pictures, sound

    raw, column, paths = named_files(raw, base, SUFFIXES, "picture", column=image, flag="image")
    if column:
        return replace(raw, pictures=pictures.from_paths(base, paths), picture_column=column)
    for endings, what, from_paths in ((SOUNDS, "sound", sound.from_paths), (VIDEOS, "video", clips.from_paths)):
        raw, column, paths = named_files(raw, base, endings, what)
        if column:
            return replace(raw, media=from_paths(base, paths), media_column=column)
    return raw


def find_split(raw: Raw) -> Raw:
    """Take a column named split that says train, validation or test in every row as the official split."""
    if raw.split is not None:
        return raw
    for name in (c for c in raw.frame.columns if str(c).lower() == "split"):
        found = official_split(raw.frame[name])
        if found is not None:
            return replace(raw, split=found)
    return raw
