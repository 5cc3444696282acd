"""The studio without a mouse, and the studio in Spanish."""

import re

from started import PAGES, word

FOCUSED = "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText).trim()"


def tab_to(page, name, most=80):
    """Press Tab until what has the focus bears a name."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED) == name:
            return
    raise AssertionError(f"{name} was not reached with {most} presses of Tab")


def test_from_learning_to_the_command_without_a_mouse(visit):
    page = visit("/play?lr=0.001")
    visit.wait(page, lambda: visit.heard.get("frame", {}).get("step", 0) > 0)
    tab_to(page, word("play.pause"))
    page.keyboard.press("Enter")
    visit.wait(page, lambda: not visit.heard["frame"]["running"])
    stood = visit.heard["frame"]["step"]
    page.keyboard.press(".")
    visit.wait(page, lambda: visit.heard["frame"]["step"] == stood + 1)
    units = visit.heard["ready"]["wishes"]["hidden"]
    tab_to(page, word("play.more", layer=1))
    page.keyboard.press("Enter")
    visit.wait(page, lambda: visit.heard["ready"]["wishes"]["hidden"] == [units[0] + 1, *units[1:]])
    visit.wait(page, lambda: visit.heard["frame"]["game"] == visit.heard["ready"]["game"])
    tab_to(page, word("shell.copy_command"))
    page.keyboard.press("Enter")
    page.get_by_role("region", name=word("shell.copy_command")).get_by_text("profundo train spiral").wait_for()


def test_every_page_is_entered_by_its_link(visit):
    page = visit("/runs")
    page.get_by_role("heading", level=1).wait_for()
    for name in (*list(PAGES)[1:], "play"):
        tab_to(page, word(f"shell.{name}"))
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(rf"/{name}\b"))
        page.wait_for_function("() => document.activeElement.id === 'main'")
        page.evaluate("document.activeElement.blur()")
        assert page.title().startswith(word(f"shell.{name}"))


def test_a_unit_is_followed_in_spanish(visit):
    page = visit("/play?run=0", locale="es-ES")
    visit.wait(page, lambda: "frame" in visit.heard)
    assert page.evaluate("document.documentElement.lang") == "es"
    page.get_by_role("button", name=word("play.one_batch", "es"), exact=True).click()
    visit.wait(page, lambda: visit.heard["frame"]["step"] == 1)
    loss = visit.heard["frame"]["test"]["loss"]
    page.get_by_text(f"{loss:.3f}".replace(".", ","), exact=True).first.wait_for()
    name = word("play.unit_name", "es", layer=1, unit=2)
    page.get_by_role("button", name=re.compile(re.escape(name))).first.click()
    visit.wait(page, lambda: "trace" in visit.heard)
    page.get_by_role("link", name=word("shell.runs", "es"), exact=True).click()
    page.get_by_role("heading", name=word("shell.runs", "es"), level=1).wait_for()
