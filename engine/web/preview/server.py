"""The server of the page: on this machine alone, at an address with a secret in it, until it is told to stop."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass

from engine.settings import Settings
from engine.web.preview.guard import Guard
from engine.web.preview.site import make_site
from engine.web.preview.studio import Studio
from engine.web.preview.watching import Watch
from engine.web.server import Server, calm, listen

HOST = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Served:
    """Where the page is, and what makes it end."""

    url: str
    stop: Callable[[], object]


def serve(settings: Settings, *, port: int, ready: Callable[[Served], None], token: str = "") -> None:
    """Serve the page until SIGTERM or Ctrl-C; `ready` is called when it answers.

    Port 0 is any that is free. Raises UsageError where the port is taken.
    """
    listening = listen(HOST, port)
    try:
        asyncio.run(_serve(settings, listening, token or secrets.token_urlsafe(24), ready))
    finally:
        listening.close()


async def _serve(settings: Settings, listening: socket.socket, token: str, ready: Callable[[Served], None]) -> None:
    port = listening.getsockname()[1]
    studio = Studio(settings)
    watch = Watch(settings.workspace, studio.reload)
    site = make_site(studio, watch, base=f"/{token}/")
    guarded = Guard(site, hosts=(f"{HOST}:{port}", f"localhost:{port}"), token=token)
    loop = asyncio.get_running_loop()

    def answering() -> None:
        ready(Served(url=f"http://{HOST}:{port}/{token}/", stop=lambda: loop.call_soon_threadsafe(server.leave)))

    server = Server(guarded, ready=answering, ending=watch.end)
    try:
        with calm():
            await server.serve(sockets=[listening])
    finally:
        studio.close()
