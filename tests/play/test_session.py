"""What the page asks and what it is told."""

import itertools
import random
import subprocess
import sys

import numpy as np
import pytest
import torch

from profundo.errors import ProfundoError, UsageError
from profundo.frames import pack, receive, send, unpack
from profundo.play.session import ORDERS, Session


@pytest.fixture(scope="module")
def session():
    return Session()


def told(session, **order):
    return [unpack(message) for message in session.obey(order)]


def kinds(messages):
    return [header["kind"] for header, _ in messages]


def test_a_start_tells_all_that_a_page_draws(session):
    (ready, about), (view, plane), (frame, shown) = told(
        session, do="start", source="spiral", wishes={"hidden": [4, 3]}
    )
    assert ready["classes"] == ["blue", "orange"] and ready["counts"] == {"train": 350, "validation": 75, "test": 75}
    assert [(c["name"], c["axis"]) for c in ready["columns"]] == [("x1", True), ("x2", True)]
    assert [(layer["units"], layer["shown"]) for layer in ready["layers"]] == [(4, 4), (3, 3), (2, 2)]
    assert ready["inputs"] == {"names": ["x1", "x2"], "units": 2, "shown": 2}
    assert len(about["ids"]) == len(about["part"]) == len(about["truth"]) == len(plane["points"]) == 500
    assert np.bincount(about["part"]).tolist() == [350, 75, 75]
    assert view["axes"] == ["x1", "x2"] and plane["inputs"].shape == (2, 32, 32)
    assert frame["step"] == 0 and frame["gradients"] == [None, None, None] and not frame["running"]
    assert shown["surface"].shape == (100, 100) and shown["maps"].shape == (9, 32, 32)
    assert len(frame["limits"]) == 9 and len(shown["weights"]) == 8 + 4 + 12 + 3 + 6 + 2
    assert shown["history"].shape == (1, 6)
    assert {header["game"] for header in (ready, view, frame)} == {ready["game"]}
    assert 'source = "spiral"' in ready["plan"] and "epochs" not in ready["plan"]


def test_the_surface_is_what_the_network_answers_there(session):
    _, (view, _), _ = told(session, do="start", source="spiral", wishes={}, view={"grid": 40, "units": 8})
    frame, shown = told(session, do="batch", count=200)[0]
    (left, right), (bottom, top) = view["ranges"]
    game = session.game
    across = left + (right - left) * (np.arange(40) + 0.5) / 40
    up = bottom + (top - bottom) * (np.arange(40) + 0.5) / 40
    row, column = 3, 30
    kinds_ = list(game.data.schema.inputs.values())
    raw = np.array([across[column], up[::-1][row]])
    scaled = [(v - k.center) / k.scale for v, k in zip(raw, kinds_, strict=True)]
    x = torch.tensor([[s / np.sqrt(1 + (s / 4) ** 2) for s in scaled]], dtype=torch.float32)
    with torch.no_grad():
        probability = float(game.network(x).softmax(1)[0, 1])
    assert abs(shown["surface"][row, column] / 255 - probability) < 0.003
    test = game.data.whole("test")
    with torch.no_grad():
        loss = float(game.task.example_losses(game.network(test.x), test.y).mean())
    assert frame["test"]["loss"] == pytest.approx(loss, rel=1e-5)


def test_the_maps_are_the_units(session):
    told(session, do="start", source="circle", wishes={"hidden": [3], "activation": "relu"}, view={"units": 16})
    frame, shown = told(session, do="view", unit=[0, 1], grid=32)[1]
    game, view = session.game, session.view
    with torch.no_grad():
        a = torch.relu(game.network.linear1(view.x[view.maps]))
    maps = (shown["maps"][:3].astype(float) - 128) / 127 * np.array(frame["limits"][:3])[:, None, None]
    limit = max(frame["limits"][:3])
    np.testing.assert_allclose(maps, a.T.reshape(3, 16, 16).numpy(), atol=limit / 127)
    assert shown["large"].shape == (32, 32) and frame["limits"][-1] >= frame["limits"][1] * 0.9


def test_it_learns_while_it_runs_and_stands_while_it_pauses(session):
    told(session, do="start", source="xor", wishes={}, run=True)
    frames = []
    while len(frames) < 4:
        if (message := session.tick()) is not None:
            frames.append(unpack(message)[0])
    steps = [frame["step"] for frame in frames]
    assert steps == sorted(set(steps)) and frames[-1]["running"] and frames[-1]["speed"] > 0
    paused = told(session, do="pause")[0][0]
    assert not paused["running"] and not session.running


def test_pace_is_the_most_that_is_learnt_between_two_frames(session):
    told(session, do="start", source="xor", wishes={})
    told(session, do="pace", steps=3)
    told(session, do="run")
    steps = [0]
    while len(steps) < 4:
        if (message := session.tick()) is not None:
            steps.append(unpack(message)[0]["step"])
    told(session, do="pace", steps=None)
    assert max(b - a for a, b in itertools.pairwise(steps)) <= 3


def test_batches_are_counted(session):
    told(session, do="start", source="xor", wishes={})
    assert told(session, do="batch")[0][0]["step"] == 1
    frame, planes = told(session, do="batch", count=69)[0]
    assert (frame["step"], frame["epoch"]) == (70, 2)
    assert planes["history"][:, 0].tolist() == [0, 1, 70]
    assert all(g > 0 for g in frame["gradients"])


def test_a_table_of_more_columns_is_seen_on_a_plane_through_its_middle(session):
    (ready, _), (view, _), (_, shown) = told(
        session, do="start", source="iris", wishes={"derive": ["[petal width (cm)]^2"]}
    )
    assert len(ready["classes"]) == 3 and shown["label"].max() < 3
    assert view["axes"] == ["sepal length (cm)", "sepal width (cm)"]
    assert view["fixed"] == {"petal length (cm)": "4.3", "petal width (cm)": "1.3"}
    view, _ = told(session, do="view", axes=["petal width (cm)", "petal length (cm)"])[0]
    assert view["axes"] == ["petal width (cm)", "petal length (cm)"] and "petal width (cm)" not in view["fixed"]
    formula = next(c for c in ready["columns"] if c["formula"])
    assert formula["formula"] == "[petal width (cm)]^2" and not formula["axis"]


def test_a_table_of_one_column_is_seen_against_its_target(session, tmp_path):
    x = np.random.default_rng(0).normal(size=80)
    file = tmp_path / "one.csv"
    file.write_text("x,y\n" + "".join(f"{v},{v * v}\n" for v in x))
    (ready, _), (view, plane), _ = told(session, do="start", source=str(file), wishes={}, view={"grid": 20})
    frame, shown = told(session, do="batch", count=300)[0]
    assert not ready["projected"] and view["axes"] == ["x", "y"]
    np.testing.assert_allclose(plane["points"][:, 0] ** 2, plane["points"][:, 1], rtol=1e-3, atol=1e-6)
    left, right = view["ranges"][0]
    across = left + (right - left) * (np.arange(20) + 0.5) / 20
    near = np.abs(across) < 1.5
    assert frame["train"]["score"] < 0.3 and np.abs(shown["curve"] - across**2)[near].max() < 1
    assert (shown["surface"] == shown["surface"][0]).all()


def test_pictures_are_points_of_a_projection_with_thumbnails(session):
    wishes = {"network": "mlp", "hidden": [6]}
    (ready, about), (view, _), (_, shown) = told(session, do="start", source="digits", wishes=wishes)
    n = sum(ready["measured"].values())
    assert ready["projected"] and view["axes"] is None
    assert about["thumbnails"].shape == (n, 8, 8, 1) and shown["filters"].shape == (6, 8, 8, 1)
    assert shown["points"].shape == (n, 2) and np.abs(shown["points"]).max() <= 1
    assert set(np.unique(shown["answer"])) <= set(range(10)) and "surface" not in shown


def test_text_is_points_of_a_projection_with_its_beginnings(session, tmp_path):
    rng = np.random.default_rng(0)
    words = {"up": ["good", "great", "fine"], "down": ["bad", "awful", "dull"]}
    rows = [(m, " ".join(rng.choice([*words[m], "the", "film", "plot"], 8))) for m in ["up", "down"] * 60]
    file = tmp_path / "reviews.csv"
    file.write_text("review,mood\n" + "".join(f"{text},{mood}\n" for mood, text in rows))
    (ready, about), _, (_, shown) = told(session, do="start", source=str(file), wishes={"target": "mood"})
    assert ready["projected"] and not ready["chain"] and len(ready["texts"]) == len(about["ids"]) == 120
    assert ready["texts"][0] == rows[int(about["ids"][0])][1]
    assert shown["points"].shape == (120, 2) and all(layer["shown"] == 0 for layer in ready["layers"])
    frame, _ = told(session, do="batch")[0]
    assert len(frame["gradients"]) == sum(layer["weights"] for layer in ready["layers"]) == 2
    grads = torch.cat([p.grad.flatten() for p in session.game.network.output.parameters()])
    assert frame["gradients"][1] == pytest.approx(float(grads.norm()), rel=1e-5)


def test_a_name_that_is_markup_is_a_name(session, tmp_path):
    bad = "<img src=x onerror=alert(1)>"
    file = tmp_path / "named.csv"
    file.write_text(f"a,b,{bad}\n" + "".join(f"{i},{i * i % 9},{bad if i % 3 else 'ok'}\n" for i in range(60)))
    (ready, _), *_ = told(session, do="start", source=str(file), wishes={"target": bad})
    assert ready["classes"] == [bad, "ok"] and ready["target"] == bad


@pytest.mark.parametrize(
    ("order", "word"),
    [
        ({"do": "stat"}, "Did you mean 'start'"),
        ({"do": "start"}, "takes a source"),
        ({"do": "batch", "count": 0}, "whole number from 1"),
        ({"do": "batch", "count": True}, "whole number from 1"),
        ({"do": "lr", "value": "0.1"}, "must be a number"),
        ({"do": "view", "grid": 5000}, "from 8 to 200"),
        ({"do": "view", "unit": [9, 0]}, "no unit 0 in layer 9"),
        ({"do": "view", "axes": ["x1", "x1"]}, "two different columns"),
        ({"do": "trace", "unit": "a"}, r"must be \[layer, index\]"),
        ({"do": "trace", "unit": [0, 99]}, "no unit 99"),
        ({"do": "trace", "unit": [0, 0], "example": 10**6}, "no example 1000000"),
        ({"do": "start", "source": "spiral", "wishes": {"hiden": [3]}}, "Did you mean 'hidden'"),
    ],
)
def test_an_order_that_cannot_be_obeyed_is_told_and_nothing_changes(session, order, word):
    told(session, do="start", source="spiral", wishes={}, view={"grid": 20, "unit": None})
    game = session.game
    with pytest.raises(UsageError, match=word):
        told(session, **order)
    session.looked = {}
    assert session.game is game
    assert kinds(told(session, do="batch")) == ["frame"]


def test_orders_before_the_first_start_are_told():
    with pytest.raises(UsageError, match="no network yet"):
        told(Session(), do="run")


VALUES = [None, 0, 1, -1, 0.5, 1e9, "", "x1", "mlp", [], [3], ["x1"], [[1]], {}, {"a": 1}, True, float("nan"), [0, 0]]
WISHES = [
    *("derive", "noise", "draw", "drop", "kinds", "split", "seed", "rate", "annotations", "target", "source", "size"),
    *("lr", "batch_size", "optimizer", "options", "l1", "clip", "network", "network_options", "hidden", "activation"),
    *("dropout", "normalisation", "initialisation", "loss", "task_options", "evaluate", "transfer", "nonsense"),
]
NAMES = ["count", "value", "steps", "unit", "axes", "units", "example", "run"]


def test_whatever_is_ordered_is_obeyed_or_refused_with_advice(session):
    told(session, do="start", source="gauss", wishes={})
    chance = random.Random(0)
    refused = 0
    for number in range(400):
        if number % 2:
            order = {"do": "start", "source": "gauss", "wishes": {chance.choice(WISHES): chance.choice(VALUES)}}
        else:
            order = {name: chance.choice(VALUES) for name in chance.sample(NAMES, 3)}
            order["do"] = chance.choice([o for o in ORDERS if o not in ("start", "say")])
        try:
            told(session, **order)
        except ProfundoError as error:
            refused += len(str(error)) > 0
    assert 100 < refused < 300
    assert kinds(told(session, do="start", source="gauss", wishes={})) == ["ready", "view", "frame"]


def test_the_worker_plays_through_its_pipes_and_ends_with_its_input():
    worker = subprocess.Popen(
        [sys.executable, "-m", "profundo.worker", "play"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert worker.stdin is not None and worker.stdout is not None
    send(worker.stdin, pack({"do": "start", "source": "gauss", "wishes": {}, "run": True}))
    seen = [unpack(receive(worker.stdout))[0] for _ in range(6)]
    assert [m["kind"] for m in seen] == ["ready", "view", "frame", "frame", "frame", "frame"]
    assert seen[0]["game"] == 1 and seen[-1]["step"] > 0
    send(worker.stdin, pack({"do": "nothing"}))
    while (message := unpack(receive(worker.stdout))[0])["kind"] != "error":
        assert message["kind"] == "frame"
    worker.stdin.close()
    rest = worker.stdout.read()
    assert worker.wait(timeout=20) == 0 and isinstance(rest, bytes)
    worker.stdout.close()
