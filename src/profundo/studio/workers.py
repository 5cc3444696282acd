"""The processes that compute for the server: one for each page that plays, a few that answer questions."""

import asyncio
import contextlib
import os
import signal
import struct
import sys
from collections.abc import Sequence

from ..frames import LONGEST, header_of, pack
from .telling import Refused

PIECE = 2**20  # bytes that are read ahead
GRACE = 1.0  # seconds in which a worker may end by itself
FORGET = 3.0  # seconds in which it may forget a page
SOON = 0.5  # seconds that are waited for a worker which another page has just left


class Worker:
    """A process of `profundo.worker`, and the messages to it and from it. It ends when its input does."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.length: int | None = None  # of the message that is being read, also where who read it has gone

    @classmethod
    async def start(cls, command: Sequence[str]) -> "Worker":
        """Start a process that reads messages from its input and writes messages to its output."""
        errors = None if os.environ.get("PROFUNDO_DEBUG") else asyncio.subprocess.DEVNULL
        pipe = asyncio.subprocess.PIPE
        return cls(
            await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, stderr=errors, limit=PIECE, start_new_session=True
            )
        )

    @property
    def alive(self) -> bool:
        """Say whether the process runs."""
        return self.process.returncode is None

    async def send(self, message: bytes) -> None:
        """Write a message. One to a process that has ended is lost: `receive` tells."""
        assert self.process.stdin is not None
        with contextlib.suppress(ConnectionError, RuntimeError):
            self.process.stdin.write(struct.pack("<I", len(message)) + message)
            await self.process.stdin.drain()

    async def receive(self) -> bytes | None:
        """Read the next message; None where the process has ended."""
        assert self.process.stdout is not None
        try:
            if self.length is None:
                (self.length,) = struct.unpack("<I", await self.process.stdout.readexactly(4))
            if self.length > LONGEST:  # something else than a message was written there
                return None
            message = await self.process.stdout.readexactly(self.length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        self.length = None
        return message

    async def end(self, *, at_once: bool = False) -> None:
        """End the process: its input first; whoever does not follow is killed."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        if not at_once:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.emptied(), GRACE)
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGKILL)  # Popen's own kill would take the status from asyncio
        await self.emptied()

    async def emptied(self) -> None:
        """Wait for the end of the process, reading what it still says: asyncio sees no end behind a full pipe."""
        assert self.process.stdout is not None
        while await self.process.stdout.read(PIECE):
            pass
        await self.process.wait()


def command(role: str) -> list[str]:
    """Return the command of a worker. -P: what lies in the current folder is not imported."""
    return [sys.executable, "-P", "-m", "profundo.worker", role]


class Players:
    """The processes that play: at most `most` at work, and one more, warm, for the next page.

    A page that has gone leaves its process to the next one; what it was told there is forgotten (`leave`).
    """

    def __init__(self, most: int = 6, line: Sequence[str] | None = None, *, rest: float = 3.0) -> None:
        self.most, self.line, self.rest = most, list(line or command("play")), rest
        self.free: list[Worker] = []
        self.working: set[Worker] = set()
        self.taken = 0
        self.leaving: set[asyncio.Task[None]] = set()
        self.starting: asyncio.Task[None] | None = None
        self.wanted = asyncio.Event()  # now: the rest is over

    def prepare(self, *, later: float = 0.0) -> None:
        """Start the warm one, but not while the page that took the last one begins."""
        if self.starting is None or self.starting.done():
            self.wanted = asyncio.Event()
            self.starting = asyncio.create_task(self.start(later))

    async def start(self, later: float) -> None:
        """Start one in a while, if none is free by then."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.wanted.wait(), later)
        if not self.free:
            self.free.append(await Worker.start(self.line))

    async def take(self) -> Worker:
        """Return a worker of one's own, to be given back. Raises Refused where there are too many."""
        if self.taken >= self.most:
            raise Refused(503, f"{self.most} pages play already. Close one of them, and load this one again.", after=5)
        self.taken += 1
        try:
            worker = await self.next_free()
        except BaseException:
            self.taken -= 1
            raise
        self.working.add(worker)
        self.prepare(later=self.rest)
        return worker

    async def next_free(self) -> Worker:
        """Return a worker that nobody has: one that is left just now comes sooner than a new one."""
        while True:
            while self.free:
                if (worker := self.free.pop()).alive:
                    return worker
            self.prepare()
            assert self.starting is not None
            if not self.leaving:
                self.wanted.set()
            await asyncio.wait({self.starting, *self.leaving}, timeout=SOON, return_when=asyncio.FIRST_COMPLETED)
            self.wanted.set()
            if self.starting.done():
                self.starting.result()

    def give_back(self, worker: Worker) -> None:
        """Take back a worker that its page does not need any more."""
        self.working.discard(worker)
        self.taken -= 1
        task = asyncio.create_task(self.leave(worker))
        self.leaving.add(task)
        task.add_done_callback(self.leaving.discard)

    async def leave(self, worker: Worker) -> None:
        """Keep a worker for the next page when it has forgotten the last one, or end it."""
        try:
            async with asyncio.timeout(FORGET):
                if not self.free and await self.forgotten(worker):
                    self.free.append(worker)
                    return
        except TimeoutError:
            pass
        await worker.end()

    async def forgotten(self, worker: Worker) -> bool:
        """Ask a worker to forget its page, and drop what it still says to it."""
        await worker.send(pack({"do": "leave"}))
        while (message := await worker.receive()) is not None:
            if header_of(message).get("kind") == "left":
                return not self.free
        return False

    async def close(self) -> None:
        """End them all."""
        self.wanted.set()
        if self.starting is not None:
            with contextlib.suppress(OSError):
                await self.starting
        await asyncio.gather(*self.leaving)
        await asyncio.gather(*(worker.end() for worker in [*self.working, *self.free]))
