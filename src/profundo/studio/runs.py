"""The runs of the folder: listed, described, tagged, deleted; trainings started, paused, resumed, stopped."""

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from .. import folders, tidy
from ..files import finite
from ..says import of_form, said
from .form import form as fields
from .house import house
from .reading import json_object
from .telling import Refused
from .trainings import pause, stop

REPORT = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox"
)


def folder_of(request: Request) -> Path:
    """Return the folder of the run that an address names."""
    return house(request).run(request.path_params["name"])


async def listed(request: Request) -> Response:
    """List the runs."""
    root = house(request).runs
    found = await run_in_threadpool(folders.runs, root) if root.is_dir() else []
    return JSONResponse(finite({"runs": found}))


async def described(request: Request) -> Response:
    """Tell all that is small of a run, and the last that its training said."""
    folder = folder_of(request)
    if not folders.is_run(folder):
        raise Refused(409, f"{folder.name} has no plan yet: its data are being read. Look again in a moment.")
    found = await run_in_threadpool(folders.details, folder)
    return JSONResponse(finite({**found, "log": house(request).trainings.tail(folder.name)}))


async def report(request: Request) -> Response:
    """Return the report of a run: a page by itself, without scripts, in a sandbox."""
    path = folder_of(request) / "report.html"
    if not path.is_file() or path.is_symlink():
        raise Refused(404, "this run has no report yet.")
    return FileResponse(path, headers={"Content-Security-Policy": REPORT})


async def tagged(request: Request) -> Response:
    """Put tags and a note in place of those that a run has."""
    body = await json_object(request)
    tags, note = body.get("tags", []), body.get("note", "")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags) or not isinstance(note, str):
        raise Refused(400, "tags are a list of texts, and the note is a text.")
    return JSONResponse(await run_in_threadpool(tidy.label, folder_of(request), tags, note))


async def deleted(request: Request) -> Response:
    """Delete a run for good."""
    folder = folder_of(request)
    if folders.trainer(folder) is not None:
        raise Refused(409, f"{folder.name} is training. Stop it first.")
    return JSONResponse(await run_in_threadpool(tidy.delete, folder, within=house(request).runs))


async def started(request: Request) -> Response:
    """Start a training: {"source", "wishes" or "flags" (the texts of a form), "seeds"} -> {"name"}."""
    body = await json_object(request)
    source, wishes, flags, seeds = (body.get(key) for key in ("source", "wishes", "flags", "seeds"))
    if not isinstance(source, str) or not source.strip() or "\0" in source:
        raise Refused(400, "a training needs a source: a table, a folder of pictures, or a built-in name.")
    if not all(value is None or isinstance(value, dict) for value in (wishes, flags)):
        raise Refused(400, "wishes are an object: the names and values that profundo.train takes.")
    if seeds is not None and (type(seeds) is not int or not 1 <= seeds <= 100):
        raise Refused(400, "seeds is a whole number from 1 to 100.")
    folder = await house(request).trainings.start(source, {**(wishes or {}), **of_form(flags or {})}, seeds)
    return JSONResponse({"name": folder.name}, 201)


async def steered(request: Request) -> Response:
    """Pause, resume or stop the training of a run."""
    folder = folder_of(request)
    match request.path_params["deed"]:
        case "pause":
            pause(folder)
        case "stop":
            stop(folder)
        case "resume":
            await house(request).trainings.resume(folder)
        case other:
            raise Refused(404, f"a training cannot {str(other)[:40]!r}. It can pause, resume and stop.")
    return JSONResponse({})


async def says(request: Request) -> Response:
    """Say in a command and in Python what a page shows."""
    return JSONResponse(said(await json_object(request)))


async def form(request: Request) -> Response:
    """Return the form of a training."""
    return JSONResponse(fields())
