"""Moving shapes, made: the label is the direction of motion, which no single frame tells."""

import numpy as np

from .clip_arrays import from_array
from .raw import Raw

DIRECTIONS = {"right": (0, 1), "left": (0, -1), "down": (1, 0), "up": (-1, 0)}
CLIPS, FRAMES, SIDE = 2_000, 8, 32
SHAPES = 4


def moving_shapes(seed: int = 0, clips: int = CLIPS) -> Raw:
    """Make grey clips of 8 frames of 32 x 32 pixels: a square, disc, cross or triangle moves at 1 to 3 pixels a frame.

    What leaves at one side comes in at the other, so that every place is as likely in every frame, whatever the
    direction: from one frame nothing can be said about it. Another shape stands still, and the frames are noisy.
    """
    import pandas as pd

    rng = np.random.default_rng([seed, 0x51])
    names = list(DIRECTIONS)
    labels = rng.permutation(np.arange(clips) % len(names))
    pixels = np.empty((clips, FRAMES, 1, SIDE, SIDE), np.uint8)
    for clip, label in zip(pixels, labels.tolist(), strict=True):
        row, column = DIRECTIONS[names[label]]
        speed = rng.uniform(1, 3)
        still, moving = placed(rng), placed(rng)
        for number in range(FRAMES):
            shift = round(speed * number)
            moved = np.roll(moving, (row * shift, column * shift), (0, 1))
            frame = np.maximum(still, moved) + rng.normal(0, 12, (SIDE, SIDE))
            clip[number, 0] = np.clip(frame, 0, 255)
    frame = pd.DataFrame({"direction": np.array(names, dtype=object)[labels]})
    media = from_array(pixels, "moving_shapes")
    return Raw("moving_shapes", frame, media=media, media_column="clip", target=("direction",), task="classification")


def placed(rng: np.random.Generator) -> np.ndarray:
    """Return a shape at a place of its own, (SIDE, SIDE): 0 outside, its brightness inside."""
    grid = np.abs(np.arange(SIDE) - SIDE // 2)
    y, x = grid[:, None], grid[None]
    radius = rng.uniform(3, 5)
    inside = [
        np.maximum(x, y) <= radius,
        x**2 + y**2 <= radius**2,
        (np.minimum(x, y) <= 1) & (np.maximum(x, y) <= radius),
        (np.arange(SIDE)[:, None] - SIDE // 2 >= 2 * x - radius) & (np.arange(SIDE)[:, None] - SIDE // 2 <= radius),
    ][rng.integers(SHAPES)]
    shape = inside * rng.uniform(110, 240)
    return np.roll(shape, rng.integers(0, SIDE, 2), (0, 1))
