"""A text from a picture, in Python: learn to say which shapes stand where, then describe some new pictures.

python examples/describe_pictures.py
"""

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import profundo
from profundo.data import builtin


def main() -> None:
    """Train on the built-in captions; a CSV with a column of picture files and one of texts goes the same way."""
    with tempfile.TemporaryDirectory() as name:
        run = profundo.train("shape_captions", out=Path(name) / "run", epochs=14, threads=1)
        print({name: round(score["value"], 3) for name, score in profundo.evaluate(run)["scores"].items()})
        new = builtin.read("shape_captions", seed=1)
        for number, pixels in enumerate(new.pictures.decode(np.arange(3), 3, 40, 40)):
            file = Path(name) / f"{number}.png"
            Image.fromarray(np.moveaxis(pixels, 0, -1)).save(file)
            print(f"{new.frame.caption[number]!r} is described as {profundo.generate(run, prompt=str(file)).text!r}")


if __name__ == "__main__":
    main()
