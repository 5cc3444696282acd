"""Fresh processes: profundo's command line, and the scripts of the peers."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from record import ROOT

PROFUNDO = (sys.executable, "-m", "profundo")
PEERS = Path(__file__).parent / "peers"
LAST_LINES = 5  # of standard error that are kept where a process fails


@dataclass(frozen=True)
class Finished:
    """A process that has ended. `began` is the time (Unix) just before it was started, `seconds` until it had ended."""

    code: int
    out: str
    error: str
    began: float
    seconds: float

    @property
    def answers(self) -> list[dict[str, Any]]:
        """The JSON objects on standard output: one that fills it, or one a line among other lines."""
        try:
            return [json.loads(self.out)]
        except ValueError:
            return [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]

    @property
    def failure(self) -> str:
        """Why the process failed: its exit code and its last words."""
        return f"exit code {self.code}: " + " | ".join(self.error.strip().splitlines()[-LAST_LINES:])


def start(command: Sequence[object], *, folder: Path, env: Mapping[str, str] | None = None) -> Finished:
    """Run a command in a folder to its end. `{began}` in an argument becomes the time at which it is started."""
    path = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path, **(env or {})}
    began = time.time()
    arguments = [str(part).replace("{began}", repr(began)) for part in command]
    done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True)
    return Finished(done.returncode, done.stdout, done.stderr, began, time.time() - began)


def missing(python: str, packages: Sequence[str]) -> list[str]:
    """Return the packages that a Python cannot import."""
    code = "import importlib.util, sys; print(*[p for p in sys.argv[1:] if importlib.util.find_spec(p) is None])"
    asked = subprocess.run([python, "-c", code, *packages], capture_output=True, text=True, check=True)
    return asked.stdout.split()


def say(text: str) -> None:
    """Print how it goes, on standard error."""
    print(text, file=sys.stderr, flush=True)
