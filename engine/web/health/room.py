"""`/healthz`, `/readyz` and `/metrics`: nothing in them is about a customer."""

from __future__ import annotations

import structlog
from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response

from engine import __version__
from engine.app import App
from engine.app.readiness import readiness
from engine.web.health.meter import Meter

TEXT = "text/plain; version=0.0.4; charset=utf-8"
_NOT_READY = 503
log = structlog.get_logger("lifecycle")


def register(site: FastAPI, app: App, *, reasons: bool = False) -> None:
    """Answer `/healthz` (this process lives) and `/readyz` (its database answers, and is of this version).

    Why it is not ready names hosts and paths: it is logged, and told where `reasons` says that only we ask.
    """

    @site.get("/healthz")
    def healthz() -> JSONResponse:
        return JSONResponse({"engine": "lifecycle", "version": __version__})

    @site.get("/readyz")
    def readyz() -> JSONResponse:
        found = readiness(app)
        if not found.ready:
            log.warning("not ready", reason=found.reason)
        body = {"ready": found.ready, **({"reason": found.reason} if found.reason and reasons else {})}
        return JSONResponse(body, status_code=200 if found.ready else _NOT_READY)


def register_metrics(site: FastAPI, meter: Meter) -> None:
    """Answer `/metrics` in Prometheus' text format."""

    @site.get("/metrics")
    def metrics() -> Response:
        return Response(meter.text(), media_type=TEXT)
