"""Data that the flows bring along: a table whose names are markup, and a folder of pictures."""

import csv
from pathlib import Path

import numpy as np

HOSTILE = "<img src=x onerror=\"document.title='taken over'\">"
KINDS = (HOSTILE, "mandarina", "<b>lima</b>")


def write_fruit(path: Path, rows: int = 240) -> Path:
    """Write a table of two numbers and three kinds, named as an attacker would name them."""
    random = np.random.default_rng(0)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["size", "weight", "kind"])
        for row in range(rows):
            size, weight = random.normal((row % 3, -(row % 3)), 0.2)
            table.writerow([f"{size:.3f}", f"{weight:.3f}", KINDS[row % 3]])
    return path


def write_pictures(folder: Path, each: int = 30, side: int = 16) -> Path:
    """Write a folder of pictures of two classes: bars that stand, and bars that lie."""
    from PIL import Image

    random = np.random.default_rng(0)
    for label in ("standing", "lying"):
        (folder / label).mkdir(parents=True)
        for number in range(each):
            pixels = random.integers(0, 60, (side, side)).astype(np.uint8)
            at = int(random.integers(2, side - 4))
            pixels[:, at : at + 3] = 230
            Image.fromarray(pixels if label == "standing" else pixels.T).save(folder / label / f"{number}.png")
    return folder
