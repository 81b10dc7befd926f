"""`/healthz`, `/readyz` and `/metrics`: nothing in them is about a customer."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response

from engine import __version__
from engine.app import App
from engine.app.readiness import readiness
from engine.web.health.meter import Meter

TEXT = "text/plain; version=0.0.4; charset=utf-8"
_NOT_READY = 503


def register(site: FastAPI, app: App) -> None:
    """Answer `/healthz` (this process lives) and `/readyz` (its database answers, and is of this version)."""

    @site.get("/healthz")
    def healthz() -> JSONResponse:
        return JSONResponse({"engine": "lifecycle", "version": __version__})

    @site.get("/readyz")
    def readyz() -> JSONResponse:
        found = readiness(app)
        body = {"ready": found.ready, **({"reason": found.reason} if found.reason else {})}
        return JSONResponse(body, status_code=200 if found.ready else _NOT_READY)


def register_metrics(site: FastAPI, meter: Meter) -> None:
    """Answer `/metrics` in Prometheus' text format."""

    @site.get("/metrics")
    def metrics() -> Response:
        return Response(meter.text(), media_type=TEXT)
