"""What every peer shares: the pictures, the command line, the clock and the one line of JSON an answer is.

Only NumPy is imported here. The pictures come from one .npz file, already decoded: faster for the peers than the
readers of their tutorials, which decode or transform one picture at a time.
"""

import argparse
import contextlib
import importlib.metadata
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

MEAN, STD = 0.1307, 0.3081  # of the training pictures, as every tutorial has them


class Mnist(NamedTuple):
    """Pictures (N, 28, 28) uint8 and their digits (N,) int64."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def load(path: str) -> Mnist:
    """Read mnist.npz."""
    with np.load(path) as file:
        return Mnist(file["x_train"], file["y_train"].astype(np.int64), file["x_test"], file["y_test"].astype(np.int64))


def share(pixels: np.ndarray) -> np.ndarray:
    """Return pixels as float32 from 0 to 1."""
    return pixels.astype(np.float32) / 255


def tell(**values: Any) -> None:
    """Print one line of JSON."""
    print(json.dumps(values), flush=True)


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of the packages that were measured."""
    return {name: importlib.metadata.version(name) for name in packages}


# the speed of an epoch -----------------------------------------------------------------------------------------------


def speed_arguments(about: str) -> argparse.Namespace:
    """Read the command line of a speed_*.py script."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--data", required=True, help="mnist.npz")
    parser.add_argument("--network", choices=("mlp", "lenet"), required=True)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


# the time to an accuracy ---------------------------------------------------------------------------------------------


def recipe_arguments(about: str, epochs: int) -> argparse.Namespace:
    """Read the command line of a recipe_*.py script; `epochs` is the documented number."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--data", required=True, help="mnist.npz")
    parser.add_argument("--began", type=float, default=time.time(), help="the Unix time at which the process began")
    parser.add_argument("--goal", type=float, default=0.99, help="the test accuracy after which to stop")
    parser.add_argument("--limit", type=float, default=900, help="seconds after which to stop at the end of an epoch")
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


class Clock:
    """Seconds since the process began, without the time spent on the test pictures."""

    def __init__(self, began: float) -> None:
        self.began, self.testing = began, 0.0

    def seconds(self) -> float:
        """Return the seconds until now."""
        return time.time() - self.began - self.testing

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop the clock within a block."""
        here = time.time()
        yield
        self.testing += time.time() - here


class Judge:
    """At the end of an epoch: take the time, then the test accuracy off the clock, and say whether to stop."""

    def __init__(self, asked: argparse.Namespace, accuracy: Callable[[], float]) -> None:
        self.clock, self.asked, self.accuracy, self.epoch = Clock(asked.began), asked, accuracy, 0

    def enough(self) -> bool:
        """Print the epoch; say whether the goal is reached or the time is over."""
        seconds = self.clock.seconds()
        self.epoch += 1
        with self.clock.stopped():
            accuracy = self.accuracy()
        tell(epoch=self.epoch, seconds=seconds, accuracy=accuracy)
        return accuracy >= self.asked.goal or seconds >= self.asked.limit
