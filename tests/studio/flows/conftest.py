"""One studio and one browser for all flows of a process; every page is watched for what must never happen."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sources import write_fruit
from started import PATIENCE, Studio, axe, built, chromium, launch, start

EXPECTED = ("favicon",)  # words of console lines that are not faults
QUICK: dict[str, Any] = {"evaluate": "holdout", "baselines": False, "check": False, "lr": 0.01}
TRAININGS: dict[str, dict[str, Any]] = {
    "digits": {"network": "lenet5", "epochs": 2},
    "iris": {"epochs": 8},
    "fruit": {"target": "kind", "epochs": 5},
    "diabetes": {"epochs": 5},
    "intents": {"epochs": 1},
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
def signed_in(studio: Studio, browser: Any) -> dict[str, Any]:
    """The cookie that the address with the token was swapped for."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(studio.entry, wait_until="commit")
    page.wait_for_url(lambda url: "token" not in url)
    state = context.storage_state()
    context.close()
    return state


class Watched:
    """What the pages of a test said and asked for."""

    def __init__(self, origin: str) -> None:
        self.host = urlsplit(origin).netloc
        self.faults: list[str] = []
        self.foreign: list[str] = []
        self.requests: list[str] = []
        self.allowed: list[str] = [*EXPECTED]

    def follow(self, context: Any) -> None:
        """Listen to every page of a browser's context."""
        context.on("request", lambda request: self.asked(request.url))
        context.on("console", lambda line: self.said(line.text) if line.type == "error" else None)
        context.on("weberror", lambda error: self.said(f"uncaught: {error.error}"))

    def asked(self, url: str) -> None:
        """Note a request."""
        self.requests.append(url)
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self.host:
            self.foreign.append(url)

    def said(self, text: str) -> None:
        """Note an error, unless the test expects it."""
        if not any(part in text for part in self.allowed):
            self.faults.append(text)


@pytest.fixture
def visit(studio: Studio, browser: Any, signed_in: dict[str, Any]) -> Iterator[Callable[..., Any]]:
    """Return a function that opens a path of the studio: visit("/play?data=spiral", color_scheme="dark") -> page.

    `script` is run before the page's own. At the end of the test no page may have asked another host for anything, and
    none may have reported an error, which a script refused by the content-security policy would be as well.
    """
    contexts: list[Any] = []
    watched = Watched(studio.origin)

    def open_page(path: str, *, script: str | None = None, allow: str | None = None, **options: Any) -> Any:
        options = {"viewport": {"width": 1280, "height": 900}, "locale": "en-US", **options}
        context = browser.new_context(storage_state=signed_in, **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE * 1000 / 2)
        if script:
            context.add_init_script(script)
        if allow:
            watched.allowed.append(allow)
        watched.follow(context)
        page = context.new_page()
        page.goto(studio.origin + path, wait_until="domcontentloaded")
        return page

    open_page.watched = watched  # type: ignore[attr-defined]
    yield open_page
    for context in contexts:
        context.close()
    assert watched.foreign == []
    assert watched.faults == []


@pytest.fixture(scope="session")
def axe_source() -> str:
    """The script of axe-core."""
    source = axe()
    if source is None:
        pytest.skip("needs axe-core: cd web && npm ci")
    return source


@pytest.fixture(scope="session")
def trained(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that puts a run among the studio's, trained in a second or two: trained("digits")."""

    def train(name: str) -> Path:
        run = studio.runs / name
        if not (run / "scores.json").is_file():
            import profundo

            sources = tmp_path_factory.getbasetemp() / "sources"
            made = profundo.train(source_of(name, sources), out=run, **QUICK, **TRAININGS[name])
            assert made.folder == run
        return run

    return train


def source_of(name: str, folder: Path) -> str:
    """Return where the data of a training are; those of fruit are written."""
    if name != "fruit":
        return name
    folder.mkdir(parents=True, exist_ok=True)
    return str(write_fruit(folder / "fruit.csv"))
