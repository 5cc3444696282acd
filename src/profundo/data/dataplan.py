"""What is asked of the data, as a record that a plan stores."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ..errors import UsageError, unknown
from .folds import numbered
from .kinds import check_kinds
from .target import TASKS

COPIES = ("keep", "together", "drop")


@dataclass(frozen=True)
class DataPlan:
    """What is asked of the data; what is left empty is inferred. `size` is the side of the pictures in pixels.

    `without` are rows to leave out: "3,17,99", or a text file of row numbers. `copies` of rows are kept, stay
    "together" in one part, or all but the first are dropped ("drop"). `fold` is one round of a resampling, "kfold:5/2".
    """

    source: str = ""
    target: tuple[str, ...] = ()
    task: str = ""
    kinds: dict[str, str] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    split: str = ""
    group: str = ""
    time: str = ""
    without: str = ""
    copies: str = "keep"
    fold: str = ""
    rows: int | None = None
    size: int | None = None
    augment: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("target", "keep", "drop"):
            value = getattr(self, name)
            object.__setattr__(self, name, (value,) if isinstance(value, str) and value else tuple(value))
        check_names(self)
        check_splitting(self)


def check_names(plan: DataPlan) -> None:
    """Raise UsageError where a kind, the task or a column is not one that goes."""
    check_kinds(plan.kinds)
    if plan.task and plan.task not in TASKS:
        raise UsageError(unknown("task", plan.task, TASKS))
    for name in plan.target:
        if name in plan.drop:
            raise UsageError(f"{name} is both --target and --drop; choose one.")
    for name, least in (("rows", 1), ("size", 4)):
        value = getattr(plan, name)
        if value is not None and value < least:
            raise UsageError(f"--{name} is {value}; it must be {least} or more.")


def check_splitting(plan: DataPlan) -> None:
    """Raise UsageError where the ways to split do not go together."""
    if plan.group and plan.time:
        raise UsageError("--group and --time do not go together; choose one.")
    if plan.copies not in COPIES:
        raise UsageError("for --copies, " + unknown("way", plan.copies, COPIES))
    if plan.copies == "together" and (plan.group or plan.time):
        raise UsageError("--copies together does not go with --group or --time. Type: --copies drop")
    if plan.fold:
        numbered(plan.fold)


def make_plan(source: Any, plan: DataPlan | None, options: Mapping[str, Any]) -> DataPlan:
    """Join a plan and options. Raises UsageError with the nearest name for an option that does not exist."""
    known = [f.name for f in fields(DataPlan) if f.name != "source"]
    for name in options:
        if name not in known:
            raise UsageError(unknown("data option", name, known))
    if isinstance(source, DataPlan):
        plan = source
    plan = plan or DataPlan(source=str(source) if isinstance(source, str) or hasattr(source, "__fspath__") else "")
    return replace(plan, **options)
