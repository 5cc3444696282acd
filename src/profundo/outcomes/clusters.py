"""Clusters of alike examples: k-means on what the network has learnt, a picture of them, and what sets each apart."""

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from ..answers import Answers
from ..baselines import BaselineResult
from ..batch import asking
from ..data.columns import Columns
from ..data.dataset import Data
from ..data.shown import picture
from ..errors import DataError
from ..metrics import Rival, Score
from ..metrics.clustering import agreement, cluster_scores, separation_scores, silhouettes
from ..metrics.compare import decide, paired
from ..plan import Plan
from ..run import Run
from ..tasks.clustering import Clustering
from ..tasks.task import Prediction, Predictive
from .kmeans import choose_clusters, k_means, nearest
from .map_of_clusters import card
from .outcome import Learnt, Outcome

if TYPE_CHECKING:
    import pandas as pd


def finish(network: nn.Module, task: Predictive, data: Data) -> None:
    """Fit k-means on the codes of the training part, and keep its centres in the network, the largest cluster first."""
    assert isinstance(task, Clustering)
    codes = features(network, data, "train")
    count = task.clusters or choose_clusters(codes, data.seed)
    if count > len(np.unique(codes, axis=0)):
        raise DataError(f"{data.name} has no {count} different examples to make clusters of. Use --clusters 2.")
    centres = k_means(codes, count, data.seed)
    kept: Tensor = network.fitted.centres  # type: ignore[union-attr, assignment]
    with torch.no_grad():
        kept.fill_(torch.inf)
        kept[:count] = torch.from_numpy(centres).to(kept)


@torch.no_grad()
def features(network: nn.Module, data: Data, split: str) -> np.ndarray:
    """Return the codes (n, code) of a split."""
    place = next(network.parameters()).device
    network.eval()
    encode: Any = network.encode
    found = [encode(b.x.to(place)).double().cpu().numpy() for b in data.batches(split, size=asking(data.schema))]
    if not found:
        raise DataError(f"{data.name} has no example in its {split} part: there is nothing to answer.")
    return np.concatenate(found)


def centres_of(network: nn.Module) -> np.ndarray:
    """Return the centres (clusters, code) that the network keeps."""
    kept = network.fitted.centres.double().cpu().numpy()  # type: ignore[union-attr, operator]
    found: np.ndarray = kept[np.isfinite(kept).all(1)]
    return found


def ask_clusters(network: nn.Module, task: Predictive, data: Data, split: str) -> Answers:
    """Ask for the cluster of each example of a split. The losses are the distances to the centres.

    `more` holds the codes of the examples and the silhouettes of a sample of them. y is the label, where there is one.
    """
    codes = features(network, data, split)
    found, distance = nearest(codes, centres_of(network))
    positions = data.positions(split)
    y = data.y[positions].cpu().numpy() if data.schema.truth else None
    more = {"features": codes, "silhouettes": silhouettes(codes, found, data.seed)}
    return Answers(data.ids[positions].cpu().numpy(), Prediction(found), found, y, distance, more)


def score(answers: Answers, task: str, *, seed: int = 0, resamples: int = 1000) -> dict[str, Score]:
    """Score clusters against labels, where there are any, and by how well they are separated."""
    apart = separation_scores(answers.more["silhouettes"], seed=seed, resamples=resamples)
    if answers.y is None:
        return apart
    known = answers.y >= 0
    return cluster_scores(answers.y[known], answers.codes[known], seed=seed, resamples=resamples) | apart


def name_of(code: int) -> str:
    """Name a cluster: they count from 1."""
    return f"cluster {code + 1}"


def describe(answers: Answers, data: Data, index: int, position: int) -> dict[str, Any]:
    """Describe one of the examples that are farthest from the centre of their cluster."""
    assert answers.losses is not None
    row = int(answers.ids[index])
    told: dict[str, Any] = {"id": row, "loss": float(answers.losses[index]), "confidence": None}
    told |= {"true": label_of(answers, data, index), "predicted": name_of(int(answers.codes[index])), "values": {}}
    told["picture"] = picture(data, position)
    if told["picture"] is None and data.frame is not None:
        place = int((data.frame.index.to_numpy() == row).argmax())
        told["values"] = {c: str(data.frame[c].iat[place]) for c in data.schema.inputs if c in data.frame.columns}
    return told


def label_of(answers: Answers, data: Data, index: int) -> str:
    """Return the label of an example; "" where it has none."""
    labels = next((getattr(kind, "labels", ()) for kind in data.schema.truth.values()), ())
    code = -1 if answers.y is None else int(answers.y[index])
    return labels[code] if 0 <= code < len(labels) else ""


def table(data: Data, answers: Answers) -> "pd.DataFrame":
    """Return the cluster of each example and its distance to the centre."""
    import pandas as pd

    frame: dict[str, Any] = {"row": answers.ids, "cluster": answers.codes + 1, "distance": answers.losses}
    if data.frame is not None and "file" in data.frame.columns:
        frame = {"row": frame.pop("row"), "file": data.frame.loc[answers.ids, "file"].to_numpy()} | frame
    return pd.DataFrame(frame)


def store(run: Run, data: Data, answers: Answers, found: Sequence[BaselineResult]) -> dict[str, np.ndarray]:
    """Return the arrays of answers.npz: the clusters of the network and of each baseline."""
    y = np.full(len(answers.ids), -1) if answers.y is None else answers.y  # -1: not known
    own = {"ids": answers.ids, "prediction": answers.codes, "y": y}
    return own | {f"baseline:{b.name}": b.prediction for b in found if b.prediction is not None}


def cards(run: Run, learnt: Learnt, data: Data, answers: Answers) -> dict[str, Any]:
    """Write clusters.json: a map of the examples, and of each cluster its size, its labels, its middle ones."""
    found = card(data, answers, len(centres_of(learnt.network)))
    run.write("clusters.json", found)
    return {"clusters": len(found["clusters"])}


def rivals(plan: Plan, data: Data) -> Iterator[BaselineResult]:
    """Yield what k-means on the rows as they are finds, and on their principal components."""
    from sklearn.decomposition import PCA

    train, test = (np.asarray(Columns(data, split), np.float64) for split in ("train", "test"))
    seed, asked = plan.data.seed, int(plan.task_options.get("clusters", 0))
    for name, compress in {"k-means": False, "principal components, k-means": True}.items():
        began = time.perf_counter()
        x, rows, note = train, test, "on the columns as they are"
        if compress:
            fitted = PCA(min(32, *train.shape), random_state=seed, svd_solver="full").fit(train)
            x, rows, note = fitted.transform(train), fitted.transform(test), "on at most 32 principal components"
            if x.shape[1] >= train.shape[1]:
                continue
        count = asked or choose_clusters(x, seed)
        codes, _ = nearest(rows, k_means(x, count, seed))
        seconds = time.perf_counter() - began
        scores = separation_scores(silhouettes(rows, codes, seed), seed=seed)
        y = data.y[data.positions("test")].cpu().numpy()
        if data.schema.truth:
            scores = cluster_scores(y[y >= 0], codes[y >= 0], seed=seed) | scores
        note = f"{count} clusters {note}; its silhouette is in its own columns"
        yield BaselineResult(name, seconds, scores, validation=0.0, prediction=codes, note=note)


def compared(answers: Answers, found: Sequence[BaselineResult], plan: Plan, measure: str) -> dict[str, Any] | None:
    """Compare the mutual information with the labels by a paired bootstrap; None where there are no labels."""
    if answers.y is None or not found:
        return None
    known = answers.y >= 0
    y, n, seed = answers.y[known], int(known.sum()), plan.data.seed
    if not n:
        return None

    def measured(codes: np.ndarray) -> Any:
        values = agreement(y, codes[known])
        return lambda weights: {measure: values(weights)["nmi"]}

    done = [Rival(b.name, b.validation, b.prediction) for b in found if b.prediction is not None]
    return decide(done, lambda r: paired(measure, measured(answers.codes), measured(r.prediction), n, seed))


OUTCOME = Outcome(
    score=score,
    describe=describe,
    table=table,
    ask=ask_clusters,
    store=store,
    cards=cards,
    rivals=rivals,
    measure="NMI",
    verdict=compared,
    finish=finish,
)
