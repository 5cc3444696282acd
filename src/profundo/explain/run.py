"""The verb: why did the network of a run answer as it did for one example?"""

import os
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..data import encode_new, read
from ..data.dataset import Data
from ..errors import DataError, UsageError, unknown
from ..evaluate import Trained, true_values
from ..run import Run
from ..tasks import Classification, Multilabel
from .attribution import Attribution
from .baseline import BASELINES, baseline_of
from .methods import METHODS, Question
from .opened import Opened, opened
from .parts import parts_of
from .scores import answer_names, asked_of, score_of
from .seam import seam_of
from .shown import columns_of, mapped


def explain(  # noqa: PLR0913
    run: Run | str | os.PathLike[str],
    row: int | None = None,
    source: Any = None,
    *,
    method: str = "integrated_gradients",
    label: str | None = None,
    against: str | None = None,
    baseline: str = "average",
    steps: int = 100,
) -> Attribution:
    """Say how much each part of one example spoke for an answer of a run's network, and how much against it.

    `row` is the number of a row of the run's own source, by default the first of its test part; with `source`, of that
    one, by default its first. `label` is the answer that is explained: by default what the network answers; of several
    targets, one of them. With `against`, why that label rather than this one. `method` is one of METHODS.

    `baseline` is what the example is compared with: "average", the average training example, its texts empty; "zero",
    every number at its middle, no category, no word; of pictures also "black" and "white". `steps` are those of
    integrated gradients. Raises UsageError for unknown names and for tasks that have not one answer a row, DataError
    where the example cannot be read.
    """
    for what, name, known in (("method", method, METHODS), ("baseline", baseline, BASELINES)):
        if name not in known:
            raise UsageError(unknown(what, name, known))
    own = opened(run)
    trained, names = own.trained, answer_names(own.trained)
    data, place = example_of(own, row, source)
    x = data.ready(data.x[place : place + 1])
    answered, said, probabilities = answer_of(trained, x)
    asked = asked_of(trained, label, against, answered)
    seam = seam_of(trained.network, trained.schema, x)
    score, parts = score_of(trained, asked, seam), parts_of(trained.schema, seam)
    start, notes = baseline_of(own, seam, parts, baseline)
    inside = seam.inside
    question = Question(score, inside, start, seam.hidden(start), parts.of, parts.count, parts.windows, steps)
    weights = METHODS[method].weigh(question).numpy()
    with torch.no_grad():
        here, there = score(torch.cat([inside, start])).tolist()
    return Attribution(
        run=str(own.run.folder),
        source=trained.plan.data.source if source is None else str(source),
        row=int(data.ids[place]),
        method=method,
        answer=asked.name,
        against="" if asked.against is None else names[asked.against],
        unit=asked.unit,
        baseline=baseline,
        score=here,
        start=there,
        total=float(weights.sum()),
        complete=METHODS[method].complete,
        answered=said,
        true=truth(trained, data, place),
        probabilities=probabilities,
        columns=() if parts.shape else columns_of(data, place, parts, weights),
        notes=notes,
        **mapped(data, place, parts, weights),
    )


def example_of(own: Opened, row: int | None, source: Any) -> tuple[Data, int]:
    """Return the data that hold the example, and its position in them."""
    if source is None:
        return own.data, int(own.data.positions("test")[0]) if row is None else own.place(row)
    trained = own.trained
    task = trained.plan.task
    raw = read(source, task=task)
    known = all(name in raw.frame.columns for name in trained.schema.targets)
    data = encode_new(trained.schema, task, raw, targets=known)
    data = data if known else replace(data, y=data.y[:0])
    found = torch.nonzero(data.ids == (int(data.ids[0]) if row is None else row))
    if not len(found):
        raise DataError(f"{data.name} has no row {row} that can be used. It has {len(data.ids):,}, counted from 0.")
    return data, int(found[0])


def answer_of(trained: Trained, x: Tensor) -> tuple[int, str, dict[str, float]]:
    """Return the code of what is answered for one example, its words, and the probability of each label or target."""
    with torch.no_grad():
        own = trained.task.predict(trained.network, x)
    found = trained.decision.apply(own, trained.task.decode)
    said = ", ".join(str(v) for v in np.atleast_1d(found.values[0]))
    if found.probabilities is None:
        return 0, f"{float(np.atleast_1d(found.values[0])[0]):.6g}" if np.size(found.values[0]) == 1 else said, {}
    probabilities = dict(zip(found.labels, found.probabilities[0].tolist(), strict=True))
    if isinstance(trained.task, Classification):
        return int(trained.decision.choose(found.probabilities)[0]), said, probabilities
    return int(found.probabilities[0].argmax()), said, probabilities


def truth(trained: Trained, data: Data, place: int) -> str:
    """Return what is true of an example, "" where the data do not say."""
    if not len(data.y):
        return ""
    value = true_values(trained.schema, data.y[place : place + 1].cpu().numpy())
    if isinstance(trained.task, Classification | Multilabel):
        value = trained.task.decode(value)
        return ", ".join(str(v) for v in np.atleast_1d(value[0]))
    return ", ".join(f"{float(v):.6g}" for v in np.atleast_1d(value[0]))
