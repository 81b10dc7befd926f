"""A server in this process: it listens, says when it answers, and ends by SIGTERM or Ctrl-C when all is answered."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from engine.errors import UsageError

STOPPING = (signal.SIGTERM, signal.SIGINT)
PATIENCE = 30
"""Seconds that open requests have when the server is told to end."""


def listen(host: str, port: int, *, named: str = "--port") -> socket.socket:
    """Return a socket that listens; port 0 is any that is free.

    Raises UsageError where it cannot be had; `named` is what the port is named with.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError:
        raise UsageError(f"{host} is no address of this machine; name another with --host") from None
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen()
    except OSError as error:
        listening.close()
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"port {port} cannot be used ({reason}); name another with {named}") from None
    return listening


@contextmanager
def calm() -> Iterator[None]:
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


class Server(uvicorn.Server):
    """Uvicorn, which says when it answers; `ending` lets go of requests that only listen."""

    def __init__(self, site: ASGIApp, *, ready: Callable[[], None], ending: Callable[[], None] = lambda: None) -> None:
        config = uvicorn.Config(
            site,
            log_level="warning",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=PATIENCE,
            lifespan="on",
        )
        super().__init__(config)
        self._ready, self._ending = ready, ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, when open requests have been answered."""
        self._ending()
        await super().shutdown(sockets)

    def leave(self) -> None:
        """Stop answering."""
        self.should_exit = True
