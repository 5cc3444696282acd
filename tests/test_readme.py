"""The commands and the Python of the README, run as they stand on data made here."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from profundo.cli import execute

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
QUICK = ["--epochs", "2", "--no-baselines", "--quiet", "--evaluate", "holdout"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Return a folder that holds what the README's commands name."""
    rng = np.random.default_rng(0)
    for name in ("houses.csv", "more_houses.csv", "new_houses.csv"):
        size = rng.integers(40, 200, 200)
        town = rng.choice(["Reus", "Salou", "Valls"], 200)
        frame = pd.DataFrame({"size": size, "town": town, "price": size * 2000.5 + rng.normal(0, 9000, 200)})
        frame.to_csv(tmp_path / name, index=False)
    for folder in ("photos/cat", "photos/dog", "new_photos"):
        (tmp_path / folder).mkdir(parents=True)
        for i in range(12):
            pixels = rng.integers(0, 255, (12, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / folder / f"{i}.png")
    cells(tmp_path / "cells", rng)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def cells(folder, rng):
    """Make pictures with one or two bright discs each, and what COCO says of them."""
    (folder / "images").mkdir(parents=True)
    images, entries = [], []
    down, across = np.mgrid[:40, :40]
    for i in range(30):
        pixels = np.full((40, 40, 3), 30, np.uint8)
        for x in (10, 30)[: 1 + i % 2]:
            y, r = int(rng.integers(8, 32)), int(rng.integers(4, 8))
            pixels[(down - y) ** 2 + (across - x) ** 2 <= r * r] = 220
            angle = np.linspace(0, 6.2, 16)
            polygon = np.stack([x + 0.5 + r * np.cos(angle), y + 0.5 + r * np.sin(angle)], 1).ravel().tolist()
            box = [x - r, y - r, 2 * r + 1, 2 * r + 1]
            entry = {"id": len(entries) + 1, "image_id": i, "category_id": 1, "bbox": box, "segmentation": [polygon]}
            entries.append(entry | {"area": 3 * r * r, "iscrowd": 0})
        Image.fromarray(pixels).save(folder / "images" / f"{i}.png")
        images.append({"id": i, "file_name": f"{i}.png", "width": 40, "height": 40})
    found = {"images": images, "annotations": entries, "categories": [{"id": 1, "name": "cell"}]}
    (folder / "coco.json").write_text(json.dumps(found))


def commands(heading):
    part = README.split(f"## {heading}")[1].split("\n## ")[0]
    return [
        line[2:].split("#")[0].strip()
        for block in re.findall(r"```console\n(.*?)```", part, re.S)
        for line in block.splitlines()
    ]


def test_the_commands_for_your_own_data(here, capsys):
    typed = commands("Your own data")
    assert len(typed) == 5
    for command in typed:
        words = shlex.split(command)[1:]
        assert execute(words + (QUICK if words[0] == "train" else [])) == 0, command
    assert {"row", "file", "class"} <= set(pd.read_csv("answers.csv").columns)


def test_the_commands_for_pictures(here, capsys):
    typed = commands("Pictures, and where things are in them")
    assert len(typed) == 8
    for command in typed:
        words = shlex.split(command)[1:]
        quick = [*QUICK, "--lr", "0.002", "--threads", "1"] if words[0] == "train" else []
        assert execute(words + quick) == 0, command
    assert {"label", "score", "x1"} <= set(pd.read_csv("found.csv").columns)
    assert Path("seen.png").stat().st_size and Path("drawn").is_dir() and json.loads(Path("found.json").read_text())


def test_the_commands_of_trust(here, capsys):
    typed = commands("Can you trust it?")
    assert len(typed) == 8
    for command in typed:
        words = shlex.split(command.replace("repeated:10", "repeated:2"))[1:]
        quick = ["--epochs", "2", "--budget", "5", "--quiet"] if words[0] in ("train", "curve") else []
        assert execute(words + quick) == 0, command


def test_a_plan_can_be_written_edited_and_run(here, capsys):
    assert execute(["plan", "houses.csv", "--target", "price"]) == 0
    Path("plan.toml").write_text(capsys.readouterr().out)
    assert execute(["train", "--plan", "plan.toml", *QUICK]) == 0


def test_the_options_in_the_table_exist(here, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    execute(["train", "--help"])
    shown = capsys.readouterr().out
    table = README.split("| to change | type |")[1].split("Built-in names")[0]
    for option in set(re.findall(r"(--[a-z][a-z0-9-]+)", table)) - {"--nproc-per-node"}:
        assert option in shown, option


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_python(here, number):
    block = re.findall(r"```python\n(.*?)```", README, re.S)[number]
    exec(compile(block, f"README.md, block {number}", "exec"), {})
