"""Taste: predicted ratings, lists of what a person may like, and what popularity alone would say."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from ..answers import Answers, ask
from ..baselines import BaselineResult
from ..data import load
from ..data.dataset import Data
from ..errors import DataError, ProfundoError, UsageError, unknown
from ..metrics import Score
from ..metrics.recommendation import TOP, rating_scores, recall_score
from ..run import Run
from ..schema import Category, Schema
from ..tasks.recommendation import Recommendation
from ..tasks.task import Predictive
from .outcome import Learnt, Made, Outcome
from .taste import people, recalls_of, rivals

if TYPE_CHECKING:
    import pandas as pd

PIECE = 65_536  # pairs that the network is asked about at once
SHOWN = 6  # people, or things, in the report
CELLS = 12


def ask_ratings(network: nn.Module, task: Predictive, data: Data, split: str) -> Answers:
    """Ask for the ratings of a split, in the units of the data; the losses are squared errors in these units.

    `more` holds the `recalls` (people,) of their lists, where the ratings of the split are known.
    """
    assert isinstance(task, Recommendation)
    answers = ask(network, task, data, split)
    if answers.y is None:
        return answers
    y = answers.y.astype(np.float64) * task.scale + task.center
    more = {"recalls": recalls_of(data, split, lambda who: every_rating(network, task, data.schema, who))}
    return Answers(answers.ids, answers.prediction, answers.codes, y, (answers.prediction.values - y) ** 2, more)


@torch.no_grad()
def every_rating(network: nn.Module, task: Recommendation, schema: Schema, who: np.ndarray) -> np.ndarray:
    """Return what each of some people (n,) codes would rate each thing, (n, things)."""
    things = len(labels(schema, 1))
    place = next(network.parameters()).device
    pairs = torch.stack(
        [torch.from_numpy(who).repeat_interleave(things), torch.arange(things).repeat(len(who))], 1
    ).float()
    network.eval()
    found = [task.predict(network, part.to(place)).values for part in torch.split(pairs, PIECE)]
    return np.concatenate(found).reshape(len(who), things)


def labels(schema: Schema, place: int) -> tuple[str, ...]:
    """Return the names of the people (0) or of the things (1)."""
    kind = list(schema.inputs.values())[place]
    assert isinstance(kind, Category)
    return kind.labels


def score(answers: Answers, task: str, *, seed: int = 0, resamples: int = 1000) -> dict[str, Score]:
    """Measure ratings and lists."""
    assert answers.y is not None
    how: Any = {"seed": seed, "resamples": resamples}
    return rating_scores(answers.y, answers.prediction.values, **how) | recall_score(answers.more["recalls"], **how)


def describe(answers: Answers, data: Data, index: int, position: int) -> dict[str, Any]:
    """Describe one of the ratings that are farthest from what was predicted."""
    assert answers.y is not None and answers.losses is not None and data.frame is not None
    row = int(answers.ids[index])
    place = int((data.frame.index.to_numpy() == row).argmax())
    return {
        "id": row,
        "loss": float(answers.losses[index]),
        "confidence": None,
        "true": float(answers.y[index]),
        "predicted": float(answers.prediction.values[index]),
        "picture": None,
        "values": {name: str(data.frame[name].iat[place]) for name in data.schema.inputs},
    }


def table(data: Data, answers: Answers) -> "pd.DataFrame":
    """Return who, what and the predicted rating of each row."""
    import pandas as pd

    assert data.frame is not None
    rows = data.frame.loc[answers.ids, list(data.schema.inputs)].reset_index(drop=True)
    found = pd.DataFrame({"row": answers.ids}).join(rows)
    return found.assign(**{next(iter(data.schema.targets)): answers.prediction.values})


def store(run: Run, data: Data, answers: Answers, found: Sequence[BaselineResult]) -> dict[str, np.ndarray]:
    """Return the arrays of answers.npz: the squared errors of the network and of each baseline."""
    assert answers.y is not None
    errors = (answers.prediction.values - answers.y) ** 2
    own = {"ids": answers.ids, "prediction": errors, "y": np.zeros(len(errors))}
    return own | {f"baseline:{b.name}": b.prediction for b in found if b.prediction is not None}


def cards(run: Run, learnt: Learnt, data: Data, answers: Answers) -> dict[str, Any]:
    """Write taste.json: what was predicted for each rating, lists for some people, things that are alike."""
    assert answers.y is not None and isinstance(learnt.task, Recommendation)
    lists = []
    chosen = np.sort(np.random.default_rng(data.seed).permutation(len(labels(data.schema, 0)))[:SHOWN])
    for code in chosen.tolist():
        seen = people(data, ("train", "validation"), np.array([code]))[0]
        lists.append(
            {"who": labels(data.schema, 0)[code], "things": best(learnt, code, seen, TOP), "rated": int(seen.sum())}
        )
    card = {
        "names": [*data.schema.inputs, *data.schema.targets],
        "people": len(labels(data.schema, 0)),
        "things": len(labels(data.schema, 1)),
        "ratings": data.count("train"),
        "predicted": predicted(answers.y, answers.prediction.values),
        "lists": lists,
    }
    run.write("taste.json", card)
    return {}


def predicted(y: np.ndarray, prediction: np.ndarray) -> list[list[float]]:
    """Return for each rating, or for a dozen ranges of it: the rating, the mean prediction, 10 %, 90 %, how many."""
    values = np.unique(y)
    if len(values) <= CELLS:
        cell = np.searchsorted(values, y)
    else:
        edges = np.unique(np.quantile(y, np.linspace(0, 1, CELLS + 1)))
        cell = np.clip(np.searchsorted(edges, y, side="right") - 1, 0, len(edges) - 2)
    found = []
    for code in np.unique(cell).tolist():
        own = prediction[cell == code]
        low, high = np.quantile(own, [0.1, 0.9])
        found.append([float(y[cell == code].mean()), float(own.mean()), float(low), float(high), len(own)])
    return found


def best(learnt: Learnt, code: int, seen: np.ndarray, count: int) -> list[list[Any]]:
    """Return the things that a person would rate highest of those not seen (things,): [name, rating]."""
    assert isinstance(learnt.task, Recommendation)
    ratings = every_rating(learnt.network, learnt.task, learnt.schema, np.array([code]))[0]
    order = [i for i in np.argsort(-ratings, kind="stable").tolist() if not seen[i]]
    return [[labels(learnt.schema, 1)[i], float(ratings[i])] for i in order[:count]]


def generate(learnt: Learnt, options: Mapping[str, Any]) -> Made:
    """Recommend: `label` (or `prompt`) is the person, `count` how many things. What they have rated is left out."""
    person = str(options.get("label") or options.get("prompt") or "")
    names, things = labels(learnt.schema, 0), labels(learnt.schema, 1)
    who, what = learnt.schema.inputs
    if not person:
        raise UsageError(f"for whom? Type for example: --label {names[0]!r}")
    if person not in names:
        raise UsageError(unknown(who, person, names))
    code, note = names.index(person), ""
    try:
        data = load(learnt.plan.data.source, learnt.plan.data)
        seen = people(data, tuple(data.splits), np.array([code]))[0]
        if labels(data.schema, 1) != things:
            raise DataError("the ratings changed")
    except (ProfundoError, OSError):
        seen = np.zeros(len(things), bool)
        note = f"\n{learnt.plan.data.source} cannot be read again as it was: what {person} has rated may be listed too."
    found = best(learnt, code, seen, int(options.get("count") or TOP))
    width = max((len(name) for name, _ in found), default=0)
    text = "\n".join(f"{place:>3}  {name:<{width}}  {rating:.2f}" for place, (name, rating) in enumerate(found, 1))
    rows = [{who: person, what: name, next(iter(learnt.schema.targets)): rating} for name, rating in found]
    return Made(f"for {who} {person}:\n{text}{note}", rows)


OUTCOME = Outcome(
    score=score,
    describe=describe,
    table=table,
    ask=ask_ratings,
    store=store,
    cards=cards,
    rivals=rivals,
    measure="squared error",
    generate=generate,
    options={
        "label": "the person, as the ratings name them",
        "prompt": "the same",
        "count": "how many things (10)",
    },
)
