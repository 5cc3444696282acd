"""Made data: MNIST's digits scattered on a canvas, with their boxes and masks, where the truth is exact.

As a script it writes scenes as COCO folders: train/ validation/ test/ with pictures and a coco.json in each. Training
scenes are made of the first 50,000 digits of MNIST's training part, validation scenes of the others, test scenes of its
test part.

    python benchmarks/scenes.py scenes --most 5 --train 2000 --validation 500 --test 500
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from profundo.data.dataset import Data, packed
from profundo.objects import SIDE, Objects
from profundo.schema import Boxes, Image, Schema

MNIST = Path(__file__).parents[2] / "shared" / "data" / "mnist.npz"
CANVAS = 128
LABELS = tuple("0123456789")
INK = 64  # the brightness from which a pixel belongs to its digit
COVERED = 0.25  # the share of the smaller box that another may cover
COUNTS = {"train": 2000, "validation": 500, "test": 500}


def digits(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the digits (n, 28, 28) uint8 and their codes from which the scenes of a split are made."""
    with np.load(MNIST) as file:
        part = "test" if split == "test" else "train"
        x, y = file[f"x_{part}"], file[f"y_{part}"].astype(np.int64)
    if split == "train":
        return x[:50_000], y[:50_000]
    return (x[50_000:], y[50_000:]) if split == "validation" else (x, y)


def scale(digit: np.ndarray, side: int) -> np.ndarray:
    """Return a digit as side x side pixels."""
    from PIL import Image as Pillow

    return np.asarray(Pillow.fromarray(digit).resize((side, side), Pillow.Resampling.BILINEAR))


def scene(rng: np.random.Generator, x: np.ndarray, y: np.ndarray, least: int, most: int) -> tuple[np.ndarray, Objects]:
    """Draw a canvas (128, 128) uint8 with `least` to `most` digits of 20 to 44 pixels, some touching, on grey noise."""
    from faster_coco_eval.core import mask as coco

    canvas = rng.integers(0, 48, (CANVAS, CANVAS)).astype(np.uint8)
    boxes: list[list[int]] = []
    codes, masks = [], []
    wanted = int(rng.integers(least, most + 1))
    while len(boxes) < wanted:
        which, side = int(rng.integers(len(x))), int(rng.integers(20, 45))
        digit = scale(x[which], side)
        rows, columns = np.flatnonzero((digit >= INK).any(1)), np.flatnonzero((digit >= INK).any(0))
        digit = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        height, width = digit.shape
        top, left = int(rng.integers(0, CANVAS - height + 1)), int(rng.integers(0, CANVAS - width + 1))
        box = [left, top, left + width, top + height]
        if any(crowded(box, other) for other in boxes):
            continue
        inside = canvas[top : top + height, left : left + width]
        np.maximum(inside, digit, out=inside)
        whole = np.zeros((CANVAS, CANVAS), np.uint8, order="F")
        whole[top : top + height, left : left + width] = digit >= INK
        boxes.append(box)
        codes.append(y[which])
        masks.append(coco.encode(whole))
    return canvas, Objects(CANVAS, CANVAS, np.array(boxes, np.float64).reshape(-1, 4), np.array(codes), masks=masks)


def crowded(a: list[int], b: list[int]) -> bool:
    """Say whether two boxes share more than a quarter of the smaller one."""
    across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((t[2] - t[0]) * (t[3] - t[1]) for t in (a, b))
    return max(across, 0) * max(down, 0) > COVERED * smaller


def scenes(split: str, count: int, least: int, most: int, seed: int) -> tuple[np.ndarray, list[Objects]]:
    """Return `count` canvases (count, 128, 128) uint8 and what is in them."""
    x, y = digits(split)
    rng = np.random.default_rng([seed, list(COUNTS).index(split)])
    made = [scene(rng, x, y, least, most) for _ in range(count)]
    return np.stack([canvas for canvas, _ in made]), [objects for _, objects in made]


def data(
    *, least: int = 1, most: int = 5, seed: int = 0, masks: bool = False, counts: dict[str, int] | None = None
) -> Data:
    """Return scenes in memory as data for localisation (one digit), detection, or instances with `masks`."""
    counts = counts or COUNTS
    parts = {split: scenes(split, count, least, most, seed) for split, count in counts.items()}
    pixels = np.concatenate([canvas for canvas, _ in parts.values()])[:, None]
    truth = [objects for _, all_ in parts.values() for objects in all_]
    y, bounds = torch.full((len(truth), most, 5), -1.0), np.cumsum([0, *counts.values()])
    cells = torch.zeros(len(truth), most, SIDE * SIDE // 8, dtype=torch.uint8) if masks else None
    for i, objects in enumerate(truth):
        y[i, : len(objects), :4] = torch.from_numpy(objects.boxes)
        y[i, : len(objects), 4] = torch.from_numpy(objects.codes)
        if cells is not None and len(objects):
            from profundo.data.located import grids

            cells[i, : len(objects)] = packed(torch.from_numpy(grids(objects)))
    train = pixels[: counts["train"]] / 255
    image = Image(1, CANVAS, CANVAS, (float(train.mean()),), (float(train.std()),), fit="pad")
    single = least == most == 1
    task = "localisation" if single else "instances" if masks else "detection"
    return Data(
        name="scattered digits",
        schema=Schema({"picture": image}, {"objects": Boxes(LABELS, most, masks, single)}),
        task=task,
        x=torch.from_numpy(pixels),
        y=y,
        ids=torch.arange(len(truth)),
        splits={s: torch.arange(a, b) for s, a, b in zip(counts, bounds[:-1], bounds[1:], strict=True)},
        seed=seed,
        masks=cells,
        truth=truth,
        sizes=np.full((len(truth), 2), CANVAS),
        official=True,
    )


def write(folder: Path, *, least: int, most: int, seed: int, counts: dict[str, int]) -> None:
    """Write scenes as folder/{train,validation,test}/*.png with a coco.json in each."""
    from faster_coco_eval.core import mask as coco
    from PIL import Image as Pillow

    for split, count in counts.items():
        place = folder / split
        place.mkdir(parents=True, exist_ok=True)
        canvases, truth = scenes(split, count, least, most, seed)
        annotations = []
        for i, (canvas, objects) in enumerate(zip(canvases, truth, strict=True)):
            Pillow.fromarray(canvas).save(place / f"{i:05d}.png")
            assert objects.masks is not None
            for (x1, y1, x2, y2), code, rle in zip(objects.boxes.tolist(), objects.codes, objects.masks, strict=True):
                text = {"size": rle["size"], "counts": rle["counts"].decode()}
                entry = {"id": len(annotations) + 1, "image_id": i, "category_id": int(code), "iscrowd": 0}
                entry |= {"bbox": [x1, y1, x2 - x1, y2 - y1], "area": float(coco.area(rle)), "segmentation": text}
                annotations.append(entry)
        names = [{"id": code, "name": name} for code, name in enumerate(LABELS)]
        images = [{"id": i, "file_name": f"{i:05d}.png", "height": CANVAS, "width": CANVAS} for i in range(len(truth))]
        whole = {"images": images, "categories": names, "annotations": annotations}
        (place / "coco.json").write_text(json.dumps(whole))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--least", type=int, default=1)
    parser.add_argument("--most", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    for split, count in COUNTS.items():
        parser.add_argument(f"--{split}", type=int, default=count)
    a = parser.parse_args()
    write(a.folder, least=a.least, most=a.most, seed=a.seed, counts={s: getattr(a, s) for s in COUNTS})


if __name__ == "__main__":
    main()
