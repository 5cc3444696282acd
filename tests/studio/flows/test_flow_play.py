"""The playground in the browser: it learns at once, obeys, is changed by hand, and its command gives the same."""

import json
import re
import shlex
from urllib.parse import parse_qs, urlsplit

import pytest
from sources import HOSTILE, KINDS, write_fruit, write_pictures
from started import command_line, word

XOR = "/play?source=xor&hidden=4,2&seed=3&run=0"


def step(page) -> int:
    """Return the step that the page shows."""
    text = page.get_by_label(word("play.progress")).locator("dd").first.inner_text()
    return int(re.sub(r"\D", "", text))


def button(page, key):
    return page.get_by_role("button", name=word(key), exact=True)


def standing(visit, address):
    """Open the playground without letting it run, and wait for its first picture."""
    page = visit(address)
    visit.wait(page, lambda: "frame" in visit.heard)
    page.wait_for_timeout(50)
    return page


def test_it_learns_at_once_until_the_spirals_are_apart(visit):
    page = visit("/play")
    visit.wait(page, lambda: visit.heard.get("frame", {}).get("test", {}).get("loss", 1) < 0.05)
    assert visit.heard["ready"]["name"] == "spiral"
    assert step(page) > 0
    label = page.get_by_role("img", name=re.compile(word("play.surface_label").split("{")[0])).first
    assert word("play.plane_of", x="x1", y="x2") in label.get_attribute("aria-label")


def test_keys_and_buttons_pause_go_on_and_take_single_steps(visit):
    page = visit("/play?lr=0.0001")
    visit.wait(page, lambda: visit.heard.get("frame", {}).get("step", 0) > 5)
    page.keyboard.press(" ")
    button(page, "play.run").wait_for()
    visit.wait(page, lambda: not visit.heard["frame"]["running"])
    page.wait_for_timeout(100)
    stood = step(page)
    page.wait_for_timeout(200)
    assert step(page) == stood
    page.keyboard.press(".")
    visit.wait(page, lambda: step(page) == stood + 1)
    button(page, "play.one_batch").click()
    visit.wait(page, lambda: step(page) == stood + 2)
    button(page, "play.one_example").click()
    visit.wait(page, lambda: "example" in visit.heard)
    assert (
        visit.heard["example"]["index"] in (0, 1) and visit.heard["example"]["of"] == visit.heard["ready"]["batch_size"]
    )
    assert step(page) == stood + 2
    button(page, "play.reset").click()
    visit.wait(page, lambda: step(page) == 0)
    button(page, "play.run").click()
    visit.wait(page, lambda: step(page) > 0)


def test_everything_is_changed_by_hand_and_stands_in_the_address(visit):
    page = standing(visit, "/play?run=0")

    def changed(**wanted):
        visit.wait(page, lambda: all(visit.heard["ready"]["wishes"].get(n) == v for n, v in wanted.items()))

    button(page, "play.set_circle").click()
    visit.wait(page, lambda: visit.heard["ready"]["name"] == "circle")
    for key, name, value in [
        ("play.activation", "activation", "sigmoid"),
        ("play.initialisation", "initialisation", "orthogonal"),
        ("play.optimizer", "optimizer", "adam"),
        ("play.loss", "loss", "hinge"),
    ]:
        choice = page.get_by_role("combobox", name=word(key), exact=True)
        choice.select_option(value)
        changed(**{name: value})
    before = visit.heard["ready"]["wishes"]["hidden"]
    button_named(page, "play.more", layer=1).click()
    changed(hidden=[before[0] + 1, *before[1:]])
    button_named(page, "play.add_last").click()
    visit.wait(page, lambda: len(visit.heard["ready"]["wishes"]["hidden"]) == len(before) + 1)
    button_named(page, "play.remove_layer", layer=1).click()
    visit.wait(page, lambda: len(visit.heard["ready"]["wishes"]["hidden"]) == len(before))
    for name in ("l1", "l2", "dropout", "batch_size", "noise"):
        was = visit.heard["ready"]["wishes"].get(name)
        page.get_by_label(word(f"play.{name}"), exact=True).press("ArrowRight")
        visit.wait(page, lambda name=name, was=was: visit.heard["ready"]["wishes"].get(name) != was)
    page.get_by_label(word("play.share"), exact=True).press("ArrowLeft")
    visit.wait(page, lambda: visit.heard["ready"]["wishes"].get("split", "").startswith("65/"))
    button_named(page, "play.input_label", name="sin(x1)").click()
    visit.wait(page, lambda: "sin(x1)" in visit.heard["ready"]["wishes"].get("derive", []))
    wishes = visit.heard["ready"]["wishes"]
    address = page.evaluate("location.pathname + location.search")
    assert {"activation", "hidden", "l1", "noise", "derive"} <= parse_qs(urlsplit(address).query).keys()
    page.close()
    visit.heard.clear()
    standing(visit, address + "&run=0")
    assert visit.heard["ready"]["wishes"] == wishes


def button_named(page, key, **values):
    return page.get_by_role("button", name=word(key, **values), exact=True)


def test_the_copied_command_gives_the_network_of_the_screen(visit, tmp_path):
    page = standing(visit, XOR)
    button(page, "play.run").click()
    visit.wait(page, lambda: visit.heard["frame"]["step"] > 40)
    rate = page.get_by_label(word("play.lr"), exact=True)
    rate.press("ArrowRight")
    changed = visit.heard["frame"]["step"]
    visit.wait(page, lambda: visit.heard["frame"]["step"] > changed + 40)
    button(page, "play.pause").click()
    visit.wait(page, lambda: not visit.heard["frame"]["running"])
    page.get_by_role("button", name=word("shell.copy_command")).click()
    command = page.get_by_role("region", name=word("shell.copy_command")).inner_text()
    shown = visit.heard["frame"]
    program, *arguments = shlex.split(command)
    assert program == "profundo" and "--lr-at" in command
    done = command_line(*arguments, "--json", "--quiet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    scores = json.loads(done.stdout)["scores"]
    told = visit.heard["said"]
    assert told["step"] == shown["step"]
    assert {name: score["value"] for name, score in told["test"].items()} == pytest.approx(
        {name: scores[name]["value"] for name in told["test"]}, abs=1e-12
    )
    page.get_by_role("button", name=word("shell.copy_python")).click()
    assert page.get_by_role("region", name=word("shell.copy_python")).inner_text() == told["python"]


def test_the_same_address_gives_the_same_network(visit):
    seen = []
    for _ in range(2):
        visit.heard.clear()
        page = standing(visit, XOR)
        for count in (1, 2, 3):
            page.keyboard.press(".")
            visit.wait(page, lambda count=count: visit.heard["frame"]["step"] == count)
        seen.append((visit.heard["frame"]["train"], visit.heard["frame"]["test"]))
        page.close()
    assert seen[0] == seen[1]


def test_own_table_whose_names_are_markup(visit, tmp_path):
    page = standing(visit, "/play?run=0")
    page.get_by_text(word("play.own")).click()
    page.locator("input[type=file]").first.set_input_files(write_fruit(tmp_path / "fruit.csv"))
    visit.wait(page, lambda: visit.heard["ready"]["name"] != "spiral")
    assert visit.heard["ready"]["target"] == "kind"
    assert sorted(visit.heard["ready"]["classes"]) == sorted(KINDS)
    page.get_by_text(HOSTILE, exact=True).first.wait_for()
    assert page.title().startswith(word("shell.play"))
    assert page.locator("main img").count() == 0
    button(page, "play.run").click()
    visit.wait(page, lambda: visit.heard["frame"]["test"]["loss"] < 0.3)
    assert "source=" in page.url


def test_own_folder_of_pictures(visit, tmp_path):
    page = standing(visit, "/play?run=0")
    page.get_by_text(word("play.own")).click()
    folder = write_pictures(tmp_path / "bars")
    page.locator("input[webkitdirectory]").set_input_files(folder)
    visit.wait(page, lambda: visit.heard["ready"]["name"] != "spiral")
    assert sorted(visit.heard["ready"]["classes"]) == ["lying", "standing"]
    assert visit.heard["ready"]["projected"]
    page.get_by_text(word("play.projection_note")).wait_for()
    button(page, "play.run").click()
    visit.wait(page, lambda: visit.heard["frame"]["step"] > 5)
