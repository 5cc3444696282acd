"""What the peers that train LSTMs on a text share: windows of it, the command line, the clock."""

import argparse
import time
from pathlib import Path

import numpy as np

WARM = 5  # steps before the clock: compiling, the first allocations
WIDTH, LAYERS, CONTEXT = 128, 2, 128


def windows(path: str, count: int, seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return x and y (count, CONTEXT) int64, y one character on, and how many different characters the text has."""
    text = np.frombuffer(Path(path).read_bytes(), np.uint8)
    letters, codes = np.unique(text, return_inverse=True)
    begins = np.random.default_rng(seed).integers(0, len(codes) - CONTEXT - 1, count)
    places = begins[:, None] + np.arange(CONTEXT)
    return codes[places].astype(np.int64), codes[places + 1].astype(np.int64), len(letters)


def arguments(about: str | None) -> argparse.Namespace:
    """Read the command line of an lstm_*.py script."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--data", required=True, help="a text file")
    parser.add_argument("--steps", type=int, default=40, help="on the clock")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


class Steps:
    """The time at which each step ended."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.times = WARM + wanted, list[float]()

    def end(self) -> bool:
        """Note the end of a step; say whether it was the last."""
        self.times.append(time.perf_counter())
        return len(self.times) >= self.wanted

    def tokens_a_second(self, batch_size: int) -> float:
        """Return the throughput of the steps on the clock."""
        return CONTEXT * batch_size * (len(self.times) - WARM) / (self.times[-1] - self.times[WARM - 1])
