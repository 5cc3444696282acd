"""Milliseconds for a batch of pictures: mirrored, turned, scaled, moved, in other colours; by one library, one thread.

The processor's time is measured, so that a busy machine does not count for waiting; with one thread it is the time that
passes on a machine with nothing else to do.

Each begins with uint8 pixels in memory, (N, 3, H, W) or as its library wants them, and ends with a normalised float32
batch (B, 3, H, W): half of the pictures mirrored; turned by up to 10 degrees, 0.9 to 1.1 times as large, moved by up to
a twelfth of the side; brightness, contrast and saturation 0.6 to 1.4 times, hue turned by up to a tenth of the circle.
"""

import argparse
import importlib.metadata
import json
import os
import time
from collections.abc import Callable

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # it asks the network for its newest version otherwise

import numpy as np
import torch

MEAN, STD = (0.49, 0.48, 0.45), (0.25, 0.24, 0.26)
POLICY = "flip+shift+rotate+scale+colour:0.4"
Step = Callable[[np.ndarray], torch.Tensor]  # rows (B,) to a batch


def profundo(pixels: np.ndarray) -> Step:
    """Ours: gathered and normalised as `Data.gather` does, then one policy; memory is kept as in every training."""
    from profundo import precision
    from profundo.batch import Batch
    from profundo.data.augment import build
    from profundo.data.dataset import normalise
    from profundo.schema import Category, Image, Schema

    precision.keep_memory()
    image = Image(channels=3, height=pixels.shape[1], width_pixels=pixels.shape[2], mean=MEAN, std=STD)
    policy = build(POLICY, Schema({"image": image}, {"label": Category(("a", "b"))}))
    x = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()
    generator = torch.Generator().manual_seed(0)

    def step(rows: np.ndarray) -> torch.Tensor:
        chosen = torch.from_numpy(rows)
        batch = Batch(normalise(x.index_select(0, chosen), MEAN, STD), chosen, chosen)
        return policy.apply(batch, policy.draw(len(rows), generator)).x

    return step


def kornia(pixels: np.ndarray) -> Step:
    """kornia on whole batches, as its documentation teaches."""
    import kornia.augmentation as K

    change = K.AugmentationSequential(
        K.RandomHorizontalFlip(p=0.5),
        K.RandomAffine(10.0, translate=(1 / 12, 1 / 12), scale=(0.9, 1.1), padding_mode="border", p=1.0),
        K.ColorJitter(0.4, 0.4, 0.4, 0.1, p=1.0),
        K.Normalize(torch.tensor(MEAN), torch.tensor(STD)),
        data_keys=["input"],
    )
    x = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()
    return lambda rows: change(x.index_select(0, torch.from_numpy(rows)).float() / 255)


def albumentations(pixels: np.ndarray) -> Step:
    """albumentations (OpenCV), one picture at a time."""
    import albumentations as A
    import cv2

    cv2.setNumThreads(1)
    change = A.Compose(
        [
            A.HorizontalFlip(p=0.5),
            A.Affine(
                rotate=(-10, 10),
                scale=(0.9, 1.1),
                translate_percent=(-1 / 12, 1 / 12),
                border_mode=cv2.BORDER_REPLICATE,
                p=1.0,
            ),
            A.ColorJitter(brightness=(0.6, 1.4), contrast=(0.6, 1.4), saturation=(0.6, 1.4), hue=(-0.1, 0.1), p=1.0),
            A.Normalize(MEAN, STD),
        ]
    )

    def step(rows: np.ndarray) -> torch.Tensor:
        made = np.stack([change(image=pixels[row])["image"] for row in rows])
        return torch.from_numpy(made).permute(0, 3, 1, 2).contiguous()

    return step


def pillow(pixels: np.ndarray) -> Step:
    """Pillow, one picture at a time, as the tutorials' transforms do it."""
    from PIL import Image, ImageEnhance

    random = np.random.default_rng(0)
    mean, std = (np.array(v, np.float32).reshape(3, 1, 1) for v in (MEAN, STD))
    side = pixels.shape[1]

    def one(row: int) -> np.ndarray:
        picture = Image.fromarray(pixels[row])
        if random.random() < 0.5:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        angle, size = np.radians(random.uniform(-10, 10)), random.uniform(0.9, 1.1)
        right, down = random.uniform(-side / 12, side / 12, 2)
        cos, sin, middle = np.cos(angle) / size, np.sin(angle) / size, side / 2
        across = (cos, -sin, middle - cos * middle + sin * middle + right)
        along = (sin, cos, middle - sin * middle - cos * middle + down)
        picture = picture.transform((side, side), Image.Transform.AFFINE, across + along, Image.Resampling.BILINEAR)
        for kind in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
            picture = kind(picture).enhance(random.uniform(0.6, 1.4))
        hue, *others = picture.convert("HSV").split()
        turned = np.asarray(hue) + np.uint8(int(random.uniform(-0.1, 0.1) * 255) % 256)
        picture = Image.merge("HSV", (Image.fromarray(turned), *others)).convert("RGB")
        return (np.asarray(picture).transpose(2, 0, 1).astype(np.float32) / 255 - mean) / std

    return lambda rows: torch.from_numpy(np.stack([one(row) for row in rows]))


LIBRARIES = {
    "profundo": (profundo, ("torch",)),
    "kornia": (kornia, ("kornia", "torch")),
    "albumentations": (albumentations, ("albumentations", "opencv-python-headless")),
    "pillow": (pillow, ("pillow",)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", choices=tuple(LIBRARIES), required=True)
    parser.add_argument("--sizes", nargs="+", default=["32x128"], help="side x pictures of a batch")
    parser.add_argument("--seconds", type=float, default=1.0, help="to measure for, after a warm-up")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    make, packages = LIBRARIES[asked.library]
    milliseconds = {size: measured(make, *map(int, size.split("x")), asked.seconds) for size in asked.sizes}
    versions = {name: importlib.metadata.version(name) for name in packages}
    print(json.dumps({"milliseconds": milliseconds, "versions": versions}))


def measured(make: Callable[[np.ndarray], Step], side: int, count: int, seconds: float) -> float:
    """Return the median milliseconds of a batch of `count` pictures of side x side."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (4 * count, side, side, 3), dtype=np.uint8)
    step, times = make(pixels), []
    for number in range(2 + 5_000):
        rows = random.integers(0, len(pixels), count)
        start = time.process_time()
        made = step(rows)
        times.append(1000 * (time.process_time() - start))
        assert made.shape == (count, 3, side, side), made.shape
        if number >= 8 and sum(times) > 1000 * seconds:
            break
    return float(np.median(times[2:]))  # the first two are the warm-up


if __name__ == "__main__":
    main()
