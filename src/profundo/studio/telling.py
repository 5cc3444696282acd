"""What the server answers when something is wrong: the errors of the library as JSON, each with its HTTP status."""

import re
from typing import Any

from starlette.responses import JSONResponse

from ..errors import DataError, MissingExtra, ProfundoError, ResourceError, UsageError

STATUS = {UsageError: 400, DataError: 422, MissingExtra: 422, ResourceError: 503}


class Refused(ProfundoError):
    """What was asked of the server is not done. `status` is HTTP's; `after` the seconds to wait, if that helps."""

    exit_code = 2

    def __init__(self, status: int, message: str, *, after: int | None = None) -> None:
        super().__init__(message)
        self.status, self.after = status, after


def as_object(error: ProfundoError) -> dict[str, Any]:
    """Return an error as the command line's --json writes it."""
    told = re.sub(r"\s*\n\s*", " ", str(error)).strip()
    return {"kind": type(error).__name__, "message": told, "exit_code": error.exit_code}


def answer(error: ProfundoError, *, close: bool = False) -> JSONResponse:
    """Return the response for an error; with `close`, one that ends the connection: its request was not read."""
    status = error.status if isinstance(error, Refused) else STATUS.get(type(error), 500)
    headers = {"Connection": "close"} if close else {}
    if isinstance(error, Refused) and error.after is not None:
        headers["Retry-After"] = str(error.after)
    return JSONResponse({"error": as_object(error)}, status, headers)
