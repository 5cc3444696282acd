"""The lab in the browser: every experiment, its player, its options, and the command that repeats it."""

import json
import re
import shlex

import pytest
from started import SETTLED, command_line, word

NAMES = ("perceptron", "regression", "search", "backprop", "race", "starts", "vanishing", "capacity", "hebb")


def opened(visit, name, more=""):
    page = visit(f"/lab?name={name}{more}")
    page.get_by_role("heading", name=word(f"lab.t_{name}"), exact=True).wait_for()
    page.get_by_role("button", name=word("shell.copy_command")).wait_for()
    page.wait_for_function(SETTLED)
    return page


def test_the_command_prints_what_the_screen_says(visit):
    page = opened(visit, "perceptron", "&points=30&seed=2")
    page.get_by_role("button", name=word("shell.copy_command")).click()
    program, *arguments = shlex.split(page.get_by_role("region", name=word("shell.copy_command")).inner_text())
    assert program == "profundo" and "30" in arguments
    page.get_by_text(word("lab.terminal")).click()
    said = page.get_by_role("region", name=word("lab.terminal")).inner_text()
    done = command_line(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert "\n".join(json.loads(done.stdout)["sentences"]) == said


def test_an_option_changes_the_experiment_and_the_address(visit):
    page = opened(visit, "perceptron")
    before = page.get_by_role("main").inner_text()
    page.get_by_label(word("lab.o_points"), exact=True).press("ArrowRight")
    page.wait_for_url(re.compile("points="))
    page.wait_for_function(SETTLED)
    assert page.get_by_role("main").inner_text() != before


def test_the_player_moves_on_by_itself_and_stops(visit):
    page = opened(visit, "race")
    moment = page.get_by_role("main").get_by_role("slider").first
    page.get_by_role("button", name=word("lab.play"), exact=True).click()
    page.wait_for_function("slider => slider.valueAsNumber > 3", arg=moment.element_handle())
    page.get_by_role("button", name=word("lab.pause"), exact=True).click()
    stood = moment.input_value()
    page.wait_for_timeout(200)
    assert moment.input_value() == stood


@pytest.mark.parametrize("name", NAMES)
def test_no_barrier_in_any_experiment(visit, clear, name):
    clear(opened(visit, name))
