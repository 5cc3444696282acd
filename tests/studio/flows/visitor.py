"""A visitor of the studio, whose pages are watched for what must never happen."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from started import PATIENCE, Studio

from profundo.frames import header_of


class Watched:
    """What the pages of a test said and asked for."""

    def __init__(self, origin: str) -> None:
        self.host = urlsplit(origin).netloc
        self.faults: list[str] = []
        self.foreign: list[str] = []
        self.requests: list[str] = []
        self.allowed: list[str] = []

    def follow(self, context: Any) -> None:
        """Listen to every page of a browser's context."""
        context.on("request", lambda request: self.asked(request.url))
        context.on("response", lambda answer: self.answered(answer))
        context.on("console", lambda line: self.said(line.text) if line.type == "error" else None)
        context.on("weberror", lambda error: self.said(f"uncaught: {error.error}"))

    def asked(self, url: str) -> None:
        """Note a request."""
        self.requests.append(url)
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self.host:
            self.foreign.append(url)

    def answered(self, answer: Any) -> None:
        """Note a refusal."""
        if answer.status >= 400 and str(answer.status) not in self.allowed:
            self.faults.append(
                f"{answer.request.method} {answer.url} {answer.request.post_data or ''}: {answer.status}"
            )

    def said(self, text: str) -> None:
        """Note an error, unless the test expects it."""
        if not any(part in text for part in self.allowed):
            self.faults.append(text)


class Visitor:
    """Opens pages of the studio as visitors of their own: visitor("/play?seed=3", color_scheme="dark") -> page.

    `heard` holds the header of the last message of every kind: heard["frame"]["step"].
    """

    def __init__(self, studio: Studio, browser: Any, cookies: list[Any]) -> None:
        self.studio, self.browser, self.cookies = studio, browser, cookies
        self.contexts: list[Any] = []
        self.watched = Watched(studio.origin)
        self.heard: dict[str, dict[str, Any]] = {}

    def hear(self, message: bytes | str) -> None:
        """Keep the header of the last message of every kind that the socket brought."""
        if isinstance(message, bytes):
            header = header_of(message)
            self.heard[header["kind"]] = header

    def __call__(self, path: str, *, script: str | None = None, allow: str | None = None, **options: Any) -> Any:
        """Open a path; `script` is run before the page's own, errors with `allow` in them are expected."""
        options = {"viewport": {"width": 1280, "height": 900}, "locale": "en-US", **options}
        context = self.browser.new_context(storage_state={"cookies": self.cookies, "origins": []}, **options)
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE * 1000 / 2)
        if script:
            context.add_init_script(script)
        if allow:
            self.watched.allowed.append(allow)
        self.watched.follow(context)
        page = context.new_page()
        page.on("websocket", lambda socket: socket.on("framereceived", self.hear))
        page.goto(self.studio.origin + path, wait_until="domcontentloaded")
        return page

    def wait(self, page: Any, condition: Callable[[], Any]) -> None:
        """Let the page go on until a condition of what was heard holds."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"waited in vain; heard: {sorted(self.heard)}"
            page.wait_for_timeout(20)

    def leave(self) -> None:
        """Close all pages. None may have asked another host for anything, or have reported an error.

        A script or style that the content-security policy refuses is such an error.
        """
        for context in self.contexts:
            context.close()
        assert not self.watched.foreign, f"asked other hosts: {self.watched.foreign}"
        assert not self.watched.faults, f"reported errors: {self.watched.faults}"
