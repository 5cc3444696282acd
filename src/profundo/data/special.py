"""Tasks whose data are more than rows with one answer each: which module of this room reads them.

Each of the modules has `load(plan, raw, families) -> Data`, which learns the schema from the training part, and
`new(schema, task, raw, targets=...) -> Data`, which encodes new data as a trained network knows them.
"""

import importlib
from typing import Protocol, cast

import numpy as np

from ..schema import Schema
from .dataplan import DataPlan
from .dataset import Data
from .pairs import is_written
from .raw import Raw

READERS = {
    "localisation": "located",
    "detection": "located",
    "instances": "located",
    "segmentation": "located",
    "language": "corpus",
    "word_vectors": "corpus",
    "translation": "writing",
    "captioning": "writing",
    "forecasting": "forecast",
    "anomalies": "unlabelled",
    "clustering": "unlabelled",
    "recommendation": "ratings",
    "drawing": "drawings",
    "music": "rolls",
    "speech": "spoken",
}


class Reader(Protocol):
    """What such a module has."""

    def load(self, plan: DataPlan, raw: Raw, families: np.ndarray | None) -> Data:
        """Return the data set of a plan."""
        ...

    def new(self, schema: Schema, task: str, raw: Raw, *, targets: bool) -> Data:
        """Return new data as one split, "test"; with `targets`, with the answers that they must have."""
        ...


def reader(task: str) -> Reader | None:
    """Return the module that reads the data of a task; None for tasks of rows with one answer each."""
    if task not in READERS:
        return None
    return cast(Reader, importlib.import_module(f".{READERS[task]}", __package__))


def special_task(plan: DataPlan, raw: Raw) -> str:
    """Return the task of `READERS` that is asked for, or that the source is for; "" where it is another."""
    if plan.task:
        return plan.task if plan.task in READERS else ""
    if plan.forecast:
        return "forecasting"
    if raw.task in READERS and plan.target in ((), raw.target):
        return raw.task
    if is_written(plan, raw):
        return "translation" if raw.pictures is None and raw.media is None else "captioning"
    return ""
