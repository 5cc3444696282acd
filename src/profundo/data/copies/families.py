"""Which rows or pictures are copies of each other, exactly or nearly, and the families that they form.

`families` is what `--copies together` and `--copies drop` need: it looks at inputs alone, before any split.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..values import labels
from .pictures import near_pictures
from .rows import near_rows
from .texts import LONG, near_texts

if TYPE_CHECKING:
    import pandas as pd

PICTURES, ROWS = 70_000, 200_000  # looked at for near copies; of more, a sample
LOOKED_AT = 1_000  # cells that decide whether a column is text
PICTURE_AXES = 4  # pictures, channels, height, width
WORDS = 4  # in the middle cell of a column of text, at least


@dataclass(frozen=True)
class Copies:
    """Rows of equal `codes` (n,) are equal; `pairs` (m, 2) are the first rows of two codes that are nearly so.

    The codes are 0, 1, 2 ... in the order of their first rows; the closest pair stands first. `looked` rows were
    compared for near copies, the others in a sample of them not.
    """

    codes: np.ndarray
    pairs: np.ndarray
    looked: int
    what: str  # row, text or picture: by what the near copies were found


def families(rows: "pd.DataFrame | np.ndarray | torch.Tensor", seed: int = 0) -> np.ndarray:
    """Return the family (n,) int64 of each row: rows that are copies of each other, exactly or nearly, share a number.

    `rows` are the input columns of a table (n, columns), or pictures (n, channels, height, width) uint8. A copy of a
    copy is of the family too. The numbers are 0, 1, 2 ... in the order of the families' first rows, so that a row is
    the first of its family where `np.unique(families, return_index=True)[1]` says so. Deterministic.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    found = find_copies(rows, seed=seed)
    if not len(found.codes):
        return found.codes
    left, right = found.codes[found.pairs].T
    count = int(found.codes.max()) + 1
    graph = coo_matrix((np.ones(len(left), np.int8), (left, right)), shape=(count, count))
    return numbered(connected_components(graph, directed=False)[1][found.codes])


def find_copies(rows: Any, held: np.ndarray | None = None, seed: int = 0) -> Copies:
    """Find exact and near copies among rows of a frame, of a matrix (n, columns), or pictures (n, c, h, w) uint8.

    `held` are positions that are looked at in any case where the rows are too many for all.
    """
    codes = exact(rows)
    first = np.unique(codes, return_index=True)[1]
    most = ROWS if is_table(rows) else PICTURES
    looked = chosen(first, np.empty(0, np.int64) if held is None else held, most, seed)
    pairs, what = near_pairs(take(rows, looked), seed)
    return Copies(codes, looked[pairs], len(looked), what)


def exact(rows: Any) -> np.ndarray:
    """Return a code (n,) for each row, the same for rows that are equal."""
    import pandas as pd

    if isinstance(rows, pd.DataFrame):
        keys = row_hashes(rows)
    else:
        array = np.ascontiguousarray(rows.cpu().numpy() if isinstance(rows, torch.Tensor) else rows)
        keys = np.array([hash(row.tobytes()) for row in array], np.int64)
    return numbered(keys)


def row_hashes(frame: "pd.DataFrame") -> np.ndarray:
    """Return a 64-bit hash (n,) of every row of a frame."""
    import pandas as pd

    try:
        return pd.util.hash_pandas_object(frame, index=False).to_numpy()
    except TypeError:  # values of different types, or lists
        return pd.util.hash_pandas_object(frame.apply(lambda c: labels(c)[0]), index=False).to_numpy()


def numbered(keys: np.ndarray) -> np.ndarray:
    """Return 0, 1, 2 ... for the keys (n,) in the order of their appearance."""
    import pandas as pd

    return pd.factorize(keys)[0].astype(np.int64)


def is_table(rows: Any) -> bool:
    """Say whether the rows are those of a table, not pictures."""
    return len(rows.shape) == 2


def take(rows: Any, positions: np.ndarray) -> Any:
    """Return some of the rows."""
    if isinstance(rows, np.ndarray | torch.Tensor):
        return rows if len(positions) == len(rows) else rows[positions]
    return rows.iloc[positions]


def chosen(first: np.ndarray, held: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Return at most so many of the positions, ascending; of the held ones as many as come to half of them."""
    if len(first) <= most:
        return first
    random = np.random.default_rng([seed, 0xC0])
    inside = np.isin(first, held)
    parts = [random.permutation(first[inside])[: most // 2]]
    parts.append(random.permutation(first[~inside])[: most - len(parts[0])])
    return np.sort(np.concatenate(parts))


def near_pairs(rows: Any, seed: int) -> tuple[np.ndarray, str]:
    """Return the pairs (m, 2) of near copies, and of what: of texts where a table has any, else of whole rows."""
    import pandas as pd

    if not is_table(rows) and rows.ndim != PICTURE_AXES:  # clips, drawings: nearly equal is not the same
        return np.empty((0, 2), np.int64), "row"
    if not is_table(rows):
        return near_pictures(torch.as_tensor(rows)), "picture"
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(np.asarray(rows))
    names = [i for i in range(frame.shape[1]) if is_text(frame.iloc[:, i])]
    if not names:
        return near_rows(frame, seed), "row"
    texts = frame.iloc[:, names[0]].astype(str)
    for place in names[1:]:
        texts = texts + "\n" + frame.iloc[:, place].astype(str)
    return near_texts(texts.tolist()), "text"


def is_text(series: "pd.Series") -> bool:
    """Say whether a column holds texts of several words, or long sequences, most of them different."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(series.dtype) or isinstance(series.dtype, pd.CategoricalDtype):
        return False
    cells = [v for v in series.dropna().iloc[:LOOKED_AT].tolist() if isinstance(v, str)]
    if len(cells) < 2 or len(set(cells)) < 0.5 * len(cells):
        return False
    words = np.median([len(v.split()) for v in cells])
    longest = np.median([max(map(len, v.split()), default=0) for v in cells])
    return bool(words >= WORDS or longest > LONG)
