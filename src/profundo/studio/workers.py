"""The processes that compute for the server: one for each page that plays, a few that answer questions."""

import asyncio
import contextlib
import os
import struct
import sys
from collections.abc import Sequence

from ..errors import DataError
from ..frames import LONGEST
from .telling import Refused

PIECE = 2**20  # bytes that are read ahead
GRACE = 1.0  # seconds in which a worker may end by itself


class Worker:
    """A process of `profundo.worker`, and the messages to it and from it. It ends when its input does."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

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
            (length,) = struct.unpack("<I", await self.process.stdout.readexactly(4))
            if length > LONGEST:
                raise DataError(f"a worker sent a message of {length} bytes.")
            return await self.process.stdout.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def end(self, *, at_once: bool = False) -> None:
        """End the process: its input first; whoever does not follow is killed."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        if not at_once:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.emptied(), GRACE)
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
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
    """The processes that play: at most `most` at work, and one more, warm, for the next page."""

    def __init__(self, most: int = 6, line: Sequence[str] | None = None, *, rest: float = 3.0) -> None:
        self.most, self.line, self.rest = most, list(line or command("play")), rest
        self.working: set[Worker] = set()
        self.ending: set[asyncio.Task[None]] = set()
        self.warm: asyncio.Task[Worker] | None = None
        self.wanted = asyncio.Event()  # now: the warm one is not waited for any longer

    def prepare(self, *, later: float = 0.0) -> None:
        """Start the warm one, but not while the page that took the last one begins."""

        async def begin(wanted: asyncio.Event) -> Worker:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wanted.wait(), later)
            return await Worker.start(self.line)

        self.wanted = asyncio.Event()
        self.warm = asyncio.create_task(begin(self.wanted))

    async def take(self) -> Worker:
        """Return a worker of one's own, to be given back. Raises Refused where there are too many."""
        if len(self.working) >= self.most:
            raise Refused(503, f"{self.most} pages play already. Close one of them, and load this one again.", after=5)
        if self.warm is None:
            self.prepare()
        warm, self.warm = self.warm, None
        assert warm is not None
        self.wanted.set()
        self.prepare(later=self.rest)
        worker = await warm
        if not worker.alive:
            worker = await Worker.start(self.line)
        self.working.add(worker)
        return worker

    def give_back(self, worker: Worker) -> None:
        """End a worker that is not needed any more."""
        self.working.discard(worker)
        task = asyncio.create_task(worker.end())
        self.ending.add(task)
        task.add_done_callback(self.ending.discard)

    async def close(self) -> None:
        """End them all."""
        warm, self.warm = self.warm, None
        self.wanted.set()
        ends = [worker.end() for worker in self.working]
        if warm is not None:
            ends.append((await warm).end())
        await asyncio.gather(*ends, *self.ending)
