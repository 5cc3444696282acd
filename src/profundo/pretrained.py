"""From the name of published weights to tensors: from the folder of PROFUNDO_DATA, the cache, or, last, the network."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from .data.cache import cache_folder
from .data.fetch import Progress, Remote, fetch, local
from .errors import DataError, ResourceError, UsageError
from .files import sha256
from .networks import weights
from .networks.weights import Checkpoint

FOLDER = "weights"  # in the cache


@dataclass(frozen=True, eq=False)
class Pretrained:
    """Weights as they were published: the tensors by name (float32), the names of the outputs, the file and its hash.

    `labels` is () where the file does not name them.
    """

    checkpoint: Checkpoint
    state: Mapping[str, Tensor]
    labels: tuple[str, ...]
    path: Path
    sha256: str


def load_published(name: str, *, trust: bool = False, progress: Progress | None = None) -> Pretrained:
    """Load published weights by name. Nothing is fetched where the file is here already.

    With `trust`, a file whose hash is not known here is fetched too. Raises UsageError for an unknown name and for such
    a file without `trust`, ResourceError where the file cannot be had, DataError where it is damaged or another one.
    """
    entry = weights.find(name)
    path = locate(entry, trust=trust, progress=progress)
    return Pretrained(entry, weights.load(entry, path), weights.labels(entry, path), path, sha256(path))


def locate(entry: Checkpoint, *, trust: bool = False, progress: Progress | None = None) -> Path:
    """Return the file of a checkpoint, from the nearest place that has it."""
    stored = cache_folder(FOLDER) / entry.file
    for place in (local((entry.file,)), stored):
        if place is not None and place.is_file():
            if entry.sha256 in ("", sha256(place)):
                return place
            raise DataError(
                f"{place} is not the file of the weights {entry.name}: its SHA-256 is not {entry.sha256[:16]}... "
                "Remove it, or give it by its path."
            )
    by_hand = f"{entry.file} ({entry.bytes / 1e6:.1f} MB) into the folder of PROFUNDO_DATA or to {stored}"
    if not entry.url:
        raise ResourceError(
            f"the weights {entry.name} are not here, and there is no place to fetch them from. If you have the file, "
            f"copy {by_hand}. Its SHA-256 is {entry.sha256}."
        )
    if not entry.sha256 and not trust:
        raise UsageError(
            f"the weights {entry.name} would be fetched from {entry.url}, and their hash is not known here, so nobody "
            f"could notice another file. Download and copy {by_hand}; or, in Python, "
            f"profundo.pretrained.load_published({entry.name!r}, trust=True) fetches it."
        )
    fetch(entry.name, Remote(entry.file, entry.url, entry.sha256, entry.bytes), stored, progress)
    return stored
