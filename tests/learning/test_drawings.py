"""Drawing is learnt: more likely than Gaussians make it, of the label that is asked for, the same by the same seed."""

import re

import numpy as np
import pytest

import profundo
from profundo.data.strokes import lines_of
from profundo.errors import UsageError
from profundo.evaluate import open_trained
from profundo.generate import generate

SIDES = {"triangle": 3, "square": 4, "hexagon": 6}
QUICK = {"threads": 1, "seed": 0, "check": False}


def polygons(path, count=500):
    """Closed polygons from their top, drawn clockwise, of several sizes and with a little shaking."""
    rng, moves, labels = np.random.default_rng(0), [], []
    for number in range(count):
        name = list(SIDES)[number % 3]
        angles = np.linspace(0, 2 * np.pi, SIDES[name] + 1) + rng.normal(0, 0.05)
        points = rng.uniform(20, 40) * np.stack([np.sin(angles), -np.cos(angles)], 1)
        steps = np.diff(points + rng.normal(0, 0.8, points.shape), axis=0)
        moves.append(np.column_stack([steps, np.eye(len(steps))[-1]]))
        labels.append(name)
    offsets = np.cumsum([0, *map(len, moves)])
    np.savez(path, points=np.concatenate(moves), offsets=offsets, label=np.array(labels))
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    place = tmp_path_factory.mktemp("drawn")
    source = polygons(place / "polygons.npz")
    return profundo.train(source, task="drawing", out=place / "run", epochs=40, augment="stretch", **QUICK)


def test_far_likelier_than_gaussians(run):
    scores = run.read("scores.json")
    ours = scores["scores"]["nats a move"]["value"]
    others = {b["name"]: b["scores"]["nats a move"]["value"] for b in scores["baselines"]}
    assert scores["task"] == "drawing" and len(others) == 3
    assert ours < min(others.values()) - 1 and "better than the best baseline" in scores["verdict"]
    page = run.path("report.html").read_text(encoding="utf-8")
    assert 'id="drawings"' in page and page.count("<path") > 40


def test_what_is_asked_for_is_drawn(run):
    right = 0
    for label, sides in SIDES.items():
        made = generate(run, label=label, count=20, temperature=0.3)
        assert {row["label"] for row in made.rows} == {label}
        right += sum(len(row["moves"]) == sides for row in made.rows)
        lines = [lines_of(np.array(row["moves"]))[0] for row in made.rows]
        assert np.median([np.hypot(*(line[-1] - line[0])) for line in lines]) < 20  # it comes back to where it began
    assert right >= 40  # of 60; 20 by chance


def test_files_and_seeds(run, tmp_path):
    one = generate(run, label="square", out=tmp_path / "a.svg", seed=3)
    again, other = (generate(run, label="square", seed=seed) for seed in (3, 4))
    assert one.rows == again.rows != other.rows
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert text.startswith("<svg") and re.search(r'<path [^>]*d="M[\d.]', text)
    generate(run, count=9, form="png", out=tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="Did you mean 'square'"):
        generate(run, label="squar")
    with pytest.raises(UsageError, match="temperature must be above 0"):
        generate(run, temperature=0.0)


def test_predict_says_how_unlikely_each_is(run, tmp_path):
    frame = profundo.predict(run, polygons(tmp_path / "more.npz", 12))
    assert list(frame.columns) == ["row", "moves", "nats a move"] and len(frame) == 12
    assert open_trained(run).schema.gives == "strokes"
