"""Questions that a worker answers: what needs PyTorch or tables does not happen in the server."""

import asyncio
import json
import struct
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ..frames import header_of
from .asking import Askers
from .house import House, house
from .reading import QUESTION, as_object, whole
from .telling import STATUS, Refused

PACKED = "application/octet-stream"
LONGER = 10.0  # seconds that a question goes on when nobody waits for its answer


async def ask(request: Request) -> Response:
    """Answer a question: {"verb", ...} as JSON, or a packed message. `run` and `runs` are names of runs."""
    own = house(request)
    body = await whole(request, QUESTION)
    packed = request.headers.get("content-type", "").partition(";")[0].strip() == PACKED
    text, planes = parted(body) if packed else (body, b"")
    message = repacked(with_folders(as_object(text), own), planes)
    answer = await while_wanted(request, own.askers, message)
    told = header_of(answer)
    if told.get("kind") != "error":
        return Response(answer, media_type=PACKED)
    status = {kind.__name__: status for kind, status in STATUS.items()}.get(told["error"]["kind"], 500)
    return Response(json.dumps({"error": told["error"]}), status, media_type="application/json")


async def while_wanted(request: Request, askers: Askers, message: bytes) -> bytes:
    """Ask. Where the page does not wait any longer, what has not begun is given up; what has, in a while."""
    begun = asyncio.Event()
    asking = asyncio.create_task(askers.ask(message, begun))
    leaving = asyncio.create_task(left(request))
    await asyncio.wait({asking, leaving}, return_when=asyncio.FIRST_COMPLETED)
    if leaving.done() and begun.is_set():  # a process that is ended has to load PyTorch anew
        await asyncio.wait({asking}, timeout=LONGER)
    if not asking.done():
        asking.cancel()
        await asyncio.wait({asking})
        raise Refused(408, "the page that asked has gone.")
    leaving.cancel()
    return await asking


async def left(request: Request) -> None:
    """Wait until whoever asked has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def parted(message: bytes) -> tuple[bytes, bytes]:
    """Return the text of a message's header, and the bytes of its planes."""
    header_of(message)
    end = 4 + struct.unpack_from("<I", message)[0]
    return message[4:end], message[end:]


def with_folders(header: dict[str, Any], own: House) -> dict[str, Any]:
    """Return the question with the folders of the runs in place of their names."""
    if header.get("run") is not None:
        header["run"] = str(own.run(header["run"]))
    if header.get("runs") is not None:
        if not isinstance(header["runs"], list):
            raise Refused(400, "'runs' must be a list of names of runs.")
        header["runs"] = [str(own.run(name)) for name in header["runs"]]
    return header


def repacked(header: dict[str, Any], planes: bytes) -> bytes:
    """Return a message of this header and the bytes of the planes that it describes."""
    text = json.dumps({"planes": [], **header}, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<I", len(text)) + text + planes
