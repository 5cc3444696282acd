"""Texts from pictures, made: scenes of MNIST's digits, and of coloured shapes, told in a sentence.

A digit scene is a canvas of 64 x 64 pixels with two or three digits, each large (28 pixels) or small (18), nearly in a
row or in a column: "a large seven above a small two", "a small one left of a small four left of a large nine". 8,000
scenes to learn from and 1,000 to choose the weights on are of digits of MNIST's training part, its first 50,000 and the
others; 1,000 scenes to score are of its test part. A caption counts where it is right to the letter. `shapes` is the
built-in set shape_captions, 450 of 3,000 pictures scored. Each seed draws scenes, weights and order anew. Settings were
chosen on the validation part.
"""

import time

BEGAN = time.monotonic()

import argparse  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import tempfile  # noqa: E402
from dataclasses import replace  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

os.environ.setdefault("OMP_NUM_THREADS", "2")

import numpy as np  # noqa: E402

import profundo  # noqa: E402
import scenes  # noqa: E402
from hardware import hardware  # noqa: E402
from profundo.data import made_texts  # noqa: E402
from profundo.data.arrays import from_arrays  # noqa: E402
from profundo.data.raw import Raw  # noqa: E402
from record import NUMBERS, figure, record, show, store  # noqa: E402

PARTS = ("digits", "shapes")
ASIDE = 5  # pixels by which digits are off their line
CANVAS, SIZES = 64, {"large": 28, "small": 18}
COUNTS = {"train": 8_000, "validation": 1_000, "test": 1_000}
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def main() -> None:
    asked = arguments()
    with tempfile.TemporaryDirectory() as folder:
        for part in asked.parts:
            here, runs = hardware(), []
            for seed in range(asked.seeds):
                source = digit_scenes(seed) if part == "digits" else made_texts.shape_captions(seed)
                runs.append(one(source, Path(folder) / f"{part}-{seed}", seed, asked.epochs))
                exact = [run["scores"]["exact match"]["value"] for run in runs]
                nearest = [run["baselines"]["nearest picture"]["exact match"]["value"] for run in runs]
                figures = [
                    figure("exact match, test", exact, at_least=0.95),
                    figure("BLEU, test", [run["scores"]["bleu"]["value"] for run in runs]),
                    figure("exact match of the nearest picture's caption", nearest),
                    figure("seconds", [run["seconds"] for run in runs], "s"),
                ]
                settings = {"epochs": runs[0]["epochs"], "threads": int(os.environ["OMP_NUM_THREADS"])}
                store(asked.out, __doc__, {part: record(figures, runs, here, settings=settings)})
            print(part)
            show(figures)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, help="in place of the usual number")
    parser.add_argument("--out", type=Path, default=NUMBERS / "captions.json")
    return parser.parse_args()


def one(source: Raw, out: Path, seed: int, epochs: int | None) -> dict[str, Any]:
    """Train as `profundo train` does and return its account."""
    began = time.monotonic()
    wishes = {"epochs": epochs} if epochs else {}
    run = profundo.train(source, out=out, seed=seed, measure="exact match", watch=say, **wishes)
    told = json.loads(run.path("scores.json").read_text(encoding="utf-8"))
    kept = {k: told[k] for k in ("network", "parameters", "seed", "epochs", "lr", "training_seconds", "scores")}
    baselines = {b["name"]: b["scores"] for b in told["baselines"] if b["scores"]}
    return kept | {"baselines": baselines, "verdict": told["verdict"], "seconds": time.monotonic() - began}


def say(event: str, value: Any) -> None:
    """Print the end of each epoch."""
    if event == "progress" and value.whole:
        print(f"epoch {value.epoch}: {dict(value.validation)}, {time.monotonic() - BEGAN:.0f} s", flush=True)


def digit_scenes(seed: int, counts: dict[str, int] | None = None) -> Raw:
    """Make scenes of digits with their captions, and the official split."""
    rng = np.random.default_rng([seed, 0xD1])
    pixels, captions, split = [], [], []
    for part, count in (counts or COUNTS).items():
        x, y = scenes.digits(part)
        for _ in range(count):
            canvas, caption = scene(rng, x, y)
            pixels.append(canvas)
            captions.append(caption)
            split.append(part)
    raw = from_arrays(np.stack(pixels), np.array(captions, dtype=object), name="digit_scenes")
    frame = raw.frame.rename(columns={raw.target[0]: "caption"})
    return replace(raw, frame=frame, target=("caption",), task="captioning", split=np.array(split))


def scene(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, str]:
    """Draw one canvas (64, 64) uint8 on grey noise, and say what is on it."""
    canvas = rng.integers(0, 40, (CANVAS, CANVAS)).astype(np.uint8)
    across = bool(rng.integers(2))
    sizes = [list(SIZES)[i] for i in rng.integers(0, 2, rng.integers(2, 4))]
    while sum(SIZES[s] for s in sizes) > CANVAS:
        sizes[sizes.index("large")] = "small"
    spare = CANVAS - sum(SIZES[s] for s in sizes)
    gaps = np.diff(np.sort(np.r_[0, rng.integers(0, spare + 1, len(sizes))]))
    place, names, line = 0, [], int(rng.integers(14, CANVAS - 14))  # the middle of the row or column
    for size, gap in zip(sizes, gaps, strict=True):
        side, which = SIZES[size], int(rng.integers(len(x)))
        begin, middle = place + int(gap), line + int(rng.integers(-ASIDE, ASIDE + 1))
        off = int(np.clip(middle - side // 2, 0, CANVAS - side))
        top, left = (off, begin) if across else (begin, off)
        inside = canvas[top : top + side, left : left + side]
        np.maximum(inside, x[which] if side == 28 else scenes.scale(x[which], side), out=inside)
        place = begin + side
        names.append(f"a {size} {WORDS[int(y[which])]}")
    return canvas, (" left of " if across else " above ").join(names)


if __name__ == "__main__":
    main()
