"""A real studio in a process of its own, and Debian's Chromium: for the flows, the benchmark and the screenshots."""

import functools
import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[3]
WEB = ROOT / "web"
BUILT = ROOT / "src" / "profundo" / "studio" / "static"
PAGES = {
    "play": "/play",
    "lab": "/lab",
    "train": "/train?run=digits",
    "inside": "/inside?run=digits&row=0",
    "mistakes": "/mistakes?run=digits",
    "runs": "/runs",
}  # where each page shows something, if there is a run named digits
SETTLED = "() => !document.querySelector('main [aria-busy=true], main .ring')"  # nothing is loading
PATIENCE = 60.0  # seconds after which what has not come is a failure
ARGUMENTS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
ARGUMENTS += " --disable-component-update --disable-sync"


@dataclass
class Studio:
    """A studio that runs: `entry` is the address with the token, `origin` what every page's address begins with."""

    process: subprocess.Popen[str]
    entry: str
    runs: Path
    log: Path
    origin: str = field(init=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.entry)
        self.origin = f"{parts.scheme}://{parts.netloc}"

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


def start(folder: Path, *arguments: str, pages: Path | None = None) -> Studio:
    """Start a studio on a free port with its runs in `folder`, and wait until it answers."""
    runs, log = folder / "runs", folder / "studio.log"
    runs.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "profundo", "studio", *arguments, "--no-browser", "--runs", str(runs)]
    command += ["--port", str(free_port()), *(["--pages", str(pages)] if pages else [])]
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment())
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(r"http://[^\s\"]+", line):
            studio = Studio(process, found[0], runs, log)
            wait_for(studio)
            return studio
    process.wait()
    raise RuntimeError(f"the studio gave no address: {said}{log.read_text()}")


def wait_for(studio: Studio) -> None:
    """Wait until its port is open."""
    until = time.monotonic() + PATIENCE
    parts = urlsplit(studio.origin)
    while time.monotonic() < until:
        try:
            socket.create_connection((parts.hostname or "", parts.port or 0), 1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError(f"the studio does not answer: {studio.log.read_text()}")


def environment() -> dict[str, str]:
    """Return the environment of this process, with this checkout's profundo first."""
    path = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path}


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def command_line(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `profundo ARGUMENTS` to its end."""
    command = [sys.executable, "-m", "profundo", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=cwd, timeout=5 * PATIENCE)


def chromium() -> str | None:
    """Return the path of the browser, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def launch(playwright: Any) -> Any:
    """Start the browser, without a window and without anything that asks the network of its own accord."""
    return playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS.split())


def axe() -> str | None:
    """Return the script that looks for barriers (a development dependency of the pages), or None."""
    path = Path(os.environ.get("AXE", WEB / "node_modules" / "axe-core" / "axe.min.js"))
    return path.read_text(encoding="utf-8") if path.is_file() else None


def built() -> Path | None:
    """Return the folder of the built pages: $PAGES, or those in the package; None where there are none."""
    path = Path(os.environ.get("PAGES", BUILT))
    return path if (path / "index.html").is_file() else None


def weight(pages: Path, language: str = "en") -> int:
    """Return how many bytes the pages are together, compressed, as a visitor gets them: in one language."""
    others = {path.stem for path in (WEB / "src" / "words").glob("*.json")} - {language}
    files = [p for p in pages.rglob("*") if p.is_file() and p.name.split("-")[0] not in others]
    return sum(len(gzip.compress(p.read_bytes(), 9)) for p in files)


@functools.cache
def known(language: str) -> dict[str, str]:
    """Return the words of a language by key, such as "play.run"."""
    found = json.loads((WEB / "src" / "words" / f"{language}.json").read_text(encoding="utf-8"))
    return {f"{page}.{name}": text for page, texts in found.items() for name, text in texts.items()}


def word(key: str, language: str = "en", **values: object) -> str:
    """Return the words of a key such as "play.run", as the page shows them."""
    text = known(language)[key]
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text
