"""The webhook's room on a real server, and requests to it as they come over the wire."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from queue import Queue
from socket import socket

import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI
from telling import a_clock

from engine.app import App
from engine.settings import Settings
from engine.testing.sendgrid_events import Posted
from engine.web.serve import webhooks

SECONDS = 60


class Room:
    """Posts to the webhook; returns the status it answers with."""

    def __init__(self, port: int) -> None:
        self._port = port

    def post(self, posted: Posted, **headers: str | None) -> int:
        """Post a signed request; a header given here takes the place of one of it, or takes it away."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in {**posted.headers, **named}.items() if value is not None}
        return self.ask("POST", posted.body, sent)

    def ask(self, method: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Ask in any way."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SECONDS)
        try:
            connection.request(method, webhooks.PATH, body=body, headers=dict(headers))
            return connection.getresponse().status
        finally:
            connection.close()


@contextmanager
def a_room(database: sa.Engine, key: str) -> Iterator[Room]:
    """Serve the webhook on a free port, with this public key."""
    site = FastAPI()
    webhooks.register(site, App(settings=Settings(sendgrid_webhook_key=key), database=database, clock=a_clock()))
    server = _Server(uvicorn.Config(site, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield Room(server.ports.get(timeout=SECONDS))
    finally:
        server.should_exit = True
        thread.join()


class _Server(uvicorn.Server):
    """Uvicorn, which says at which port it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ports: Queue[int] = Queue()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        self.ports.put(self.servers[0].sockets[0].getsockname()[1])
