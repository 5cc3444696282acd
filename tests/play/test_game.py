"""The playground's network against `profundo train`: the same steps, whatever was looked at on the way."""

import json

import numpy as np
import pytest
import torch

import profundo
from profundo.errors import UsageError
from profundo.frames import unpack
from profundo.play.game import Game
from profundo.play.session import Session
from profundo.play.units import lines, weights_of


def told(session, **order):
    return [unpack(message) for message in session.obey(order)]


@pytest.fixture(scope="module")
def session():
    return Session()


GAMES = {
    "dropout and a changed rate": ("spiral", {"dropout": 0.2, "noise": 0.1, "draw": 1, "derive": ["x1^2", "sin(x2)"]}),
    "a number, and penalties": ("plane", {"l1": 1e-4, "l2": 1e-3, "optimizer": "momentum", "seed": 4}),
    "a table with normalisation": ("iris", {"normalisation": "batch", "hidden": [6], "initialisation": "he"}),
}


@pytest.mark.parametrize("name", GAMES)
def test_the_command_that_is_said_scores_as_the_game_does(session, tmp_path, name):
    source, wishes = GAMES[name]
    told(session, do="start", source=source, wishes=wishes)
    told(session, do="batch", count=30)
    told(session, do="lr", value=0.005)
    for _ in range(3):
        told(session, do="example")
    told(session, do="trace", unit=[0, 1], example=None)
    told(session, do="view", grid=20, unit=[0, 0])
    told(session, do="batch", count=41)
    said = told(session, do="say")[0][0]
    assert said["step"] == 71 and "--lr-at 30=0.005" in said["command"]
    call = said["python"].removeprefix("import profundo\n\n").strip().removesuffix(")").rstrip().rstrip(",")
    run = eval(f"{call}, out={str(tmp_path / 'run')!r}, check=False, baselines=False)", {"profundo": profundo})
    scores = json.loads((run.folder / "scores.json").read_text())["scores"]
    assert {k: v["value"] for k, v in scores.items()} == {k: v["value"] for k, v in said["test"].items()}


def weights(game):
    return {k: v.clone() for k, v in game.network.state_dict().items()}


def test_looking_changes_nothing(session):
    wishes = {"dropout": 0.3, "normalisation": "batch"}
    alone = Game("xor", wishes)
    alone.learn(40)
    told(session, do="start", source="xor", wishes=wishes)
    for _ in range(20):
        told(session, do="batch", count=2)
        told(session, do="example")
        told(session, do="trace", unit=[1, 0], example=int(alone.data.ids[7]))
        told(session, do="say")
    for name, value in weights(session.game).items():
        assert torch.equal(value, weights(alone)[name]), name


def test_reset_goes_back_to_the_same_bytes(session):
    first = told(session, do="start", source="gauss", wishes={"seed": 5})[2]
    again = [told(session, do="batch", count=10)[0], told(session, do="reset")[2]]
    np.testing.assert_array_equal(again[1][1]["maps"], first[1]["maps"])
    assert not np.array_equal(again[0][1]["maps"], first[1]["maps"])
    assert again[1][0]["step"] == 0 and again[1][0]["game"] > first[0]["game"]


def test_two_spirals_are_learnt_from_a_cold_start():
    game = Game("spiral", {})
    test = game.data.whole("test")
    losses = []
    while game.step < 6000 and min(losses, default=1.0) >= 0.05:
        game.learn(100)
        with torch.no_grad():
            losses.append(float(game.task.example_losses(game.network(test.x), test.y).mean()))
    assert losses[-1] < 0.05


@pytest.mark.parametrize("source", ["circle", "xor", "gauss", "plane", "gauss_regression"])
def test_the_other_made_sets_are_learnt(source):
    game = Game(source, {})
    game.learn(1500)
    test = game.data.whole("test")
    with torch.no_grad():
        loss = float(game.task.example_losses(game.network(test.x), test.y).mean())
    assert loss < (0.5 if source == "gauss_regression" else 0.05)  # of numbers in standard units: 1 is the mean alone


def test_the_examples_of_a_batch_add_up_to_its_gradient(session):
    told(session, do="start", source="spiral", wishes={"batch_size": 4})
    game = session.game
    batch, _ = game.coming()
    seen = [told(session, do="example")[0] for _ in range(4)]
    assert [header["index"] for header, _ in seen] == [0, 1, 2, 3]
    assert [header["id"] for header, _ in seen] == batch.ids.tolist()
    assert told(session, do="trace", unit=[0, 0], example=seen[3][0]["id"])[0][0]["example"]["position"] == 3
    assert game.step == 0
    (frame, _), (example, _) = told(session, do="example")
    assert frame["step"] == 1 and example["index"] == 0
    told(session, do="reset")
    game = session.game
    for _ in range(4):
        told(session, do="example")
    game.learn(1)
    gradients = [(w.grad, b.grad) for w, b in weights_of(game.layers)]  # what the step itself left
    np.testing.assert_allclose(seen[3][1]["gradient"], lines(gradients), rtol=1e-4, atol=1e-7)


def test_examples_that_were_looked_at_start_anew_after_a_step(session):
    told(session, do="start", source="spiral", wishes={})
    assert [told(session, do="example")[0][0]["index"] for _ in range(2)] == [0, 1]
    told(session, do="batch")
    assert told(session, do="example")[0][0]["index"] == 0


def test_the_coming_batch_is_the_one_that_is_learnt_from():
    game = Game("gauss", {"batch_size": 100})
    for _ in range(9):  # over the end of an epoch, twice
        expected, _ = game.coming()
        seen = []
        hook = game.network.register_forward_pre_hook(lambda module, inputs, seen=seen: seen.append(inputs[0]))
        game.learn(1)
        hook.remove()
        assert torch.equal(seen[0], expected.x)


def test_a_rate_set_before_the_first_step_is_that_of_the_first_step(tmp_path):
    game, other = Game("xor", {}), Game("xor", {"lr": 0.5})
    game.set_lr(0.5)
    assert game.lr == 0.5
    game.learn(5)
    other.learn(5)
    assert all(torch.equal(v, weights(other)[k]) for k, v in weights(game).items())
    assert "--lr-at 0=0.5" in game.said()["command"]


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(UsageError, match="must be a number above 0"):
        Game("xor", {}).set_lr(rate)


def test_a_loss_that_is_no_number_stops_the_game_with_advice(session):
    told(session, do="start", source="plane", wishes={"optimizer": "sgd", "lr": 1e8, "activation": "relu"}, run=True)
    while session.running:
        message = session.tick()
    header, planes = unpack(message)
    assert header["stopped"].startswith("the loss became") and header["running"] is False
    assert planes["surface"].dtype == np.uint8
    assert told(session, do="run")[0][0]["running"] is False
    assert told(session, do="say")[0][0]["test"] is None


def test_a_criterion_of_stopping_ends_the_game(session):
    told(session, do="start", source="gauss", wishes={"stop_loss": 0.2})
    header, _ = told(session, do="batch", count=1000)[0]
    assert header["stopped"] == "error small enough" and header["step"] < 1000


@pytest.mark.parametrize(
    ("wishes", "word"),
    [
        ({"schedule": "cosine"}, "--schedule cosine"),
        ({"transfer": "auto"}, "--transfer auto"),
        ({"steps": 5}, "--steps 5"),
        ({"average": 0.9}, "--average"),
        ({"evaluate": "kfold:5"}, "--evaluate"),
    ],
)
def test_what_a_playground_cannot_show_is_refused(wishes, word):
    with pytest.raises(UsageError, match=word):
        Game("spiral", wishes)


def test_a_task_that_is_no_label_and_no_number_is_refused():
    with pytest.raises(UsageError, match="the playground shows one label or one number"):
        Game("iris", {"task": "anomalies"})


def test_data_that_have_not_changed_are_not_read_again(tmp_path):
    file = tmp_path / "few.csv"
    text = "a,b,y\n" + "".join(f"{i * i % 11},{i % 7},{'no' if i % 2 else 'yes'}\n" for i in range(40))
    file.write_text(text)
    first = Game(str(file), {})
    same = Game(str(file), {"hidden": [3]}, first.loaded)
    assert same.loaded.data is first.loaded.data
    assert Game(str(file), {"drop": ["b"]}, first.loaded).loaded.data is not first.loaded.data
    file.write_text(text + "77,3,yes\n")
    assert len(Game(str(file), {}, same.loaded).data.ids) == 41
