"""Trainings that the page starts: each is `profundo train` in a process of its own, which outlives the server."""

import asyncio
import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..files import advice
from ..folders import is_run, trainer
from ..says import says
from .telling import Refused
from .uploads import cleaned

MOST = 8  # trainings that were started here, at once
BEGINNING = 30.0  # seconds in which a training that cannot be carried out says so


class Trainings:
    """Starts trainings in a folder of runs, goes on with them, pauses and stops them. `logs` is where they talk to."""

    def __init__(self, runs: Path, logs: Path) -> None:
        self.runs, self.logs = runs, logs
        self.started: list[subprocess.Popen[bytes]] = []

    async def start(self, source: str, wishes: Mapping[str, Any], seeds: int | None) -> Path:
        """Start one in the next free folder. Raises Refused with the training's own advice where it ends at once."""
        folder = self.new_folder(source)
        try:
            line = says("train", source, wishes, seeds=seeds, out=str(folder))["command"]
            await self.begin(folder, shlex.split(line)[1:])
        except BaseException:
            with contextlib.suppress(OSError):
                folder.rmdir()
            raise
        return folder

    async def resume(self, folder: Path) -> None:
        """Go on with one that was paused or interrupted."""
        if trainer(folder) is not None:
            raise Refused(409, f"{folder.name} is training already.")
        with contextlib.suppress(FileNotFoundError):
            (folder / "stop").unlink()
        await self.begin(folder, ["train", "--resume", str(folder)])

    async def begin(self, folder: Path, arguments: Sequence[str]) -> None:
        """Start a process, and wait until it trains or has ended."""
        self.started = [process for process in self.started if process.poll() is None]
        if len(self.started) >= MOST:
            raise Refused(429, f"{MOST} trainings that were started here go on. Wait for one, or pause it.", after=10)
        log = self.log(folder.name)
        with advice(log):
            log.parent.mkdir(parents=True, exist_ok=True)
            errors = log.open("wb")
        with errors:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "profundo", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
        self.started.append(process)
        threading.Thread(target=process.wait, daemon=True).start()  # so that it does not stay as a zombie
        until = time.monotonic() + BEGINNING
        while process.poll() is None and time.monotonic() < until:
            if trainer(folder) == process.pid and is_run(folder):
                return
            await asyncio.sleep(0.05)
        if process.poll() not in (None, 0):
            raise Refused(422, self.last_words(folder.name))

    def new_folder(self, source: str) -> Path:
        """Make the next free folder, named after the source."""
        name = cleaned(Path(source).stem or "run")
        name = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:80] or "run"
        with advice(self.runs / name):
            self.runs.mkdir(parents=True, exist_ok=True)
            for number in range(1, 1_000_000):
                with contextlib.suppress(FileExistsError):
                    (self.runs / f"{name}-{number}").mkdir()
                    return self.runs / f"{name}-{number}"
        raise Refused(409, f"there are a million runs named {name}.")

    def log(self, name: str) -> Path:
        """Return the file that a training talks to."""
        return self.logs / f"{name}.log"

    def last_words(self, name: str) -> str:
        """Return the advice with which a training ended."""
        lines = self.tail(name)
        told = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
        return (told or lines or ["the training ended at once, and said nothing."])[-1]

    def tail(self, name: str, most: int = 20) -> list[str]:
        """Return the last lines that a training which was started here said."""
        try:
            with self.log(name).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 2**15))
                return file.read().decode("utf-8", "replace").splitlines()[-most:]
        except OSError:
            return []


def pause(folder: Path) -> None:
    """Stop a training at its next step, with everything saved, to be resumed."""
    os.kill(training_in(folder), signal.SIGTERM)


def stop(folder: Path) -> None:
    """Let a training end after its epoch, and score what it has learnt."""
    training_in(folder)
    with advice(folder / "stop"):
        (folder / "stop").touch()


def training_in(folder: Path) -> int:
    """Return the process that trains there. Raises Refused (409) where none does."""
    pid = trainer(folder)
    if pid is None or pid == os.getpid():
        raise Refused(409, f"{folder.name} is not training now.")
    return pid
