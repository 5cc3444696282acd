"""What there is to learn from: the data sets that are known by name, and what was uploaded."""

import functools
import tomllib
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .house import house
from .reading import pieces
from .uploads import FILE

TABLE = Path(__file__).parents[1] / "data" / "builtin.toml"  # read here as a file: its module imports pandas


@functools.cache
def builtin() -> list[dict[str, Any]]:
    """Return [{name, title, task, target, rows, origin, made}]; `made` ones need no download."""
    entries = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    keys = ("task", "target", "rows", "origin")
    return [
        {"name": name, "title": e["description"], **{k: e.get(k) for k in keys}, "made": e.get("origin") != "fetched"}
        for name, e in entries.items()
    ]


async def sources(request: Request) -> Response:
    """List them."""
    uploads = await run_in_threadpool(house(request).uploads.listed)
    return JSONResponse({"builtin": builtin(), "uploads": uploads})


async def put(request: Request) -> Response:
    """Store a file of an upload."""
    uploads = house(request).uploads
    place = await uploads.put(request.path_params["name"], request.path_params["path"], pieces(request, FILE))
    return JSONResponse({"name": place.relative_to(uploads.root).parts[0], "path": str(place)}, 201)


async def delete(request: Request) -> Response:
    """Delete an upload."""
    await run_in_threadpool(house(request).uploads.delete, request.path_params["name"])
    return JSONResponse({})
