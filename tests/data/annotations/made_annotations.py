"""A small set of pictures with known objects, written as every format has it."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from profundo.objects import Objects

LABELS = ("cat", "dog", "rail car")
SIZES = {"a.png": (40, 60), "b.png": (50, 30), "c.png": (64, 64), "d.png": (20, 80)}  # height, width
BOXES = {
    "a.png": [("cat", (3.0, 4.0, 20.0, 30.0)), ("dog", (25.0, 10.0, 60.0, 40.0))],
    "b.png": [("rail car", (0.0, 0.0, 30.0, 50.0))],
    "c.png": [],
    "d.png": [("dog", (1.5, 2.5, 11.0, 18.0)), ("dog", (40.0, 3.0, 79.0, 19.0)), ("cat", (12.0, 1.0, 30.0, 12.0))],
}


def pictures(folder: Path, sizes: dict[str, tuple[int, int]] = SIZES) -> Path:
    """Write noise of these sizes."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for name, (height, width) in sizes.items():
        Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(folder / name)
    return folder


def truth() -> list[Objects]:
    """The objects of each picture, codes by `LABELS`."""
    result = []
    for name, (height, width) in SIZES.items():
        boxes = np.array([b for _, b in BOXES[name]], np.float64).reshape(-1, 4)
        codes = np.array([LABELS.index(label) for label, _ in BOXES[name]], np.int64)
        result.append(Objects(height, width, boxes, codes))
    return result


def coco_value() -> dict:
    """The set as COCO's JSON, by hand."""
    images = [{"id": 10 + i, "file_name": n, "height": h, "width": w} for i, (n, (h, w)) in enumerate(SIZES.items())]
    entries = []
    for image in images:
        for label, (x1, y1, x2, y2) in BOXES[image["file_name"]]:
            box = [x1, y1, x2 - x1, y2 - y1]
            entry = {"id": 100 + len(entries), "image_id": image["id"], "category_id": 7 + LABELS.index(label)}
            entries.append({**entry, "bbox": box, "iscrowd": 0})
    categories = [{"id": 7 + i, "name": n} for i, n in enumerate(LABELS)]
    return {"images": images, "annotations": entries, "categories": categories}


def coco(root: Path) -> Path:
    pictures(root / "images")
    (root / "coco.json").write_text(json.dumps(coco_value()))
    return root


def voc_text(name: str, first: int = 1) -> str:
    height, width = SIZES[name]
    objects = ""
    for label, (x1, y1, x2, y2) in BOXES[name]:
        sides = f"<xmin>{x1 + first}</xmin><ymin>{y1 + first}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax>"
        objects += f"<object><name>{label}</name><difficult>0</difficult><bndbox>{sides}</bndbox></object>\n"
    size = f"<size><width>{width}</width><height>{height}</height><depth>3</depth></size>"
    return f"<annotation>\n<filename>{name}</filename>\n{size}\n{objects}</annotation>\n"


def voc(root: Path, first: int = 1) -> Path:
    pictures(root / "JPEGImages")
    (root / "Annotations").mkdir(parents=True)
    for name in SIZES:
        (root / "Annotations" / f"{name[0]}.xml").write_text(voc_text(name, first))
    return root


def yolo(root: Path) -> Path:
    pictures(root / "images")
    (root / "labels").mkdir(parents=True)
    for name, (height, width) in SIZES.items():
        lines = ""
        for label, (x1, y1, x2, y2) in BOXES[name]:
            middle = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height)
            lines += f"{LABELS.index(label)} {middle[0]} {middle[1]} {(x2 - x1) / width} {(y2 - y1) / height}\n"
        if lines:
            (root / "labels" / f"{name[0]}.txt").write_text(lines)
    (root / "classes.txt").write_text("\n".join(LABELS) + "\n")
    return root


def table(root: Path, names: Sequence[str] = ("x1", "y1", "x2", "y2"), sized: bool = False) -> Path:
    pictures(root / "images")
    lines = [",".join(("file", *names, "label"))]
    for name, boxes in BOXES.items():
        for label, (x1, y1, x2, y2) in boxes:
            sides = (x1, y1, x2 - x1, y2 - y1) if sized else (x1, y1, x2, y2)
            lines.append(",".join(["images/" + name, *map(str, sides), label]))
        if not boxes:
            lines.append(f"images/{name},,,,,")
    (root / "boxes.csv").write_text("\n".join(lines) + "\n")
    return root
