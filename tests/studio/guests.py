"""A studio that runs in a thread of the test, with parrots for workers, and a browser's manners without a browser."""

import contextlib
import http.client
import json
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from profundo.frames import header_of
from profundo.guard import understood
from profundo.studio.app import application
from profundo.studio.asking import Askers
from profundo.studio.entrance import Entrance
from profundo.studio.house import House
from profundo.studio.serving import listen, server
from profundo.studio.workers import Players

PARROT = [sys.executable, str(Path(__file__).with_name("parrot.py"))]
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Guest:
    """Whoever asks a studio for something: with its cookie and its Origin, unless told otherwise."""

    port: int
    token: str
    house: House
    entrance: Entrance
    cookie: str = ""
    origin: str = field(init=False)

    def __post_init__(self) -> None:
        self.origin = f"http://127.0.0.1:{self.port}"

    def enter(self) -> "Guest":
        """Swap the token for the cookie."""
        status, headers, _ = self.ask("GET", f"/play?token={self.token}&a=b", bare=True)
        assert (status, headers["location"]) == (303, "/play?a=b")
        self.cookie = headers["set-cookie"].partition(";")[0]
        return self

    def ask(self, method: str, path: str, body: Any = None, *, bare: bool = False, **headers: str) -> Answer:
        """Make a request; returns (status, headers, body). An object is sent as JSON."""
        own = {} if bare else {"Cookie": self.cookie, "Origin": self.origin}
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, dict | list):
            body = json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        with contextlib.closing(connection):
            connection.request(method, path, body, {k: v for k, v in {**own, **sent}.items() if v})
            response = connection.getresponse()
            return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()

    def json(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        """Make a request that is answered in JSON, with this status."""
        found, _, text = self.ask(method, path, body)
        assert found == status, text
        return json.loads(text)

    def socket(self, **options: Any) -> ClientConnection:
        """Open the socket."""
        options = {"additional_headers": {"Cookie": self.cookie}, "origin": self.origin, "max_size": None, **options}
        return connect(f"ws://127.0.0.1:{self.port}/ws", **options)


def hear(socket: ClientConnection, kind: str, timeout: float = 20.0) -> dict[str, Any]:
    """Return the next message of a kind."""
    until = time.monotonic() + timeout
    while True:
        message = socket.recv(timeout=max(0.0, until - time.monotonic()))
        assert isinstance(message, bytes)
        header = header_of(message)
        if header["kind"] == kind:
            return header


@contextlib.contextmanager
def running(folder: Path, **options: Any) -> Iterator[Guest]:
    """Run a studio with its runs in a folder."""
    pages = folder / "pages"
    (pages / "assets").mkdir(parents=True)
    (pages / "index.html").write_text("<!doctype html><title>studio</title>")
    (pages / "assets" / "page.js").write_text("export {}")
    workers = {"players": Players(3, PARROT, rest=0.0), "askers": Askers(2, 2, 20.0, PARROT), **options}
    listening = listen(None)
    port, token = listening.getsockname()[1], "the-token"
    house = House(folder / "runs", understood, pages, **workers)
    entrance = Entrance(application(house), port, token)
    served = server(entrance)
    thread = threading.Thread(target=served.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield Guest(port, token, house, entrance)
    finally:
        served.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
