"""From pictures and a COCO file to boxes in new pictures, in Python: make some scenes, learn, score, predict, draw.

python examples/find_shapes.py
"""

import json
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import profundo


def scenes(folder: Path, count: int, seed: int) -> None:
    """Write pictures of one to three bright squares on noise, and where they are, as COCO does."""
    rng = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True)
    images, found = [], []
    for number in range(count):
        pixels = rng.integers(0, 80, (64, 64, 3), np.uint8)
        for column in rng.permutation(3)[: rng.integers(1, 4)].tolist():
            side = int(rng.integers(10, 18))
            x, y = 21 * column + int(rng.integers(0, 21 - side + 1)), int(rng.integers(0, 64 - side))
            pixels[y : y + side, x : x + side] = rng.integers(150, 256, 3)
            box = [x, y, side, side]
            found.append({"id": len(found) + 1, "image_id": number, "category_id": 1, "bbox": box, "area": side * side})
        Image.fromarray(pixels).save(folder / "images" / f"{number}.png")
        images.append({"id": number, "file_name": f"{number}.png", "width": 64, "height": 64})
    known = {"images": images, "annotations": found, "categories": [{"id": 1, "name": "square"}]}
    (folder / "coco.json").write_text(json.dumps(known))


def main() -> None:
    """Train a detector on 300 scenes and show what it finds in five new ones."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        scenes(place / "known", 300, seed=0)
        scenes(place / "new", 5, seed=1)
        run = profundo.train(place / "known", out=place / "run", epochs=8, threads=1)
        print({name: round(score["value"], 3) for name, score in profundo.evaluate(run)["scores"].items()})
        print(profundo.predict(run, place / "new", pictures=place / "drawn"))
        print(f"{len(list((place / 'drawn').iterdir()))} pictures with their boxes drawn, and the report: report.html")


if __name__ == "__main__":
    main()
