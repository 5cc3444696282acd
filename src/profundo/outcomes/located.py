"""Places in pictures: found objects, and maps of labels."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from torch import nn

from ..answers import Answers, ask
from ..baselines import BaselineResult
from ..data.dataset import Data
from ..found import found_table
from ..metrics import Rival, Score, verdict
from ..metrics.segmentation import segmentation_scores
from ..pixel_baselines import segmentation_baselines
from ..places import card, found_rows, picture, score_places, sources, truths, words
from ..plan import Plan
from ..run import Run
from ..schema import Boxes
from ..tasks.task import Predictive
from .outcome import Learnt, Outcome, rightness


def ask_places(network: nn.Module, task: Predictive, data: Data, split: str) -> Answers:
    """Find things in the pictures of a split, in the pixels of their sources."""
    answers, positions = ask(network, task, data, split, values=True), data.positions(split)
    prediction = sources(answers.prediction, data, positions)
    y = truths(data, positions) if answers.y is not None else None
    return replace(answers, prediction=prediction, codes=prediction.values, y=y)


def score(answers: Answers, task: str, **how: Any) -> dict[str, Score]:
    """Measure what was found."""
    assert answers.y is not None
    return score_places(answers.y, answers.prediction, task, **how)


def describe(answers: Answers, data: Data, index: int, position: int) -> dict[str, Any]:
    """Describe one picture in which something was looked for."""
    assert answers.y is not None and answers.losses is not None
    true, found, labels = answers.y[index], answers.prediction.values[index], data.schema.labels
    return {
        "id": int(answers.ids[index]),
        "loss": float(answers.losses[index]),
        "confidence": None,
        "true": words(true, labels),
        "predicted": words(found, labels),
        "picture": base64.b64encode(picture(data, position, true, found)).decode(),
        "values": {},
    }


def cards(run: Run, learnt: Learnt, data: Data, answers: Answers) -> dict[str, Any]:
    """Store some pictures of the test part with what was found."""
    run.write("places.json", card(data, answers))
    return {}


def store(run: Run, data: Data, answers: Answers, found: Sequence[BaselineResult]) -> dict[str, np.ndarray]:
    """Return the arrays of answers.npz; found objects are written as found.json."""
    if isinstance(data.schema.located, Boxes):
        run.write("found.json", found_rows(answers.ids, answers.prediction, data.schema))
        return rightness(run, data, answers, found)
    assert answers.y is not None
    own = {"ids": answers.ids, "prediction": np.asarray(answers.prediction.values), "y": answers.y}
    return own | {f"baseline:{b.name}": b.prediction for b in found if b.prediction is not None}


def rivals(plan: Plan, data: Data) -> Iterator[BaselineResult]:
    """Yield what answers for every pixel are worth without a network, scored on the test part."""
    if plan.task != "segmentation":
        return
    train, test = data.positions("train"), data.positions("test")
    truth = data.y[test].cpu().numpy()
    found = segmentation_baselines(data.x[train], data.y[train], data.x[test], seed=plan.data.seed)
    for rank, answer in enumerate(found):  # the plainest first: no validation part is spent on choosing between two
        scores = segmentation_scores(truth, answer.found, data.schema.labels, seed=plan.data.seed)
        how: Any = {"validation": rank, "prediction": answer.found, "note": answer.note}
        yield BaselineResult(answer.name, answer.seconds, scores, **how)


def compared(answers: Answers, found: Sequence[BaselineResult], plan: Plan, measure: str) -> dict[str, Any] | None:
    """Compare maps by their mean IoU; there is nothing to compare found objects with."""
    done = [Rival(b.name, b.validation, b.prediction) for b in found if b.prediction is not None]
    if not done:
        return None
    assert answers.y is not None
    return verdict(answers.y, answers.codes, done, plan.task, seed=plan.data.seed)


OUTCOME = Outcome(
    score=score,
    describe=describe,
    table=found_table,
    ask=ask_places,
    store=store,
    cards=cards,
    rivals=rivals,
    verdict=compared,
)
