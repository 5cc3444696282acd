"""Every page: it opens, asks nobody else, is light, has no barriers, fits a telephone and speaks three languages."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from barriers import barriers, spilled
from started import PAGES, SETTLED, axe, built, known, weight, word
from visitor import Visitor

STOPS = 15  # of the Tab key, looked at one by one
HEAVIEST = 150_000  # bytes of all pages together in one language, gzip
RAW_KEY = re.compile(rf"\b(?:{'|'.join(PAGES)}|shell|common)\.[a-z]\w*(?:\.\w+)*\b")
UNREACHED = """() => [...document.querySelectorAll("button, a, input, select, textarea, summary, [role=button]")]
    .filter(e => e.checkVisibility() && !e.disabled && e.tabIndex < 0 && e.type !== "radio"
        && !e.closest("[role=tablist], [role=radiogroup], [role=grid], [role=toolbar], [inert]"))
    .map(e => e.outerHTML.slice(0, 200))"""
FOCUS = """() => {
    const [e, style] = [document.activeElement, getComputedStyle(document.activeElement)]
    const shown = style.outlineStyle !== "none" || style.boxShadow !== "none"
    return { name: e.tagName, html: e.outerHTML.slice(0, 200), shown }
}"""


@pytest.fixture(scope="module", params=PAGES)
def page(request, studio, browser, cookies, trained) -> Iterator[Any]:
    """A page that has settled; the tests take it one after the other."""
    trained("digits")
    visitor = Visitor(studio, browser, cookies)
    shown = visitor(PAGES[request.param], script=axe())
    shown.get_by_role("main").get_by_role("heading", level=1).first.wait_for(state="attached")
    settle(shown)
    yield shown
    visitor.leave()


def settle(page: Any) -> None:
    """Wait until nothing is loading and the page stands still."""
    page.wait_for_function(SETTLED)
    page.wait_for_timeout(200)


def test_everything_can_be_reached_by_keyboard(page):
    assert page.evaluate(UNREACHED) == []
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.getAttribute('href')")
    assert first and first.startswith("#"), "the first stop is the link that skips the navigation"
    seen = []
    while len(seen) < STOPS:
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUS))
        assert seen[-1]["shown"] or seen[-1]["name"] == "BODY", f"the focus cannot be seen: {seen[-1]}"
    assert page.get_by_role("navigation").first.get_by_role("link").count() == len(PAGES)


def test_no_barrier_in_light_and_in_dark(page):
    assert barriers(page) == []


@pytest.mark.parametrize("language", ["es", "ca"])
def test_it_speaks_other_languages(page, language):
    before = page.evaluate("document.documentElement.lang")
    page.get_by_label(word("shell.language", before)).select_option(language)
    page.wait_for_function("language => document.documentElement.lang === language", arg=language)
    settle(page)
    text = page.get_by_role("main").inner_text()
    assert RAW_KEY.findall(text) == []
    other = known("en").items() - known(language).items()
    lines = {line.strip() for line in text.splitlines() if " " in line.strip()}
    assert lines & {english for _, english in other} == set()


def test_it_fits_a_telephone(page):
    page.set_viewport_size({"width": 360, "height": 800})
    page.wait_for_timeout(200)
    assert spilled(page) == []


@pytest.mark.parametrize("language", ["en", "es", "ca"])
def test_all_pages_together_are_light(language):
    folder = built()
    if folder is None:
        pytest.skip("the pages are not built")
    assert 10_000 < weight(folder, language) <= HEAVIEST
