"""The studio in a real browser: frames a second, waits, weight, barriers, and its cost to a training it watches.

Everything runs on --cores processor cores (2): server, worker, Chromium without a GPU, and this script. A frame is one
repaint of the browser in which the decision surface was drawn anew; "busy" is with another process that never rests.
First frame: from asking for the address, right after it was printed by a fresh studio, to the first drawn surface.
Still: from the key that pauses to the last time the surface was drawn. A watched training (LeNet-5 on digits, one
thread) and one that nobody watches take turns; what is compared is the time of its epochs.
"""

import argparse
import os
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from browsing import PAGES, SETTLED, WATCH, axe, built, burning, launch, studio, train, visit, weight
from hardware import hardware
from processes import say
from record import NUMBERS, figure, record, show, store

DRAWN = "() => surface().length > 0"
FRAMES, SECONDS, WARM = 3, 10.0, 3.0  # repetitions and seconds of counting frames, seconds of learning before it
READY = 2.0  # seconds in which a person copies the address
OPENING = 4  # a quarter of the epochs of a watched training passes while its page opens, and is not counted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", nargs="+", choices=tuple(PARTS), default=list(PARTS))
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=24, help="of the watched training")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--out", type=Path, default=NUMBERS / "studio.json")
    asked = parser.parse_args()
    from playwright.sync_api import sync_playwright

    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: asked.cores])
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = launch(playwright)
        for name in asked.what:
            here = hardware()
            figures, repetitions, *notes = PARTS[name](browser, Path(folder), asked)
            settings = {"cores": asked.cores, "browser": browser.version}
            store(asked.out, __doc__, {name: record(figures, repetitions, here, settings=settings, notes=notes)})
            show(figures, say)
        browser.close()
    say(f"written: {asked.out}")


def frames(browser: Any, folder: Path, asked: argparse.Namespace) -> tuple[Any, ...]:
    """Count the frames of the live surface, quiet and with a process beside it that never rests."""
    found: list[dict[str, Any]] = []
    with studio(folder) as served, visit(browser, served.entry, WATCH) as page:
        for number in range(2 * FRAMES):
            busy = number % 2 == 1
            with burning(busy):
                found.append({"busy": busy, "load": os.getloadavg()[0], **count(page)})
    figures = []
    for busy, name, least in ((False, "quiet", 28), (True, "with a busy process", 20)):
        mine = [f for f in found if f["busy"] == busy]
        figures.append(figure(f"frames, {name}", [f["frames"] for f in mine], "/s", at_least=least))
        gaps = [f["gap95"] for f in mine]
        figures.append(figure(f"95th percentile of the gaps, {name}", gaps, "ms", at_most=60))
    return figures, found


def count(page: Any) -> dict[str, float]:
    """Learn anew, let it settle, and count how often the surface is drawn."""
    page.reload()
    page.wait_for_function(DRAWN)
    page.wait_for_timeout(1000 * WARM)
    begin, step = page.evaluate("[performance.now(), step]")
    page.wait_for_timeout(1000 * SECONDS)
    times = [t for t in page.evaluate("surface()") if begin <= t < begin + 1000 * SECONDS]
    gap = float(np.quantile(np.diff(times), 0.95)) if len(times) > 2 else float("inf")
    return {
        "frames": len(times) / SECONDS,
        "gap95": gap,
        "largest_gap": max(np.diff(times)),
        "steps": page.evaluate("step") - step,
    }


def waits(browser: Any, folder: Path, asked: argparse.Namespace) -> tuple[Any, ...]:
    """Measure what a person waits for: the first frame of a fresh studio, and the still picture after a pause."""
    first, later, address, still = [], [], [], []
    for number in range(2 * asked.repetitions):
        began = time.time()
        with studio(folder) as served:
            if number % 2:
                time.sleep(READY)
            else:
                address.append(time.time() - began)
            began = time.time()
            with visit(browser, served.entry, WATCH) as page:
                page.wait_for_function(DRAWN)
                waited = page.evaluate("(performance.timeOrigin + surface()[0]) / 1000") - began
                (later if number % 2 else first).append(waited)
                if number % 2:
                    continue
                page.wait_for_timeout(1000)
                still += [pause(page) for _ in range(4)]
    figures = [
        figure("from `profundo studio` to its address", address, "s"),
        figure("from the address to the first frame", first, "s", at_most=2),
        figure(f"the same, where the address is opened {READY:g} s after it was printed", later, "s", at_most=2),
        figure("from pause to still picture", still, "ms", at_most=100),
    ]
    return figures, [{"address": a, "first": f} for a, f in zip(address, first, strict=True)] + [{"still": still}]


def pause(page: Any) -> float:
    """Press the space bar; return how many milliseconds later the surface was drawn for the last time. Then go on."""
    page.evaluate("document.activeElement?.blur()")
    page.keyboard.press(" ")
    page.wait_for_timeout(500)
    waited = page.evaluate("surface().at(-1) - pressed")
    page.keyboard.press(" ")
    page.wait_for_timeout(300)
    return max(0.0, waited)


def pages(browser: Any, folder: Path, asked: argparse.Namespace) -> tuple[Any, ...]:
    """Weigh the pages, count what they ask of other hosts, and look for barriers in light and dark."""
    source, foreign, found = axe() or "", [], []
    with studio(folder, "digits") as served, visit(browser, served.entry, WATCH, source) as page:
        page.context.on("request", lambda r: foreign.append(r.url) if not local(r.url, served.origin) else None)
        for (name, address), theme in product(PAGES.items(), ("light", "dark")):
            page.emulate_media(color_scheme=theme)
            page.goto(served.origin + address)
            page.wait_for_timeout(500)
            page.wait_for_function(SETTLED)
            broken = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"] if source else []
            found.append({"page": name, "theme": theme, "violations": [v["id"] for v in broken]})
    figures = [
        figure("all pages together in one language, gzip", [weight(built() or Path()) / 1000], "kB", at_most=150),
        figure("requests to other hosts", [len(foreign)], at_most=0),
    ]
    if source:
        figures.append(figure("axe-core violations", [sum(len(f["violations"]) for f in found)], at_most=0))
    return figures, found


def local(url: str, origin: str) -> bool:
    """Say whether a request stays on this machine."""
    return url.startswith((origin, origin.replace("http", "ws", 1), "data:", "blob:"))


def thousand(browser: Any, folder: Path, asked: argparse.Namespace) -> tuple[Any, ...]:
    """List a thousand runs: cold, by the server's answer, and until the page shows them."""
    found = []
    for _ in range(min(3, asked.repetitions)):
        with studio(folder, "digits", copies=1000) as served, visit(browser, served.entry, WATCH) as page:
            cold, warm = (page.evaluate(ASK_RUNS) for _ in range(2))
            began = time.time()
            page.goto(f"{served.origin}/runs")
            page.get_by_role("row").nth(20).wait_for()
            found.append({"runs": cold[1], "cold": cold[0], "warm": warm[0], "page": time.time() - began})
    named = {"cold": "first answer of a fresh studio", "warm": "second answer", "page": "until the page shows them"}
    limits = {"cold": 1.0, "page": 1.0}
    return [figure(f"1,000 runs: {named[k]}", [f[k] for f in found], "s", at_most=limits.get(k)) for k in named], found


ASK_RUNS = """async () => {
    const began = performance.now()
    const found = await (await fetch("/api/runs")).json()
    return [(performance.now() - began) / 1000, (found.runs ?? found).length]
}"""


def watching(browser: Any, folder: Path, asked: argparse.Namespace) -> tuple[Any, ...]:
    """Compare trainings that the Train page watches with trainings that nobody watches, in pairs."""
    found: list[dict[str, float]] = []
    with studio(folder) as served, visit(browser, served.entry) as page, ThreadPoolExecutor(1) as beside:
        for number in range(asked.repetitions):
            pair = {}
            for watched in (True, False) if number % 2 else (False, True):
                page.goto("about:blank")
                run = served.runs / f"{number}-{'watched' if watched else 'alone'}"
                training = beside.submit(train, run, asked.epochs)
                while watched and not (run / "progress.jsonl").is_file():
                    time.sleep(0.05)
                if watched:
                    page.goto(f"{served.origin}/train?run={run.name}")
                seconds = training.result()
                pair["watched" if watched else "alone"] = seconds[-1] - seconds[len(seconds) // OPENING]
            found.append(pair)
    cost = [100 * (f["watched"] / f["alone"] - 1) for f in found]
    figures = [
        figure("cost of being watched", cost, "%", at_most=3),
        figure("epochs, watched", [f["watched"] for f in found], "s"),
        figure("epochs, alone", [f["alone"] for f in found], "s"),
    ]
    return figures, found, f"the median of the costs is {statistics.median(cost):.2f} %"


PARTS = {"frames": frames, "waits": waits, "pages": pages, "runs": thousand, "watching": watching}


if __name__ == "__main__":
    main()
