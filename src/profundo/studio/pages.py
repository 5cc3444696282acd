"""The built pages, as they are; each of the six addresses is the same page, which looks at its address."""

from importlib.metadata import version
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from .house import LANGUAGES, PAGES, House, house

CACHED = {"Cache-Control": "no-cache"}  # kept, but asked for again: it may have been built anew


class Assets(StaticFiles):
    """The files of the pages."""

    def file_response(self, *args: object, **options: object) -> Response:
        """Return a file that the browser keeps and asks for again."""
        response = super().file_response(*args, **options)  # type: ignore[arg-type]
        response.headers.update(CACHED)
        return response


async def front(request: Request) -> Response:
    """Send the browser to the page to begin with."""
    start = house(request).start
    query = urlencode(start["query"])
    return RedirectResponse(f"/{start['page']}" + ("?" + query if query else ""), 303)


async def page(request: Request) -> Response:
    """Return the page. All but one will soon have questions."""
    own = house(request)
    if request.url.path != "/play":
        own.askers.prepare()
    return FileResponse(own.pages / "index.html", headers=CACHED)


async def about(request: Request) -> Response:
    """Tell what the pages need to know first."""
    own = house(request)
    told = {"version": version("profundo"), "runs": str(own.runs), "start": own.start, "languages": LANGUAGES}
    return JSONResponse(told)


def routes(own: House) -> list[Route | Mount]:
    """Return the addresses of the pages."""
    return [
        Route("/", front),
        *(Route(f"/{name}", page) for name in PAGES),
        Route("/api/about", about),
        Mount("/assets", Assets(directory=own.pages / "assets", check_dir=False)),
    ]
