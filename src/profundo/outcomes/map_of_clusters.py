"""What the report shows of clusters: a map on which alike examples are near, and the middle ones of each cluster."""

from typing import Any

import numpy as np

from ..answers import Answers
from ..data.dataset import Data
from ..data.shown import picture

POINTS = 800  # examples on the map
SHOWN = 8  # middle examples of a cluster
TELLING = 4  # columns that set a cluster apart


def card(data: Data, answers: Answers, count: int) -> dict[str, Any]:
    """Return clusters.json: `points` {x, y, cluster, label}, and for each cluster what it holds."""
    codes, x = answers.codes, answers.more["features"]
    chosen = np.sort(np.random.default_rng(data.seed).permutation(len(codes))[:POINTS])
    places, how = flat_map(x[chosen], data.seed)
    labels = next((getattr(kind, "labels", ()) for kind in data.schema.truth.values()), ())
    known = None if answers.y is None else answers.y
    points = {
        "x": np.round(places[:, 0], 3).tolist(),
        "y": np.round(places[:, 1], 3).tolist(),
        "cluster": codes[chosen].tolist(),
    }
    clusters = [told(data, answers, code, labels, known) for code in range(count)]
    return {"how": how, "n": len(codes), "points": points, "clusters": clusters, "labelled": known is not None}


def flat_map(x: np.ndarray, seed: int) -> tuple[np.ndarray, str]:
    """Return places (n, 2) on which alike examples are near: t-SNE, or the first two components of few examples."""
    from sklearn.decomposition import PCA
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        if len(x) >= 50 and x.shape[1] > 2:
            from sklearn.manifold import TSNE

            found = TSNE(perplexity=min(30.0, len(x) / 5), init="pca", random_state=seed).fit_transform(x)
            return np.asarray(found, np.float64), "t-SNE (van der Maaten and Hinton 2008) of the code"
        if x.shape[1] == 2:
            return x, "the code, which has two numbers"
        wide = np.pad(x, ((0, 0), (0, max(0, 2 - x.shape[1]))))
        return PCA(2).fit_transform(wide), "the first two principal components of the code"


def told(data: Data, answers: Answers, code: int, labels: tuple[str, ...], known: np.ndarray | None) -> dict[str, Any]:
    """Describe a cluster: how many it holds, their labels, what sets it apart, and those nearest to its centre."""
    inside = np.flatnonzero(answers.codes == code)
    found: dict[str, Any] = {"size": len(inside), "labels": [], "pictures": [], "apart": []}
    if known is not None:
        counts = np.bincount(known[inside][known[inside] >= 0], minlength=len(labels))
        found["labels"] = [[labels[i], int(counts[i])] for i in np.argsort(-counts, kind="stable")[:3] if counts[i]]
    assert answers.losses is not None
    middle = inside[np.argsort(answers.losses[inside], kind="stable")[:SHOWN]]
    places = np.searchsorted(data.ids.cpu().numpy(), answers.ids[middle]).tolist()
    found["pictures"] = [drawn for place in places if (drawn := picture(data, place)) is not None]
    if data.frame is not None and data.schema.takes == "table":
        found["apart"] = setting_apart(data, answers.ids, inside)
    found["rows"] = answers.ids[middle].tolist()
    return found


def setting_apart(data: Data, ids: np.ndarray, inside: np.ndarray) -> list[list[Any]]:
    """Return the columns of x whose mean in the cluster is farthest from that of all, in standard deviations of all."""
    if not len(inside):
        return []
    x = data.x[np.searchsorted(data.ids.cpu().numpy(), ids)].double().cpu().numpy()
    far = (x[inside].mean(0) - x.mean(0)) / np.maximum(x.std(0), 1e-9)
    names = data.schema.features
    return [[names[i], round(float(far[i]), 2)] for i in np.argsort(-np.abs(far), kind="stable")[:TELLING]]
