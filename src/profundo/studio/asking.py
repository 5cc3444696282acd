"""Questions to the workers that answer: a few processes, started when they are needed, and a queue that is bounded."""

import asyncio
import contextlib
from collections.abc import Sequence

from .telling import Refused
from .workers import Worker, command


class Askers:
    """At most `most` processes that answer one question each at a time, and at most `waiting` questions in the queue.

    A question that takes longer than `limit` seconds, or whose process dies, is refused, and its process replaced.
    """

    def __init__(
        self, most: int = 2, waiting: int = 16, limit: float = 120.0, line: Sequence[str] | None = None
    ) -> None:
        self.most, self.waiting, self.limit, self.line = most, waiting, limit, list(line or command("ask"))
        self.idle: list[Worker] = []  # the last one that answered is asked first: it has in memory what it read
        self.busy: set[Worker] = set()
        self.turn = asyncio.Semaphore(most)
        self.queued = 0
        self.starting: asyncio.Task[None] | None = None

    def prepare(self) -> None:
        """Start a process before the first question comes, if there is none."""

        async def start() -> None:
            async with self.turn:
                if not self.idle and not self.busy:
                    self.idle.append(await Worker.start(self.line))

        self.starting = self.starting or asyncio.create_task(start())

    async def ask(self, question: bytes, begun: asyncio.Event | None = None) -> bytes:
        """Return the answer to a packed question, also where it tells of an error. Raises Refused.

        `begun` is set when the question has had its turn: to give it up from then on ends the process.
        """
        if self.queued >= self.waiting:
            raise Refused(429, f"{self.queued} questions wait for an answer already. Ask again in a moment.", after=1)
        self.queued += 1
        try:
            await self.turn.acquire()
        finally:
            self.queued -= 1
        try:
            if begun is not None:
                begun.set()
            return await self.answered(question)
        finally:
            self.turn.release()

    async def answered(self, question: bytes) -> bytes:
        """Ask a process that is idle, or a new one."""
        self.idle = [worker for worker in self.idle if worker.alive]
        worker = self.idle.pop() if self.idle else await Worker.start(self.line)
        self.busy.add(worker)
        try:
            async with asyncio.timeout(self.limit):
                await worker.send(question)
                answer = await worker.receive()
        except BaseException as error:  # also where the one who asked has gone: the answer would be the next one's
            await worker.end(at_once=True)
            if isinstance(error, TimeoutError):
                raise Refused(503, f"this took longer than {self.limit:.0f} s, and was stopped.") from None
            raise
        finally:
            self.busy.discard(worker)
        if answer is None:
            await worker.end(at_once=True)
            raise Refused(503, f"the process that computed this has ended (status {worker.process.returncode}).")
        self.idle.append(worker)
        return answer

    async def close(self) -> None:
        """End them all."""
        if self.starting is not None:
            with contextlib.suppress(OSError):
                await self.starting
        await asyncio.gather(*(worker.end(at_once=True) for worker in [*self.idle, *self.busy]))
