"""Look inside in the browser: a row, a drawing by mouse and by keyboard, a text, and the unit that is chosen."""

import json
import re
import shlex

import pytest
from started import command_line, word


def button(page, key, **values):
    return page.get_by_role("button", name=word(key, **values), exact=True)


def probabilities(page) -> list[str]:
    listed = page.get_by_role("list", name=word("inside.probabilities"))
    listed.wait_for()
    return listed.get_by_role("listitem").all_inner_texts()


def draw(page, *points):
    """Draw a line with the mouse; points from 0 to 1."""
    box = page.get_by_role("application", name=word("inside.pad")).locator("canvas").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()


def test_a_digit_is_drawn_and_flows_through_the_network(visit, trained):
    trained("digits")
    page = visit("/inside?run=digits&row=0")
    before = probabilities(page)
    button(page, "inside.draw").click()
    draw(page, (0.5, 0.15), (0.5, 0.85))
    page.get_by_role("img", name=word("inside.as_seen")).wait_for()
    page.wait_for_function(
        "([list, before]) => list.innerText !== before.join('\\n')",
        arg=[page.get_by_role("list", name=word("inside.probabilities")).element_handle(), before],
    )
    page.wait_for_timeout(300)
    one = probabilities(page)
    button(page, "inside.clear").click()
    draw(page, (0.5, 0.15), (0.25, 0.5), (0.5, 0.85), (0.75, 0.5), (0.5, 0.15))
    page.wait_for_timeout(800)
    assert len(one) == 10 and probabilities(page) != one


def test_a_digit_is_drawn_with_the_keyboard(visit, trained):
    trained("digits")
    page = visit("/inside?run=digits&row=0")
    before = probabilities(page)
    button(page, "inside.draw").press("Enter")
    page.get_by_role("application", name=word("inside.pad")).focus()
    page.keyboard.press(" ")
    for _ in range(14):
        page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    page.get_by_role("img", name=word("inside.as_seen")).wait_for()
    page.wait_for_timeout(800)
    assert probabilities(page) != before
    page.keyboard.press("Backspace")
    button(page, "inside.undo").is_disabled()


def test_a_layer_is_opened_down_to_its_strongest_examples(visit, trained):
    trained("digits")
    page = visit("/inside?run=digits&row=0")
    probabilities(page)
    page.get_by_label(word("inside.every")).check()
    page.get_by_role("button", name=re.compile("Conv2d")).first.click()
    page.get_by_role("slider", name=word("inside.unit")).press("ArrowRight")
    page.get_by_role("heading", name=re.compile(r"The \d+ of \d+ test examples")).wait_for()
    page.get_by_role("img", name=re.compile("^Weights of unit 1 of ")).first.wait_for()
    page.get_by_role("button", name=re.compile(word("inside.look_at_row").split("{")[0])).first.click()
    page.wait_for_url(re.compile(r"row=[1-9]"))


def test_the_copied_command_answers_as_the_screen(visit, trained):
    trained("digits")
    page = visit("/inside?run=digits&row=5")
    shown = probabilities(page)
    button(page, "shell.copy_command").click()
    program, *arguments = shlex.split(page.get_by_role("region", name=word("shell.copy_command")).inner_text())
    done = command_line(*arguments, "--json")
    assert program == "profundo" and done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)["answer"]["probabilities"]
    told = {line.split("\n")[0]: float(line.split("\n")[-1].rstrip("%")) / 100 for line in shown}
    assert told == pytest.approx(answer, abs=6e-4)


def test_a_sentence_is_typed(visit, trained):
    trained("intents")
    page = visit("/inside?run=intents")
    probabilities(page)
    button(page, "inside.text").click()
    page.get_by_label(word("inside.your_text")).fill("please book a table for two")
    page.wait_for_timeout(800)
    first = probabilities(page)
    page.get_by_label(word("inside.your_text")).fill("what is the weather in Reus")
    page.wait_for_timeout(800)
    assert probabilities(page) != first
