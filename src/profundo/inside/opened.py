"""A run opened to look inside: its network, and its data once they are asked for, kept for the next question."""

import os
from functools import cached_property, lru_cache

import numpy as np

from ..data import load
from ..data.dataset import Data
from ..evaluate import Trained, open_trained
from ..run import Run
from .activity import DEAD_OF, dead_units, some
from .ink import Ink, learn_ink

KEPT = 2  # runs whose data stay in memory


class Opened:
    """A run's network with the data that it was trained on, read again from their source."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.trained: Trained = open_trained(run)

    @cached_property
    def data(self) -> Data:
        """The data of the run. Raises DataError where the source is not there any more."""
        plan = self.trained.plan.data
        return load(plan.source, plan)

    @cached_property
    def dead(self) -> dict[str, np.ndarray]:
        """Which units of each layer are the same for all examples of the test part that were looked at."""
        return dead_units(self.trained.network, self.data, some(self.data, "test", DEAD_OF))

    @cached_property
    def ink(self) -> Ink | None:
        """How the pictures of the training part are drawn; None where they are no drawings."""
        return learn_ink(self.data)


def opened(run: Run | str | os.PathLike[str]) -> Opened:
    """Open a run, or return it as it was opened before, if its files are still the same."""
    run = run if isinstance(run, Run) else Run.open(run)
    return stored(str(run.folder), run.digest("best.safetensors"))


@lru_cache(maxsize=KEPT)
def stored(folder: str, digest: str) -> Opened:
    """Open the run of a folder whose best weights have this SHA-256."""
    return Opened(Run.open(folder))
