"""Studios and pages for a while, and how often a page draws: for the benchmark of the studio and its screenshots."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from processes import PROFUNDO
from processes import start as run_to_end
from record import ROOT

sys.path.insert(0, str(ROOT / "tests" / "studio" / "flows"))
from started import PAGES, SETTLED, Studio, axe, built, launch, start, weight

__all__ = ["PAGES", "SETTLED", "axe", "built", "launch", "start", "weight"]

QUICK = ["--evaluate", "holdout", "--no-baselines", "--no-check", "--lr", "0.01"]
DIGITS = ["train", "digits", "--network", "lenet5", *QUICK, "--threads", "1"]
BURN = "while True: pass"
WATCH = """(() => {
    const drawn = new Map(), fresh = new Set()
    for (const name of ["putImageData", "drawImage"]) {
        const draw = CanvasRenderingContext2D.prototype[name]
        CanvasRenderingContext2D.prototype[name] = function (...given) {
            fresh.add(this.canvas)
            draw.apply(this, given)
        }
    }
    const repaint = now => {
        for (const canvas of fresh) {
            if (!drawn.has(canvas)) drawn.set(canvas, [])
            drawn.get(canvas).push(now)
        }
        fresh.clear()
        requestAnimationFrame(repaint)
    }
    requestAnimationFrame(repaint)
    addEventListener("keydown", event => { window.pressed = event.timeStamp }, true)
    const area = canvas => canvas.isConnected ? canvas.clientWidth * canvas.clientHeight : 0
    window.surface = () => [...drawn].sort((a, b) => area(b[0]) - area(a[0]))[0]?.[1] ?? []
    window.step = 0
    window.WebSocket = class extends WebSocket {
        constructor(...given) {
            super(...given)
            this.addEventListener("message", ({ data }) => {
                const length = new DataView(data).getUint32(0, true)
                const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)))
                if (header.kind === "frame") window.step = header.step
            })
        }
    }
})()"""  # surface() are the moments (ms) at which the largest canvas was drawn, one a repaint of the browser


@contextlib.contextmanager
def studio(folder: Path, name: str | None = None, copies: int = 1) -> Iterator[Studio]:
    """Run a studio; its folder of runs is empty, or holds copies of one trained run."""
    place = Path(tempfile.mkdtemp(dir=folder))
    if name:
        train(place / "runs" / name, 2)
        for number in range(1, copies):
            shutil.copytree(place / "runs" / name, place / "runs" / f"{name}-{number}", copy_function=os.link)
    served = start(place, pages=built())
    try:
        yield served
    finally:
        served.stop()
        shutil.rmtree(place)


@contextlib.contextmanager
def visit(browser: Any, address: str, *scripts: str, entry: str | None = None, **options: Any) -> Iterator[Any]:
    """Open an address in a context of its own, after signing in at `entry` where that is another."""
    options = {"viewport": {"width": 1280, "height": 900}, "locale": "en-US", **options}
    context = browser.new_context(**options)
    for script in scripts:
        context.add_init_script(script)
    page = context.new_page()
    if entry:
        context.request.get(entry)
    page.goto(address, wait_until="commit")
    try:
        yield page
    finally:
        context.close()


@contextlib.contextmanager
def burning(busy: bool) -> Iterator[None]:
    """Let a process beside this one never rest."""
    process = subprocess.Popen([sys.executable, "-c", BURN]) if busy else None
    try:
        yield
    finally:
        if process:
            process.kill()
            process.wait()


def train(run: Path, epochs: int) -> list[float]:
    """Train LeNet-5 on digits in a process; return the seconds at which its epochs ended."""
    run.parent.mkdir(parents=True, exist_ok=True)
    done = run_to_end([*PROFUNDO, *DIGITS, "--epochs", epochs, "--out", run, "--quiet"], folder=run.parent)
    if done.code:
        raise SystemExit(done.failure)
    return [json.loads(line)["seconds"] for line in (run / "progress.jsonl").read_text().splitlines()]
