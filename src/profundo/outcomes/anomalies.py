"""Odd ones: how odd each example is, whether that is over the threshold, and what about it is odd."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from ..answers import Answers
from ..baselines import BaselineResult
from ..batch import asking
from ..data.dataset import Data
from ..data.shown import picture
from ..errors import DataError
from ..metrics import Score
from ..metrics.anomalies import alarm_scores, anomaly_scores
from ..run import Run
from ..tasks.anomalies import Anomalies
from ..tasks.task import Prediction, Predictive
from .isolation import compared, rivals
from .outcome import Learnt, Outcome

if TYPE_CHECKING:
    import pandas as pd

MOST = 3  # parts of an example that are named as odd
TELLING = 0.1  # of its errors, the share from which a part is named
BINS = 60
EXAMPLES = 12


def finish(network: nn.Module, task: Predictive, data: Data) -> None:
    """Learn from the validation part how odd usual examples are: the quantiles of their oddness."""
    oddness, _, _ = measured(network, task, data, "validation")
    ranks: Tensor = network.fitted.ranks  # type: ignore[union-attr, assignment]
    with torch.no_grad():
        ranks.copy_(torch.from_numpy(np.quantile(oddness, np.linspace(0, 1, len(ranks)))))


@torch.no_grad()
def measured(network: nn.Module, task: Predictive, data: Data, split: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the oddness (n,) of a split, the errors of its parts (n, parts), and the positions in x (n,).

    Of windows of a series, the position is that of the last step, whose oddness it is.
    """
    assert isinstance(task, Anomalies)
    place = next(network.parameters()).device
    network.eval()
    positions = data.positions(split)
    if not len(positions):
        raise DataError(f"{data.name} has no example in its {split} part: there is nothing to answer.")
    pieces = torch.split(positions, asking(data.schema))  # in this order also for "train", whose batches are shuffled
    found = [task.oddness(network, data.gather(piece).x.to(place)) for piece in pieces]
    oddness, errors = (torch.cat(part).double().cpu().numpy() for part in zip(*found, strict=True))
    return oddness, errors, positions.cpu().numpy() + getattr(data, "offset", 0)


def ask_odd(network: nn.Module, task: Predictive, data: Data, split: str) -> Answers:
    """Ask how odd the examples of a split are, in thresholds: over 1 is called odd. The losses are the oddness.

    `more` holds `rarity` (n,), the share of usual examples that are at least as odd, `errors` (n, parts) and their
    `names`. y is 1 for what is odd, where that is known.
    """
    assert isinstance(task, Anomalies)
    oddness, errors, positions = measured(network, task, data, split)
    ranks = network.fitted.ranks.double().cpu().numpy()  # type: ignore[union-attr, operator]
    level = float(np.interp(1 - task.false_alarms, np.linspace(0, 1, len(ranks)), ranks))
    found = oddness / max(level, 1e-12)
    rarity = 1 - np.searchsorted(ranks, oddness, side="left") / len(ranks)
    more = {"rarity": rarity, "errors": errors, "names": task.columns.names}
    y = data.y.cpu().numpy()[positions] if data.schema.truth else None
    ids = data.ids.cpu().numpy()[positions]
    return Answers(ids, Prediction(found), (found > 1).astype(np.int64), y, found, more)


def score(answers: Answers, task: str, *, seed: int = 0, resamples: int = 1000) -> dict[str, Score]:
    """Score oddness and alarms against what is known to be odd, where any is; else count the alarms."""
    if answers.y is None:
        return alarm_scores(answers.codes)
    known = answers.y >= 0
    odd, oddness, alarm = answers.y[known] == 1, answers.prediction.values[known], answers.codes[known]
    return anomaly_scores(odd, oddness, alarm, seed=seed, resamples=resamples)


def odd_parts(answers: Answers, index: int) -> str:
    """Name the parts of an example that it is odd in, with their shares of its error: "amount (81 %), hour (12 %)"."""
    errors, names = answers.more["errors"][index], answers.more["names"]
    if len(names) < 2 or not errors.sum() > 0:
        return ""
    shares = errors / errors.sum()
    told = [i for i in np.argsort(-shares, kind="stable")[:MOST] if shares[i] >= TELLING]
    return ", ".join(f"{names[i]} ({shares[i]:.0%})" for i in told)


def describe(answers: Answers, data: Data, index: int, position: int) -> dict[str, Any]:
    """Describe one of the oddest examples."""
    oddness, row = float(answers.prediction.values[index]), int(answers.ids[index])
    truth = "" if answers.y is None else {0: "usual", 1: "odd"}.get(int(answers.y[index]), "not known")
    where = odd_parts(answers, index)
    told: dict[str, Any] = {"id": row, "loss": oddness, "confidence": None, "true": truth}
    told["predicted"] = f"{oddness:.3g} times the threshold" + (f": {where}" if where else "")
    told["values"] = {}
    told["picture"] = None if data.schema.takes == "series" else picture(data, position)
    if told["picture"] is None and data.frame is not None:
        place = int((data.frame.index.to_numpy() == row).argmax())
        told["values"] = {str(c): str(data.frame[c].iat[place]) for c in data.frame.columns if shown(data, str(c))}
    return told


def shown(data: Data, column: str) -> bool:
    """Say whether a column belongs to an example as it is told."""
    kind = data.schema.shaped
    series = (*getattr(kind, "channels", ()), getattr(kind, "time", ""), getattr(kind, "series", ""))
    return column in data.schema.inputs or column in data.schema.truth or column in series


def table(data: Data, answers: Answers) -> "pd.DataFrame":
    """Return a row for each example: its oddness in thresholds, whether it is odd, how rare that is, and in what."""
    import pandas as pd

    frame = {
        "row": answers.ids,
        "oddness": answers.prediction.values,
        "odd": answers.codes.astype(bool),
        "rarity": answers.more["rarity"],
        "where": [odd_parts(answers, i) for i in range(len(answers.ids))],
    }
    if data.frame is not None:
        for name in ("file", getattr(data.schema.shaped, "time", "")):
            if name in data.frame.columns:
                frame = {"row": frame.pop("row"), name: data.frame.loc[answers.ids, name].to_numpy()} | frame
    return pd.DataFrame(frame)


def store(run: Run, data: Data, answers: Answers, found: Sequence[BaselineResult]) -> dict[str, np.ndarray]:
    """Return the arrays of answers.npz: the oddness of the network and of each baseline."""
    y = np.full(len(answers.ids), -1) if answers.y is None else answers.y  # -1: not known
    own = {"ids": answers.ids, "prediction": answers.prediction.values, "y": y}
    return own | {f"baseline:{b.name}": b.prediction for b in found if b.prediction is not None}


def cards(run: Run, learnt: Learnt, data: Data, answers: Answers) -> dict[str, Any]:
    """Write oddness.json: the spread of the oddness, what was odd most often, the oddest examples."""
    assert isinstance(learnt.task, Anomalies)
    values, y = answers.prediction.values, answers.y
    edges = spread(values)
    sorts = {"all": slice(None)} if y is None else {"usual": y == 0, "odd": y == 1}
    counts = {name: np.histogram(values[chosen], edges)[0].tolist() for name, chosen in sorts.items()}
    over = answers.codes == 1
    errors = answers.more["errors"]
    shares = errors[over] / np.maximum(errors[over].sum(1, keepdims=True), 1e-12)
    where = sorted(zip(answers.more["names"], shares.mean(0).tolist() if over.any() else (), strict=False), key=last)
    card = {
        "false_alarms": learnt.task.false_alarms,
        "alarms": int(over.sum()),
        "n": len(values),
        "edges": edges.tolist(),
        "counts": counts,
        "where": where[::-1][:EXAMPLES],
        "line": line(data, answers),
    }
    run.write("oddness.json", card)
    wanted, share = learnt.task.false_alarms, float(over.mean())
    return {"threshold": f"{share:.2%} of the test part is over the threshold, which {wanted:.2%} of the usual may be"}


def last(pair: tuple[str, float]) -> float:
    """Return the second of a pair."""
    return pair[1]


def spread(values: np.ndarray) -> np.ndarray:
    """Return the edges of a histogram of oddness, evenly spaced in its logarithm."""
    positive = values[values > 0]
    low, high = (float(positive.min()), float(positive.max())) if len(positive) else (0.1, 10.0)
    low = max(low, high / 1e4)
    return np.geomspace(min(low, 0.5), max(high, 2.0), BINS + 1)


def line(data: Data, answers: Answers) -> dict[str, Any] | None:
    """Return the values and the oddness of the steps of a series, thinned, for the report; None for all else."""
    kind = data.schema.shaped
    if data.schema.takes != "series" or data.frame is None or not hasattr(data, "offset"):
        return None
    from ..data.values import numbers

    step = max(1, len(answers.ids) // 1500)
    kept = [int(np.argmax(answers.prediction.values[i : i + step])) + i for i in range(0, len(answers.ids), step)]
    name = getattr(kind, "channels", ("",))[0]
    rows = data.frame.loc[answers.ids[kept]]
    truth = None if answers.y is None else answers.y[kept].tolist()
    times = rows[kind.time].astype(str).tolist() if getattr(kind, "time", "") in rows.columns else []  # type: ignore[union-attr]
    return {
        "name": name,
        "times": times,
        "values": [v if np.isfinite(v) else None for v in numbers(rows[name])[0].tolist()],
        "oddness": answers.prediction.values[kept].tolist(),
        "truth": truth,
    }


OUTCOME = Outcome(
    score=score,
    describe=describe,
    table=table,
    ask=ask_odd,
    store=store,
    cards=cards,
    rivals=rivals,
    measure="average precision",
    verdict=compared,
    finish=finish,
)
