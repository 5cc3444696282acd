"""Augmentation teaches what the pictures do not show: a network without an idea of mirror images learns them."""

import pytest
import torch

from profundo import Recipe, build, build_task, training
from profundo.data.augment import build as build_augment
from profundo.data.dataset import Data
from profundo.schema import Category, Image, Schema


def shapes(augment):
    """A bar that stands or lies: at the left in the training pictures, at the right in those of the test."""
    generator = torch.Generator().manual_seed(0)
    count = 240
    x = torch.randint(0, 40, (count, 1, 14, 14), generator=generator)
    y = torch.arange(count) % 2
    place = torch.randint(1, 5, (count, 2), generator=generator)
    for i in range(count):
        top, left = place[i].tolist()
        height, width = (6, 2) if y[i] else (2, 4)
        left = left if i < 160 else 14 - left - width
        x[i, 0, top : top + height, left : left + width] = 220
    image = Image(channels=1, height=14, width_pixels=14, mean=(0.15,), std=(0.25,))
    schema = Schema({"image": image}, {"label": Category(("lies", "stands"))})
    rows = torch.arange(count)
    splits = {"train": rows[:160], "validation": rows[:0], "test": rows[160:]}
    made = build_augment(augment, schema)
    return Data("bars", schema, "classification", x.to(torch.uint8), y, rows, splits, augment=made)


def accuracy(augment):
    data = shapes(augment)
    network, task = build("mlp", data.schema, hidden=[32], seed=0), build_task("classification", data.schema)
    recipe = Recipe(epochs=12, batch_size=32, lr=5e-3, threads=1, precision="float32")
    for _ in training(network, data, task, recipe):
        pass
    with torch.no_grad():
        return {split: task.validate(network, data.batches(split, size=80))["accuracy"] for split in ("train", "test")}


def test_mirror_images_are_learnt_from_flips():
    plain, flipped = accuracy("none"), accuracy("flip")
    assert plain["train"] >= 0.98
    assert plain["test"] <= 0.8
    assert flipped["train"] >= 0.98
    assert flipped["test"] >= 0.95


@pytest.mark.parametrize(
    "augment", ["flip+mixup:0.4", "flip+cutmix", "flip+erase+noise+brightness", "flip+rotate+scale"]
)
def test_it_learns_through_every_kind_of_change(augment):
    assert accuracy(augment)["test"] >= 0.9
