"""The verb `profundo trace`: the same numbers as the playground's step view, by call, by command and over the game."""

import json
import shlex

import pytest

import profundo
from profundo import UsageError
from profundo.cli import execute
from profundo.files import finite
from profundo.play.follow import place
from profundo.play.game import Game

WISHES = {"hidden": [4, 3], "optimizer": "adam", "lr": 0.02, "dropout": 0.2, "seed": 5}


def test_the_copied_command_gives_the_numbers_of_the_game(capsys):
    game = Game("circle", WISHES)
    game.learn(9)
    game.set_lr(0.05)
    game.learn(4)
    game.look()
    game.look()
    told = game.traced((1, 2), None)
    assert told["example"]["position"] == 2
    assert told["update"]["step"] == 14 and told["update"]["lr"] == 0.05

    words = shlex.split(told["command"])
    assert words[:3] == ["profundo", "trace", "circle"]
    assert execute([*words[1:], "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(finite(told)))
    space = {}
    exec(told["python"].replace("profundo.trace(", "told = profundo.trace("), space)
    assert finite(space["told"]) == finite(told)


def test_the_words_of_a_terminal(capsys):
    assert execute(["trace", "spiral", "--hidden", "4", "--unit", "-1,1", "--steps", "3"]) == 0
    text = capsys.readouterr().out
    assert "unit output[1]" in text
    assert "step 4 of adam" in text
    assert "dL/dz" in text


def test_numbers_are_followed_in_their_units():
    told = profundo.trace("plane", (0, 1), hidden=[3], steps=2)
    frame = profundo.load("plane").frame
    assert frame is not None
    assert told["example"]["label"] == pytest.approx(frame["value"][told["example"]["id"]], abs=1e-5)


@pytest.mark.parametrize("unit", ["0", "0,1,2", "a,b", ""])
def test_what_is_no_unit_is_told(unit):
    with pytest.raises(UsageError, match="LAYER,INDEX"):
        place(unit)


def test_a_row_that_is_not_there_is_told():
    with pytest.raises(UsageError, match="no example 9999"):
        profundo.trace("spiral", row=9999, hidden=[2])
