"""Who may come in: a link that works once, then a cookie, and only from the address that was served.

A page on another site can make a browser send requests here, and a name that somebody else owns can be made to point
at 127.0.0.1. So every request, the websocket's too, must carry the cookie, name this server as its Host, and come from
a page of this server (its Origin). The link is good for one browser; when it has been used, a new one is printed.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

COOKIE = "gradatim"
MOST_SCREENS = 8
"""Screens open at once; each is a process."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
        "img-src 'self' data:; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Door:
    """The middleware, and the links that open it."""

    def __init__(self, hosts: set[str], told: Callable[[str], None], secure: bool = False) -> None:
        """``hosts`` are the Host headers that name us; ``told`` gets every new token; ``secure`` marks the cookie."""
        self.hosts, self.told, self.secure = hosts, told, secure
        self.token = ""
        self._sessions: set[str] = set()
        self.new_link()

    def new_link(self) -> None:
        """Make a token that works once, and tell it."""
        self.token = secrets.token_urlsafe(24)
        self.told(self.token)

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.host.lower() not in self.hosts:
            raise refused("This server does not go by that name.")
        origin = request.headers.get("Origin")
        websocket = request.headers.get("Upgrade", "").lower() == "websocket"
        if (origin is None and websocket) or (origin is not None and not self._ours(origin, request.host)):
            raise refused("Only a page of this server may ask this.")
        if self._known(request.cookies.get(COOKIE, "")):
            response = await handler(request)
            if not response.prepared:
                response.headers.update(HEADERS)
            return response
        if request.path == "/" and _same(request.query.get("token", ""), self.token):
            return self._let_in()
        raise refused("This needs the link that gradatim serve has printed; each link works once.")

    def _let_in(self) -> web.Response:
        """Give a cookie for the token, and the address without it: it shall not stay in the browser's history."""
        session = secrets.token_urlsafe(32)
        self._sessions.add(session)
        self.new_link()
        response = web.Response(status=303, headers={"Location": "/", **HEADERS})
        response.set_cookie(COOKIE, session, httponly=True, samesite="Strict", secure=self.secure)
        return response

    def _known(self, session: str) -> bool:
        return any(_same(session, known) for known in self._sessions)

    def _ours(self, origin: str, host: str) -> bool:
        scheme, _, name = origin.partition("://")
        return scheme in ("http", "https") and name.lower() == host.lower()


def refused(why: str) -> web.HTTPForbidden:
    return web.HTTPForbidden(text=f"{why}\n", headers=HEADERS)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
