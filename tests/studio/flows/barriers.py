"""What keeps people out of a page: what axe-core finds, drawings without words, and what does not fit a telephone."""

from typing import Any

import pytest
from started import axe

CANVASES = """() => [...document.querySelectorAll("canvas, svg[class]")].filter(c => c.checkVisibility()).map(c => {
    const figure = c.closest("[role=img], [role=application], [aria-hidden=true], button[aria-label]")
    return figure && (figure.ariaHidden || figure.getAttribute("aria-label") || figure.getAttribute("aria-labelledby"))
        ? "" : c.outerHTML.slice(0, 200)
}).filter(Boolean)"""
SPILLED = """() => [...document.querySelectorAll("body *")].filter(e => e.checkVisibility()
    && e.getBoundingClientRect().right > innerWidth + 1 && getComputedStyle(e).position !== "fixed"
    && ![...parents(e)].some(p => ["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(p).overflowX)))
    .map(e => e.tagName + "." + e.className).slice(0, 5)
function* parents(e) { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) yield p }"""


def barriers(page: Any) -> list[str]:
    """Return what axe-core finds in a page, and canvases without words; skips where there is no axe-core.

    In the dark the same page is looked at again for what may differ there: the contrast.
    """
    source = axe()
    if source is None:
        pytest.skip("needs axe-core: cd web && npm ci")
    if not page.evaluate("'axe' in window"):
        page.evaluate(source)
    found = []
    for theme, rules in (("light", ""), ("dark", ", runOnly: ['color-contrast']")):
        page.emulate_media(color_scheme=theme)
        page.wait_for_timeout(100)
        for violation in page.evaluate(f"axe.run(document, {{resultTypes: ['violations']{rules}}})")["violations"]:
            told = [f"{node['html'][:200]} {node['failureSummary'][:300]}" for node in violation["nodes"]]
            found += [f"{theme}, {violation['id']}: {each}" for each in told]
    return found + page.evaluate(CANVASES)


def spilled(page: Any) -> list[str]:
    """Return what is wider than the window, where the page can be moved sideways."""
    width = page.viewport_size["width"]
    return page.evaluate(SPILLED) or ["?"] if page.evaluate("document.documentElement.scrollWidth") > width else []
