"""The same pictures and objects become the same tensors and the same split, whatever format they come in."""

import json
from pathlib import Path

import made_annotations as made
import numpy as np
import pytest
import torch
from PIL import Image

from profundo.data import load
from profundo.data.annotations.writers import write_coco, write_voc, write_yolo
from profundo.objects import Objects

COUNT, SIDE = 20, 24
NAMES = [f"{i:02}.png" for i in range(COUNT)]
LABELS = ("disk", "ring")


def truth() -> list[Objects]:
    rng = np.random.default_rng(0)
    result = []
    for _ in NAMES:
        corner = rng.integers(0, SIDE - 8, (3, 2))
        boxes = np.concatenate([corner, corner + rng.integers(3, 8, (3, 2))], 1).astype(np.float64)
        result.append(Objects(SIDE, SIDE, boxes, rng.integers(0, 2, 3)))
    return result


def written(root: Path, form: str) -> Path:
    made.pictures(root / "images", dict.fromkeys(NAMES, (SIDE, SIDE)))
    found = truth()
    if form == "coco":
        write_coco(root / "coco.json", NAMES, found, LABELS)
    elif form == "csv":
        lines = ["file,label,xmin,ymin,xmax,ymax"]
        for name, objects in zip(NAMES, found, strict=True):
            for box, code in zip(objects.boxes.tolist(), objects.codes.tolist(), strict=True):
                lines.append(",".join([f"images/{name}", LABELS[code], *map(str, box)]))
        (root / "boxes.csv").write_text("\n".join(lines))
    else:
        folder = root / {"voc": "annotations", "yolo": "labels"}[form]
        folder.mkdir()
        {"voc": write_voc, "yolo": write_yolo}[form](folder, NAMES, found, LABELS)
    return root


@pytest.mark.parametrize("form", ["voc", "yolo", "csv"])
def test_every_format_becomes_the_same_tensors(tmp_path, form):
    first = load(written(tmp_path / "coco", "coco"))
    other = load(written(tmp_path / form, form))
    assert first.task == other.task == "detection" and first.schema.labels == other.schema.labels == LABELS
    assert torch.equal(first.x, other.x) and torch.equal(first.ids, other.ids)
    assert torch.allclose(first.y, other.y, atol=1e-4)
    for part in ("train", "validation", "test"):
        assert torch.equal(first.splits[part], other.splits[part])


def test_masks_become_the_same_map_as_their_ids(tmp_path):
    """A label for every pixel, read from a mask and from a picture of ids that means the same."""
    values = [((np.indices((SIDE, SIDE)).sum(0) + i) % 12 < 4).astype(np.uint8) for i in range(COUNT)]
    for folder, factor in (("masks", 1), ("instances", 7)):
        root = made.pictures(tmp_path / folder / "images", dict.fromkeys(NAMES, (SIDE, SIDE))).parent
        (root / folder).mkdir()
        for name, value in zip(NAMES, values, strict=True):
            Image.fromarray(value * np.uint8(factor)).save(root / folder / name)
    (tmp_path / "masks" / "classes.json").write_text(json.dumps(["background", "object"]))
    first = load(tmp_path / "masks")
    other = load(tmp_path / "instances", task="segmentation")
    assert first.schema.labels == other.schema.labels == ("background", "object")
    assert torch.equal(first.y, other.y) and torch.equal(first.x, other.x)
