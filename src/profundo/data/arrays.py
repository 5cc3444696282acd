"""Reading NumPy arrays: `.npz` and `.npy` files, or arrays from Python."""

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, ResourceError
from . import clip_arrays
from .pixels import from_array
from .raw import Note, Raw

SPLITS = {"train": "train", "test": "test", "val": "validation", "valid": "validation", "validation": "validation"}
INPUTS = frozenset({"x", "image", "images", "data", "features", "inputs"})
TARGETS = frozenset({"y", "label", "labels", "target", "targets", "class", "classes"})
UNNAMED = {"arr_0": "x", "arr_1": "y"}  # np.savez(file, x, y)
ADVICE = "Save it as np.savez('data.npz', x_train=..., y_train=..., x_test=..., y_test=...), or as x=..., y=..."


@dataclass(frozen=True)
class Part:
    """One split: inputs (n, ...), targets (n,) or (n, k) or none. `split` is "" where the source has no splits."""

    split: str
    x: np.ndarray
    y: np.ndarray | None


def read_npz(path: Path) -> Raw:
    """Read a `.npz` with keys such as x_train, y_train, x_test, y_test (the official split), or x, y.

    Also images/labels, data/target, train_images/train_labels ... 3-D and 4-D inputs are pictures, 5-D inputs clips
    (n, frames, height, width, channels); 2-D inputs are a table with columns x0, x1 ..., or as the key `feature_names`
    says. The target is `y`. Raises DataError with the keys found.
    """
    found = load(path)
    if isinstance(found, np.ndarray):
        raise DataError(f"{path} is a .npy file, not a .npz. Rename it.")
    with found:
        places = {place(key): key for key in reversed(found.files) if place(key)}  # the first of several wins
        used = set(places.values())
        splits = [s for s in ("train", "validation", "test") if ("x", s) in places] or [""]
        keys = ", ".join(found.files) or "none"
        if ("x", splits[0]) not in places or (len(splits) > 1 and "train" not in splits):
            raise DataError(f"{path} has no inputs that can be told; the keys found: {keys}. {ADVICE}")
        parts = []
        for split in splits:
            target = places.get(("y", split))
            y = member(path, found, target) if target else None
            parts.append(Part(split, member(path, found, places["x", split]), y))
        names = member(path, found, "feature_names") if "feature_names" in found.files else None
        left = [key for key in found.files if key not in used and key != "feature_names"]
    raw = join(Path(path).name, parts, columns=names)
    if left:
        raw.notes.append(Note("left-out", f"arrays that are neither inputs nor targets: {', '.join(left)}"))
    return raw


def read_npy(path: Path) -> Raw:
    """Read a `.npy`: pictures (3-D or 4-D), or a table of numbers (1-D or 2-D); there is no target."""
    found = load(path)
    if not isinstance(found, np.ndarray):
        return read_npz(path)
    return join(Path(path).name, [Part("", found, None)])


def from_arrays(x: Any, y: Any = None, x_test: Any = None, y_test: Any = None, *, name: str = "arrays") -> Raw:
    """Take arrays (or what `np.asarray` accepts) from Python; with x_test and y_test, those are the official test part.

    x is (n, columns) for a table, (n, H, W[, C]) or (n, C, H, W) for pictures; y is (n,) or (n, targets).
    """
    parts = [Part("" if x_test is None else "train", *arrays(x, y))]
    if x_test is not None:
        parts.append(Part("test", *arrays(x_test, y_test)))
    return join(name, parts)


def arrays(x: Any, y: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Turn what Python gives into arrays. Raises DataError for ragged lists."""
    try:
        return np.asarray(x), None if y is None else np.asarray(y)
    except (ValueError, TypeError) as error:
        raise DataError(f"the arrays are not regular ({error}). Every row needs the same shape.") from error


def place(key: str) -> tuple[str, str] | None:
    """Read a key: ("x" or "y", split or ""), or None. `train_images`, `X_train` and `images` are ("x", ...)."""
    words = UNNAMED.get(key, key).lower().split("_")
    split = [SPLITS[w] for w in words if w in SPLITS]
    rest = [w for w in words if w not in SPLITS]
    if len(rest) != 1 or len(split) > 1 or rest[0] not in INPUTS | TARGETS:
        return None
    return "x" if rest[0] in INPUTS else "y", "".join(split)


def load(path: Path) -> Any:
    """Open a .npz or .npy. Raises DataError where it is neither, cut off, or holds Python objects."""
    path = Path(path)
    try:
        return np.load(path, allow_pickle=False)
    except FileNotFoundError as error:
        raise DataError(f"there is no file {path}.") from error
    except PermissionError as error:
        raise ResourceError(f"{path} cannot be read ({error.strerror}). Try: chmod u+r '{path}'") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} {wrong(error)}") from error


def member(path: Path, archive: Any, key: str) -> np.ndarray:
    """Read one array of a .npz. Raises DataError with the file and the key."""
    try:
        return np.asarray(archive[key])
    except MemoryError as error:
        raise ResourceError(f"the array {key!r} in {path} does not fit into the memory.") from error
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"the array {key!r} in {path} {wrong(error)}") from error


def wrong(error: Exception) -> str:
    """Say what is wrong with a file and what to do about it."""
    if "pickle" in str(error):
        return (
            "holds Python objects, or is no NumPy file; objects would run code when read, so they are refused. "
            "Save plain arrays: array.astype(float), or array.astype(str) for text."
        )
    return f"is damaged or cut off ({str(error) or type(error).__name__}). Copy or download it again."


def join(name: str, parts: Sequence[Part], columns: np.ndarray | None = None) -> Raw:
    """Put the splits below each other. Raises DataError where shapes and lengths do not go together."""
    import pandas as pd

    for part in parts:
        check(name, part, parts[0])
    x = stacked([p.x for p in parts])
    y = None if parts[0].y is None else stacked([p.y for p in parts if p.y is not None])
    split = np.repeat([p.split for p in parts], [len(p.x) for p in parts]) if len(parts) > 1 else None
    targets, notes = target_columns(y)
    if x.ndim == 5:
        frame = pd.DataFrame(targets, index=pd.RangeIndex(len(x)))
        clips = clip_arrays.from_array(x, name)
        return Raw(name, frame, media=clips, media_column="clip", split=split, target=tuple(targets), notes=notes)
    if x.ndim > 2:
        frame = pd.DataFrame(targets, index=pd.RangeIndex(len(x)))
        return Raw(name, frame, from_array(x, name), split=split, target=tuple(targets), notes=notes)
    x = x.reshape(len(x), -1)
    labels = [f"x{i}" for i in range(x.shape[1])]
    if columns is not None and len({*columns.ravel().tolist(), *targets}) == x.shape[1] + len(targets):
        labels = [str(c) for c in columns.ravel().tolist()]
    frame = pd.DataFrame(x, columns=labels)
    for target, values in targets.items():
        frame[target] = values
    return Raw(name, frame, split=split, target=tuple(targets), notes=notes)


def check(name: str, part: Part, first: Part) -> None:
    """Raise DataError where a split has no rows, or does not go with its targets or with the first split."""
    where = f"{name}, {part.split}," if part.split else name
    if part.x.ndim == 0 or len(part.x) == 0:
        raise DataError(f"{where} has no rows (shape {part.x.shape}). {ADVICE}")
    if part.x.dtype == object:
        advice = "For a table of mixed kinds give a DataFrame; for pictures np.stack(rows)."
        raise DataError(f"{where} holds Python objects, or rows of different lengths. {advice}")
    if part.x.shape[1:] != first.x.shape[1:]:
        raise DataError(f"{where} has inputs of shape {part.x.shape[1:]}, {first.split} of {first.x.shape[1:]}.")
    if (part.y is None) != (first.y is None):
        without = part.split if part.y is None else first.split
        raise DataError(
            f"{name} has targets for one split but none for {without!r}. Add them, or leave that split out."
        )
    if part.y is not None and (part.y.ndim == 0 or len(part.y) != len(part.x)):
        raise DataError(
            f"{where} has {len(part.x):,} inputs but targets of shape {part.y.shape}. Give one for each row."
        )


def stacked(arrays: list[np.ndarray]) -> np.ndarray:
    """Concatenate, without a copy where there is one array only."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def target_columns(y: np.ndarray | None) -> tuple[dict[str, np.ndarray], list[Note]]:
    """Return the target columns: `y`, or y0, y1 ...; a one-hot matrix (as Keras writes it) becomes its codes."""
    if y is None:
        return {}, []
    y = y.reshape(len(y), -1)
    if y.shape[1] == 1:
        return {"y": y[:, 0]}, []
    if y.dtype.kind in "biuf" and bool(np.isin(y, (0, 1)).all() and (y.sum(1) == 1).all()):
        return {"y": y.argmax(1)}, [Note("kinds", f"y is one-hot with {y.shape[1]} columns: read as codes")]
    return {f"y{i}": y[:, i] for i in range(y.shape[1])}, []
