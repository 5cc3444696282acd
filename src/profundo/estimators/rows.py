"""What scikit-learn's users give: arrays, sparse matrices, frames, weights. Checked, and as dense rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import check_array

from ..data.memory import memory_limit
from ..errors import DataError, ResourceError

FLOATS = (np.float64, np.float32)
COPIES = 3  # as given, in standard units, and one on the way


class InvalidData(DataError, ValueError):
    """The arrays cannot be used as they are; a ValueError too, as scikit-learn's callers expect."""


@dataclass
class Rows:
    """Checked rows: x (n, features), y, weights (n,) or None, ids (n,) their places in what was given.

    `train` and `validation` are the positions to learn from and to hold out.
    """

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None
    ids: np.ndarray
    train: np.ndarray
    validation: np.ndarray


def checked_weights(weights: Any, count: int) -> np.ndarray:
    """Return the weights of `count` rows (count,) float64: not negative, not all zero."""
    found: np.ndarray = check_array(weights, ensure_2d=False, dtype=np.float64, input_name="sample_weight")
    if found.shape != (count,):
        raise InvalidData(f"sample_weight has the shape {found.shape}, and X has {count} rows. Give one for each row.")
    if (found < 0).any():
        raise InvalidData(f"sample_weight is negative in row {int(found.argmin())}. A weight is at least 0.")
    if not found.any():
        raise InvalidData("every sample_weight is zero: there is nothing to learn from.")
    return found


def dense(x: Any) -> np.ndarray:
    """Return an array, or a sparse matrix written out in full. Raises ResourceError where that does not fit."""
    if not hasattr(x, "toarray"):
        return np.asarray(x)
    need, limit = COPIES * x.dtype.itemsize * x.shape[0] * x.shape[1], memory_limit()
    if need > limit:
        raise ResourceError(
            f"a sparse matrix of {x.shape[0]:,} x {x.shape[1]:,}, written out in full needs about {need / 1e9:.2g} GB, "
            f"and the limit is {limit / 1e9:.2g} GB. Reduce its columns before (sklearn.decomposition.TruncatedSVD), "
            f"or raise the limit: PROFUNDO_MEMORY_GB={1.1 * need / 1e9:.2g}."
        )
    return np.asarray(x.toarray())
