"""The one socket of a page: orders to the network it plays with, the frames from it, and the runs it watches."""

import asyncio
import contextlib
import time
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from ..frames import header_of, pack
from .house import House, house
from .outbox import Outbox
from .reading import as_object
from .telling import Refused
from .telling import as_object as told
from .watching import watch
from .workers import Worker

SOCKETS = 32  # open at once
LONGEST = 64 * 2**10  # bytes of an order
OFTEN, BURST = 120.0, 240.0  # orders a second, and at once
POLICY, FULL = 1008, 1013  # why a socket is closed: against the rules, too many


class Flood(Exception):
    """More orders came than a page sends."""


class Bucket:
    """Counts orders: `often` a second, and up to `burst` at once."""

    def __init__(self, often: float = OFTEN, burst: float = BURST) -> None:
        self.often, self.burst, self.left, self.at = often, burst, burst, time.monotonic()

    def take(self) -> None:
        """Count one. Raises Flood where there were too many."""
        now = time.monotonic()
        self.left, self.at = min(self.burst, self.left + (now - self.at) * self.often) - 1, now
        if self.left < 0:
            raise Flood


class Conversation:
    """What goes on over one socket."""

    def __init__(self, socket: WebSocket, own: House) -> None:
        self.socket, self.own, self.out = socket, own, Outbox()
        self.player: Worker | None = None
        self.playing: asyncio.Task[None] | None = None
        self.watching: asyncio.Task[None] | None = None

    async def hold(self) -> None:
        """Listen until the page goes."""
        sending = asyncio.create_task(self.send())
        bucket = Bucket()
        try:
            while True:
                text = await self.socket.receive_text()
                bucket.take()
                try:
                    await self.obey(as_object(text))
                except Exception as error:
                    await self.out.put(pack({"kind": "error", "error": told(self.own.understood(error))}))
        finally:
            for task in (sending, self.watching, self.playing):
                await stop(task)
            if self.player is not None:
                self.own.players.give_back(self.player)

    async def send(self) -> None:
        """Send what waits, as fast as the page reads."""
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self.socket.send_bytes(await self.out.take())

    async def obey(self, order: dict[str, Any]) -> None:
        """Pass an order on."""
        match order.pop("to", None):
            case "play":
                player = await self.own_player()
                await player.send(pack(order))
            case "watch":
                name = order.get("run")
                folder = None if name is None else self.own.run(name)
                await stop(self.watching)
                self.watching = None if folder is None else asyncio.create_task(watch(folder, self.out))
            case other:
                raise Refused(400, f"an order goes to 'play' or 'watch', not to {str(other)[:40]!r}.")

    async def own_player(self) -> Worker:
        """Return the worker of this page; a new one where it has none, or it has died."""
        if self.player is not None and self.player.alive:
            return self.player
        if self.player is not None:
            self.own.players.give_back(self.player)
            self.player = None
        self.player = await self.own.players.take()
        await stop(self.playing)
        self.playing = asyncio.create_task(self.pass_on(self.player))
        return self.player

    async def pass_on(self, player: Worker) -> None:
        """Pass on what a worker sends, until it ends; that it ended is told."""
        while (message := await player.receive()) is not None:
            if header_of(message).get("kind") == "frame":
                self.out.put_frame(message)
            else:
                await self.out.put(message)
        await player.end()
        status = player.process.returncode
        error = Refused(503, f"the process that trained this network has ended (status {status}). Start it again.")
        await self.out.put(pack({"kind": "error", "error": told(error), "ended": True}))


async def stop(task: asyncio.Task[None] | None) -> None:
    """End a task."""
    if task is not None:
        task.cancel()
        await asyncio.wait({task})


async def talk(socket: WebSocket) -> None:
    """Hold a conversation with a page."""
    own = house(socket)
    await socket.accept()
    if own.sockets >= SOCKETS:
        await socket.close(FULL, "too many pages are open")
        return
    own.sockets += 1
    try:
        await Conversation(socket, own).hold()
    except WebSocketDisconnect:
        pass
    except (Flood, KeyError):  # KeyError: a message that is not text
        with contextlib.suppress(RuntimeError):
            await socket.close(POLICY, "more, or other messages than a page sends")
    finally:
        own.sockets -= 1
