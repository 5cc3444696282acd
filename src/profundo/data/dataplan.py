"""What is asked of the data, as a record that a plan stores."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ..errors import UsageError, unknown
from .derive import parse
from .folds import numbered
from .kinds import check_kinds
from .target import TASKS

COPIES = ("keep", "together", "drop")
UNITS = ("words", "characters", "bytes", "bpe", "bases")
BAD = ("few", "refuse", "skip")


@dataclass(frozen=True)
class DataPlan:
    """What is asked of the data; what is left empty is inferred. `size` is the side of the pictures in pixels.

    `without` are rows to leave out: "3,17,99", or a text file of row numbers. `copies` of rows are kept, stay
    "together" in one part, or all but the first are dropped ("drop"). `fold` is one round of a resampling, "kfold:5/2".
    `annotations` is the file or folder that says where things are in the pictures; entries of it that are wrong are
    left out with a warning where they are at most 1 % ("few"), or always ("skip"), or never ("refuse").
    Of text: `tokens` is the unit that it is cut into, `vocabulary` how many different ones at most, `longest` how many
    a text keeps, `letters` those of a base of a gene, `strands` "both" reads genes from either end.
    Of time series: `forecast` are the columns to predict, `horizon` and `context` the steps ahead and behind ("24", or
    "24h"), `known` the columns known ahead, `series` the column that says which series a row is of.
    Of sounds and clips: `rate` samples (of sounds) or frames (of clips) a second, `seconds` how much of each is kept,
    `mels` the bands of the spectrogram. Of ratings: `user` and `item` columns. Of anomalies: `normal` is the label of
    what is not one, where a target column tells (it is used for scoring alone).
    `derive` are formulas of new columns, such as "x1^2" or "sin(x1)". Of the made sets: `noise` is 0 to 0.5, `draw`
    says which drawing of them it is.
    `sizes` are the least and the most that the side of the pictures is chosen from, `mean` and `std` those that their
    pixels are normalised with in place of their own (published weights want theirs), one number or one a channel.
    """

    source: str = ""
    target: tuple[str, ...] = ()
    task: str = ""
    kinds: dict[str, str] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    derive: tuple[str, ...] = ()
    split: str = ""
    group: str = ""
    time: str = ""
    without: str = ""
    copies: str = "keep"
    fold: str = ""
    rows: int | None = None
    size: int | None = None
    sizes: tuple[int, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    augment: str = "auto"
    tokens: str = ""
    vocabulary: int | None = None
    longest: int | None = None
    letters: int = 1
    strands: str = ""
    forecast: tuple[str, ...] = ()
    horizon: str = ""
    context: str = ""
    known: tuple[str, ...] = ()
    series: str = ""
    rate: float | None = None
    seconds: float | None = None
    mels: int | None = None
    user: str = ""
    item: str = ""
    normal: str = ""
    annotations: str = ""
    bad_annotations: str = "few"
    noise: float | None = None
    draw: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("target", "keep", "drop", "forecast", "known", "derive"):
            value = getattr(self, name)
            object.__setattr__(self, name, (value,) if isinstance(value, str) and value else tuple(value))
        object.__setattr__(self, "derive", tuple(dict.fromkeys(parse(text).text for text in self.derive)))
        check_names(self)
        check_pixels(self)
        check_splitting(self)


def check_names(plan: DataPlan) -> None:
    """Raise UsageError where a kind, the task or a column is not one that goes."""
    check_kinds(plan.kinds)
    if plan.tokens and plan.tokens not in UNITS:
        raise UsageError("for --tokens, " + unknown("unit", plan.tokens, UNITS))
    if plan.strands not in ("", "one", "both"):
        raise UsageError("for --strands, " + unknown("way", plan.strands, ("one", "both")))
    if plan.task and plan.task not in TASKS:
        raise UsageError(unknown("task", plan.task, TASKS))
    for name in plan.target:
        if name in plan.drop:
            raise UsageError(f"{name} is both --target and --drop; choose one.")
    least_of = {
        "rows": 1,
        "size": 4,
        "vocabulary": 1,
        "longest": 1,
        "letters": 1,
        "rate": 0.01,
        "seconds": 0.001,
        "mels": 4,
        "noise": 0,
        "draw": 0,
    }
    for name, least in least_of.items():
        value = getattr(plan, name)
        if value is not None and value < least:
            raise UsageError(f"--{name} is {value}; it must be {least} or more.")


def check_pixels(plan: DataPlan) -> None:
    """Raise UsageError where sizes, mean and std cannot be those of pictures."""
    if plan.sizes and (len(plan.sizes) != 2 or not 4 <= plan.sizes[0] <= plan.sizes[1]):
        raise UsageError(f"sizes is {list(plan.sizes)}; it must be the least and the most side, such as [64, 128].")
    if len(plan.mean) != len(plan.std) or any(not s > 0 for s in plan.std):
        raise UsageError("mean and std go together, a number a channel each, every std above 0.")


def check_splitting(plan: DataPlan) -> None:
    """Raise UsageError where the ways to split do not go together."""
    if plan.group and plan.time:
        raise UsageError("--group and --time do not go together; choose one.")
    if plan.copies not in COPIES:
        raise UsageError("for --copies, " + unknown("way", plan.copies, COPIES))
    if plan.copies == "together" and (plan.group or plan.time):
        raise UsageError("--copies together does not go with --group or --time. Type: --copies drop")
    if plan.bad_annotations not in BAD:
        raise UsageError("for --bad-annotations, " + unknown("way", plan.bad_annotations, BAD))
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
