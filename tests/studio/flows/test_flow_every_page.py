"""Every page: it opens, asks nobody else, is light, has no barriers, fits a telephone and speaks three languages."""

import gzip
import re
from typing import Any

import pytest
from started import PAGES, built, word

HEAVIEST = 150_000  # bytes of all pages together, gzip
THEMES = ("light", "dark")
RAW_KEY = re.compile(rf"\b(?:{'|'.join(PAGES)}|shell|common)\.[a-z]\w*(?:\.\w+)*\b")
CANVASES = """() => [...document.querySelectorAll("canvas, svg[class]")].filter(c => c.checkVisibility()).map(c => {
    const figure = c.closest("[role=img], [aria-hidden=true]")
    return figure && (figure.ariaHidden || figure.getAttribute("aria-label") || figure.getAttribute("aria-labelledby"))
        ? "" : c.outerHTML.slice(0, 200)
}).filter(Boolean)"""
UNREACHED = """() => [...document.querySelectorAll("button, a, input, select, textarea, summary, [role=button]")]
    .filter(e => e.checkVisibility() && !e.disabled && e.tabIndex < 0 && e.type !== "radio"
        && !e.closest("[role=tablist], [role=radiogroup], [role=grid], [role=toolbar], [inert]"))
    .map(e => e.outerHTML.slice(0, 200))"""
SPILLED = """() => [...document.querySelectorAll("body *")].filter(e => e.checkVisibility()
    && e.getBoundingClientRect().right > innerWidth + 1 && getComputedStyle(e).position !== "fixed"
    && ![...parents(e)].some(p => ["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(p).overflowX)))
    .map(e => e.tagName + "." + e.className).slice(0, 5)
function* parents(e) { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) yield p }"""


@pytest.fixture(scope="module")
def addresses(studio, trained) -> dict[str, str]:
    """Where each page shows something."""
    trained("digits"), trained("iris")
    return {
        "play": "/play",
        "lab": "/lab",
        "train": "/train?run=iris",
        "inside": "/inside?run=digits&row=0",
        "mistakes": "/mistakes?run=digits",
        "runs": "/runs",
    }


def settled(page: Any) -> Any:
    """Wait until a page shows what it is about."""
    page.get_by_role("main").wait_for()
    page.get_by_role("heading", level=1).first.wait_for(state="attached")
    page.wait_for_function("() => !document.querySelector('main [aria-busy=true]')")
    page.wait_for_timeout(300)
    return page


@pytest.mark.parametrize("name", PAGES)
def test_no_barrier_in_either_theme(visit, addresses, axe_source, name):
    page = settled(visit(addresses[name], script=axe_source))
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        page.wait_for_timeout(200)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        told = [f"{v['id']}: {n['html'][:160]} {n['any'][:1]}" for v in found["violations"] for n in v["nodes"]]
        assert told == [], f"{name}, {theme}"
    assert page.evaluate(CANVASES) == []


@pytest.mark.parametrize("name", PAGES)
def test_it_fits_a_telephone(visit, addresses, name):
    page = settled(visit(addresses[name], viewport={"width": 360, "height": 800}))
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360, page.evaluate(SPILLED)


@pytest.mark.parametrize("name", PAGES)
def test_it_speaks_spanish_and_catalan(visit, addresses, name):
    for language, locale in (("es", "es-ES"), ("ca", "ca-ES")):
        page = settled(visit(addresses[name], locale=locale))
        assert page.evaluate("document.documentElement.lang") == language
        text = page.get_by_role("main").inner_text()
        assert RAW_KEY.findall(text) == []
        assert page.get_by_role("navigation").first.get_by_role("link", name=word(f"shell.{name}", language)).count()


@pytest.mark.parametrize("name", PAGES)
def test_everything_can_be_reached_by_keyboard(visit, addresses, name):
    page = settled(visit(addresses[name]))
    assert page.evaluate(UNREACHED) == []
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.getAttribute('href')")
    assert first and first.startswith("#"), "the first stop is the link that skips the navigation"
    seen = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.outerHTML.slice(0, 300)"))
        shown = "(e => getComputedStyle(e).outlineStyle + getComputedStyle(e).boxShadow)(document.activeElement)"
        assert page.evaluate(shown) != "nonenone", "the focus cannot be seen"
    assert len(seen) > 8


def test_all_pages_together_are_light():
    folder = built()
    if folder is None:
        pytest.skip("the pages are not built")
    files = [p for p in folder.rglob("*") if p.is_file()]
    assert sum(len(gzip.compress(p.read_bytes(), 9)) for p in files) <= HEAVIEST
