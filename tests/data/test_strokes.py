"""Drawings: between points and moves, thinned out, as pictures, and from files."""

import itertools

import numpy as np
import pytest
import torch

from profundo.data import load
from profundo.data.augment import build
from profundo.data.columns import as_rows
from profundo.data.drawings import moved
from profundo.data.pens import grain, read_pens
from profundo.data.strokes import counted, decoded, drawn, encoded, lines_of, moves_of, thinned
from profundo.errors import DataError, UsageError
from profundo.schema import Schema, Strokes

BOX = np.array([[5, 5], [15, 5], [15, 15], [5, 15], [5, 5]])
CROSS = [np.array([[0, 0], [10, 10]]), np.array([[10, 0], [0, 10]])]


def npz(path, drawings, **more):
    points = np.concatenate(drawings)
    np.savez(path, points=points, offsets=np.cumsum([0, *map(len, drawings)]), **more)
    return path


def test_lines_to_moves_and_back():
    moves = moves_of(CROSS)
    assert moves.tolist() == [[10, 10, 1], [0, -10, 0], [-10, 10, 1]]
    first, second = lines_of(moves)
    assert first.tolist() == [[0, 0], [10, 10]] and second.tolist() == [[10, 0], [0, 10]]
    dot = moves_of([np.array([[3, 3]]), BOX])
    assert dot[0].tolist() == [0, 0, 1] and len(lines_of(dot)) == 2
    kind = Strokes(8, 2.0)
    x = encoded([moves, dot], kind)
    assert x.shape == (2, 8, 5) and counted(x).tolist() == [3, 6] and (x[..., 2:].sum(2) == 1).all()
    assert np.allclose(decoded(x[0], kind.scale), moves)
    assert counted(encoded([dot], Strokes(4, 1.0))).tolist() == [3]  # cut, and it still ends


def test_points_on_a_line_are_left_out_and_corners_stay():
    line = np.concatenate([np.linspace(a, b, 30) for a, b in itertools.pairwise(BOX)])
    wavy = line + np.random.default_rng(0).normal(0, 0.005, line.shape)
    kept = thinned(wavy, 0.2)
    assert len(kept) == 5 and np.abs(kept - BOX).max() < 0.2
    assert len(thinned(np.zeros((4, 2)), 0.0)) == 2


def test_a_picture_of_a_drawing():
    picture = drawn(moves_of([BOX]), 28)
    assert picture.dtype == np.uint8 and picture[14, 14] == 0 and picture[2:5, 14].max() > 200
    small, large = drawn(moves_of(CROSS), 20), drawn(moves_of([c * 50 for c in CROSS]), 20)
    assert np.array_equal(small, large)


def test_recorded_points_of_omniglot(shared):
    raw = read_pens(shared("strokes_omniglot_labelled.npz"))
    assert len(raw.frame) == 2720 and raw.frame.label.nunique() == 136 and raw.target == ("label",)
    data = load(shared("strokes_omniglot_labelled.npz"), rows=300, target="drawer")
    kind = data.schema.shaped
    assert isinstance(kind, Strokes) and kind.grain == 1.0 and 8 < kind.usual < 25
    moves = data.x[..., :2][data.x[..., 4] < 0.5]
    assert float(moves.square().mean().sqrt()) == pytest.approx(1, abs=0.15)
    assert as_rows(data, torch.arange(3)).shape == (3, 784)


def test_official_parts(shared):
    data = load(shared("strokes_kanji.npz"))
    assert (data.count("train"), data.count("validation"), data.count("test")) == (10_000, 600, 500)
    assert data.task == "drawing" and data.schema.inputs == {} and data.x.shape == (11_100, 0)
    assert data.schema.gives == "strokes"
    lengths = data.lengths
    sizes = [int((batch.y[..., 4] < 0.5).sum(1).float().std()) for batch in data.batches("train", size=64)]
    assert np.mean(sizes) < float(lengths.float().std()) / 2  # drawings of similar length train together


def test_labels_condition_and_the_grid_is_blurred(tmp_path):
    rng = np.random.default_rng(0)
    drawings = [np.column_stack([rng.integers(-9, 9, (n, 2)), np.eye(n)[-1]]) for n in rng.integers(3, 9, 40)]
    path = npz(tmp_path / "d.npz", drawings, label=np.arange(40) % 2)
    data = load(path, task="drawing", augment="none")
    assert (
        list(data.schema.inputs) == ["label"] and data.x.shape == (40, 1) and set(data.x.flatten().tolist()) == {0, 1}
    )
    kind = data.schema.targets["drawing"]
    assert kind.grain == 1.0
    whole = data.y[..., :2] * kind.scale
    off = (whole - whole.round())[data.y[..., 4] < 0.5]
    assert float(off.abs().max()) <= 0.5 and float(off.std()) == pytest.approx(1 / 12**0.5, abs=0.04)
    same = load(path, task="drawing", augment="none")
    assert torch.equal(same.y, data.y)
    assert torch.equal(moved(torch.zeros(2, 3, 5), Strokes(3)), torch.zeros(2, 3, 5))  # on no grid: as they are
    assert grain(np.array([0.5, 1])) == 0 and grain(np.array([6, -18.0])) == 6


def test_another_hand_draws_the_same(tmp_path):
    x = torch.from_numpy(encoded([moves_of([BOX]), moves_of(CROSS)], Strokes(9, 1.0)))
    schema = Schema({"drawing": Strokes(9)}, {})
    from profundo.batch import Batch

    batch = Batch(x, torch.zeros(2), torch.arange(2))
    for name in ("rotate", "stretch", "slant", "shake", "skip:0.9"):
        policy = build(name, schema)
        generator = torch.Generator().manual_seed(0)
        made = policy.apply(batch, policy.draw(2, generator)).x
        assert made.shape == x.shape and not torch.equal(made, x) and (made[..., 2:].sum(2) == 1).all()
        assert torch.equal((made[..., 3] > 0.5).sum(1), (x[..., 3] > 0.5).sum(1)) and (made[..., 4] < 0.5).any(1).all()
    policy = build("skip:0.9", schema)
    few = policy.apply(batch, torch.zeros(2, policy.stages[0].columns)).x
    assert counted(few.numpy()).tolist() == [1, 3]  # ends of lines stay
    assert np.allclose(np.sum(decoded(few[0].numpy()), 0)[:2], 0, atol=1e-6)
    with pytest.raises(UsageError, match="of drawings"):
        build("rotat", schema)


def test_faults_name_the_file_and_the_array(tmp_path):
    with pytest.raises(DataError, match="goes from 0 to 9"):
        np.savez(tmp_path / "a.npz", points=np.zeros((4, 3)), offsets=np.array([0, 9]))
        read_pens(tmp_path / "a.npz")
    with pytest.raises(DataError, match=r"shape \(4, 2\)"):
        np.savez(tmp_path / "b.npz", points=np.zeros((4, 2)), offsets=np.array([0, 4]))
        read_pens(tmp_path / "b.npz")
    np.savez(tmp_path / "c.npz", x=np.zeros((4, 2)), y=np.arange(4))
    assert read_pens(tmp_path / "c.npz") is None
    path = npz(tmp_path / "d.npz", [np.zeros((0, 3)), np.ones((3, 3)), np.ones((2, 3))])
    good, notes = read_pens(path).media.usable()
    assert good.tolist() == [False, True, True] and "rows 0" in notes[0].text
    with pytest.raises(DataError, match="holds no drawings"):
        load("iris", task="drawing")
