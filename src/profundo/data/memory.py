"""How much memory a table may take, and the refusal that says how many rows would fit."""

import contextlib
import ctypes
import os
from pathlib import Path

from ..errors import ResourceError, UsageError

DEFAULT = 1.2e9
COPIES = 3.6  # the frame, the pieces it is joined from, the tensor made from it; measured: 3.1 (benchmarks/memory.py)


def memory_limit() -> int:
    """Return how many bytes a table may add to the process: 1.2 GB or PROFUNDO_MEMORY_GB, at most what is free."""
    asked = os.environ.get("PROFUNDO_MEMORY_GB", "")
    try:
        limit = float(asked) * 1e9 if asked else DEFAULT
    except ValueError as error:
        raise UsageError(f"PROFUNDO_MEMORY_GB is {asked!r}; it must be a number of gigabytes, such as 4.") from error
    return int(min(limit, available()))


def available() -> float:
    """Return the bytes of memory that are free, infinity where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return float("inf")
    return next((float(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), float("inf"))


def give_back() -> None:
    """Return freed memory to the system; what many small pieces have left stays with the process else (Linux only)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def check_memory(name: str, row_bytes: float, total: float, rows: int | None) -> None:
    """Raise ResourceError with the figures when `total` rows, or the `rows` asked for, do not fit."""
    limit = memory_limit()
    wanted = total if rows is None else min(rows, total)
    need = wanted * row_bytes * COPIES
    if need <= limit:
        return
    fits = int(limit / (row_bytes * COPIES))
    fits -= fits % 10 ** max(0, len(str(fits)) - 2)  # two digits are enough
    raise ResourceError(
        f"{name} has about {total:,.0f} rows; reading {wanted:,.0f} of them needs about {need / 1e9:.2g} GB of memory, "
        f"and the limit is {limit / 1e9:.2g} GB. Read a random sample: --rows {max(fits, 1)}; "
        f"or raise the limit: PROFUNDO_MEMORY_GB={1.1 * need / 1e9:.2g}."
    )
