"""Pictures of the studio for the documents: docs/studio/NAME.png, light and dark, made by visiting a real one.

Runs are trained first (about a minute). A picture has at most 256 colours and `--most` kilobytes.
"""

import argparse
import io
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from browsing import SETTLED, built, launch, start, visit
from processes import PROFUNDO, say
from processes import start as run_to_end
from record import ROOT

COLOURS = (256, 128, 96, 64, 48, 32)  # tried one after the other until a picture is small enough
QUICK = ["--no-check", "--quiet"]
RUNS: dict[str, list[str]] = {
    "digits": ["digits", "--network", "lenet5", "--epochs", "12", *QUICK],
    "digits-mlp": ["digits", "--network", "mlp", "--epochs", "12", *QUICK],
    "wine": ["wine", "--epochs", "20", *QUICK],
    "breast-cancer": ["breast_cancer", "--epochs", "20", *QUICK],
    "diabetes": ["diabetes", "--epochs", "20", *QUICK],
    "intents": ["intents", "--epochs", "3", *QUICK],
}


@dataclass(frozen=True)
class Shot:
    """One picture: where, what is done there first, in which theme, language and size."""

    path: str
    prepare: Callable[[Any], None] | None = None
    dark: bool = False
    language: str = "en"
    size: tuple[int, int] = (1280, 900)
    wait: float = 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=f"which ones: {', '.join(SHOTS)} (all)")
    parser.add_argument("--most", type=float, default=120, help="kilobytes of a picture")
    parser.add_argument("--runs", type=Path, help="a folder of runs to keep; those that are not there are trained")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "studio")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(SHOTS):
        parser.error(f"no such pictures: {', '.join(sorted(unknown))}")
    from playwright.sync_api import sync_playwright

    out = asked.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as name:
        os.chdir(asked.runs or name)  # so that the pages name the folder "runs", and not where it is
        prepare_runs(Path("runs"))
        browser, served = launch(playwright), start(Path(), pages=built())
        try:
            for name in asked.names or SHOTS:
                picture = small(take(browser, served, SHOTS[name]), 1000 * asked.most)
                (out / f"{name}.png").write_bytes(picture)
                say(f"{name}: {len(picture) / 1000:.0f} kB")
        finally:
            served.stop()
            browser.close()


def prepare_runs(folder: Path) -> None:
    """Train what is looked at."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, options in RUNS.items():
        if not (folder / name / "scores.json").is_file():
            done = run_to_end([*PROFUNDO, "train", *options, "--out", folder.resolve() / name], folder=folder.parent)
            if done.code:
                sys.exit(f"{name}: {done.failure}")


def take(browser: Any, served: Any, shot: Shot) -> bytes:
    """Visit a page, prepare it and take its picture."""
    options = {
        "viewport": {"width": shot.size[0], "height": shot.size[1]},
        "color_scheme": "dark" if shot.dark else "light",
        "locale": {"en": "en-US", "es": "es-ES", "ca": "ca-ES"}[shot.language],
    }
    with visit(browser, served.origin + shot.path, entry=served.entry, **options) as page:
        page.get_by_role("main").get_by_role("heading").first.wait_for(state="attached")
        page.wait_for_function(SETTLED)
        if shot.prepare:
            shot.prepare(page)
        page.wait_for_timeout(1000 * shot.wait)
        page.wait_for_function(SETTLED)
        return page.screenshot()


def small(png: bytes, most: float) -> bytes:
    """Reduce the colours of a picture until it is small enough."""
    whole = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in COLOURS:
        file = io.BytesIO()
        whole.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
            file, "PNG", optimize=True
        )
        if file.tell() <= most:
            return file.getvalue()
    raise SystemExit(f"a picture is larger than {most / 1000:.0f} kB even with {COLOURS[-1]} colours")


def follow(page: Any) -> None:
    """Pause, and follow a unit of the second layer."""
    page.wait_for_timeout(4000)
    page.keyboard.press(" ")
    page.get_by_role("button", name="Layer 2, unit 3").first.click()
    page.wait_for_timeout(1500)


def draw(page: Any) -> None:
    """Draw a three with the mouse."""
    page.get_by_role("button", name="Draw", exact=True).click()
    box = page.get_by_role("application").locator("canvas").bounding_box()
    points = [(0.3, 0.2), (0.5, 0.12), (0.68, 0.25), (0.62, 0.42), (0.48, 0.48)]
    points += [(0.66, 0.55), (0.72, 0.72), (0.52, 0.88), (0.3, 0.8)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()


def confuse(page: Any) -> None:
    """Choose the cell of the matrix that is most confused."""
    page.locator("button.chip").first.click()


def play_on(page: Any) -> None:
    """Let an experiment play to its end."""
    page.get_by_role("main").get_by_role("slider").first.press("End")


PETALS = "petal length (cm),petal width (cm)"
SHOTS: dict[str, Shot] = {
    "play": Shot("/play", wait=8),
    "play-dark": Shot(f"/play?source=iris&axes={PETALS}&hidden=6,4&l2=0.003", dark=True, wait=5),
    "play-step": Shot("/play", follow, size=(1280, 1500)),
    "play-phone": Shot("/play?source=circle", size=(360, 800), language="ca", wait=4),
    "lab-race-dark": Shot("/lab?name=race", play_on, dark=True, wait=3),
    "lab-regression": Shot("/lab?name=regression", play_on, wait=3),
    "train": Shot("/train?source=breast_cancer", wait=4),
    "train-dark": Shot("/train?run=diabetes", dark=True),
    "inside": Shot("/inside?run=digits", draw, wait=3),
    "mistakes": Shot("/mistakes?run=digits", confuse, wait=4),
    "mistakes-dark": Shot("/mistakes?run=breast-cancer", dark=True, wait=4),
    "runs": Shot("/runs?compare=digits,digits-mlp", wait=6),
}


if __name__ == "__main__":
    main()
