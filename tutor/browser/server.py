"""The server: textual-serve's terminal in a page of our own, with nothing loaded from elsewhere."""

from __future__ import annotations

import string
import sys
from collections.abc import Callable
from pathlib import Path

from aiohttp import web
from textual_serve.server import Server

from tutor.browser.door import HEADERS, MOST_SCREENS, Door

HERE = Path(__file__).parent
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
FILES = {"/page.js": "text/javascript", "/page.css": "text/css"}


class Screens(Server):
    """One page; every websocket is a `gradatim` of its own, and they share progress as two windows do."""

    def __init__(self, host: str, port: int, public_url: str | None, say: Callable[[str], None]) -> None:
        super().__init__(_command(), host=host, port=port, title="Gradatim", public_url=public_url)
        self.say, self.open_screens = say, 0
        self.address = public_url or f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"
        named = self.address.split("://", 1)[1].rstrip("/").lower()
        hosts = {named} | ({f"{name}:{port}" for name in LOOPBACK} if public_url is None else set())
        self.door = Door(hosts, self._tell, secure=self.address.startswith("https://"))

    def _tell(self, token: str) -> None:
        self.say(f"{self.address}/?token={token}")

    async def _make_app(self) -> web.Application:
        app = web.Application(middlewares=[self.door.check])
        app.add_routes(
            [
                web.get("/", self.page),
                web.get("/ws", self.handle_websocket),
                *(web.get(path, self.file) for path in FILES),
                web.static("/static", self.statics_path),
            ]
        )
        return app

    async def page(self, request: web.Request) -> web.Response:
        """The page that holds the terminal."""
        size = min(max(int(text) if (text := request.query.get("fontsize", "")).isdecimal() else 16, 8), 48)
        scheme = "wss" if self.address.startswith("https://") else "ws"
        page = string.Template((HERE / "page.html").read_text(encoding="utf-8"))
        filled = page.substitute(websocket=f"{scheme}://{request.host}/ws", size=size)
        return web.Response(text=filled, content_type="text/html", charset="utf-8")

    async def file(self, request: web.Request) -> web.Response:
        """Our own script and style."""
        text = (HERE / request.path.lstrip("/")).read_text(encoding="utf-8")
        return web.Response(text=text, content_type=FILES[request.path], charset="utf-8")

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """One more screen, while there is room."""
        if self.open_screens >= MOST_SCREENS:
            raise web.HTTPServiceUnavailable(text=f"{MOST_SCREENS} screens are open already.\n", headers=HEADERS)
        self.open_screens += 1
        try:
            return await super().handle_websocket(request)
        finally:
            self.open_screens -= 1


def _command() -> str:
    """The command line of one screen, for a shell."""
    import shlex
    import subprocess

    words = [sys.executable, "-P", "-m", "tutor"]
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
