"""The server itself: its port, its deadlines, its beginning and its end."""

import asyncio
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..errors import ResourceError
from .conversation import LONGEST
from .entrance import Entrance

HEAD = 10.0  # seconds in which the head of a request must be there
IDLE = 60  # seconds that a connection may wait for the next request
CONNECTIONS = 128
USUAL, PORTS = 8100, 50  # the first port, and how many are tried


class Connection(H11Protocol):
    """A connection that is cut where the head of a request does not come; uvicorn waits for ever."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        self.deadline: asyncio.TimerHandle | None = None
        self.upgraded = False
        super().connection_made(transport)
        self.expect()

    def data_received(self, data: bytes) -> None:
        """Read; wait for the rest of a head that is not complete."""
        super().data_received(data)
        self.expect()

    def expect(self) -> None:
        """Cut the connection in a while, unless a request is being answered."""
        waiting = not self.upgraded and (self.cycle is None or self.cycle.response_complete)
        if waiting and self.deadline is None:
            self.deadline = self.loop.call_later(HEAD, self.transport.close)
        elif not waiting:
            self.forget()

    def forget(self) -> None:
        """Do not cut it."""
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None

    def handle_websocket_upgrade(self, event: Any) -> None:
        """Become a socket, which has its own deadlines."""
        self.upgraded = True
        self.forget()
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self.forget()
        super().connection_lost(exc)


def listen(port: int | None) -> socket.socket:
    """Return a socket that listens on 127.0.0.1: on this port, or the first free one from the usual one on.

    Raises ResourceError where the port is in use.
    """
    for number in range(USUAL, USUAL + PORTS) if port is None else [port]:
        listening = socket.socket(proto=socket.IPPROTO_TCP)  # which asyncio must see to send at once (TCP_NODELAY)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", number))
            listening.listen(CONNECTIONS)
        except (OSError, OverflowError) as error:
            listening.close()
            why = error.strerror if isinstance(error, OSError) else "a port is a number up to 65535"
            told = f"port {number} cannot be had ({why}). Leave --port out, and a free one is chosen."
            last = ResourceError(told)
        else:
            return listening
    raise last


def server(entrance: Entrance) -> uvicorn.Server:
    """Return the server: `.run(sockets=[...])` serves until SIGINT or SIGTERM, which it then passes on."""
    config = uvicorn.Config(
        entrance,
        http=Connection,
        ws="websockets-sansio",
        ws_max_size=LONGEST,
        ws_per_message_deflate=False,
        loop="asyncio",
        lifespan="on",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)
