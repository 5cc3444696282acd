"""Data sets known by name (builtin.toml): shipped with scikit-learn, made here, or fetched when asked for."""

import gzip
import io
import tarfile
import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import DataError, UsageError, unknown
from .adding import adding
from .arrays import from_arrays, read_npz
from .fetch import Progress, Remote, local, obtain
from .made_texts import MADE
from .moving import moving_shapes
from .pictures import from_bytes
from .playground import make
from .progressions import progressions
from .raw import Note, Raw

FACES = 30  # people with fewer photos in the whole of LFW are left out
ADULT = [
    *("age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship"),
    *("race", "sex", "capital_gain", "capital_loss", "hours_per_week", "native_country", "income"),
]


@dataclass(frozen=True)
class Builtin:
    """A data set known by name. `origin` is "scikit-learn" or "made" (both without a network), or "fetched".

    `local` are file names that are accepted from the folder of PROFUNDO_DATA; `labels` name the codes of the target.
    """

    name: str
    description: str
    task: str
    target: str
    rows: int
    licence: str
    origin: str
    local: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    files: tuple[Remote, ...] = ()

    @property
    def size(self) -> int:
        """The bytes to fetch."""
        return sum(f.size for f in self.files)


def entry(name: str, fields: dict[str, Any]) -> Builtin:
    """Build an entry from its table in builtin.toml."""
    files = tuple(Remote(**f) for f in fields.pop("files", []))
    lists: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
    return Builtin(name=name, files=files, **lists)


TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
BUILTIN: dict[str, Builtin] = {name: entry(name, fields) for name, fields in TABLE.items()}


def read(name: str, *, seed: int = 0, noise: float = 0.0, progress: Progress | None = None) -> Raw:
    """Read a built-in data set. `seed` and `noise` (0..0.5) are for the made ones.

    Those that are fetched are looked for in the folder of PROFUNDO_DATA, then in the cache; the download into the cache
    is told to `progress(file, bytes so far, bytes in all)`. Raises UsageError for an unknown name, ResourceError where
    the network is needed and does not answer.
    """
    key = name.replace("-", "_").lower()
    if key not in BUILTIN:
        raise UsageError(unknown("built-in data set", name, BUILTIN))
    known = BUILTIN[key]
    if key == "moving_shapes":
        raw = moving_shapes(seed)
    elif key in MADE:
        raw = MADE[key](seed)
    elif key == "progressions":
        raw = progressions(seed)
    elif key == "adding":
        raw = adding(seed)
    elif known.origin == "made":
        raw = Raw(key, make(key, seed=seed, noise=noise))
    elif known.origin == "scikit-learn":
        raw = read_digits() if key == "digits" else read_sklearn(known)
    else:
        raw = read_fetched(known, progress)
    return finished(known, raw)


def finished(known: Builtin, raw: Raw) -> Raw:
    """Give the data set its name, task and target, and the target its labels."""
    frame = raw.frame
    if raw.target and raw.target != (known.target,):
        frame = frame.rename(columns={raw.target[0]: known.target})
    if known.labels and frame[known.target].dtype.kind in "iu":
        frame = frame.assign(**{known.target: np.array(known.labels, dtype=object)[frame[known.target].to_numpy()]})
    return replace(raw, name=known.name, frame=frame, target=(known.target,), task=known.task)


def read_digits() -> Raw:
    """Read scikit-learn's digits; their 17 levels of grey become 0..255."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return from_arrays(np.rint(found.images * (255 / 16)).astype(np.uint8), found.target, name="digits")


def read_sklearn(known: Builtin) -> Raw:
    """Read a table that comes with scikit-learn, its target as text or, for diabetes, a number; nothing scaled."""
    from sklearn import datasets

    scaled = {"scaled": False} if known.name == "diabetes" else {}
    found = getattr(datasets, f"load_{known.name}")(as_frame=True, **scaled)
    labels = found.get("target_names")
    target = found.target if labels is None else np.array(labels, dtype=object)[found.target]
    return Raw(known.name, found.data.assign(**{known.target: target}))


def read_fetched(known: Builtin, progress: Progress | None) -> Raw:
    """Read the copy in the folder of PROFUNDO_DATA, or the official files."""
    path = local(known.local)
    if path is None:
        paths = obtain(known.name, known.files, progress)
        raw = OFFICIAL[known.name](*paths)
        raw.notes.append(Note("data", f"{known.name} from {paths[0].parent}; licence: {known.licence}"))
        return raw
    raw = read_npz(path) if path.suffix == ".npz" else read_local(known, path)
    raw.notes.append(Note("data", f"{known.name} from {path}"))
    return raw


def read_local(known: Builtin, path: Path) -> Raw:
    """Read a table or Parquet of the folder of PROFUNDO_DATA; its column `split` is the official split."""
    from .tables import read_table

    raw = read_table(path)
    frame = raw.frame
    if known.target not in frame.columns and "label" in frame.columns:
        frame = frame.rename(columns={"label": known.target})
    if known.target not in frame.columns:
        columns = ", ".join(map(str, frame.columns))
        raise DataError(f"{path} has no column {known.target!r}; it has {columns}. Take it out of PROFUNDO_DATA.")
    split = frame["split"].to_numpy(dtype=str) if "split" in frame.columns else None
    if raw.pictures is not None:
        frame = frame[[known.target]]
    return replace(raw, frame=frame.drop(columns="split", errors="ignore"), split=split)


def read_idx(train_x: Path, train_y: Path, test_x: Path, test_y: Path) -> Raw:
    """Read the four files of MNIST's own format."""
    return from_arrays(*(idx(path) for path in (train_x, train_y, test_x, test_y)))


def idx(path: Path) -> np.ndarray:
    """Read a gzipped IDX file: bytes 0 0 8, the number of axes, the length of each (4 bytes, big endian), the bytes."""
    try:
        data = gzip.decompress(path.read_bytes())
        axes = data[3]
        shape = np.frombuffer(data, ">u4", axes, 4).tolist()
        if data[:3] != b"\0\0\x08":
            raise ValueError("it does not begin as an IDX file of bytes does")
        return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape).copy()
    except (OSError, EOFError, ValueError, IndexError) as error:
        raise DataError(f"{path} is damaged ({error}). Remove it; it will be fetched again.") from error


def read_cifar10(path: Path) -> Raw:
    """Read CIFAR-10's binary version: records of 1 byte label, then 32x32 red, green and blue bytes."""
    size = 1 + 3 * 32 * 32
    parts: dict[bool, list[np.ndarray]] = {False: [], True: []}
    for name, data in members(path, lambda name: name.endswith(".bin")):
        parts["test" in name].append(np.frombuffer(data, np.uint8).reshape(-1, size))
    if not parts[False] or not parts[True]:
        raise DataError(f"{path} holds no data_batch_*.bin and test_batch.bin. Remove it; it will be fetched again.")
    train, test = (np.concatenate(parts[key]) for key in (False, True))
    x, x_test = (p[:, 1:].reshape(-1, 3, 32, 32) for p in (train, test))
    return from_arrays(x, train[:, 0], x_test, test[:, 0])


def read_lfw(path: Path) -> Raw:
    """Read the funneled photos of the people with at least `FACES` photos; there is no official split by person."""
    names = [name for name, _ in members(path, lambda name: False, every=True) if name.endswith(".jpg")]
    counts = Counter(Path(name).parent.name for name in names)
    found = list(members(path, lambda n: n.endswith(".jpg") and counts[Path(n).parent.name] >= FACES))
    people = [Path(name).parent.name.replace("_", " ") for name, _ in found]
    return Raw("lfw", pd.DataFrame({"person": people}), from_bytes([data for _, data in found], "lfw"))


def members(path: Path, wanted: Callable[[str], bool], *, every: bool = False) -> list[tuple[str, bytes]]:
    """Return (name, bytes) of the wanted files of a tar archive, sorted; with `every`, the others too, without bytes.

    Nothing is unpacked to the disk. Raises DataError where the archive is damaged.
    """
    found = []
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() and wanted(member.name) else None
                if file is not None or every:
                    found.append((member.name, file.read() if file is not None else b""))
    except (OSError, EOFError, tarfile.TarError) as error:
        raise DataError(f"{path} is damaged ({error}). Remove it; it will be fetched again.") from error
    return sorted(found)


def read_adult(data: Path, test: Path) -> Raw:
    """Read UCI's two files: no header, "?" for missing, a dot after the labels of the test file."""
    parts = []
    for path, skip in ((data, 0), (test, 1)):
        text = path.read_text(encoding="ascii", errors="replace")
        part = pd.read_csv(io.StringIO(text), names=ADULT, skiprows=skip, skipinitialspace=True, na_values=["?"])
        parts.append(part.assign(income=part["income"].str.rstrip(".")))
    split = np.repeat(["train", "test"], [len(p) for p in parts])
    return Raw("adult", pd.concat(parts, ignore_index=True), split=split)


def read_housing(path: Path) -> Raw:
    """Read the table as it is."""
    from .tables import read_table

    return read_table(path)


OFFICIAL: dict[str, Callable[..., Raw]] = {
    "mnist": read_npz,
    "fashion_mnist": read_idx,
    "cifar10": read_cifar10,
    "lfw": read_lfw,
    "adult": read_adult,
    "california_housing": read_housing,
}
