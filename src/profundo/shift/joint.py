"""Do two samples come from one distribution? A test of all columns together: what single columns cannot show."""

from dataclasses import dataclass

import numpy as np

MOST = 1_000  # rows of each side: the kernel has the square of their number
PERMUTATIONS = 499  # p is a multiple of 1 / 500
SALT = 0x3D


@dataclass(frozen=True)
class Joint:
    """The squared maximum mean discrepancy (unbiased, so that 0 is expected without a shift), its p-value, the rows."""

    statistic: float
    p: float
    n_before: int
    n_after: int


def mmd_test(before: np.ndarray, after: np.ndarray, *, permutations: int = PERMUTATIONS, seed: int = 0) -> Joint:
    """Test whether (n, d) and (m, d) are samples of one distribution: the kernel two-sample test with permutations.

    Gretton et al. 2012, A kernel two-sample test. The kernel is a sum of Gaussians whose widths are 0.5, 1 and 2 times
    the median distance of the pooled rows. p = (1 + permutations as extreme) / (1 + permutations) is exact: at most a
    share `level` of the samples without a shift has p <= level. More than 1,000 rows of a side are sampled.
    """
    generator = np.random.default_rng([seed, SALT])
    a, b = (sampled(np.asarray(x, np.float32), MOST, generator) for x in (before, after))
    n, m = len(a), len(b)
    if n < 2 or m < 2:
        return Joint(float("nan"), 1.0, n, m)
    kernel = gaussians(np.concatenate([a, b]))
    own = np.arange(n + m) < n
    sides = np.empty((n + m, permutations + 1), np.float32)  # a column is 1 for the rows of the first side
    sides[:, 0] = own
    for column in range(1, permutations + 1):
        sides[:, column] = own[generator.permutation(n + m)]
    values = discrepancies(kernel, sides, n, m)
    p = (1 + int((values[1:] >= values[0]).sum())) / (1 + permutations)
    return Joint(float(values[0]), p, n, m)


def sampled(x: np.ndarray, most: int, generator: np.random.Generator) -> np.ndarray:
    """Return the rows, or a random sample of them."""
    return x if len(x) <= most else x[np.sort(generator.permutation(len(x))[:most])]


def gaussians(x: np.ndarray) -> np.ndarray:
    """Return the kernel (n, n) float32 of all pairs of rows, with zeros on the diagonal."""
    squares = (x * x).sum(1)
    distances = np.maximum(squares[:, None] + squares[None] - 2 * x @ x.T, 0)
    width = float(np.median(distances)) or float(distances.mean()) or 1.0
    widest = np.exp(distances * np.float32(-1 / (8 * width)))
    middle = (widest * widest) ** 2  # a Gaussian of half the width is the fourth power
    kernel = widest + middle + (middle * middle) ** 2
    np.fill_diagonal(kernel, 0)
    return kernel


def discrepancies(kernel: np.ndarray, sides: np.ndarray, n: int, m: int) -> np.ndarray:
    """Return the unbiased squared discrepancy for each column of `sides` (n + m, k)."""
    to_first = kernel @ sides  # (n + m, k): the sum of each row's kernel with the first side
    first = (sides * to_first).sum(0, dtype=np.float64)
    rows = kernel.sum(1, dtype=np.float64)
    across = rows @ sides - first
    second = rows.sum() - first - 2 * across
    return first / (n * (n - 1)) + second / (m * (m - 1)) - 2 * across / (n * m)
