"""The public server: until SIGTERM or Ctrl-C, then what has come in is answered first."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp

from engine.app.opened import App
from engine.web.serve.site import make_site
from engine.web.server import Server, calm, listen
from engine.workspace import require_secret


@dataclass(frozen=True, kw_only=True)
class Served:
    """Where the site is, and what makes it end."""

    url: str
    stop: Callable[[], object]


def serve(app: App, *, host: str, port: int, ready: Callable[[Served], None]) -> None:
    """Serve the public site; `ready` is called when it answers. Port 0 is any that is free.

    Raises UsageError where host or port cannot be had, and SettingsError where a setting is missing.
    """
    require_secret(app.settings)
    site = make_site(app)
    listening = listen(host, port)
    try:
        asyncio.run(_serve(site, listening, ready))
    finally:
        listening.close()


async def _serve(site: ASGIApp, listening: socket.socket, ready: Callable[[Served], None]) -> None:
    loop = asyncio.get_running_loop()
    host, port = listening.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def answering() -> None:
        ready(Served(url=url, stop=lambda: loop.call_soon_threadsafe(server.leave)))

    server = Server(site, ready=answering)
    with calm():
        await server.serve(sockets=[listening])
