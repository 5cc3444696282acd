"""What the peers that train ResNet-18 on CIFAR-10 share: the pictures, the command line, the clock of their steps."""

import argparse
import time
from typing import NamedTuple

import numpy as np

WARM = 3  # steps before the clock: compiling, the first allocations


class Pictures(NamedTuple):
    """Pictures (N, 3, 32, 32) uint8 and their labels (N,) int64; mean and spread of the channels, of pixel / 255."""

    x: np.ndarray
    y: np.ndarray
    mean: np.ndarray
    std: np.ndarray


def load(path: str) -> Pictures:
    """Read the .npz file that the benchmark wrote."""
    with np.load(path) as file:
        x, y = file["x"], file["y"].astype(np.int64)
    share = x.astype(np.float32) / 255
    return Pictures(x, y, share.mean((0, 2, 3)), share.std((0, 2, 3)))


def normalised(pictures: Pictures) -> np.ndarray:
    """Return the pictures as float32 in standard units."""
    mean, std = (v.reshape(1, 3, 1, 1) for v in (pictures.mean, pictures.std))
    return ((pictures.x.astype(np.float32) / 255 - mean) / std).astype(np.float32)


def arguments(about: str | None) -> argparse.Namespace:
    """Read the command line of a resnet_*.py script."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--data", required=True, help="an .npz file with x and y")
    parser.add_argument("--steps", type=int, default=8, help="on the clock")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tutorial", action="store_true", help="Lightning alone: its CIFAR-10 tutorial's recipe")
    return parser.parse_args()


class Steps:
    """The time at which each step ended."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.times = WARM + wanted, list[float]()

    def end(self) -> bool:
        """Note the end of a step; say whether it was the last."""
        self.times.append(time.perf_counter())
        return len(self.times) >= self.wanted

    def pictures_a_second(self, batch_size: int) -> float:
        """Return the throughput of the steps on the clock."""
        return batch_size * (len(self.times) - WARM) / (self.times[-1] - self.times[WARM - 1])
