"""From clips in folders to events in a long video, in Python: make some, learn, score, find what happens when.

python examples/watch_clips.py
"""

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import profundo
from profundo.evaluate import open_trained
from profundo.events import events


def frames(direction: int, count: int, rng: np.random.Generator) -> list[Image.Image]:
    """Draw a bright square that moves to the right (1) or to the left (-1), over noise."""
    row, column, step = int(rng.integers(4, 20)), int(rng.integers(0, 32)), int(rng.integers(1, 4))
    made = []
    for number in range(count):
        pixels = rng.integers(0, 60, (32, 32), np.uint8)
        columns = (column + direction * step * number + np.arange(8)) % 32
        pixels[row : row + 8, columns] = 220
        made.append(Image.fromarray(pixels))
    return made


def write(clip: list[Image.Image], path: Path) -> None:
    """Write an animated GIF, 10 frames a second; video files (mp4 and others) are read too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    clip[0].save(path, save_all=True, append_images=clip[1:], duration=100)


def main() -> None:
    """Train on 300 clips of two motions, and find the moment in a new one at which the motion turns round."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for number in range(300):
            direction = 1 if number % 2 else -1
            write(frames(direction, 8, rng), place / "clips" / {1: "right", -1: "left"}[direction] / f"{number}.gif")
        run = profundo.train(place / "clips", out=place / "run", epochs=8, evaluate="holdout", threads=1)
        print({name: round(score["value"], 3) for name, score in profundo.evaluate(run)["scores"].items()})
        write(frames(1, 30, rng) + frames(-1, 30, rng), place / "long.gif")
        print(events(open_trained(run), place / "long.gif"))


if __name__ == "__main__":
    main()
