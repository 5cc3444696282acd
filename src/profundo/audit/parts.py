"""What every look needs: in which part each row stands, a sample that is the same each time, the source's rows."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ..data.dataset import SPLITS, Data
from ..data.values import labels

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 1_000  # rows and pairs that a finding names; its sentence counts them all


def part_of(data: Data) -> np.ndarray:
    """Return the part of each row (n,): 0 train, 1 validation, 2 test, -1 for a row that is in none."""
    part = np.full(len(data.x), -1, np.int64)
    for code, name in enumerate(SPLITS):
        if name in data.splits:
            part[data.splits[name].cpu().numpy()] = code
    return part


def part_name(code: int) -> str:
    """Name a part."""
    return SPLITS[code] if code >= 0 else "no part"


def training(data: Data) -> np.ndarray:
    """Return the positions of the training part."""
    return data.positions("train").cpu().numpy()


def sample(positions: np.ndarray, most: int, data: Data, salt: int) -> np.ndarray:
    """Return at most so many of the positions, ascending: always the same for the same data and seed."""
    if len(positions) <= most:
        return np.sort(positions)
    return np.sort(np.random.default_rng([data.seed, salt]).choice(positions, most, replace=False))


def ids(data: Data, positions: ArrayLike) -> tuple[int, ...]:
    """Return the rows of the source at these positions, the first `SHOWN`."""
    return tuple(data.ids.cpu().numpy()[np.asarray(positions, np.int64)[:SHOWN]].tolist())


def inputs(data: Data) -> "pd.DataFrame | None":
    """Return the input columns as the source has them; None for pictures, and where the source has no columns."""
    if data.frame is None or data.schema.image is not None:
        return None
    names = [name for name in data.schema.inputs if name in data.frame.columns]
    return data.frame[names] if names else None


def codes_of(series: "pd.Series") -> np.ndarray:
    """Return a code (n,) for each row's value, in the order of appearance; -1 where it is missing."""
    import pandas as pd

    return labels(series)[0] if series.dtype == object else pd.factorize(series)[0].astype(np.int64)


def counted(number: int, one: str, many: str = "") -> str:
    """Write a count with its noun: `1 row`, `2,000 rows`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed_rows(rows: tuple[int, ...], most: int = 8) -> str:
    """Write rows as --without takes them, the first few."""
    return ",".join(map(str, rows[:most])) + (",..." if len(rows) > most else "")
