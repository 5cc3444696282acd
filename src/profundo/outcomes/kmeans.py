"""k-means, and how many clusters there are: by the silhouette. The same seed gives the same clusters."""

import numpy as np

from ..metrics.clustering import silhouettes

MOST = 20  # clusters that are tried where their number is not asked for
LOOKED_AT = 2_000  # examples by which the number is chosen
STARTS = 10


def k_means(x: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return the centres (count, k) of x (n, k), that of the largest cluster first: the best of ten starts.

    Lloyd 1982, started as k-means++ (Arthur and Vassilvitskii 2007).
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # threads add up in an order of their own
        fitted = KMeans(count, n_init=STARTS, random_state=seed).fit(x)
    sizes = np.bincount(fitted.labels_, minlength=count)
    centres: np.ndarray = fitted.cluster_centers_[np.argsort(-sizes, kind="stable")]
    return centres


def nearest(x: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each x (n, k) the number of its nearest centre (n,) and the distance to it (n,)."""
    squares = (x**2).sum(1)[:, None] + (centres**2).sum(1) - 2 * x @ centres.T
    found = squares.argmin(1)
    return found, np.sqrt(np.maximum(squares[np.arange(len(x)), found], 0))


def choose_clusters(x: np.ndarray, seed: int) -> int:
    """Return the number of clusters from 2 to 20 whose mean silhouette is the highest, on a sample of x (n, k)."""
    x = x[np.sort(np.random.default_rng(seed).permutation(len(x))[:LOOKED_AT])]
    most = min(MOST, len(np.unique(x, axis=0)) - 1)
    reached = {k: silhouettes(x, nearest(x, k_means(x, k, seed))[0], seed).mean() for k in range(2, most + 1)}
    return max(reached, key=lambda k: reached[k], default=2)
