"""What oddness is worth without a network: Isolation Forest and principal components, on the same rows."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..answers import Answers
from ..baselines import BaselineResult
from ..data.columns import Columns
from ..data.dataset import Data
from ..metrics import Rival
from ..metrics.anomalies import alarm_scores, anomaly_scores, average_precision
from ..metrics.compare import decide, paired
from ..metrics.ranking import areas, rank
from ..plan import Plan

FITTED = 50_000  # rows from which they learn
EXPLAINED = 0.9  # the share of the variance that the components explain
ODDEST = 20  # the oddest examples that are compared where nothing is known

Fit = Callable[[np.ndarray, int], Callable[[np.ndarray], np.ndarray]]


def rivals(plan: Plan, data: Data) -> Iterator[BaselineResult]:
    """Yield the oddness that each baseline gives to the test part, scored."""
    rows = {split: Columns(data, split) for split in data.splits}
    count = len(rows["train"])
    chosen = np.sort(np.random.default_rng(plan.data.seed).permutation(count)[:FITTED])
    train = rows["train"][chosen]
    level = 1 - float(plan.task_options.get("false_alarms", 0.01))
    for name, fit in {"principal components": components, "isolation forest": forest}.items():
        began = time.perf_counter()
        oddness = fit(train, plan.data.seed)
        validation, test = (oddness(np.asarray(rows[split])) for split in ("validation", "test"))
        seconds = time.perf_counter() - began
        alarm = test > np.quantile(validation, level)
        odd, known = truth(data, "test")
        told, told_known = truth(data, "validation")
        how: Any = {"seed": plan.data.seed}
        scores = alarm_scores(alarm) if odd is None else anomaly_scores(odd, test[known], alarm[known], **how)
        reached = np.nan
        if told is not None and told.any():
            reached = average_precision(told, validation[told_known])
        elif odd is None:
            reached = 0.0
        yield BaselineResult(name, seconds, scores, validation=reached, prediction=test)


def truth(data: Data, split: str) -> tuple[np.ndarray | None, np.ndarray]:
    """Return what is odd of the rows of a split that it is known of, and which rows these are; None where of none."""
    positions = data.positions(split).cpu().numpy() + getattr(data, "offset", 0)
    y = data.y.cpu().numpy()[positions]
    return (y[y >= 0] == 1 if data.schema.truth else None), y >= 0


def forest(x: np.ndarray, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """Fit an Isolation Forest of 100 trees (Liu, Ting and Zhou 2008): odd is what few cuts set apart."""
    from sklearn.ensemble import IsolationForest

    fitted = IsolationForest(random_state=seed).fit(x)
    return lambda rows: -fitted.score_samples(rows)


def components(x: np.ndarray, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """Fit the principal components that explain 90 % of the variance: odd is what lies far from them."""
    from sklearn.decomposition import PCA

    x = x[:, x.std(0) > 0] if (still := ~(x.std(0) > 0)).any() else x
    fitted = PCA(EXPLAINED, svd_solver="full").fit(x.astype(np.float64))

    def oddness(rows: np.ndarray) -> np.ndarray:
        moved = rows[:, ~still].astype(np.float64)
        return ((moved - fitted.inverse_transform(fitted.transform(moved))) ** 2).sum(1)

    return oddness


def compared(answers: Answers, found: Sequence[BaselineResult], plan: Plan, measure: str) -> dict[str, Any] | None:
    """Compare the average precision by a paired bootstrap; where nothing is known, how much the oddest ones agree."""
    done = [Rival(b.name, b.validation, b.prediction) for b in found if b.prediction is not None]
    if not done:
        return None
    own = answers.prediction.values
    if answers.y is None:
        oddest = set(np.argsort(-own)[:ODDEST].tolist())
        shared = {r.name: len(oddest & set(np.argsort(-r.prediction)[:ODDEST].tolist())) for r in done}
        words = " and ".join(f"{count} with {name}" for name, count in shared.items())
        count = len(oddest)
        sentence = f"Nothing says which rows are odd. Of its {count} oddest rows, the network shares {words}."
        return {"result": "not compared", "sentence": sentence, "baseline": None, "simpler": None}
    known = answers.y >= 0
    odd = answers.y[known] == 1
    if not odd.any():
        return None

    def measured(oddness: np.ndarray) -> Any:
        ranking = rank(odd, oddness[known])
        return lambda weights: {measure: areas(ranking, weights)[1]}

    seed, n = plan.data.seed, int(known.sum())
    return decide(done, lambda r: paired(measure, measured(own), measured(r.prediction), n, seed))
