"""A finished run with its network and its data, kept open for the next question about it."""

import os
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from torch import Tensor

from ..data import load
from ..data.dataset import Data
from ..errors import DataError, ProfundoError
from ..evaluate import Trained, open_trained
from ..run import Run

KEPT = 2  # runs that stay open


@dataclass(eq=False)
class Opened:
    """A run whose network and data are read when they are first asked for."""

    run: Run
    places: dict[int, int] = field(default_factory=dict)
    average: Tensor | None = None  # of the training examples, once it was asked for (baseline.py)

    @cached_property
    def trained(self) -> Trained:
        """The network, its task, its schema and its plan."""
        return open_trained(self.run)

    @cached_property
    def data(self) -> Data:
        """What the run was trained and tested on. Raises DataError where its source is gone or has changed."""
        plan = self.trained.plan.data
        if not plan.source or plan.source.startswith("<"):
            raise DataError(f"the examples of {self.run.folder} were no file, and cannot be looked at again.")
        try:
            data = load(plan.source, plan)
        except ProfundoError as error:
            raise DataError(f"the examples of {self.run.folder} cannot be read again: {error}") from error
        if data.schema != self.trained.schema:
            raise DataError(f"{plan.source} is no longer what {self.run.folder} learnt from: it has changed since.")
        return data

    def place(self, row: int) -> int:
        """Return the position in the data of a row of the source. Raises DataError where it is not one of them."""
        if not self.places:
            self.places = {int(number): place for place, number in enumerate(self.data.ids.tolist())}
        if row not in self.places:
            raise DataError(
                f"{self.data.name} has no row {row} that is used. There are {len(self.places):,}, from "
                f"{min(self.places)} to {max(self.places)}."
            )
        return self.places[row]


CACHE: OrderedDict[tuple[str, int], Opened] = OrderedDict()


def opened(run: Run | str | os.PathLike[str]) -> Opened:
    """Open a finished run; one that was asked about a moment ago, and has not changed, is still open."""
    run = run if isinstance(run, Run) else Run.open(run)
    manifest = run.path("manifest.json")
    run.digest("schema.json")  # so that one that is not finished says so
    key = (str(Path(run.folder).resolve()), manifest.stat().st_mtime_ns)
    found = CACHE.pop(key, None) or Opened(run)
    CACHE[key] = found
    while len(CACHE) > KEPT:
        CACHE.popitem(last=False)
    return found
