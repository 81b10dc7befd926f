"""A small server beside another job, in a thread of its own, for monitoring alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from engine.app import App
from engine.web.health.meter import Meter
from engine.web.health.room import register, register_metrics
from engine.web.server import listen


@contextmanager
def beside(app: App, meter: Meter, *, host: str, port: int) -> Iterator[str]:
    """Answer monitoring while the block runs; yields the server's address. Port 0 is any that is free.

    Raises UsageError where the port is taken.
    """
    listening = listen(host, port, named="health_port")
    site = FastAPI(title="lifecycle", docs_url=None, redoc_url=None, openapi_url=None)
    register(site, app, reasons=True)
    register_metrics(site, meter)
    config = uvicorn.Config(site, log_level="warning", log_config=None, access_log=False, server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="health", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
