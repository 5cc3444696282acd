"""The number that is explained: how much the network is for one of its answers, before anything is calibrated."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import UsageError, unknown
from ..evaluate import Trained
from ..schema import Number
from ..tasks import Classification, Multilabel, Regression
from .methods import Score
from .seam import Seam


@dataclass(frozen=True)
class Asked:
    """Which answer is explained: a label, with `against` rather than another one; or a target of numbers or of yes and
    no. `unit` says what the score is measured in.
    """

    code: int
    name: str
    against: int | None = None
    unit: str = ""


def asked_of(trained: Trained, label: str | None, against: str | None, answered: int) -> Asked:
    """Find the answer that is asked about by its name; `answered` is the code of what the network says.

    Raises UsageError for names that are not known and for tasks without one answer a row.
    """
    names = answer_names(trained)
    code = answered if label is None else code_of(label, names, trained)
    if against is None:
        return Asked(code, names[code], None, unit_of(trained, code))
    if not isinstance(trained.task, Classification):
        raise UsageError("'against' compares two labels, and this run has none. Leave it out.")
    other = code_of(against, names, trained)
    if other == code:
        raise UsageError(f"the answer is compared with itself: both are {against!r}. Leave 'against' out.")
    return Asked(code, names[code], other, f"log-odds against {against}")


def answer_names(trained: Trained) -> tuple[str, ...]:
    """Return the labels, or the names of the targets."""
    task = trained.task
    if isinstance(task, Classification | Multilabel):
        return task.labels
    if isinstance(task, Regression):
        return tuple(trained.schema.targets)
    raise UsageError(
        f"the task of this run is {trained.plan.task}, and only classification, multilabel and regression are "
        "explained. What became of its answers is in its report: profundo report RUN"
    )


def code_of(name: str, names: tuple[str, ...], trained: Trained) -> int:
    """Return the code of an answer by its name."""
    if name not in names:
        raise UsageError(unknown("label" if isinstance(trained.task, Classification) else "target", name, names))
    return names.index(name)


def unit_of(trained: Trained, code: int) -> str:
    """Name what the score is measured in: "log-odds", or the target's own units."""
    return list(trained.schema.targets)[code] if isinstance(trained.task, Regression) else "log-odds"


def score_of(trained: Trained, asked: Asked, seam: Seam) -> Score:
    """Return the score as a function of examples (B, *z).

    Of a label: the log-odds of it against all others, log(p / (1 - p)), or against one, log(p / q). They do not flatten
    out as probabilities do where the network is sure. Of multilabel: the log-odds of yes. Of a number: the number.
    """

    def score(inside: Tensor) -> Tensor:
        output, task = seam.forward(inside).float(), trained.task
        if isinstance(task, Classification):
            scores = task.scores(output)
            if asked.against is not None:
                return scores[:, asked.code] - scores[:, asked.against]
            others = [code for code in range(scores.shape[1]) if code != asked.code]
            return scores[:, asked.code] - torch.logsumexp(scores[:, others], 1)
        if isinstance(task, Multilabel):
            return task.checked(output)[:, asked.code]
        assert isinstance(task, Regression)
        kind = list(trained.schema.targets.values())[asked.code]
        assert isinstance(kind, Number)
        return task.checked(output)[:, asked.code] * kind.scale + kind.center

    return score
