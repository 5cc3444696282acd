"""The page in the browser."""

import contextlib
import os
import secrets
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

import typer

from ..errors import DataError, Interrupted, UsageError, unknown
from ..guard import understood
from ..terminal import say
from .app import Json, app, argument, output, show

if TYPE_CHECKING:
    from ..studio.house import House

Opened = Annotated[str | None, argument(metavar="[SOURCE|RUN]", help="data to play with, or a run to look into")]


@app.command()
def studio(
    opened: Opened = None,
    *,
    port: Annotated[int | None, output(help="of 127.0.0.1 (8100, or the next free one)", min=1, max=65535)] = None,
    runs: Annotated[str | None, output(help="the folder of the runs (runs)", metavar="FOLDER")] = None,
    browser: Annotated[bool, output("--browser/--no-browser", help="open the page in the browser (on)")] = True,
    pages: Annotated[str | None, typer.Option(hidden=True, help="the built pages")] = None,
    as_json: Json = False,
) -> None:
    """Open the studio: a page in the browser, on this machine only, to see networks learn and look into them."""
    import asyncio

    from ..studio.house import BUILT, House

    folder, start = beginning(opened, runs)
    built = Path(pages) if pages else BUILT
    if not (built / "index.html").is_file():
        raise DataError(f"{built} does not hold the pages of the studio. Build them: cd web && npm ci && npm run build")
    with contextlib.suppress(KeyboardInterrupt, Interrupted):
        asyncio.run(hold_open(House(folder, understood, built, start), port, browser, as_json))
    say("the studio is closed.")


async def hold_open(own: "House", port: int | None, browser: bool, as_json: bool) -> None:
    """Serve until Ctrl-C. The process that the first visitor plays with begins before all else: it takes longest."""
    import asyncio

    own.players.prepare()
    await asyncio.sleep(0.01)
    from ..studio.app import application
    from ..studio.entrance import Entrance
    from ..studio.serving import USUAL, listen, server

    try:
        listening = listen(port)
    except BaseException:
        await own.players.close()
        raise
    number, token = listening.getsockname()[1], secrets.token_urlsafe(24)
    if port is None and number != USUAL:
        say(f"port {USUAL} is in use: this is port {number}.")
    entrance = Entrance(application(own), number, token)
    address = located(number, own.start, token)
    told = {"address": address, "port": number, "runs": str(own.runs), "pid": os.getpid()}
    show(told, lambda: [address], as_json)
    say("the studio is open at this address, on this machine only. End it with Ctrl-C; trainings go on.")
    if browser and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform != "linux"):
        open_in_browser(located(number, own.start, entrance.invite()))
    await server(entrance).serve(sockets=[listening])


def beginning(opened: str | None, runs: str | None) -> tuple[Path, dict[str, Any]]:
    """Return the folder of the runs, and the page to begin with. Raises UsageError for what is neither data nor run."""
    from ..studio.sources import builtin

    folder = Path("runs" if runs is None else runs)
    if opened is None:
        return folder, {"page": "play", "query": {}}
    place = Path(opened)
    if (place / "plan.toml").is_file():
        run = place if place.name not in ("", "..") else place.resolve()
        if runs is not None and run.resolve().parent != folder.resolve():
            raise UsageError(f"{opened} is not in {runs}. Leave --runs out: the runs beside it are shown.")
        return run.parent, {"page": "inside", "query": {"run": run.name}}
    names = [entry["name"] for entry in builtin()]
    if not place.exists() and opened.replace("-", "_").lower() not in names:
        raise UsageError(unknown("file, folder or built-in data set", opened, names))
    return folder, {"page": "play", "query": {"source": opened}}


def located(port: int, start: dict[str, Any], token: str) -> str:
    """Return the address of a page."""
    return f"http://127.0.0.1:{port}/{start['page']}?{urlencode({'token': token, **start['query']})}"


def open_in_browser(address: str) -> None:
    """Open the browser, without waiting for it."""
    import webbrowser

    threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()
