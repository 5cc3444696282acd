"""Learn to draw from the path of a pen, in Python: make some shapes, learn them, and draw new ones of a label.

python examples/draw_shapes.py
"""

import tempfile
from pathlib import Path

import numpy as np

import profundo
from profundo.generate import generate

SIDES = {"triangle": 3, "square": 4, "hexagon": 6}


def write(path: Path, count: int, rng: np.random.Generator) -> None:
    """Write polygons as moves of a pen: dx, dy, and 1 where it is lifted; `offsets` says where each drawing begins."""
    moves, labels = [], []
    for number in range(count):
        label = list(SIDES)[number % len(SIDES)]
        angles = np.linspace(0, 2 * np.pi, SIDES[label] + 1)
        corners = rng.uniform(20, 40) * np.stack([np.sin(angles), -np.cos(angles)], 1)
        steps = np.diff(corners + rng.normal(0, 1, corners.shape), axis=0)
        moves.append(np.column_stack([steps, np.arange(len(steps)) == len(steps) - 1]))
        labels.append(label)
    offsets = np.cumsum([0, *map(len, moves)])
    np.savez(path, points=np.concatenate(moves), offsets=offsets, label=np.array(labels))


def main() -> None:
    """Train on 600 drawings, tell how likely new ones are, and draw."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        write(place / "shapes.npz", 600, np.random.default_rng(0))
        run = profundo.train(place / "shapes.npz", task="drawing", out=place / "run", epochs=20, threads=1)
        print(run.read("scores.json")["verdict"])
        made = generate(run, label="hexagon", count=4, temperature=0.3, out="hexagons.svg")
        print(made.text, [len(row["moves"]) for row in made.rows], "hexagons.svg")


if __name__ == "__main__":
    main()
