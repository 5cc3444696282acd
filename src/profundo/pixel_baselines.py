"""What a label for every pixel is worth without a network: the average picture, and a classifier that sees few pixels.

Both are fitted in this process in seconds. Their answers are maps of codes, to be scored by `segmentation_scores`.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .errors import DataError
from .objects import IGNORED

FITTED = 20_000  # pixels from which the classifier learns
ANSWERED = 1_000_000  # pixels that it is asked about, at most; each answers for its neighbours too
TREES, LEAF = 20, 8
BLOCKS = (4, 16)  # pixels, the sides of the squares whose mean colour it sees
TOGETHER = 64  # pictures at once


@dataclass(frozen=True, eq=False)
class MapAnswers:
    """What a baseline answered: `found` (n, H, W) uint8 codes. `seconds` is fitting and answering."""

    name: str
    seconds: float
    found: np.ndarray
    note: str


def segmentation_baselines(x_train: Tensor, y_train: Tensor, x_test: Tensor, *, seed: int = 0) -> Iterator[MapAnswers]:
    """Yield what each baseline answers to `x_test`, the quickest first.

    `x_train` and `x_test` are pixels (n, C, H, W) uint8, `y_train` codes (n, H, W) uint8, 255 where a pixel has no
    label. Raises DataError where no training pixel has one.
    """
    if not (y_train != IGNORED).any():
        raise DataError("no training picture has a labelled pixel: there is nothing to learn from.")
    began = time.perf_counter()
    usual = most_common(y_train)
    found = np.broadcast_to(usual, (len(x_test), *usual.shape))
    note = "the most common label of the training pictures at each place"
    yield MapAnswers("average picture", time.perf_counter() - began, found, note)
    began = time.perf_counter()
    found, note = by_pixel(x_train, y_train, x_test, seed)
    yield MapAnswers("pixel classifier", time.perf_counter() - began, found, note)


def most_common(y: Tensor) -> np.ndarray:
    """Return the most common label at each place (H, W); where a place never has one, the most common of all."""
    labels = int(y[y != IGNORED].max()) + 1
    counts = torch.stack([(y == code).sum(0, dtype=torch.int32) for code in range(labels)])  # (labels, H, W)
    overall = counts.sum((1, 2)).argmax()
    return counts.argmax(0).where(counts.sum(0) > 0, overall).to(torch.uint8).cpu().numpy()


def by_pixel(x_train: Tensor, y_train: Tensor, x_test: Tensor, seed: int) -> tuple[np.ndarray, str]:
    """Fit a random forest on some pixels, each known by its colour, its place and the mean colours around it."""
    from sklearn.ensemble import RandomForestClassifier

    generator = np.random.default_rng(seed)
    rows, answers = sampled(x_train, y_train, generator)
    forest = RandomForestClassifier(TREES, min_samples_leaf=LEAF, random_state=seed).fit(rows, answers)
    height, width = x_test.shape[2:]
    step = max(1, math.ceil(math.sqrt(len(x_test) * height * width / ANSWERED)))
    found = np.zeros((len(x_test), height, width), np.uint8)
    for begin in range(0, len(x_test), TOGETHER):
        grid = features(x_test[begin : begin + TOGETHER])[:, step // 2 :: step, step // 2 :: step]
        coarse = forest.predict(grid.reshape(-1, grid.shape[-1])).reshape(grid.shape[:3])
        fine = coarse.repeat(step, 1).repeat(step, 2)
        below, right = max(0, height - fine.shape[1]), max(0, width - fine.shape[2])
        fine = np.pad(fine, ((0, 0), (0, below), (0, right)), mode="edge")
        found[begin : begin + TOGETHER] = fine[:, :height, :width]
    note = f"a random forest on the colour and place of {len(rows):,} pixels, with the mean colour around each"
    return found, note + (f"; asked about one pixel of every {step} x {step}" if step > 1 else "")


def sampled(x: Tensor, y: Tensor, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw as many labelled pixels from each picture: features (n, k) and codes (n,)."""
    each = max(1, FITTED // len(x))
    rows, answers = [], []
    for begin in range(0, len(x), TOGETHER):
        seen, codes = features(x[begin : begin + TOGETHER]), y[begin : begin + TOGETHER].cpu().numpy()
        for picture, truth in zip(seen, codes, strict=True):
            known = np.flatnonzero(truth.ravel() != IGNORED)
            drawn = generator.choice(known, min(each, len(known)), replace=False) if len(known) else known
            rows.append(picture.reshape(-1, picture.shape[-1])[drawn])
            answers.append(truth.ravel()[drawn])
    return np.concatenate(rows), np.concatenate(answers)


def features(x: Tensor) -> np.ndarray:
    """Return (n, H, W, k) float32: the colour, the mean colours around, the row and the column within 0..1."""
    pixels = x.cpu().float() / 255
    around = [block_means(pixels, side) for side in BLOCKS]
    count, _, height, width = pixels.shape
    row = torch.linspace(0, 1, height).view(1, 1, -1, 1).expand(count, 1, height, width)
    column = torch.linspace(0, 1, width).view(1, 1, 1, -1).expand(count, 1, height, width)
    return torch.cat([pixels, *around, row, column], 1).permute(0, 2, 3, 1).numpy()


def block_means(pixels: Tensor, side: int) -> Tensor:
    """Return at each pixel the mean of the square block that it lies in, (n, C, H, W)."""
    height, width = pixels.shape[2:]
    small = F.avg_pool2d(pixels, side, ceil_mode=True)
    return small.repeat_interleave(side, 2).repeat_interleave(side, 3)[:, :, :height, :width]
