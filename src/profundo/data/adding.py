"""The adding problem: remember two numbers of a long sequence and add them up. A test of memory over many steps."""

import numpy as np
import pandas as pd

from .raw import Raw
from .series import Pieces

EXAMPLES, STEPS = 20_000, 200


def adding(seed: int = 0, *, examples: int = EXAMPLES, steps: int = STEPS) -> Raw:
    """Make sequences of numbers from 0 to 1, two of them marked, one in each half; the target is the sum of the two.

    Hochreiter and Schmidhuber 1997, in the form of Le et al. 2015 (arXiv 1504.00941). Always answering 1 has a mean
    squared error of 1/6.
    """
    rng = np.random.default_rng([seed, 0xADD])
    values, marks = rng.random((examples, steps)), np.zeros((examples, steps))
    half, rows = steps // 2, np.arange(examples)
    places = rng.integers(0, half, examples), rng.integers(half, steps, examples)
    for place in places:
        marks[rows, place] = 1
    frame = pd.DataFrame({"sum": values[rows, places[0]] + values[rows, places[1]]})
    series = Pieces(list(np.stack([values, marks], 2)), ("value", "marked"), lambda row: f"sequence {row}")
    return Raw("adding", frame, media=series, media_column="sequence")
