"""The screens in a browser: who is let in, and a real Chromium from the link to a passed exercise."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

aiohttp = pytest.importorskip("aiohttp", reason="needs the browser extra")
pytest.importorskip("textual_serve", reason="needs the browser extra")

from aiohttp import web  # noqa: E402

from exercises import exercise  # noqa: E402
from tutor.browser.door import COOKIE, MOST_SCREENS  # noqa: E402
from tutor.browser.server import Screens  # noqa: E402
from tutor.progress import Progress  # noqa: E402

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def served(public_url: str | None = None) -> AsyncIterator[tuple[str, list[str], Screens]]:
    """A server of this process: its address, the links it has told, and itself."""
    links: list[str] = []
    server = Screens("127.0.0.1", free_port(), public_url, links.append)
    runner = web.AppRunner(await server._make_app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", server.port).start()
    try:
        yield f"http://127.0.0.1:{server.port}", links, server
    finally:
        await runner.cleanup()


async def test_a_link_works_once_and_then_a_cookie_does() -> None:
    async with served() as (address, links, _), aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as one:
        async with one.get(f"{address}/") as answer:
            assert answer.status == 403 and "link that gradatim serve has printed" in await answer.text()
        async with one.get(links[0], allow_redirects=False) as answer:
            assert answer.status == 303 and answer.headers["Location"] == "/"
            cookie = answer.headers["Set-Cookie"]
            assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        assert len(links) == 2 and links[0] != links[1], "the used one is replaced"
        async with one.get(f"{address}/") as answer:
            page = await answer.text()
            assert answer.status == 200 and "data-session-websocket-url" in page and "token" not in page
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert "http://" not in page.replace(address, "") and "https://" not in page, "nothing from elsewhere"
        for path in ("/page.js", "/page.css", "/static/js/textual.js", "/static/css/xterm.css"):
            async with one.get(address + path) as answer:
                assert answer.status == 200, path
        async with aiohttp.ClientSession() as other, other.get(links[0]) as answer:
            assert answer.status == 403, "a link works once"
        async with aiohttp.ClientSession() as other, other.get(links[1], allow_redirects=False) as answer:
            assert answer.status == 303, "and the next lets another browser in"


@pytest.mark.parametrize(
    "path", ["/", "/ws", "/page.js", "/static/js/textual.js", "/static/", "/download/x", "/nothing"]
)
async def test_nothing_is_to_be_had_without_a_cookie(path: str) -> None:
    async with served() as (address, _, _), aiohttp.ClientSession() as stranger:
        for cookies in ({}, {COOKIE: "guess"}, {COOKIE: ""}):
            async with stranger.get(address + path, cookies=cookies) as answer:
                assert answer.status == 403


async def test_only_our_own_name_and_our_own_pages() -> None:
    async with (
        served() as (address, links, server),
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as friend,
    ):
        await friend.get(links[0])
        port = server.port
        for headers, status in (
            ({"Host": f"127.0.0.1:{port}"}, 200),
            ({"Host": "evil.example"}, 403),
            ({"Host": f"evil.example:{port}"}, 403),
            ({"Origin": address}, 200),
            ({"Origin": "http://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Origin": f"http://127.0.0.1:{port + 1}"}, 403),
        ):
            async with friend.get(f"{address}/", headers=headers) as answer:
                assert answer.status == status, headers
        for origin in (None, "http://evil.example"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                await friend.ws_connect(f"{address}/ws", origin=origin)
            assert caught.value.status == 403
        server.open_screens = MOST_SCREENS
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await friend.ws_connect(f"{address}/ws", origin=address)
        assert caught.value.status == 503


async def test_behind_a_proxy_only_its_name_counts() -> None:
    async with served("https://learn.example") as (address, links, _), aiohttp.ClientSession() as friend:
        assert links[0].startswith("https://learn.example/?token=")
        token = links[0].split("=", 1)[1]
        async with friend.get(f"{address}/?token={token}") as answer:
            assert answer.status == 403, "not by the address behind the proxy"
        headers = {"Host": "learn.example"}
        async with friend.get(f"{address}/?token={token}", headers=headers, allow_redirects=False) as answer:
            assert answer.status == 303 and "Secure" in answer.headers["Set-Cookie"]


# -- a real browser


class Browser:
    """A headless Chromium, spoken to in its own protocol."""

    def __init__(self, socket: Any) -> None:
        self.socket, self.number = socket, 0

    async def do(self, method: str, **words: Any) -> Any:
        self.number += 1
        await self.socket.send_json({"id": self.number, "method": method, "params": words})
        while True:
            answer = json.loads((await self.socket.receive()).data)
            if answer.get("id") == self.number:
                return answer["result"]

    async def evaluate(self, code: str) -> Any:
        return (await self.do("Runtime.evaluate", expression=code, returnByValue=True))["result"].get("value")

    async def press(self, key: str, code: int, ctrl: bool = False) -> None:
        words = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 2 if ctrl else 0}
        for kind in ("rawKeyDown", "keyUp"):
            await self.do("Input.dispatchKeyEvent", type=kind, **words)

    async def shoot(self, name: str) -> None:
        """Keep a picture where somebody asked for one."""
        if folder := os.environ.get("GRADATIM_SHOTS"):
            shot = await self.do("Page.captureScreenshot")
            Path(folder, f"{name}.png").write_bytes(base64.b64decode(shot["data"]))

    async def type(self, text: str) -> None:
        await self.do("Input.insertText", text=text)


async def until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Ask again until it is so."""
    for _ in range(int(seconds * 5)):
        answer = condition()
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer:
            return answer
        await asyncio.sleep(0.2)
    raise AssertionError(f"it did not happen: {what}")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.alone
async def test_in_a_real_browser_from_the_link_to_a_passed_exercise(tmp_path: Path) -> None:
    port, debug_port = free_port(), free_port()
    mine = exercise("stable-softmax")
    file = tmp_path / "home" / mine.topic / f"{mine.id}.py"
    file.parent.mkdir(parents=True)
    file.write_text(mine.text("answer.py"), encoding="utf-8")
    where = {"GRADATIM_HOME": str(tmp_path / "home"), "GRADATIM_DATA": str(tmp_path / "data")}
    environment = {**os.environ, **where, "XDG_RUNTIME_DIR": str(tmp_path)}
    server = subprocess.Popen(
        [sys.executable, "-P", "-m", "tutor", "serve", "--port", str(port)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    flags += "--disable-component-update --disable-sync --remote-allow-origins=*"
    browser = subprocess.Popen(
        [str(CHROMIUM), *flags.split(), f"--remote-debugging-port={debug_port}", f"--user-data-dir={tmp_path / 'b'}",
         "--window-size=1100,700", "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        link = (await asyncio.to_thread(server.stdout.readline)).strip()
        assert link.startswith(f"http://127.0.0.1:{port}/?token="), link
        async with aiohttp.ClientSession() as session:

            async def target() -> Any:
                try:
                    async with session.get(f"http://127.0.0.1:{debug_port}/json") as answer:
                        pages = [page for page in await answer.json(content_type=None) if page["type"] == "page"]
                        return pages and pages[0]["webSocketDebuggerUrl"]
                except aiohttp.ClientError:
                    return None

            async with session.ws_connect(await until(target, 60, "Chromium starts"), max_msg_size=0) as spoken:
                page = Browser(spoken)
                await page.do("Page.enable")
                await page.do("Page.navigate", url=link)
                shown = "document.body.classList.contains('-first-byte')"
                await until(lambda: page.evaluate(shown), 60, "the first byte of the app arrives")
                assert await page.evaluate("location.href") == f"http://127.0.0.1:{port}/", "no token in the history"
                assert await page.evaluate("document.fonts.check('16px \"Roboto Mono\"')")
                await asyncio.sleep(2)
                await page.evaluate("document.querySelector('textarea').focus()")
                await page.press("p", 80, ctrl=True)  # the palette finds the exercise by its name
                await asyncio.sleep(2)
                await page.type(mine.title)
                await asyncio.sleep(3)
                await page.shoot("palette")

                def passed() -> bool:
                    path = tmp_path / "data" / "progress.sqlite3"
                    if not path.exists():
                        return False
                    with Progress(path) as progress:
                        return progress.status(mine.id) == "passed"

                for _ in range(10):  # where the machine is slow, the palette may have found nothing yet
                    await page.press("Enter", 13)
                    await asyncio.sleep(4)
                    await page.press("s", 83, ctrl=True)  # checks
                    await page.shoot("checking")
                    with contextlib.suppress(AssertionError):
                        await until(passed, 12, "the exercise passes")
                        break
                assert passed()
                await asyncio.sleep(1)
                await page.shoot("passed")
    finally:
        for process in (browser, server):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
