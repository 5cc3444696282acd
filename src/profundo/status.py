"""How a training goes, as a small file in its run folder that whoever watches may read: status.json.

It is written at most twice a second, is never needed to resume, and where it cannot be written the training goes on.
"""

import contextlib
import json
import os
import time
from typing import Any

from .attended import Watch
from .errors import ProfundoError
from .files import finite
from .run import Run

EVERY = 0.5  # seconds between two writings


class Status:
    """Takes the events of `profundo.train`, writes what they tell into status.json and passes them on.

    The file holds `state` (running, finished, stopped, failed), `pid`, `began` and `updated` (seconds since 1970),
    `stage`, what stands in `Progress`, `round` and `rounds` of a resampling, and the `error` that ended the training.
    """

    def __init__(self, watch: Watch) -> None:
        self.pass_on, self.written = watch, 0.0
        self.run: Run | None = None
        self.owned = False  # whether the folder was ever ours: of another process's run nothing is written
        self.state: dict[str, Any] = {"state": "running", "pid": os.getpid(), "began": time.time(), "stage": "reading"}

    def watch(self, event: str, value: Any) -> None:
        """Note an event."""
        if event == "run":
            self.run = value
        elif event == "stage":
            self.state["stage"] = value
        elif event == "progress":
            self.state |= {"stage": "training", "epoch": value.epoch, "epochs": value.epochs, "step": value.step}
            self.state |= {"steps": value.steps, "seconds": value.seconds, "train_loss": value.train_loss}
            self.state |= {"lr": value.lr, "stopped": value.stopped}
        elif event == "baseline":
            self.state["stage"] = "comparing with simpler methods"
        elif event == "rounds":
            self.state |= {"stage": "resampling", "round": value[0], "rounds": value[1]}
        if time.time() - self.written >= EVERY or event != "progress":
            self.write()
        self.pass_on(event, value)

    def end(self, error: BaseException | None = None) -> None:
        """Note that the training is over, and why."""
        gone = {"state": "finished", "stage": ""}
        if error is not None:
            stopped = getattr(error, "exit_code", 130 if isinstance(error, KeyboardInterrupt) else 1) in (130, 143)
            told = str(error) if isinstance(error, ProfundoError) else f"{type(error).__name__}: {error}"
            gone = {"state": "stopped" if stopped else "failed", "error": told}
        self.state |= gone
        self.write()

    def write(self) -> None:
        """Write the file, without waiting for the disk."""
        self.written = time.time()
        self.owned = self.owned or (self.run is not None and self.run.held)
        if self.run is None or not self.owned or not self.run.folder.is_dir():
            return
        path, new = self.run.path("status.json"), self.run.path(".status.json.tmp")
        try:
            new.write_text(json.dumps(finite({**self.state, "updated": self.written})), encoding="utf-8")
            new.replace(path)
        except OSError:
            with contextlib.suppress(OSError):  # on a full disk the room is needed
                new.unlink(missing_ok=True)
