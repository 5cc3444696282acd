"""What a run stores of its data, so that new data can be compared with them.

It is a sample of at most 2,000 rows of the validation and test parts (on its training rows a network is too sure of
itself): the values of the input columns, categories as codes, a text as its number of words, a picture as its
brightness and the like, and what the network says of each row. No text, no picture and no name is stored, but numbers
and categories of real rows are: whoever may not give away the rows may not give away the file either.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.dataset import SPLITS, Data
from ..errors import DataError
from .rows import Rows, encoded_view, measure_columns, network_view

if TYPE_CHECKING:
    from ..evaluate import Trained

FORMAT = 1
MOST = 2_000  # rows
VALUES = 150_000  # numbers that all rows have together; the sample is smaller where there are many columns
LEAST = 200  # rows, however many columns there are
DIRECTIONS = 16
SALT = 0x5F
NUMBER, CATEGORY = "number:", "category:"
PARTS = ("validation", "test")


@dataclass(frozen=True)
class Projection:
    """Directions (width, d) of the largest variance of the training part's features, the first scaled to variance 1."""

    center: np.ndarray
    directions: np.ndarray

    def apply(self, features: np.ndarray) -> np.ndarray:
        """Return (n, d) float32, rounded as the stored ones are."""
        return ((features - self.center) @ self.directions).clip(-6e4, 6e4).astype(np.float16).astype(np.float32)


def reference(trained: "Trained | None", data: Data) -> dict[str, np.ndarray]:
    """Measure a sample of the rows that the network was not trained on; without a network, of all rows.

    The arrays go into reference.npz (see `to_npz`). The sample is a function of the data's seed.
    """
    parts = SPLITS if trained is None else PARTS
    rows = np.sort(np.concatenate([data.splits[p].cpu().numpy() for p in parts if p in data.splits]))
    width = len(data.schema.inputs) + data.schema.outputs + DIRECTIONS
    most = max(LEAST, min(MOST, VALUES // width))
    rows = sample(rows, most, data.seed)
    fitted = sample(data.splits.get("train", data.splits["test"]).cpu().numpy(), MOST, data.seed)
    projection = project(view(trained, data, fitted)[1])
    found = measure(trained, data, rows, projection)
    y = data.y[rows].cpu().numpy() if len(data.y) else np.zeros(0)
    about = {
        "format": FORMAT,
        "name": Path(data.name).name,
        "n": len(rows),
        "of": [p for p in parts if p in data.splits],
        "network": trained is not None,
    }
    return {
        "about": np.array(json.dumps(about)),
        **{NUMBER + k: v for k, v in found.numbers.items()},
        **{CATEGORY + k: v.astype(np.int32) for k, v in found.categories.items()},
        "outputs": found.outputs.astype(np.float32),
        "features": found.features.astype(np.float16),
        "y": y,
        "center": projection.center,
        "directions": projection.directions,
    }


def sample(rows: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Return the rows, or a random sample of them in their order."""
    if len(rows) <= most:
        return rows
    return rows[np.sort(np.random.default_rng([seed, SALT]).permutation(len(rows))[:most])]


def view(trained: "Trained | None", data: Data, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (outputs, features) of the rows; without a network there are no outputs."""
    if trained is None:
        return np.zeros((len(rows), 0)), encoded_view(data, rows)
    return network_view(trained, data, rows)


def project(features: np.ndarray) -> Projection:
    """Find the directions of the largest variance (principal components), at most 16; those without any are left out.

    They come from the training part, so that they favour neither the reference nor the new rows.
    """
    center = features.mean(0)
    values, vectors = np.linalg.eigh(np.cov(features.T, bias=True).reshape(len(center), -1).astype(np.float64))
    order = np.argsort(-values)[:DIRECTIONS]
    order = order[values[order] > max(1e-12, 1e-6 * values[order[0]])]
    scale = np.sqrt(values[order[0]]) if len(order) else 1.0
    return Projection(center.astype(np.float32), (vectors[:, order] / scale).astype(np.float32))


def measure(trained: "Trained | None", data: Data, rows: np.ndarray, projection: Projection | None) -> Rows:
    """Measure the rows at these positions; without a projection their columns alone.

    Without a network, the targets are compared as columns, where no row lacks them.
    """
    numbers, categories = measure_columns(data, rows, targets=trained is None)
    for name in data.schema.targets:
        if name in numbers and np.isnan(numbers[name]).any():
            del numbers[name]
        if name in categories and (categories[name] < 0).any():
            del categories[name]
    if projection is None:
        outputs = features = np.zeros((len(rows), 0), np.float32)
    else:
        outputs, features = view(trained, data, rows)
        features = projection.apply(features)
    return Rows(numbers, categories, outputs.astype(np.float32), features, np.zeros(0))


def stored_rows(stored: Mapping[str, np.ndarray]) -> Rows:
    """Return the rows of a reference."""
    return Rows(
        numbers={k.removeprefix(NUMBER): v for k, v in stored.items() if k.startswith(NUMBER)},
        categories={k.removeprefix(CATEGORY): v for k, v in stored.items() if k.startswith(CATEGORY)},
        outputs=stored["outputs"],
        features=stored["features"].astype(np.float32),
        y=stored["y"],
    )


def stored_projection(stored: Mapping[str, np.ndarray]) -> Projection:
    """Return the directions of a reference."""
    return Projection(stored["center"], stored["directions"])


def to_npz(stored: Mapping[str, np.ndarray]) -> bytes:
    """Pack a reference as the bytes of reference.npz."""
    file = io.BytesIO()
    np.savez_compressed(file, **stored)  # type: ignore[arg-type]
    return file.getvalue()


def from_npz(path: Path) -> dict[str, np.ndarray]:
    """Read reference.npz. Raises DataError where it is missing, damaged, or of a newer profundo."""
    try:
        with np.load(path, allow_pickle=False) as file:
            stored = {name: file[name] for name in file.files}
        about = json.loads(str(stored["about"]))
    except FileNotFoundError as error:
        raise DataError(f"{path} does not exist: the run has no reference to compare new data with.") from error
    except (ValueError, OSError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path} is damaged or unreadable ({error}).") from error
    if about.get("format") != FORMAT:
        raise DataError(f"{path} has format {about.get('format')}; this profundo reads {FORMAT}. Use a newer one.")
    return stored


def stored_summary(stored: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return {format, name, n, of, network}: what was measured."""
    return dict(json.loads(str(stored["about"])))


def reference_summary(stored: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Say what a reference holds: {name, n, of (parts), network, columns, directions, bytes}."""
    rows = stored_rows(stored)
    return stored_summary(stored) | {
        "columns": [*rows.numbers, *rows.categories],
        "directions": int(rows.features.shape[1]),
        "bytes": len(to_npz(stored)),
    }
