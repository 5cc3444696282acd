"""Networks of several runs asked about the same new rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..data import encode_new, read
from ..errors import DataError, UsageError
from ..evaluate import open_trained
from .entrants import Entrant


def on_new_rows(found: Sequence[Entrant], source: Any) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the true answers of a source and what each network answers, in one order.

    Raises UsageError for a baseline, of which no model was stored; DataError where the rows do not fit.
    """
    for entrant in found:
        if entrant.baseline:
            raise UsageError(f"{entrant.name} was not stored as a model: only networks can answer new rows.")
    raw = read(source, task=found[0].task)
    given, y, ids = [], [], []
    for entrant in found:
        trained = open_trained(entrant.run.path)
        answers = trained.answer(encode_new(trained.schema, trained.plan.task, raw, targets=True))
        order = np.argsort(answers.ids, kind="stable")
        assert answers.y is not None
        ids.append(answers.ids[order])
        y.append(answers.y[order])
        given.append(answers.codes[order])
    if any(len(i) != len(ids[0]) or (i != ids[0]).any() for i in ids[1:]):
        raise DataError(
            f"{source}: the networks do not answer the same rows. Leave out the rows that only some can read."
        )
    return y[0], given
