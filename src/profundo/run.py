"""A run is a folder. Training writes it; everything after only reads it. No pickle, written or read.

What a crash leaves is always whole: every file is replaced atomically, a resume point is a weights file and then, last,
the JSON that names it with its checksum, and the one before it is deleted only afterwards.
"""

import contextlib
import json
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from types import FrameType
from typing import IO, Any

from torch import Tensor

from .errors import DataError, Interrupted, ResourceError
from .files import advice, atomic_write, finite, read_json, sha256, write_json

FORMAT = 1  # raised when a file of the folder changes its meaning
POSITION = ("epoch", "within", "step", "loss_sum", "examples", "seconds", "curve", "best_loss", "optimizer_steps")
UNSEALED = {"lock", "manifest.json", "report.html", "status.json", "tags.json"}  # they may be written anew
BEGUN = {
    "lock",
    "seeds.json",
    "code.txt",
    "status.json",
}  # written before the plan: a folder with these alone may be begun anew


class Run:
    """A run folder. `Run.create` makes a new one, `Run.open` reads one that is there."""

    def __init__(self, folder: Path, top: Path | None = None) -> None:
        self.folder = folder
        self.top = top or folder  # the folder that is resumed; another one where this run is a seed of several
        self.asked_to_stop = 0  # the signal that asked, noticed at the next step
        self._lock: IO[bytes] | None = None

    def __fspath__(self) -> str:
        return str(self.folder)

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r})"

    def _repr_html_(self) -> str:
        scores = self.read("scores.json")["scores"] if self.has("scores.json") else {}
        rows = [(n, *(number(s[k]) for k in ("value", "low", "high"))) for n, s in scores.items()]
        body = "".join(f"<tr><td>{escape(n)}</td><td>{v}</td><td>{low} to {high}</td></tr>" for n, v, low, high in rows)
        head = "<tr><th>score</th><th>value</th><th>95 % interval</th></tr>"
        return f"<p><b>{escape(str(self.folder))}</b></p><table>{head}{body}</table>"

    @classmethod
    def create(cls, folder: Path | None, name: str = "run", *, root: Path = Path("runs")) -> "Run":
        """Make a new folder: the one given, which must not hold a run already, or the next free `runs/<name>-<n>`.

        Raises ResourceError where the folder cannot be made.
        """
        if folder is not None:
            with advice(folder):
                folder.mkdir(parents=True, exist_ok=True)
                held = {p.name for p in folder.iterdir() if p.suffix != ".tmp"}
            if "plan.toml" in held:
                raise ResourceError(
                    f"{folder} holds a run. Go on with it: profundo train --resume {folder}; or choose another --out."
                )
            if held - BEGUN:
                raise ResourceError(f"{folder} is not empty: it holds {min(held - BEGUN)}. Choose another --out.")
            return cls(folder)
        with advice(root / name):
            root.mkdir(parents=True, exist_ok=True)
            for number in range(1, 1_000_000):
                with contextlib.suppress(FileExistsError):  # mkdir decides: two processes never share a folder
                    (root / f"{name}-{number}").mkdir()
                    return cls(root / f"{name}-{number}")
        raise ResourceError(f"{root} holds a million runs named {name}. Choose another folder with --out.")

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> "Run":
        """Open a run folder. Raises DataError where it is not one, or was written by a newer profundo."""
        path = Path(folder)
        if not (path / "plan.toml").is_file():
            near = sorted(p.parent.name for p in path.parent.glob("*/plan.toml")) if path.parent.is_dir() else []
            hint = f" Runs in {path.parent}: {', '.join(near[:8])}." if near else ""
            raise DataError(f"{path} is not a profundo run: it holds no plan.toml.{hint}")
        return cls(path)

    def path(self, name: str) -> Path:
        """Return the path of one of the folder's files."""
        return self.folder / name

    def has(self, name: str) -> bool:
        """Say whether the file is there."""
        return self.path(name).is_file()

    def read(self, name: str) -> Any:
        """Read one of the folder's JSON files."""
        return read_json(self.path(name))

    def write(self, name: str, value: Any) -> None:
        """Write one of the folder's JSON or text files, atomically."""
        if isinstance(value, str):
            atomic_write(self.path(name), value)
        else:
            write_json(self.path(name), value)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder: a second process that wants to train there is refused, also after this one is killed."""
        import fcntl

        with advice(self.path("lock")):
            self._lock = self.path("lock").open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise ResourceError(
                f"{self.folder} is in use by another process that trains there. Wait for it, or choose another --out."
            ) from error
        try:
            with advice(self.path("lock")):
                self._lock.truncate(0)
                self._lock.write(str(os.getpid()).encode())  # who trains here, for whoever watches or stops it
                self._lock.flush()
            for debris in self.folder.rglob(".*.tmp"):  # what a killed process was writing
                debris.unlink(missing_ok=True)
            yield
        finally:
            self._lock.close()

    @property
    def held(self) -> bool:
        """Say whether this process holds the folder."""
        return self._lock is not None and not self._lock.closed

    @contextlib.contextmanager
    def stoppable(self) -> Iterator[None]:
        """Let Ctrl-C and SIGTERM stop the training at the next step, with everything saved; a second one at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def ask(number: int, frame: FrameType | None) -> None:
            if self.asked_to_stop:
                raise self.interrupted("stopped at once", number)
            self.asked_to_stop = number

        before = {s: signal.signal(s, ask) for s in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if self.asked_to_stop:  # after the last step
            raise self.interrupted("stopped", self.asked_to_stop)

    def interrupted(self, what: str, number: int) -> Interrupted:
        """Build the error for a training that a signal stopped."""
        return Interrupted(f"{what}; what was learnt is saved. Go on: profundo train --resume {self.top}", number)

    def discard(self) -> None:
        """Remove the folder of a run that never began."""
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                path.unlink()
            self.folder.rmdir()

    # progress ----------------------------------------------------------------------------------------------------

    def append_progress(self, line: Mapping[str, Any]) -> None:
        """Add one epoch to progress.jsonl."""
        path = self.path("progress.jsonl")
        with advice(path), path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(finite(dict(line))) + "\n")

    def progress(self) -> list[dict[str, Any]]:
        """Read the epochs so far."""
        return self.lines("progress.jsonl")

    def lines(self, name: str) -> list[dict[str, Any]]:
        """Read a JSON object a line; none where the file is not there, and without a last line that was cut short."""
        path = self.path(name)
        if not path.is_file():
            return []
        lines = path.read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines[:-1] if line]

    # weights -----------------------------------------------------------------------------------------------------

    def save_weights(self, name: str, tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> None:
        """Write tensors as safetensors, atomically."""
        from safetensors.torch import save

        own = {k: v.detach().contiguous().cpu().clone() for k, v in tensors.items()}
        atomic_write(self.path(name), save(own, metadata))

    def load_weights(self, name: str, digest: str | None = None) -> dict[str, Tensor]:
        """Read a weights file; with `digest`, only if its SHA-256 is that. Raises DataError where it is damaged."""
        from safetensors import SafetensorError
        from safetensors.torch import load

        path = self.path(name)
        try:
            if digest is not None and sha256(path) != digest:
                raise DataError(f"{path} is damaged: its checksum is not the one that was stored.")
            return load(path.read_bytes())
        except FileNotFoundError as error:
            raise DataError(f"{path} does not exist: the training has not got that far, or it was deleted.") from error
        except (SafetensorError, OSError, ValueError) as error:
            raise DataError(f"{path} is damaged or unreadable ({error}).") from error

    # resuming ----------------------------------------------------------------------------------------------------

    def save_resume(self, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        """Write a resume point: the tensors, then the JSON that names them; the point before is deleted last."""
        name = f"resume-{state['epoch']:06d}-{state['step']:08d}.safetensors"  # never one that resume.json names
        lines = self.path("progress.jsonl").read_bytes() if self.has("progress.jsonl") else b""
        try:
            self.save_weights(name, tensors)
            digest = sha256(self.path(name))
            record = {"format": FORMAT, "file": name, "sha256": digest, "progress_bytes": len(lines), **state}
            write_json(self.path("resume.json"), record)
        except BaseException:  # on a full disk the room is needed
            if not self.has("resume.json") or self.read("resume.json")["file"] != name:
                self.path(name).unlink(missing_ok=True)
            raise
        for old in self.folder.glob("resume-*.safetensors"):
            if old.name != name:
                old.unlink(missing_ok=True)

    def load_resume(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Read the resume point, or None; cut progress.jsonl back to what it was then."""
        progress = self.path("progress.jsonl")
        if not self.has("resume.json"):
            progress.unlink(missing_ok=True)
            return None
        state = self.record("resume.json", ("file", "sha256", "progress_bytes", *POSITION))
        tensors = self.load_weights(state["file"], state["sha256"])
        if progress.is_file():
            atomic_write(progress, progress.read_bytes()[: state["progress_bytes"]])
        return tensors, state

    def forget_resume(self) -> None:
        """Delete the resume point: the run is complete."""
        for name in ("resume.json", "stop"):
            self.path(name).unlink(missing_ok=True)
        for old in self.folder.glob("resume-*.safetensors"):
            old.unlink(missing_ok=True)

    # the manifest ------------------------------------------------------------------------------------------------

    def seal(self) -> None:
        """Write manifest.json: the size and SHA-256 of every file. Whoever loads the run checks against it."""
        files = sorted(p for p in self.folder.iterdir() if p.is_file() and p.name not in UNSEALED)
        record = {p.name: {"bytes": p.stat().st_size, "sha256": sha256(p)} for p in files}
        write_json(self.path("manifest.json"), {"format": FORMAT, "files": record})

    def digest(self, name: str) -> str:
        """Return the stored SHA-256 of a file. Raises DataError where the run was not completed."""
        if not self.has("manifest.json"):
            raise DataError(
                f"{self.folder} is not complete: its training was interrupted. "
                f"Go on: profundo train --resume {self.top}"
            )
        files = self.record("manifest.json", ("files",))["files"]
        try:
            return str(files[name]["sha256"])
        except (KeyError, TypeError) as error:
            raise DataError(f"{self.path('manifest.json')} is damaged: it does not list {name}.") from error

    def check(self, *names: str) -> None:
        """Raise DataError where a file of a complete run is missing, or is not the one that was stored."""
        for name in names:
            digest, path = self.digest(name), self.path(name)
            if not path.is_file():
                raise DataError(f"{path} does not exist: it was deleted or renamed.")
            if sha256(path) != digest:
                raise DataError(f"{path} is damaged: its checksum is not the one that was stored.")

    def record(self, name: str, keys: Iterable[str]) -> dict[str, Any]:
        """Read a JSON file that holds its format and these keys. Raises DataError where it does not."""
        value, path = self.read(name), self.path(name)
        if not isinstance(value, dict) or "format" not in value:
            raise DataError(f"{path} is damaged, or profundo did not write it: it has no format.")
        if value["format"] != FORMAT:
            raise DataError(f"{path} has format {value['format']}; this profundo reads {FORMAT}. Use a newer one.")
        for key in keys:
            if key not in value:
                raise DataError(f"{path} is damaged: it has no {key!r}.")
        return value


def number(value: float | None) -> str:
    """Write a score for a notebook."""
    return "-" if value is None else f"{value:.4f}"
