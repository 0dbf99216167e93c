"""`gradatim serve`: the screens in a browser."""

from __future__ import annotations

from typing import Annotated

import typer

from tutor.commands.context import Refusal, say

LOCAL = ("127.0.0.1", "localhost", "::1")


def serve(
    host: Annotated[
        str, typer.Option(help="The address to listen at; only this machine can reach the default.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen at.")] = 8018,
    public_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="What browsers call it, where a proxy stands before it: https://learn.example"
        ),
    ] = None,
) -> None:
    """Open the screens in a browser. Ctrl-C ends it; nothing is lost.

    The link that it prints works once, in one browser; then a new one is printed. Only this machine can connect
    unless --host says otherwise. Over a network, put a proxy that speaks https before it, and say --public-url:
    whoever is let in can run code as you.
    """
    try:
        from aiohttp import web

        from tutor.browser.server import Screens
    except ImportError:
        raise Refusal("The browser needs one more package: pip install 'gradatim[browser]'") from None
    if public_url is not None and not public_url.startswith(("http://", "https://")):
        raise Refusal(f"--public-url begins with https:// (or http://), not {public_url!r}.")
    if host not in LOCAL:
        say(f"Listening at {host}: whoever has a link can run code as you" + ", unencrypted." * (public_url is None))
    say("Ctrl-C ends it. Each link works once:")
    server = Screens(host, port, public_url.rstrip("/") if public_url else None, lambda link: print(link, flush=True))
    try:
        web.run_app(server._make_app(), host=host, port=port, print=None)
    except OSError as error:
        raise Refusal(f"Port {port} cannot be had: {error.strerror}. --port takes another.") from None
