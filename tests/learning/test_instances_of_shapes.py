"""The R-CNN family learns to find squares, discs and triangles, and to draw them, in a few hundred small pictures."""

import numpy as np
import pytest
import torch

from profundo import Recipe, build, build_task, training
from profundo.data.dataset import Data, packed
from profundo.schema import Boxes, Image, Schema

SIDE, MOST, TRAIN, VALIDATION = 64, 3, 256, 64
LABELS = ("square", "disc", "triangle")


def inside(code: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Say which places x, y, 0 to 1 within a box, belong to a shape."""
    within = (x >= 0) & (x <= 1) & (y >= 0) & (y <= 1)
    return within & [x >= 0, (x - 0.5) ** 2 + (y - 0.5) ** 2 <= 0.25, abs(x - 0.5) <= y / 2][code]


def shapes(masks: bool) -> Data:
    """Pictures of up to three shapes of 14 to 28 pixels that do not touch, on a dark noise."""
    rng, count = np.random.default_rng(0), TRAIN + VALIDATION
    pixels = rng.integers(0, 40, (count, 3, SIDE, SIDE)).astype(np.uint8)
    y, cells = np.full((count, MOST, 5), -1, np.float32), np.zeros((count, MOST, 28, 28), bool)
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    down, across = (np.mgrid[:28, :28] + 0.5) / 28
    for i in range(count):
        k = 0
        for _ in range(rng.integers(1, 12)):
            code, side = int(rng.integers(3)), int(rng.integers(14, 29))
            left, top = rng.integers(0, SIDE - side + 1, 2)
            box = np.array([left, top, left + side, top + side])
            clear = all((box[:2] >= o[2:4]).any() or (box[2:] <= o[:2]).any() for o in y[i, :k])
            if k < MOST and clear:
                shape = inside(code, (columns - left) / side, (rows - top) / side)
                pixels[i][:, shape] = rng.integers(90, 255, (3, 1))
                y[i, k], cells[i, k], k = [*box, code], inside(code, across, down), k + 1
    image = Image(3, SIDE, SIDE, (0.15,) * 3, (0.25,) * 3, fit="pad")
    return Data(
        "shapes",
        Schema({"picture": image}, {"objects": Boxes(LABELS, MOST, masks)}),
        "instances" if masks else "detection",
        torch.from_numpy(pixels),
        torch.from_numpy(y),
        torch.arange(count),
        {"train": torch.arange(TRAIN), "validation": torch.arange(TRAIN, count), "test": torch.arange(0)},
        masks=packed(torch.from_numpy(cells)) if masks else None,
    )


SMALL = {"width": 16, "pyramid": 32, "hidden": 96, "sample": 24, "proposals": 40, "most_found": 10, "shapes": 1}
SEARCHED = {"width": 16, "hidden": 96, "most_found": 10, "propose": "selective_search", "proposals": 40}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "options", "wanted"),
    [
        ("faster_rcnn", SMALL, {"map50": 0.9}),
        ("mask_rcnn", SMALL | {"masks": 2}, {"mask map50": 0.9}),
        ("fast_rcnn", SEARCHED, {"map50": 0.6}),
    ],
)
def test_shapes_are_found_and_drawn(network, options, wanted):
    data = shapes(network == "mask_rcnn")
    made, task = build(network, data.schema, seed=0, **options), build_task(data.task, data.schema)
    recipe = Recipe(epochs=5, batch_size=8, lr=2e-3, clip=10, threads=1, precision="float32")
    *_, last = training(made, data, task, recipe)
    assert all(last.validation[name] >= value for name, value in wanted.items()), last.validation
