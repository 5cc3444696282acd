"""The commands and the Python of the README, run as they stand on data made here."""

import itertools
import json
import re
import shlex
import signal
import subprocess
import sys
import urllib.request
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
    sequences(tmp_path, rng)
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


def sequences(place, rng):
    """Make the texts, series, sounds, clips, genes, ratings, drawings and tunes that the README names."""
    cut = [("win a free prize now", "spam"), ("see you at lunch", "ham"), ("free cash call today", "spam")]
    rows = [(f"{cut[i % 3][0]} {i}", cut[i % 3][1]) for i in range(90)]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(place / "sms.csv", index=False)
    nouns, verbs = ["king", "queen", "man", "woman", "cat"], ["sees", "likes", "hears"]
    lines = [f"The {rng.choice(nouns)} {rng.choice(verbs)} the {rng.choice(nouns)}." for _ in range(300)]
    (place / "book.txt").write_text("\n".join(lines))
    words = {"one": "eins", "two": "zwei", "three": "drei", "red": "rot", "blue": "blau", "cat": "Katze"}
    english = [rng.choice(list(words), 3) for _ in range(120)]
    german = [" ".join(words[w] for w in text) for text in english]
    pairs = pd.DataFrame({"english": [" ".join(text) for text in english], "german": german})
    pairs.to_csv(place / "pairs.csv", index=False)
    hours = pd.date_range("2026-01-01", periods=24 * 30, freq="h")
    load = 10 + 3 * np.sin(np.arange(len(hours)) * np.pi / 12) + rng.normal(0, 0.3, len(hours))
    pd.DataFrame({"date": hours, "kWh": load}).to_csv(place / "power.csv", index=False)
    machines = pd.DataFrame(rng.normal(60, 3, (300, 3)), columns=["heat", "load", "noise"])
    machines.to_csv(place / "machines.csv", index=False)
    people = [(who, f"film {i}", int(rng.integers(1, 6))) for who in ("ana", "ben", "eva") for i in range(20)]
    pd.DataFrame(people, columns=["user", "item", "rating"]).to_csv(place / "ratings.csv", index=False)
    genes = ["".join(rng.choice(list("ACGT"), 40)) for _ in range(60)]
    marked = [g[:18] + ("TATAAT" if i % 2 else g[18:24]) + g[24:] for i, g in enumerate(genes)]
    names = [f">{i} {'promoter' if i % 2 else 'other'}" for i in range(60)]
    (place / "genes.fasta").write_text("".join(f"{n}\n{g}\n" for n, g in zip(names, marked, strict=True)))
    media(place, rng)


def media(place, rng):
    """Make sounds, clips, drawings and tunes."""
    import av
    import mido
    import soundfile

    for folder in ("spoken", "tunes"):
        (place / folder).mkdir()
    time = np.arange(2400) / 8000
    for digit, who, n in ((d, w, n) for d in range(3) for w in ("ana", "ben", "eva", "jan") for n in range(4)):
        wave = 0.4 * np.sin(2 * np.pi * (300 + 250 * digit) * time) + rng.normal(0, 0.02, len(time))
        soundfile.write(place / "spoken" / f"{digit}_{who}_{n}.wav", wave, 8000)
    for label, step, n in ((label, step, n) for label, step in (("left", -1), ("right", 1)) for n in range(10)):
        folder = place / "clips" / label / f"{n}"
        folder.mkdir(parents=True)
        for frame in range(6):
            pixels = np.zeros((24, 24), np.uint8)
            pixels[8:14, 9 + step * frame : 15 + step * frame] = 255
            Image.fromarray(pixels).save(folder / f"{frame}.png")
    with av.open(str(place / "long.mp4"), "w") as clip:
        stream = clip.add_stream("mpeg4", rate=8)
        stream.width, stream.height, stream.pix_fmt = 24, 24, "yuv420p"
        for frame in range(24):
            pixels = np.zeros((24, 24, 3), np.uint8)
            pixels[8:14, frame % 18 : frame % 18 + 6] = 255
            clip.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        clip.mux(stream.encode())
    moves = [np.array([[d, 1, 0], [1, d, 0], [-d, 2, 1]], np.int16) + rng.integers(0, 2, (3, 1)) for d in (1, 5) * 30]
    for move in moves:
        move[:, 2] = [0, 0, 1]
    offsets, labels = np.arange(0, 3 * len(moves) + 1, 3), np.array(["a", "b"] * 30)
    np.savez(place / "letters.npz", points=np.concatenate(moves), offsets=offsets, label=labels)
    for n in range(12):
        track = mido.MidiTrack()
        for note in rng.choice([60, 64, 67, 72], 32):
            track.append(mido.Message("note_on", note=int(note), velocity=64, time=0))
            track.append(mido.Message("note_off", note=int(note), velocity=64, time=240))
        mido.MidiFile(tracks=[track]).save(place / "tunes" / f"{n}.mid")


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


@pytest.mark.parametrize("number", range(22))
def test_the_commands_for_sequences(here, capsys, number):
    typed = commands("Text, series, sound, video")
    assert len(typed) == 22
    words = shlex.split(typed[number])[1:]
    if words[0] != "train":
        run = words[1].removeprefix("runs/")
        made = [shlex.split(c)[1:] for c in typed[:number] if c.split()[1] == "train"]
        stem = run.rsplit("-", 1)[0]
        wanted = [c for c in made if Path(c[1]).stem == stem][int(run.rsplit("-", 1)[1]) - 1]
        assert execute([*wanted, *QUICK, "--threads", "1", "--out", words[1]]) == 0, wanted
    assert execute(words + ([*QUICK, "--threads", "1"] if words[0] == "train" else [])) == 0, typed[number]
    for out in (word for flag, word in itertools.pairwise(words) if flag == "-o"):
        assert Path(out).stat().st_size


def test_the_commands_of_the_studio(here, capsys):
    typed = commands("The studio")
    assert len(typed) == 11
    assert execute(["train", "houses.csv", "--target", "price", *QUICK]) == 0
    for command in typed:
        words = shlex.split(command)[1:]
        if words[0] == "studio":
            opens(words)
        else:
            assert execute(words) == 0, command
    assert not Path("runs/houses-1").exists()


def opens(words):
    """Start a studio, look at the page whose address it prints, and end it with Ctrl-C."""
    command = [sys.executable, "-m", "profundo", *words, "--no-browser", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as studio:
        told = json.loads(studio.stdout.readline())
        seen = urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open(told["address"])
        assert b"profundo" in seen.read() and "token" not in seen.url
        studio.send_signal(signal.SIGINT)
    assert studio.returncode == 0


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
