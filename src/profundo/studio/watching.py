"""Following a run that trains: what is new in its folder is sent, as it is written, and nothing else is read."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from ..frames import pack
from .outbox import Outbox

EVERY, SOON = 0.25, 0.01  # seconds between two looks; where there is more to read
MOST = 2**18  # bytes that are read in one look: the server has frames to send


class Follower:
    """Reads a growing file of JSON lines: every look gives what is new.

    `first` is the number of the first of the new lines. A resumed training cuts its file back: then they begin at 0.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.at, self.first, self.seen = path, 0, 0, (0, 0)
        self.behind = False  # whether there is more to read

    def look(self) -> tuple[int, list[Any]] | None:
        """Return (first, lines) where there is something new, and None where not."""
        try:
            now = os.stat(self.path)
        except OSError:
            return None
        if (now.st_size, now.st_mtime_ns) == self.seen:
            return None
        again = now.st_size < self.at or (now.st_size == self.seen[0] and self.at > 0)
        if again:
            self.at = self.first = 0
        with open(self.path, "rb") as file:
            file.seek(self.at)
            text = file.read(MOST)
        text = text[: text.rfind(b"\n") + 1]
        self.behind = self.at + MOST < now.st_size
        self.seen = (0, 0) if self.behind else (now.st_size, now.st_mtime_ns)
        self.at += len(text)
        first, lines = self.first, [json.loads(line) for line in text.splitlines() if line.strip()]
        self.first += len(lines)
        return (first, lines) if lines or again else None


class Whole:
    """Reads a small JSON file that is replaced as a whole: every look gives it where it is another one."""

    def __init__(self, path: Path) -> None:
        self.path, self.seen = path, (0, 0, 0)

    def look(self) -> Any:
        """Return the file's content where it is new, and None where not."""
        try:
            now = os.stat(self.path)
            mark = (now.st_ino, now.st_size, now.st_mtime_ns)
            if mark == self.seen:
                return None
            value = json.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return None
        self.seen = mark
        return value


async def watch(folder: Path, out: Outbox) -> None:
    """Send what is new in a run's folder: {"kind": "progress", "run", "first", "lines", "status"}, status or null."""
    progress, status = Follower(folder / "progress.jsonl"), Whole(folder / "status.json")
    told = False
    while True:
        try:
            new, state = progress.look(), status.look()
        except (OSError, ValueError):
            new = state = None
        if new is not None or state is not None or not told:
            first, lines = new or (progress.first, [])
            await out.put(
                pack({"kind": "progress", "run": folder.name, "first": first, "lines": lines, "status": state})
            )
            told = True
        await asyncio.sleep(SOON if progress.behind else EVERY)
