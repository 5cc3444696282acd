"""Pictures of the studio for the documents: docs/studio/NAME.png, light and dark, made by visiting a real one.

Runs are trained first (about a minute). A picture has at most 256 colours and `--most` kilobytes.
"""

import argparse
import io
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from browsing import built, launch, start, visit
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

    asked.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as name:
        folder = asked.runs or Path(name)
        prepare_runs(folder / "runs")
        browser, served = launch(playwright), start(folder, pages=built())
        try:
            for name in asked.names or SHOTS:
                picture = small(take(browser, served, SHOTS[name]), 1000 * asked.most)
                (asked.out / f"{name}.png").write_bytes(picture)
                say(f"{name}: {len(picture) / 1000:.0f} kB")
        finally:
            served.stop()
            browser.close()


def prepare_runs(folder: Path) -> None:
    """Train what is looked at."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, options in RUNS.items():
        if not (folder / name / "scores.json").is_file():
            done = run_to_end([*PROFUNDO, "train", *options, "--out", folder / name], folder=folder)
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
        page.get_by_role("main").wait_for()
        if shot.prepare:
            shot.prepare(page)
        page.wait_for_timeout(1000 * shot.wait)
        page.wait_for_function("() => !document.querySelector('main [aria-busy=true]')")
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


SHOTS: dict[str, Shot] = {
    "play": Shot("/play", wait=8),
    "play-dark": Shot("/play", dark=True, wait=8),
    "lab": Shot("/lab"),
    "train": Shot("/train?run=wine"),
    "inside": Shot("/inside?run=digits&row=3"),
    "mistakes": Shot("/mistakes?run=digits"),
    "runs": Shot("/runs"),
    "play-phone": Shot("/play", size=(360, 800), language="ca", wait=6),
}


if __name__ == "__main__":
    main()
