"""From pictures to several labels at once, and to quantities: the same command line as for tables, from a CSV file."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw

from profundo.cli import execute

SIDE, COUNT = 28, 400
QUICK = ("--evaluate", "holdout", "--no-baselines", "--threads", "1", "--seed", "0", "--augment", "none")


def write(
    folder: Path, names: Sequence[str], pictures: Sequence[Image.Image], answers: Sequence[Sequence[float]]
) -> Path:
    """Write pictures into photos/, and a table that names each with its answers."""
    (folder / "photos").mkdir()
    with (folder / "photos.csv").open("w") as file:
        rows = csv.writer(file)
        rows.writerow(["photo", *names])
        for i, (picture, answer) in enumerate(zip(pictures, answers, strict=True)):
            picture.save(folder / "photos" / f"{i:03}.png")
            rows.writerow([f"photos/{i:03}.png", *answer])
    return folder / "photos.csv"


def shapes(folder: Path) -> Path:
    """Any of a circle, a square and a cross, anywhere, over noise."""
    rng = np.random.default_rng(0)
    has = rng.random((COUNT, 3)) < 0.4
    pictures = []
    for row in has:
        picture = Image.fromarray(rng.integers(0, 60, (SIDE, SIDE), dtype=np.uint8))
        draw = ImageDraw.Draw(picture)
        for kind in np.flatnonzero(row):
            x, y = rng.integers(0, SIDE - 11, 2).tolist()
            ink = int(rng.integers(140, 255))
            if kind == 0:
                draw.ellipse((x, y, x + 10, y + 10), outline=ink, width=2)
            elif kind == 1:
                draw.rectangle((x, y, x + 10, y + 10), outline=ink, width=2)
            else:
                draw.line((x, y, x + 10, y + 10), fill=ink, width=2)
                draw.line((x, y + 10, x + 10, y), fill=ink, width=2)
        pictures.append(picture)
    return write(folder, ("circle", "square", "cross"), pictures, has.astype(int).tolist())


def roads(folder: Path) -> Path:
    """A road seen from a car: how far to steer, in degrees, and how far off its middle the car is, in metres."""
    rng = np.random.default_rng(0)
    angles, offsets = rng.uniform(-30, 30, COUNT), rng.uniform(-1, 1, COUNT)
    ahead = np.linspace(0, 1, SIDE)[:, None]
    pictures = []
    for angle, offset in zip(angles, offsets, strict=True):
        middle = SIDE / 2 + 4 * offset * (1 - ahead) + 12 * np.tan(np.radians(angle)) * ahead**1.5
        road = np.abs(np.arange(SIDE)[None] - middle) < 6 - 4.5 * ahead
        pixels = 50 + 110 * road[::-1] + rng.normal(0, 12, (SIDE, SIDE))
        pictures.append(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)))
    answers = np.stack([angles, offsets], 1).round(3).tolist()
    return write(folder, ("angle", "offset"), pictures, answers)


def faces(folder: Path) -> Path:
    """An age that shows only in the number of wrinkles, which may be anywhere."""
    rng = np.random.default_rng(0)
    wrinkles = rng.integers(0, 9, COUNT)
    pictures = []
    for count in wrinkles.tolist():
        picture = Image.fromarray(rng.integers(150, 190, (SIDE, SIDE), dtype=np.uint8))
        draw = ImageDraw.Draw(picture)
        for place in rng.permutation(36)[:count].tolist():
            x, y = 4 * (place % 6) + 2, 4 * (place // 6) + 2
            draw.line((x, y, x + 3, y), fill=40)
        pictures.append(picture)
    ages = (20 + 8 * wrinkles + rng.normal(0, 1, COUNT)).round(1)
    return write(folder, ("age",), pictures, [[age] for age in ages.tolist()])


def scores(out: Path) -> dict:
    return json.loads((out / "scores.json").read_text())


def test_several_labels_of_a_picture(tmp_path):
    table = shapes(tmp_path)
    targets = ("--target", "circle", "--target", "square", "--target", "cross")
    execute(["train", str(table), *targets, "--epochs", "25", "--out", str(tmp_path / "run"), *QUICK])
    found = scores(tmp_path / "run")
    assert found["task"] == "multilabel"
    assert found["scores"]["f1"]["value"] >= 0.93 and found["scores"]["roc_auc"]["low"] >= 0.97
    execute(["predict", str(tmp_path / "run"), str(table), "-o", str(tmp_path / "found.csv")])
    frame, true = pd.read_csv(tmp_path / "found.csv"), pd.read_csv(table)
    assert len(frame) == COUNT
    for name in ("circle", "square", "cross"):
        assert (frame[name].astype(int) == true[name]).mean() >= 0.95


def test_several_quantities_of_a_picture(tmp_path):
    table = roads(tmp_path)
    targets = ("--target", "angle", "--target", "offset")
    execute(["train", str(table), *targets, "--epochs", "30", "--out", str(tmp_path / "run"), *QUICK])
    found = scores(tmp_path / "run")
    assert found["task"] == "regression" and found["scores"]["r2"]["low"] >= 0.9
    execute(["predict", str(tmp_path / "run"), str(table), "-o", str(tmp_path / "found.csv")])
    frame, true = pd.read_csv(tmp_path / "found.csv"), pd.read_csv(table)
    for name, worst in (("angle", 4.0), ("offset", 0.2)):  # in degrees, in metres: the units of the table
        assert (frame[name] - true[name]).abs().mean() <= worst


def test_an_age_that_must_be_counted(tmp_path):
    """Where the wrinkles are says nothing; the pixels as columns do not tell it either."""
    table = faces(tmp_path)
    execute(["train", str(table), "--target", "age", "--epochs", "40", "--out", str(tmp_path / "run"), *QUICK])
    found = scores(tmp_path / "run")["scores"]
    assert found["r2"]["value"] >= 0.9 and found["mae"]["value"] <= 5
