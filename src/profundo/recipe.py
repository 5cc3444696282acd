"""How to train: everything that shapes a run besides the data, the network and the task."""

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from . import optimizers, schedules
from .errors import UsageError

Positive = Annotated[int, Field(ge=1)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Recipe:
    """A record of choices; the loop does what it says. `lr` None means: find it (a range test before training).

    `steps` is a number of iterations that takes the place of `epochs`; `batch_size` 0 means the whole training
    part. `l1` and `l2` are penalties on the weight matrices (their gradients are l1 sign w and l2 w),
    `weight_decay` shrinks them by lr x weight_decay a step. `clip` is the largest norm of the gradient. `average`
    is the decay of the running average of the weights that is scored in place of the last ones (0: none). `parts` gives
    a part of the network (a generator, a critic) its own optimiser or learning rate. `stop_loss`, `patience`,
    `overfit` and `time_limit` are the criteria of `profundo.stopping`; `save_every` is in seconds. `lr_at` changes
    the learning rate by hand: from that step on it is the value, times the schedule ({"320": 0.003}). Without
    `restore_best` the last weights are kept, not the best ones.
    """

    epochs: Positive = 20
    steps: Positive | None = None
    batch_size: Annotated[int, Field(ge=0)] = 128
    optimizer: str = "adamw"
    options: Mapping[str, float] = field(default_factory=dict)
    lr: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    lr_at: Mapping[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = field(default_factory=dict)
    schedule: str = "one-cycle"
    l1: Amount = 0.0
    l2: Amount = 0.0
    weight_decay: Amount = 0.0
    clip: Annotated[float, Field(gt=0)] | None = None
    accumulate: Positive = 1
    average: Annotated[float, Field(ge=0, lt=1)] | None = None
    stop_loss: float | None = None
    patience: Positive | None = None
    overfit: Positive | None = None
    time_limit: Annotated[float, Field(gt=0)] | None = None
    device: str = "auto"
    threads: Annotated[int, Field(ge=0)] = 0
    precision: str = "auto"
    compile: bool = False
    restore_best: bool = True
    save_every: Annotated[float, Field(ge=0)] = 10.0
    seed: Annotated[int, Field(ge=0)] = 0
    parts: Mapping[str, Mapping[str, str | float | Mapping[str, float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        optimizers.find(self.optimizer)
        schedules.find(self.schedule)
        for step in self.lr_at:
            if not step.isdecimal():
                raise UsageError(f"lr_at {step!r} is not a number of a step. Type for example: --lr-at 320=0.003")

    @property
    def learning_rate(self) -> float:
        """The learning rate given, or the rule's own usual one."""
        return self.lr if self.lr is not None else optimizers.find(self.optimizer).lr
