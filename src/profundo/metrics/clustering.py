"""Scores of clusters: against labels (mutual information, Rand index), and how well separated they are."""

import math

import numpy as np

from .intervals import Measure, bootstrap, require
from .metric import Metric, Score

SAMPLE = 2_000  # examples whose distances to each other are looked at


def cluster_scores(
    labels: np.ndarray, clusters: np.ndarray, *, seed: int = 0, resamples: int = 1000
) -> dict[str, Score]:
    """Score clusters (n,) against labels (n,), both codes: every metric of CLUSTERING. Raises DataError for no row."""
    labels, clusters = np.asarray(labels), np.asarray(clusters)
    require(len(labels) > 0, "there is no example to score.")
    require(labels.shape == clusters.shape, f"the labels are {labels.shape} and the clusters {clusters.shape}.")
    return bootstrap(agreement(labels, clusters), len(labels), seed=seed, resamples=resamples)


def agreement(labels: np.ndarray, clusters: np.ndarray) -> Measure:
    """Return the function from weights (resamples, n) to the values of nmi, rand and purity, (resamples,) each."""
    rows, columns = int(labels.max()) + 1, int(clusters.max()) + 1
    cell = labels.astype(np.int64) * columns + clusters
    one = np.zeros((len(labels), rows * columns))
    one[np.arange(len(labels)), cell] = 1

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        counts = (weights @ one).reshape(-1, rows, columns)
        return {"nmi": nmi(counts), "adjusted_rand": adjusted_rand(counts), "purity": purity(counts)}

    return measure


def nmi(counts: np.ndarray) -> np.ndarray:
    """Return the normalised mutual information of tables (..., labels, clusters): I / mean of both entropies."""
    p = counts / counts.sum((-2, -1), keepdims=True)
    both, label, cluster = entropy(p.reshape(*p.shape[:-2], -1)), entropy(p.sum(-1)), entropy(p.sum(-2))
    mean = (label + cluster) / 2
    return np.where(mean > 0, (label + cluster - both) / np.where(mean > 0, mean, 1), 1.0)


def entropy(p: np.ndarray) -> np.ndarray:
    """Return the entropy over the last axis, in nats."""
    return -(p * np.log(np.where(p > 0, p, 1))).sum(-1)


def adjusted_rand(counts: np.ndarray) -> np.ndarray:
    """Return the adjusted Rand index (Hubert and Arabie 1985) of tables (..., labels, clusters)."""
    pairs = pairs_of(counts).sum((-2, -1))
    label, cluster = pairs_of(counts.sum(-1)).sum(-1), pairs_of(counts.sum(-2)).sum(-1)
    expected = label * cluster / np.maximum(pairs_of(counts.sum((-2, -1))), 1)
    most = (label + cluster) / 2
    return np.where(most > expected, (pairs - expected) / np.where(most > expected, most - expected, 1), 1.0)


def pairs_of(counts: np.ndarray) -> np.ndarray:
    """Return how many pairs so many examples make."""
    return counts * (counts - 1) / 2


def purity(counts: np.ndarray) -> np.ndarray:
    """Return the share of examples whose label is the most frequent one of their cluster."""
    return counts.max(-2).sum(-1) / counts.sum((-2, -1))


def silhouettes(features: np.ndarray, clusters: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the silhouette (Rousseeuw 1987) of each example, -1 to 1, of a sample where there are many.

    `features` (n, k), `clusters` (n,) codes. Zeros where there is one cluster only.
    """
    chosen = np.sort(np.random.default_rng(seed).permutation(len(features))[:SAMPLE])
    x, own = np.asarray(features, np.float64)[chosen], np.asarray(clusters)[chosen]
    names, own = np.unique(own, return_inverse=True)
    if len(names) < 2:
        return np.zeros(len(x))
    squares = (x**2).sum(1)
    apart = np.sqrt(np.maximum(squares[:, None] + squares - 2 * x @ x.T, 0))
    np.fill_diagonal(apart, 0)
    member = np.eye(len(names))[own]
    sums, sizes = apart @ member, member.sum(0)
    rows = np.arange(len(x))
    inside = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    means = sums / sizes
    means[rows, own] = np.inf
    outside = means.min(1)
    return np.where(sizes[own] > 1, (outside - inside) / np.maximum(np.maximum(inside, outside), 1e-300), 0.0)


def separation_scores(silhouette: np.ndarray, *, seed: int = 0, resamples: int = 1000) -> dict[str, Score]:
    """Score the separation of clusters by the silhouettes (n,) of examples: the metric of SEPARATION."""
    require(len(silhouette) > 0, "there is no example to score.")
    return bootstrap(
        lambda w: {"silhouette": w @ silhouette / w.sum(1)}, len(silhouette), seed=seed, resamples=resamples
    )


def single(name: str, labels: np.ndarray, clusters: np.ndarray) -> float:
    """Return a value over all the examples."""
    found = agreement(np.asarray(labels), np.asarray(clusters))(np.ones((1, len(labels))))
    return float(found[name][0])


SEPARATION: tuple[Metric, ...] = (
    Metric(
        "silhouette",
        "How much nearer an example is to its own cluster than to the next one, -1 to 1, in the learnt features.",
        "higher",
        "bootstrap",
        lambda y, silhouette: float(np.mean(silhouette)) if len(silhouette) else math.nan,
    ),
)
CLUSTERING: tuple[Metric, ...] = (
    Metric(
        "nmi",
        "The normalised mutual information: what the clusters tell of the labels, in shares of the mean of both "
        "entropies; 0 is nothing, 1 is all.",
        "higher",
        "bootstrap",
        lambda y, clusters: single("nmi", y, clusters),
    ),
    Metric(
        "adjusted_rand",
        "The share of pairs that labels and clusters agree on, corrected for chance: 0 is chance, 1 is all.",
        "higher",
        "bootstrap",
        lambda y, clusters: single("adjusted_rand", y, clusters),
    ),
    Metric(
        "purity",
        "The share of examples whose label is the most frequent one of their cluster.",
        "higher",
        "bootstrap",
        lambda y, clusters: single("purity", y, clusters),
    ),
    *SEPARATION,
)
