"""The four tasks of places from a folder to answers, by the command line: train, report, evaluate, predict, repeat."""

import json
import re
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from profundo.cli import execute
from profundo.data.annotations import read_annotations

LABELS = {1: "disc", 2: "square"}
QUICK = ["--epochs", "2", "--batch-size", "8", "--quiet", "--lr", "0.003", "--threads", "1"]


def scene(rng, most):
    """Draw one to `most` shapes that do not touch on a page of 48 x 48; returns pixels and (label, mask) of each."""
    pixels, taken, found = np.full((48, 48, 3), 20, np.uint8), np.zeros((48, 48), bool), []
    down, across = np.mgrid[:48, :48]
    while not found or len(found) < rng.integers(1, most + 1):
        y, x, size, label = rng.integers(8, 40), rng.integers(8, 40), rng.integers(4, 8), int(rng.integers(1, 3))
        round_ = (down - y) ** 2 + (across - x) ** 2 <= size**2
        mask = round_ if label == 1 else (abs(down - y) <= size) & (abs(across - x) <= size)
        if not (mask & taken).any():
            taken |= mask
            pixels[mask] = (230, 120, 40) if label == 1 else (60, 160, 230)
            found.append((label, mask))
    return pixels, found


def outline(mask):
    """Return the rectangle or the polygon of a mask, as COCO writes it."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    y, x, ry, rx = (top + bottom) / 2, (left + right) / 2, (bottom - top) / 2, (right - left) / 2
    polygon = np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], 1).ravel().tolist()
    return [left, top, right - left, bottom - top], polygon


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Make a folder of scenes with COCO annotations, one of a single object each, and one with masks of labels."""
    base, rng = tmp_path_factory.mktemp("scenes"), np.random.default_rng(0)
    for name, count, most in (("many", 60, 3), ("one", 60, 1), ("new", 6, 3)):
        (base / name / "images").mkdir(parents=True)
        images, entries = [], []
        for i in range(count):
            pixels, found = scene(rng, most)
            Image.fromarray(pixels).save(base / name / "images" / f"{i}.png")
            images.append({"id": i, "file_name": f"{i}.png", "width": 48, "height": 48})
            for label, mask in found:
                box, polygon = outline(mask)
                entries.append({"id": len(entries) + 1, "image_id": i, "category_id": label, "bbox": box})
                entries[-1] |= {"segmentation": [polygon], "area": int(mask.sum()), "iscrowd": 0}
        known = [{"id": i, "name": label} for i, label in LABELS.items()]
        text = json.dumps({"images": images, "annotations": entries, "categories": known})
        (base / name / "coco.json").write_text(text)
    return base


@pytest.mark.parametrize(
    ("task", "folder", "main", "network"),
    [
        ("detection", "many", "mAP", "one_stage"),
        ("instances", "many", "mask mAP", "mask_rcnn"),
        ("segmentation", "many", "mean IoU", "unet"),
        ("localisation", "one", "accuracy at IoU 0.5", "localiser"),
    ],
)
def test_from_a_folder_to_answers(folders, tmp_path, capsys, task, folder, main, network):
    run = str(tmp_path / "run")
    typed = ["train", str(folders / folder), "--task", task, "--out", run, *QUICK]
    assert execute([*typed, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["task"], result["main"], result["network"]) == (task, main, network)
    assert result["scores"][main]["low"] <= result["scores"][main]["value"] <= result["scores"][main]["high"]
    page = Path(run, "report.html").read_text()
    assert "Where things are" in page and "data:image/png;base64" in page and "The most wrong" in page
    assert execute(["evaluate", run, str(folders / ("one" if task == "localisation" else "new")), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["main"] == main
    pictures, table = tmp_path / "pictures", tmp_path / "found.csv"
    new = ["predict", run, str(folders / "new" / "images"), "--sure", "0"]
    assert execute([*new, "--pictures", str(pictures), "-o", str(table)]) == 0
    drawn = sorted(p.name for p in pictures.iterdir())
    found = pd.read_csv(table)
    if task == "segmentation":
        assert len(drawn) == 12 and len(found) == 6
        codes = np.asarray(Image.open(pictures / "0.mask.png"))
        assert codes.shape == (48, 48) and set(np.unique(codes)) <= {0, 1, 2}
        assert execute([*new, "--form", "coco", "-o", str(table)]) == 2, "maps have no boxes"
        return
    assert len(drawn) == 6 and {"row", "file", "label", "score", "x1", "y1", "x2", "y2"} == set(found.columns)
    assert found["label"].isin(LABELS.values()).all() and found[["x1", "y1"]].min().min() >= 0
    assert found[["x2", "y2"]].max().max() <= 48
    if task != "localisation":
        coco = tmp_path / "coco.json"
        assert execute([*new, "--form", "coco", "-o", str(coco)]) == 0
        read = read_annotations(folders / "new" / "images", coco)
        assert sum(map(len, read.annotations.objects)) == len(found)
    capsys.readouterr()


def test_the_same_seed_gives_the_same_bytes(folders, tmp_path):
    for name in ("a", "b"):
        assert execute(["train", str(folders / "many"), "--out", str(tmp_path / name), *QUICK]) == 0
    for file in ("best.safetensors", "found.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (["--evaluate", "kfold:5"], "--evaluate kfold:5"),
        (["--balance", "weights"], "--balance weights"),
        (["--task", "detection", "--network", "convnet"], "one_stage"),
        (["--task", "detection", "--network", "unet"], "gives masks"),
    ],
)
def test_what_does_not_go_with_places_is_told(folders, tmp_path, capsys, more, word):
    assert execute(["train", str(folders / "many"), "--out", str(tmp_path / "run"), *QUICK, *more]) == 2
    assert word in capsys.readouterr().err


def test_pictures_of_another_run_have_no_places(tmp_path, capsys):
    run = str(tmp_path / "run")
    assert execute(["train", "iris", "--out", run, "--no-baselines", "--evaluate", "holdout", *QUICK]) == 0
    assert execute(["predict", run, "iris", "--pictures", str(tmp_path / "p")]) == 2
    assert "say where things are" in capsys.readouterr().err


def test_the_example_finds_the_shapes(capsys):
    runpy.run_path(str(Path(__file__).parents[1] / "examples" / "find_shapes.py"), run_name="__main__")
    told = capsys.readouterr().out
    assert float(re.search(r"'mAP50': ([\d.]+)", told)[1]) >= 0.95 and "5 pictures" in told
