"""Who may come in: only this machine's browser, only with the token, only from the studio's own pages.

Another page in the same browser can make it send requests here, and a foreign name can be made to mean 127.0.0.1. So
each request must name this address (Host), hold the cookie that the token was swapped for, and, where it changes
anything or opens the socket, come from a page of this very address (Origin). All three are lists of what is allowed.
"""

import secrets
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .telling import Refused, answer

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
READING = ("GET", "HEAD")


class Entrance:
    """Lets requests pass to `app` or refuses them, and writes the headers of every answer.

    `token` opens the studio as often as it is typed; those that `invite` makes, once.
    """

    def __init__(self, app: ASGIApp, port: int, token: str) -> None:
        self.app, self.token = app, token
        self.cookie, self.secret = f"profundo-{port}", secrets.token_urlsafe(32)
        self.hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        self.invitations: set[str] = set()

    def invite(self) -> str:
        """Return a token that opens the studio once: other users of the machine see what a browser is started with."""
        token = secrets.token_urlsafe(24)
        self.invitations.add(token)
        return token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it here."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        response = self.refusal(scope) or self.swap(scope)
        if response is None:
            await self.app(scope, receive, with_headers)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await response(scope, receive, with_headers)

    def refusal(self, scope: Scope) -> Response | None:
        """Return the answer to a request that may not pass; None where it may."""
        headers, socket = Headers(scope=scope), scope["type"] == "websocket"
        host, reading = headers.getlist("host"), not socket and scope["method"] in READING
        if len(host) != 1 or host[0] not in self.hosts:
            told = (
                f"this server is {' or '.join(self.hosts)}, and answers to no other name. Open http://{self.hosts[0]}"
            )
            return answer(Refused(400, told), close=True)
        if not reading and headers.getlist("origin") != [f"http://{host[0]}"]:
            return answer(Refused(403, "only the studio's own pages may ask for this."), close=True)
        opened = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        allowed = ("same-origin", "none", "cross-site", "same-site") if reading and opened else ("same-origin", "none")
        if headers.get("sec-fetch-site", "none") not in allowed:
            return answer(Refused(403, "only the studio's own pages may ask for this."), close=True)
        if self.known(headers.getlist("cookie")) or (reading and self.offered(scope) is not None):
            return None
        told = "open the studio with the address that `profundo studio` printed: it holds the token that lets you in."
        if "text/html" in headers.get("accept", ""):
            return PlainTextResponse(told[0].upper() + told[1:], 403, {"Connection": "close"})
        return answer(Refused(403, told), close=True)

    def known(self, cookies: Sequence[str]) -> bool:
        """Say whether a request holds the cookie."""
        pairs = (pair.strip().partition("=") for line in cookies for pair in line.split(";"))
        return any(name == self.cookie and same(value, self.secret) for name, _, value in pairs)

    def offered(self, scope: Scope) -> str | None:
        """Return the right token that the address holds."""
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"))) if b"token=" in scope["query_string"] else {}
        right = (self.token, *self.invitations)
        return next((t for t in right if same(query.get("token", ""), t)), None)

    def swap(self, scope: Scope) -> Response | None:
        """Swap the token in an address for the cookie, by sending the browser to the address without it."""
        token = None if scope["type"] == "websocket" else self.offered(scope)
        if token is None:
            return None
        self.invitations.discard(token)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        path = "/" + scope["path"].lstrip("/\\")
        response = RedirectResponse(path + ("?" + rest if rest else ""), 303)
        response.set_cookie(self.cookie, self.secret, httponly=True, samesite="strict")
        return response


def same(one: str, other: str) -> bool:
    """Compare two secrets, in a time that does not tell how much of them is the same."""
    return secrets.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())
