"""What waits to be sent to a page: of the frames the latest, of everything else all, in the order they were made."""

import asyncio
import time
from collections import deque

FRAMES = 30  # a second at most


class Outbox:
    """A queue of messages with at most one frame in it.

    A frame that is not sent yet is replaced by the next one. Frames are sent at most `rate` times a second; but where
    something else stands behind a frame, neither waits.
    """

    def __init__(self, rate: float = FRAMES, room: int = 64) -> None:
        self.rate, self.room = rate, room
        self.waiting: deque[tuple[bytes, bool]] = deque()
        self.changed = asyncio.Event()
        self.sent = 0.0  # when the last frame went

    def put_frame(self, message: bytes) -> None:
        """Add a frame, in place of the one that waits."""
        for place, (_, frame) in enumerate(self.waiting):
            if frame:
                del self.waiting[place]
                break
        self.waiting.append((message, True))
        self.changed.set()

    async def put(self, message: bytes) -> None:
        """Add a message that must arrive; waits while the page is slow to read."""
        while len(self.waiting) >= self.room:
            await asyncio.sleep(0.01)
        self.waiting.append((message, False))
        self.changed.set()

    async def take(self) -> bytes:
        """Return the next message when it is time to send it."""
        while True:
            if not self.waiting:
                self.changed.clear()
                await self.changed.wait()
            due = self.sent + 1 / self.rate - time.monotonic()
            if self.waiting[0][1] and len(self.waiting) == 1 and due > 0:
                self.changed.clear()
                try:
                    async with asyncio.timeout(due):
                        await self.changed.wait()
                except TimeoutError:
                    pass
                else:
                    continue
            message, frame = self.waiting.popleft()
            if frame:
                self.sent = time.monotonic()
            return message
