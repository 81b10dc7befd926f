"""The server of the page: on this machine alone, at an address with a secret in it, until it is told to stop."""

from __future__ import annotations

import asyncio
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from engine.settings import Settings
from engine.web.listening import listen
from engine.web.preview.guard import Guard
from engine.web.preview.site import make_site
from engine.web.preview.studio import Studio
from engine.web.preview.watching import Watch

HOST = "127.0.0.1"
STOPPING = (signal.SIGTERM, signal.SIGINT)


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
    config = uvicorn.Config(guarded, log_level="warning", access_log=False, server_header=False, lifespan="on")
    loop = asyncio.get_running_loop()
    server = _Server(config, watch)
    url = f"http://{HOST}:{port}/{token}/"
    server.when_started = lambda: ready(Served(url=url, stop=lambda: loop.call_soon_threadsafe(server.leave)))
    try:
        with _calm():
            await server.serve(sockets=[listening])
    finally:
        studio.close()


@contextmanager
def _calm() -> Iterator[None]:
    """Let signals do nothing of their own: uvicorn heeds them, and raises again what stopped it when it has ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: None) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Server(uvicorn.Server):
    """Uvicorn, which says when it answers and does not wait for pages that only listen."""

    def __init__(self, config: uvicorn.Config, watch: Watch) -> None:
        super().__init__(config)
        self._watch = watch
        self.when_started: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.when_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._watch.end()
        await super().shutdown(sockets)

    def leave(self) -> None:
        """Stop answering."""
        self.should_exit = True
