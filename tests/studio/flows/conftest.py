"""One studio and one browser for all flows of a process; every page is watched for what must never happen."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from barriers import barriers, spilled
from sources import write_fruit
from started import Studio, built, chromium, launch, start
from visitor import Visitor

QUICK: dict[str, Any] = {"evaluate": "holdout", "baselines": False, "check": False, "lr": 0.01}
TRAININGS: dict[str, tuple[str, dict[str, Any]]] = {
    "digits": ("digits", {"network": "lenet5", "epochs": 2}),
    "iris": ("iris", {"epochs": 8}),
    "iris-linear": ("iris", {"network": "linear", "epochs": 2}),
    "cancer": ("breast_cancer", {"epochs": 2}),
    "fruit": ("fruit", {"target": "kind", "epochs": 5}),
    "diabetes": ("diabetes", {"epochs": 3}),
    "intents": ("intents", {"epochs": 1}),
}


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio with an empty folder of runs."""
    pages = built()
    if pages is None:
        pytest.skip("the pages are not built: cd web && npm ci && npm run build")
    folder = tmp_path_factory.mktemp("studio")
    started = start(folder, pages=pages)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium."""
    if chromium() is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install playwright")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        shown = launch(playwright)
        yield shown
        shown.close()


@pytest.fixture(scope="session")
def cookies(studio: Studio, browser: Any) -> list[Any]:
    """What the address with the token was swapped for."""
    context = browser.new_context()
    answer = context.request.get(studio.entry)
    assert answer.ok and "token" not in answer.url
    found = context.cookies()
    context.close()
    return found


@pytest.fixture
def visit(studio: Studio, browser: Any, cookies: list[Any]) -> Iterator[Visitor]:
    """Open pages; see Visitor."""
    visitor = Visitor(studio, browser, cookies)
    yield visitor
    visitor.leave()


@pytest.fixture
def clear() -> Callable[[Any], None]:
    """Return a function that looks for barriers in a page, in light, in dark and on a telephone."""

    def look(page: Any) -> None:
        assert barriers(page) == []
        page.set_viewport_size({"width": 360, "height": 800})
        page.wait_for_timeout(200)
        assert spilled(page) == []

    return look


@pytest.fixture(scope="session")
def trained(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that puts a run among the studio's, trained in a second or two: trained("digits")."""

    def train(name: str) -> Path:
        run = studio.runs / name
        if not (run / "scores.json").is_file():
            import profundo

            source, wishes = TRAININGS[name]
            if source == "fruit":
                source = str(write_fruit(tmp_path_factory.mktemp("sources") / "fruit.csv"))
            made = profundo.train(source, out=run, **QUICK, **wishes)
            assert made.folder == run
        return run

    return train
