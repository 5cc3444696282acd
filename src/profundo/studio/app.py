"""The application: every address, and what becomes of the errors behind it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from ..errors import ProfundoError
from . import pages, questions, runs, sources
from .conversation import talk
from .house import House, house
from .telling import Refused, answer

LATER = 30.0  # seconds after which a process for questions is started, if nobody has asked by then


def application(own: House) -> Starlette:
    """Return the studio as an ASGI application. Who may use it is `Entrance`'s business."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        own.players.prepare()
        soon = asyncio.get_running_loop().call_later(LATER, own.askers.prepare)
        try:
            yield
        finally:
            soon.cancel()
            await own.players.close()
            await own.askers.close()

    routes = [
        *pages.routes(own),
        Route("/api/sources", sources.sources),
        Route("/api/uploads/{name}/{path:path}", sources.put, methods=["PUT"]),
        Route("/api/uploads/{name}", sources.delete, methods=["DELETE"]),
        Route("/api/ask", questions.ask, methods=["POST"]),
        Route("/api/form", runs.form),
        Route("/api/says", runs.says, methods=["POST"]),
        Route("/api/runs", runs.listed),
        Route("/api/runs", runs.started, methods=["POST"]),
        Route("/api/runs/{name}", runs.described),
        Route("/api/runs/{name}", runs.deleted, methods=["DELETE"]),
        Route("/api/runs/{name}/report", runs.report),
        Route("/api/runs/{name}/tags", runs.tagged, methods=["PUT"]),
        Route("/api/runs/{name}/{deed}", runs.steered, methods=["POST"]),
        WebSocketRoute("/ws", talk),
    ]
    handlers = {ProfundoError: failed, HTTPException: missing, Exception: failed}
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)  # type: ignore[arg-type]
    app.state.house = own
    return app


async def failed(request: Request, error: Exception) -> Response:
    """Answer with the advice that an error holds."""
    return answer(house(request).understood(error), close=True)


async def missing(request: Request, error: HTTPException) -> Response:
    """Answer where there is no such address, or it does not take this method."""
    return answer(Refused(error.status_code, f"there is nothing here for {request.method}."), close=True)
