"""Reading what a page sends: as much as is allowed, and not slower than a page does."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import ClientDisconnect, Request

from .telling import Refused

PATIENCE = 10.0  # seconds in which the next piece must come
SLOWEST = 64 * 2**10  # bytes a second, on average, after that time
QUESTION = 64 * 2**20  # bytes of a question with pictures in it
ORDER = 2**20  # bytes of JSON
LEFT = 2**20  # bytes that are read of what is refused


async def pieces(request: Request, most: int) -> AsyncIterator[bytes]:
    """Yield the body as it comes. Raises Refused: 413 before more than `most` bytes are read, 408 where it is slow."""
    began, read = time.monotonic(), 0
    stream = aiter(request.stream())
    if int(request.headers.get("content-length", "0")) > most:  # the protocol has checked that it is a number
        if "expect" not in request.headers:
            await linger(stream)
        raise too_large(most)
    while True:
        try:
            async with asyncio.timeout(PATIENCE):
                piece = await anext(stream)
        except StopAsyncIteration:
            return
        except (TimeoutError, ClientDisconnect):
            raise Refused(408, "the request came too slowly, or not to its end.") from None
        read += len(piece)
        late = time.monotonic() - began - PATIENCE
        if read > most:
            await linger(stream)
            raise too_large(most)
        if late > 0 and read < SLOWEST * late:
            raise Refused(408, "the request came too slowly.")
        yield piece


async def linger(stream: AsyncIterator[bytes]) -> None:
    """Read a little of what nobody wants, so that a page which is still sending gets the answer."""
    read = 0
    with contextlib.suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(1.0):
            async for piece in stream:
                read += len(piece)
                if read > LEFT:
                    return


def too_large(most: int) -> Refused:
    """Build the refusal of a body that is too long."""
    return Refused(413, f"this is larger than {most / 2**20:,.0f} MiB, the most that is taken here.")


async def whole(request: Request, most: int) -> bytes:
    """Return the body."""
    return b"".join([piece async for piece in pieces(request, most)])


async def json_object(request: Request, most: int = ORDER) -> dict[str, Any]:
    """Return the body, a JSON object. Raises Refused (400) where it is none."""
    return as_object(await whole(request, most))


def as_object(text: str | bytes) -> dict[str, Any]:
    """Read a JSON object. Raises Refused (400) where it is none."""
    try:
        value = json.loads(text, parse_constant=no_number)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # neither 1e999 nor halves of characters
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Refused(400, "this is not a JSON object.")
    return value


def no_number(name: str) -> float:
    """Refuse what JSON does not have: NaN and the infinities."""
    raise ValueError(name)
